//! Encryption of credentials at rest: AES-256-GCM with one data key per operator, wrapped by KMS.
//!
//! A sealed secret carries its wrapped data key. A worker therefore needs only the destination's row to open it, and
//! calls KMS once in five minutes per operator:
//!
//! ```text
//! 1 byte version │ 2 bytes length, big-endian │ wrapped data key │ 12 bytes nonce │ ciphertext and tag
//! ```

use std::{
    collections::HashMap,
    sync::OnceLock,
    time::{Duration, Instant},
};

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
use aws_config::SdkConfig;
use aws_sdk_kms::{Client, primitives::Blob, types::DataKeySpec};
use domain::{
    Connection, Destination, DestinationId, OperatorId, WebhookSecret, destination::Sealed, verification::CodeKey,
};
use jiff::Timestamp;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use crate::{Aws, Result, StoreError, aws::missing, error::aws};

const VERSION: u8 = 1;
const NONCE: usize = 12;
/// How long an unwrapped data key stays in memory.
const KEEP: Duration = Duration::from_secs(300);
/// The maximum number of unwrapped data keys in memory.
const MAX_KEPT: usize = 1000;

/// The variable that names the key of KMS that wraps data keys.
const MASTER_KEY: &str = "CREDENTIALS_KEY_ID";

/// Seals and opens secrets.
pub struct Vault {
    /// The key that wraps new data keys. Only functions that create operators have it.
    master_key: Option<String>,
    config: SdkConfig,
    // Created with the first secret that is opened, since most requests open none.
    client: OnceLock<Client>,
    opened: Mutex<HashMap<Vec<u8>, Opened>>,
}

struct Opened {
    cipher: Aes256Gcm,
    code_key: CodeKey,
    at: Instant,
}

/// The parts of a sealed secret.
struct Parts<'a> {
    wrapped: &'a [u8],
    nonce: &'a [u8],
    ciphertext: &'a [u8],
}

impl Vault {
    /// Creates a vault without unwrapped data keys.
    pub fn new(aws: &Aws) -> Self {
        let master_key = aws.optional_variable(MASTER_KEY);
        Self { master_key, config: aws.config().clone(), client: OnceLock::new(), opened: Mutex::default() }
    }

    fn client(&self) -> &Client {
        self.client.get_or_init(|| Client::new(&self.config))
    }

    /// Creates a data key for an operator, wrapped by KMS. It is only unwrapped where it is used.
    ///
    /// # Errors
    /// When the call fails or `CREDENTIALS_KEY_ID` is missing.
    pub async fn new_data_key(&self, operator: OperatorId) -> Result<Vec<u8>> {
        let answer = self
            .client()
            .generate_data_key_without_plaintext()
            .key_id(self.master_key.as_ref().ok_or_else(|| missing(MASTER_KEY))?)
            .key_spec(DataKeySpec::Aes256)
            .encryption_context("operator_id", operator.to_string())
            .send()
            .await
            .map_err(aws("GenerateDataKeyWithoutPlaintext"))?;
        let wrapped = answer.ciphertext_blob.map(Blob::into_inner);
        wrapped.ok_or_else(|| StoreError::Sealed(operator.to_string()))
    }

    /// Seals a destination's secret under the operator's wrapped data key.
    ///
    /// # Errors
    /// When KMS does not unwrap the data key.
    pub async fn seal(
        &self,
        data_key: &[u8],
        operator: OperatorId,
        destination: DestinationId,
        secret: &str,
    ) -> Result<Sealed> {
        let failed = || StoreError::Sealed(operator.to_string());
        let length = u16::try_from(data_key.len()).map_err(|_| failed())?;
        // With as few seals as one operator's key makes, 96 random bits do not collide.
        let nonce: [u8; NONCE] = rand::random();
        let aad = associated_data(operator, destination);
        let payload = Payload { msg: secret.as_bytes(), aad: aad.as_bytes() };
        let ciphertext = self
            .with_opened(data_key, operator, |key| key.cipher.encrypt(&nonce.into(), payload).map_err(|_| failed()))
            .await?;
        let parts: [&[u8]; 5] = [&[VERSION], &length.to_be_bytes(), data_key, &nonce, &ciphertext];
        Ok(Sealed(parts.concat()))
    }

    /// Opens a sealed secret of the operator's destination.
    ///
    /// # Errors
    /// When KMS does not unwrap the data key, or the secret was sealed for another operator or destination.
    async fn open(
        &self,
        sealed: &Sealed,
        operator: OperatorId,
        destination: DestinationId,
    ) -> Result<Zeroizing<String>> {
        let failed = || StoreError::Sealed(destination.to_string());
        let parts = take_apart(&sealed.0).ok_or_else(failed)?;
        let nonce: [u8; NONCE] = parts.nonce.try_into().map_err(|_| failed())?;
        let aad = associated_data(operator, destination);
        let payload = Payload { msg: parts.ciphertext, aad: aad.as_bytes() };
        let plain = self
            .with_opened(parts.wrapped, operator, |key| {
                key.cipher.decrypt(&nonce.into(), payload).map_err(|_| failed())
            })
            .await?;
        String::from_utf8(plain).map(Zeroizing::new).map_err(|_| failed())
    }

    /// Returns the secrets that sign requests to a destination at `now`, the current one first.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub async fn signing_secrets(&self, destination: &Destination, now: Timestamp) -> Result<Vec<WebhookSecret>> {
        let mut secrets = vec![];
        for sealed in destination.signing_secrets(now) {
            secrets.push(WebhookSecret::from_text(self.open(sealed, destination.operator_id, destination.id).await?));
        }
        Ok(secrets)
    }

    /// Opens a destination's connection, if it is sealed.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub async fn connection(&self, destination: &Destination) -> Result<Option<Connection>> {
        let Some(sealed) = &destination.connection else { return Ok(None) };
        let clear = self.open(sealed, destination.operator_id, destination.id).await?;
        Ok(Some(serde_json::from_str(&clear)?))
    }

    /// Seals a destination's connection.
    ///
    /// # Errors
    /// As [`Vault::seal`].
    pub async fn seal_connection(
        &self,
        data_key: &[u8],
        operator: OperatorId,
        destination: DestinationId,
        connection: &Connection,
    ) -> Result<Sealed> {
        let clear = Zeroizing::new(serde_json::to_string(connection)?);
        self.seal(data_key, operator, destination, &clear).await
    }

    /// Whether a secret is sealed under this data key.
    pub fn is_under(data_key: &[u8], sealed: &Sealed) -> bool {
        take_apart(&sealed.0).is_some_and(|parts| parts.wrapped == data_key)
    }

    /// Reseals a secret under another data key, for the same destination. Returns `None` if it is already sealed under
    /// that key.
    ///
    /// # Errors
    /// As [`Vault::open`], and as [`Vault::seal`].
    pub async fn reseal(
        &self,
        sealed: &Sealed,
        data_key: &[u8],
        operator: OperatorId,
        destination: DestinationId,
    ) -> Result<Option<Sealed>> {
        if Self::is_under(data_key, sealed) {
            return Ok(None);
        }
        let clear = self.open(sealed, operator, destination).await?;
        self.seal(data_key, operator, destination, &clear).await.map(Some)
    }

    /// Returns the key for an operator's verification codes, derived from a wrapped data key. Pass the current data key
    /// to create a code, and the one stored with the code to check it.
    ///
    /// # Errors
    /// When KMS does not unwrap the data key.
    pub async fn code_key(&self, data_key: &[u8], operator: OperatorId) -> Result<CodeKey> {
        self.with_opened(data_key, operator, |key| Ok(key.code_key.clone())).await
    }

    async fn with_opened<T>(
        &self,
        wrapped: &[u8],
        operator: OperatorId,
        work: impl FnOnce(&Opened) -> Result<T>,
    ) -> Result<T> {
        // Held during the call to KMS, so that ten concurrent deliveries of one operator make one call.
        let mut opened = self.opened.lock().await;
        if let Some(found) = opened.get(wrapped).filter(|found| found.at.elapsed() < KEEP) {
            return work(found);
        }
        let answer = self
            .client()
            .decrypt()
            .ciphertext_blob(Blob::new(wrapped))
            .encryption_context("operator_id", operator.to_string())
            .send()
            .await
            .map_err(|error| match error.as_service_error() {
                Some(refused) if refused.is_invalid_ciphertext_exception() => StoreError::Sealed(operator.to_string()),
                _ => aws("Decrypt")(error),
            })?;
        let key = Zeroizing::new(answer.plaintext.map(Blob::into_inner).unwrap_or_default());
        let cipher = Aes256Gcm::new_from_slice(&key).map_err(|_| StoreError::Sealed(operator.to_string()))?;
        opened.retain(|_, kept| kept.at.elapsed() < KEEP);
        if opened.len() >= MAX_KEPT {
            opened.clear();
        }
        let code_key = CodeKey::derive(&key, wrapped);
        let new = Opened { cipher, code_key, at: Instant::now() };
        let result = work(&new);
        opened.insert(wrapped.to_vec(), new);
        result
    }
}

/// Binds a sealed secret to its row. Moved to another operator or destination, it does not open.
fn associated_data(operator: OperatorId, destination: DestinationId) -> String {
    format!("{operator}/{destination}")
}

fn take_apart(sealed: &[u8]) -> Option<Parts<'_>> {
    let (&version, rest) = sealed.split_first()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (wrapped, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
    let (nonce, ciphertext) = rest.split_at_checked(NONCE)?;
    (version == VERSION).then_some(Parts { wrapped, nonce, ciphertext })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsealed_values_are_recognized() {
        for wrong in [&[][..], &[1], &[1, 0, 9, 0], &[2, 0, 0], &[1, 0, 0, 1, 2]] {
            assert!(take_apart(wrong).is_none(), "{wrong:?}");
        }
        let sealed = [&[1, 0, 2, 7, 8][..], &[0; 12], b"secret"].concat();
        assert_eq!(
            take_apart(&sealed).map(|parts| (parts.wrapped, parts.ciphertext)),
            Some((&[7, 8][..], &b"secret"[..]))
        );
        let sealed = Sealed(sealed);
        assert!(Vault::is_under(&[7, 8], &sealed) && !Vault::is_under(&[7], &sealed));
    }
}
