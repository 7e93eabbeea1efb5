//! Webhook secrets.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rand::RngExt;
use zeroize::Zeroizing;

use crate::connection::Credential;

const PREFIX: &str = "whsec_";

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

    /// The key behind the prefix, as Standard Webhooks has it; the whole text's bytes if it has no such form.
    pub fn key_bytes(&self) -> Zeroizing<Vec<u8>> {
        let decoded = self.0.strip_prefix(PREFIX).and_then(|text| STANDARD.decode(text).ok());
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
    fn a_secret_has_32_bytes_and_never_shows_itself() {
        let secret = WebhookSecret::generate();
        assert_eq!(secret.key_bytes().len(), 32);
        assert!(secret.reveal().starts_with(PREFIX));
        assert!(!format!("{secret:?}").contains("whsec"));
        assert_ne!(WebhookSecret::generate().reveal(), secret.reveal());
    }
}
