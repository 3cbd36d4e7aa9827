//! Webhook secrets: values that verify or sign, and that can be neither empty nor printed.

use std::fmt;

use thiserror::Error;
use zeroize::Zeroizing;

/// A webhook secret. It has been checked when it exists: not empty, no placeholder, trimmed.
/// Its `Debug` shows nothing; its bytes are wiped when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

/// Why a text cannot be a secret; the message is safe to show, it never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SecretError {
    /// Nothing but white space.
    #[error("the secret is empty: copy it from the processor's webhook page")]
    Empty,
    /// Fewer than [`Secret::MIN_LENGTH`] bytes.
    #[error("the secret is shorter than 8 characters: copy the whole of it")]
    Short,
    /// An example from a manual.
    #[error("the secret is a placeholder from an example: copy the real one")]
    Placeholder,
}

/// Texts that stand in manuals and templates where a secret belongs.
const PLACEHOLDERS: &[&str] = &[
    "changeme",
    "change-me",
    "change_me",
    "default_secret",
    "password",
    "placeholder",
    "replace_me",
    "replaceme",
    "your_secret",
    "your-secret",
    "your_webhook_secret",
    "your-webhook-secret",
    "whsec_your_secret",
    "whsec_your_webhook_secret",
    "whsec_secret",
    "whsec_replace_me",
];

impl Secret {
    /// The shortest secret accepted, in bytes. Processors generate 32 and more.
    pub const MIN_LENGTH: usize = 8;

    /// Checks and keeps a secret. White space around it is cut: it comes from pasting.
    pub fn new(text: &str) -> Result<Self, SecretError> {
        let text = text.trim();
        let lower = text.to_ascii_lowercase();
        let tail = lower.strip_prefix("whsec_").unwrap_or(&lower);
        if tail.is_empty() {
            return Err(SecretError::Empty);
        }
        if PLACEHOLDERS.contains(&lower.as_str()) || is_filler(tail) || text.starts_with("${") {
            return Err(SecretError::Placeholder);
        }
        if text.len() < Self::MIN_LENGTH {
            return Err(SecretError::Short);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// The secret itself, for signing, verifying and sealing; never for showing.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The secret's bytes.
    pub fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// `xxxx`, `....`, `****`: one filler character repeated.
fn is_filler(text: &str) -> bool {
    ['x', '.', '*', '_', '-', '0']
        .iter()
        .any(|filler| text.chars().all(|c| c == *filler))
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_and_placeholder_secrets_are_refused() {
        for text in ["", "  \n", "whsec_", "WHSEC_"] {
            assert_eq!(Secret::new(text), Err(SecretError::Empty), "{text:?}");
        }
        for text in ["whsec_...", "whsec_xxxxxxxx", "changeme", "${SECRET_HERE}"] {
            assert_eq!(Secret::new(text), Err(SecretError::Placeholder), "{text:?}");
        }
        assert_eq!(Secret::new("abc"), Err(SecretError::Short));
    }

    #[test]
    fn eight_characters_are_the_shortest_secret() {
        assert_eq!(Secret::new("abcdefg"), Err(SecretError::Short));
        assert_eq!(Secret::new("abcdefgh").unwrap().expose(), "abcdefgh");
    }

    #[test]
    fn white_space_around_a_secret_is_cut() {
        assert_eq!(
            Secret::new(" whsec_abcdef123\n").unwrap().expose(),
            "whsec_abcdef123"
        );
    }

    #[test]
    fn a_secret_cannot_be_printed() {
        let secret = Secret::new("whsec_canary_value").unwrap();
        assert!(!format!("{secret:?}").contains("canary"));
    }
}
