//! Webhook secrets.

use std::fmt;

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use rand::RngExt;
use zeroize::Zeroizing;

use crate::connection::Credential;

const PREFIX: &str = "whsec_";

/// Base64 as Node.js and Python's libraries take it: padding may be missing, and bits that are left over may be set.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// For how many hours after a rotation the old secret signs too.
pub const ROTATION_HOURS: i64 = 24;

/// What the API shows in place of a secret.
pub const REDACTED: &str = "••••••••";

/// `whsec_` and base64 of 32 random bytes. The STACK signature is keyed with the whole text, Standard Webhooks with
/// the bytes behind the prefix.
pub struct WebhookSecret(Zeroizing<String>);

impl WebhookSecret {
    /// A new secret from a cryptographic generator that the operating system seeds.
    pub fn generate() -> Self {
        let random = Zeroizing::new(rand::rng().random::<[u8; 32]>());
        Self(Zeroizing::new(format!("{PREFIX}{}", STANDARD.encode(*random))))
    }

    /// Takes the text of a secret that was stored.
    pub fn from_text(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    /// The text, for the answer that shows it once and for sealing.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The key as the libraries of Standard Webhooks read it from the same text: base64, with or without the prefix and the
    /// padding. The whole text's bytes if it is no base64.
    pub fn key_bytes(&self) -> Zeroizing<Vec<u8>> {
        let text = self.0.strip_prefix(PREFIX).unwrap_or(&self.0);
        let decoded = Some(text).filter(|text| !text.is_empty()).and_then(|text| LENIENT.decode(text).ok());
        Zeroizing::new(decoded.unwrap_or_else(|| self.0.as_bytes().to_vec()))
    }
}

impl From<&Credential> for WebhookSecret {
    fn from(credential: &Credential) -> Self {
        Self(Zeroizing::new(credential.reveal().to_owned()))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookSecret({REDACTED})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_in_each_form_that_the_libraries_read() {
        let key = |text: &str| WebhookSecret::from_text(text.to_owned().into()).key_bytes().to_vec();
        let bytes = b"a key of 25 bytes, padded".to_vec();
        let padded = STANDARD.encode(&bytes);
        let bare = padded.trim_end_matches('=');
        assert_ne!(padded, bare);
        for text in [&*padded, bare, &format!("whsec_{padded}"), &format!("whsec_{bare}")] {
            assert_eq!(key(text), bytes, "{text}");
        }
        for text in ["a pass phrase!", "whsec_not base64", "whsec_", "abcde"] {
            assert_eq!(key(text), text.as_bytes());
        }
    }

    #[test]
    fn a_secret_has_32_bytes_and_never_shows_itself() {
        let secret = WebhookSecret::generate();
        assert_eq!(secret.key_bytes().len(), 32);
        assert!(secret.reveal().starts_with(PREFIX));
        assert!(!format!("{secret:?}").contains("whsec"));
        assert_ne!(WebhookSecret::generate().reveal(), secret.reveal());
    }
}
