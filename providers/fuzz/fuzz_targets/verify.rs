//! Gives every adapter's `verify` deliveries that are nearly right: signed by the adapter itself, then with
//! header values and body replaced. It must never panic, and nothing signed with another secret may pass.
#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use providers::{Adapter, Delivery, Headers, Micros, Secret, Settings, adapters};

/// What the fuzzer chooses.
#[derive(Debug, Arbitrary)]
struct Input<'a> {
    /// Signed.
    body: &'a [u8],
    /// Sent in place of `body`, where given.
    sent: Option<&'a [u8]>,
    /// Values that replace those of the signed headers in turn; an empty place keeps the value.
    values: Vec<Option<&'a [u8]>>,
    /// A header name and value of the fuzzer's own.
    extra: Option<(&'a str, &'a [u8])>,
    secret: &'a str,
    signed_at_seconds: i32,
    now: i64,
}

fuzz_target!(|input: Input<'_>| {
    for adapter in adapters() {
        nearly_right(*adapter, &input);
    }
});

fn nearly_right(adapter: &dyn Adapter, input: &Input<'_>) {
    let secret = Secret::new(input.secret)
        .or_else(|_| Secret::new("whsec_dHJpYnV0YXJ5LWZ1enotc2VjcmV0LW9mLTMyLWJ5dGU="));
    let (Ok(secret), Ok(other)) = (
        secret,
        Secret::new("another secret altogether, of 40 letters"),
    ) else {
        return;
    };
    let settings = Settings::default();
    let signed_at = Micros::from_seconds(input.signed_at_seconds.into());
    let (mut headers, mut body) = (Vec::new(), input.body.to_vec());
    if let Some(signed) = adapter.sign(input.body, &[], &secret, &settings, signed_at) {
        headers = pairs(&signed.headers);
        body = signed.body;
    }
    if secret != other {
        let sent = Headers::new(headers.clone());
        let delivery = Delivery {
            headers: &sent,
            body: &body,
        };
        let passed = adapter.verify(delivery, &[other], &settings, signed_at);
        assert!(
            passed.is_err(),
            "{}: another secret passed",
            adapter.about().id
        );
    }
    for ((_, value), new) in headers.iter_mut().zip(&input.values) {
        if let Some(new) = new {
            *value = new.to_vec();
        }
    }
    if let Some((name, value)) = input.extra {
        headers.push((name.to_owned(), value.to_vec()));
    }
    let headers = Headers::new(headers);
    let body = input.sent.unwrap_or(&body);
    let delivery = Delivery {
        headers: &headers,
        body,
    };
    for now in [signed_at, Micros(input.now)] {
        if let Ok(verified) =
            adapter.verify(delivery, std::slice::from_ref(&secret), &settings, now)
        {
            assert_eq!(
                verified.body(),
                body,
                "{}: the body changed",
                adapter.about().id
            );
        }
        assert!(adapter.verify(delivery, &[], &settings, now).is_err());
    }
}

fn pairs(headers: &[(String, String)]) -> Vec<(String, Vec<u8>)> {
    headers
        .iter()
        .map(|(name, value)| (name.clone(), value.clone().into_bytes()))
        .collect()
}
