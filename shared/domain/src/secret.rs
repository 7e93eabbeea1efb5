//! Webhook secrets, which sign webhook requests.

use std::fmt;

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use rand::RngExt;
use zeroize::Zeroizing;

use crate::credential::{Credential, REDACTED};

const PREFIX: &str = "whsec_";

/// Decodes Base64 as the libraries of Node.js and Python do: padding may be missing, and unused trailing bits may be
/// set.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// How many hours the old secret still signs after a rotation.
pub const ROTATION_HOURS: i64 = 24;

/// `whsec_` and the base64 form of 32 random bytes. STACK signatures use the whole text as the key; Standard Webhooks
/// uses the bytes after the prefix.
pub struct WebhookSecret(Zeroizing<String>);

impl WebhookSecret {
    /// Generates a secret with a cryptographic generator seeded by the operating system.
    pub fn generate() -> Self {
        let random = Zeroizing::new(rand::rng().random::<[u8; 32]>());
        Self(Zeroizing::new(format!("{PREFIX}{}", STANDARD.encode(*random))))
    }

    /// Wraps the text of a stored secret.
    pub fn from_text(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    /// The text, for sealing and for the only response that shows it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The key that the Standard Webhooks libraries derive from the text: decoded base64, with or without the prefix
    /// and the padding. If the text is not base64, the key is its bytes.
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
