//! What is done with an address once it is registered, by whichever route group has it: it is verified, tested, marked as
//! unhealthy, and gets again what it missed.

pub mod allowed;
pub mod health;
pub mod log;
mod messages;
pub mod probe;
pub mod recovery;
pub mod retry;
mod rotation;
pub mod sender;
pub mod subscription;
pub mod testing;
pub mod verification;
pub mod written;

use std::time::Duration;

use api::ApiError;
use domain::{
    Attempt, Connection, Destination, DestinationId, OperatorId, WebhookSecret, destination::Sealed, journal::Mail,
    verification::Limits,
};
use store::{Accounts, Aws, Destinations, Journal, StoreError, Suppressions, Verifications, accounts::Operator, aws};

pub use health::Health;
pub use sender::Sender;

/// Verifies addresses and tests them.
pub struct Upkeep {
    accounts: Accounts,
    destinations: Destinations,
    suppressions: Suppressions,
    verifications: Verifications,
    sender: Sender,
    journal: Journal,
    limits: Limits,
}

impl Upkeep {
    /// With everything that the environment names.
    ///
    /// # Errors
    /// When the environment lacks something.
    pub fn from_env(aws: &Aws) -> Result<Self, lambda_http::Error> {
        Ok(Self {
            accounts: Accounts::from_env(aws)?,
            destinations: Destinations::from_env(aws)?,
            suppressions: Suppressions::from_env(aws)?,
            verifications: Verifications::from_env(aws)?,
            sender: Sender::from_env(aws)?,
            journal: Journal::from_env(aws)?,
            limits: Limits {
                interval: Duration::from_secs(aws::parsed_variable("CODE_INTERVAL_SECONDS")?),
                per_destination: aws::parsed_variable("CODES_PER_DESTINATION")?,
                per_operator: aws::parsed_variable("CODES_PER_OPERATOR")?,
                per_calling_code: aws::parsed_variable("CODES_PER_CALLING_CODE")?,
            },
        })
    }

    /// Seals the secret of a new webhook under its operator's data key.
    ///
    /// # Errors
    /// When a call fails, or KMS does not open the data key.
    pub async fn seal(
        &self,
        operator: OperatorId,
        id: DestinationId,
        secret: &WebhookSecret,
    ) -> api::error::Result<Sealed> {
        let operator = self.operator(operator).await?;
        Ok(self.sender.vault.seal(&operator.data_key, operator.id, id, secret.reveal()).await?)
    }

    /// Seals how a destination of the operator is reached.
    ///
    /// # Errors
    /// As [`Upkeep::seal`].
    pub async fn seal_connection(
        &self,
        operator: OperatorId,
        id: DestinationId,
        connection: &Connection,
    ) -> api::error::Result<Sealed> {
        let operator = self.operator(operator).await?;
        self.seal_connection_of(&operator, id, connection).await
    }

    /// The same where the account is at hand.
    ///
    /// # Errors
    /// When KMS does not open the data key.
    pub async fn seal_connection_of(
        &self,
        operator: &Operator,
        id: DestinationId,
        connection: &Connection,
    ) -> api::error::Result<Sealed> {
        Ok(self.sender.vault.seal_connection(&operator.data_key, operator.id, id, connection).await?)
    }

    /// How a destination is reached, which it has sealed; none when that does not open any more, which is logged.
    ///
    /// # Errors
    /// When KMS cannot be asked.
    pub async fn connection(&self, of: &Destination) -> api::error::Result<Option<Connection>> {
        match self.sender.vault.connection(of).await {
            Err(error @ StoreError::Sealed(_)) => {
                tracing::error!(operator_id = %of.operator_id, destination_id = %of.id, %error, "a connection is lost");
                Ok(None)
            }
            connection => Ok(connection?),
        }
    }

    /// What sends.
    pub fn sender(&self) -> &Sender {
        &self.sender
    }

    /// The account that something belongs to.
    ///
    /// # Errors
    /// When the call fails, or there is none.
    pub async fn operator(&self, id: OperatorId) -> api::error::Result<Operator> {
        let operator = self.accounts.operator(id).await?;
        operator.ok_or_else(|| ApiError::internal("an account is gone whose rows or keys are not"))
    }

    /// Tells of a mail that was sent at once, in one attempt.
    pub async fn note_mail(&self, mail: &Mail, attempt: &Attempt) {
        self.journal.note(messages::mailed(mail, attempt)).await;
    }

    /// Where it is told what was done.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// The suppressed addresses.
    pub fn suppressions(&self) -> &Suppressions {
        &self.suppressions
    }
}
