//! Deliveries to try things on: those of the processor's own fixtures, signed by its own adapter.

use std::fs;
use std::path::PathBuf;

use providers::{
    Adapter, Delivery, Headers, Micros, Rejection, Secret, Settings, Verified, adapters,
};
use serde::Deserialize;

use crate::{agreement, root};

/// 2026-11-22 12:00:00 UTC.
pub(crate) const NOW: Micros = Micros(1_795_348_800_000_000);

#[derive(Deserialize)]
struct Fixture {
    #[serde(default)]
    source: Source,
    deliveries: Vec<Sample>,
}

#[derive(Deserialize, Default)]
struct Source {
    #[serde(default)]
    settings: Settings,
}

#[derive(Deserialize, Clone)]
pub(crate) struct Sample {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    #[serde(skip)]
    pub(crate) settings: Settings,
}

/// The deliveries of all of a processor's fixtures, with the settings they are meant for.
pub(crate) fn samples(id: &str) -> Vec<Sample> {
    let mut paths: Vec<PathBuf> = fs::read_dir(root().join("fixtures").join(id))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    paths.sort();
    let mut samples = Vec::new();
    for path in paths {
        let fixture: Fixture = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let settings = fixture.source.settings;
        samples.extend(fixture.deliveries.into_iter().map(|sample| Sample {
            settings: settings.clone(),
            ..sample
        }));
    }
    samples
}

/// One delivery, signed, with all that is needed to check it again.
pub(crate) struct Signed {
    pub(crate) adapter: &'static dyn Adapter,
    pub(crate) secret: Secret,
    pub(crate) settings: Settings,
    pub(crate) given: Vec<(String, String)>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Signed {
    fn of(adapter: &'static dyn Adapter) -> Self {
        let id = adapter.about().id;
        let sample = samples(id).swap_remove(0);
        let secret = Secret::new(&agreement(id).secret).unwrap();
        let signed = adapter
            .sign(
                sample.body.as_bytes(),
                &sample.headers,
                &secret,
                &sample.settings,
                NOW,
            )
            .unwrap_or_else(|| panic!("{id} does not sign with its test secret"));
        Self {
            adapter,
            secret,
            settings: sample.settings,
            given: sample.headers,
            headers: signed.headers,
            body: signed.body,
        }
    }

    pub(crate) fn verify_at(
        &self,
        headers: &[(String, Vec<u8>)],
        body: &[u8],
        now: Micros,
    ) -> Result<Verified, Rejection> {
        let headers = Headers::new(headers.iter().cloned());
        let delivery = Delivery {
            headers: &headers,
            body,
        };
        self.adapter.verify(
            delivery,
            std::slice::from_ref(&self.secret),
            &self.settings,
            now,
        )
    }

    pub(crate) fn header_bytes(&self) -> Vec<(String, Vec<u8>)> {
        let bytes = |(name, value): &(String, String)| (name.clone(), value.clone().into_bytes());
        self.headers.iter().map(bytes).collect()
    }
}

pub(crate) fn signed() -> impl Iterator<Item = (&'static str, Signed)> {
    adapters()
        .iter()
        .map(|adapter| (adapter.about().id, Signed::of(*adapter)))
}

/// The headers of a sample that are stored with its body.
pub(crate) fn kept(adapter: &dyn Adapter, sample: &Sample) -> Vec<(String, String)> {
    let names = adapter.about().kept_headers;
    let kept = |(name, _): &&(String, String)| names.contains(&name.as_str());
    sample.headers.iter().filter(kept).cloned().collect()
}
