//! Checks `p_signature`: RSA PKCS #1 v1.5 with SHA-1 over the alert's other fields, sorted and serialized
//! the way PHP does it.
//!
//! Nothing in an alert is a signed time of sending, so there is no window to check; the alert's id keeps a
//! replay from counting. SHA-1 is Paddle's choice and is used nowhere else. It must never add a field
//! that did not come in the body, such as the query of the address.
//! <https://developer.paddle.com/webhook-reference/verifying-webhooks>

use super::form::Form;
use super::keys;
use crate::adapter::SignedDelivery;
use crate::delivery::{Delivery, Rejection, Verified};
use crate::secret::Secret;
use crate::signature;

/// Checks an alert against every key of the source.
///
/// # Errors
/// Why it is not to be trusted. Secrets that are no RSA keys count as none.
pub(super) fn verify(delivery: Delivery<'_>, secrets: &[Secret]) -> Result<Verified, Rejection> {
    if secrets.is_empty() {
        return Err(Rejection::NoSecret);
    }
    if delivery.body.is_empty() {
        return Err(Rejection::EmptyBody);
    }
    let mut form = Form::parse(delivery.body).ok_or(Rejection::Malformed)?;
    let encoded = form.take_signature().unwrap_or_default();
    if encoded.is_empty() {
        return Err(Rejection::Missing);
    }
    let signature = std::str::from_utf8(&encoded)
        .ok()
        .and_then(signature::decode_base64_any)
        .ok_or(Rejection::Malformed)?;
    let keys: Vec<_> = secrets.iter().filter_map(keys::public).collect();
    if keys.is_empty() {
        return Err(Rejection::NoSecret);
    }
    let message = form.php_serialized();
    if keys
        .iter()
        .any(|key| keys::is_signed(key, &message, &signature))
    {
        Ok(Verified::new(delivery, &[]))
    } else {
        Err(Rejection::Mismatch)
    }
}

/// The alert with a signature of its own; `None` when `secret` holds no private key.
pub(super) fn sign(
    body: &[u8],
    headers: &[(String, String)],
    secret: &Secret,
) -> Option<SignedDelivery> {
    let mut form = Form::parse(body)?;
    form.take_signature();
    let signature = keys::sign(&keys::private(secret)?, &form.php_serialized())?;
    Some(SignedDelivery {
        headers: headers.to_vec(),
        body: form.encoded_with(&signature),
    })
}
