//! What every processor owes, checked over the whole registry: a new adapter is held to it by being
//! listed. Nothing here knows how a processor signs; what differs stands in [`agreement`].
#![cfg(test)]

#[path = "contract/places.rs"]
mod places;
#[path = "contract/reading.rs"]
mod reading;
#[path = "contract/samples.rs"]
mod samples;
#[path = "contract/signatures.rs"]
mod signatures;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use providers::{Settings, adapters};

/// What cannot be found out from outside.
struct Agreement {
    /// A secret of the form that the adapter takes and can sign with.
    secret: String,
    /// Whether the signature covers a time, so that an old delivery is refused; `None`: not agreed yet.
    signs_time: Option<bool>,
}

fn agreement(id: &str) -> Agreement {
    let (secret, signs_time) = match id {
        "stripe" => ("whsec_contract1contract2contract3", Some(true)),
        "shopify" => ("contract1contract2contract3", Some(false)),
        "paddle" => (
            "pdl_ntfset_01contract_contract1contract2contract3",
            Some(true),
        ),
        "polar" => ("whsec_Y29udHJhY3QxY29udHJhY3QyY29udHJhY3QzYWI=", Some(true)),
        "revenuecat" => ("hmac:contract1contract2contract3", Some(true)),
        "paddle-classic" => {
            return Agreement {
                secret: classic_key(),
                signs_time: Some(false),
            };
        }
        _ => ("contract1contract2contract3", None),
    };
    Agreement {
        secret: secret.to_owned(),
        signs_time,
    }
}

/// Paddle Classic signs with a private key of its own; its fixtures bring one for tests.
fn classic_key() -> String {
    fs::read_to_string(root().join("fixtures/paddle-classic/test-key.pem")).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn no_kept_header_carries_a_credential() {
    for adapter in adapters() {
        for name in adapter.about().kept_headers {
            assert_eq!(*name, name.to_ascii_lowercase());
            for word in ["authorization", "signature", "hmac", "cookie", "secret"] {
                assert!(!name.contains(word), "{}: {name}", adapter.about().id);
            }
        }
    }
}

#[test]
fn every_processor_is_explained_and_refuses_a_misspelt_setting() {
    let mut ids = BTreeSet::new();
    for adapter in adapters() {
        let about = adapter.about();
        assert!(ids.insert(about.id), "{} twice", about.id);
        assert!(
            !about.events.is_empty() && !about.steps.is_empty(),
            "{}",
            about.id
        );
        let readme = format!("providers/src/{}/README.md", about.id.replace('-', "_"));
        assert!(root().join(&readme).is_file(), "{readme}");
        let misspelt = Settings::from_json(r#"{"noSuchSetting": true}"#).unwrap();
        assert!(adapter.check_settings(&misspelt).is_err(), "{}", about.id);
    }
}
