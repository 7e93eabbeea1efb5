//! Operations on a registered address that several route groups share: verify, test, mark as unhealthy, and resend what
//! it missed.

pub mod account_scope;
pub mod allowed;
pub mod error;
pub mod health;
mod messages;
mod probe;
pub mod recovery;
pub mod render;
pub mod resend;
pub mod retrying;
mod rotation;
mod routes;
pub mod sender;
pub mod subscription;
pub mod testing;
#[cfg(test)]
mod tests;
pub mod verification;

use std::time::Duration;

use domain::{
    Attempt, Connection, Destination, DestinationId, OperatorId, WebhookSecret, destination::Sealed,
    system_events::Mail, verification::Limits,
};
use error::Result;
use store::{
    Accounts, Aws, Deliveries, Destinations, StoreError, Suppressions, SystemEvents, Verifications, accounts::Operator,
};

pub use error::{Error, SetupError};
pub use health::Health;
pub use recovery::Recovery;
pub use sender::Sender;

/// Verifies and tests addresses.
pub struct DestinationService {
    accounts: Accounts,
    deliveries: Deliveries,
    destinations: Destinations,
    suppressions: Suppressions,
    verifications: Verifications,
    sender: Sender,
    system_events: SystemEvents,
    recovery: Recovery,
    limits: Limits,
}

impl DestinationService {
    /// Opens everything that the environment names.
    ///
    /// # Errors
    /// When the environment lacks a setting.
    pub fn from_env(aws: &Aws) -> std::result::Result<Self, SetupError> {
        Ok(Self {
            accounts: Accounts::from_env(aws)?,
            deliveries: Deliveries::from_env(aws)?,
            destinations: Destinations::from_env(aws)?,
            suppressions: Suppressions::from_env(aws)?,
            verifications: Verifications::from_env(aws)?,
            sender: Sender::from_env(aws)?,
            system_events: SystemEvents::from_env(aws)?,
            recovery: Recovery::from_env(aws)?,
            limits: Limits {
                interval: Duration::from_secs(aws.parsed_variable("CODE_INTERVAL_SECONDS")?),
                per_destination: aws.parsed_variable("CODES_PER_DESTINATION")?,
                per_operator: aws.parsed_variable("CODES_PER_OPERATOR")?,
                per_calling_code: aws.parsed_variable("CODES_PER_CALLING_CODE")?,
            },
        })
    }

    /// Seals the secret of a new webhook under its operator's data key.
    ///
    /// # Errors
    /// When a call fails, or KMS does not unwrap the data key.
    pub async fn seal(&self, operator: OperatorId, id: DestinationId, secret: &WebhookSecret) -> Result<Sealed> {
        let operator = self.operator(operator).await?;
        Ok(self.sender.vault.seal(&operator.data_key, operator.id, id, secret.reveal()).await?)
    }

    /// Seals a connection to one of the operator's destinations.
    ///
    /// # Errors
    /// As [`DestinationService::seal`].
    pub async fn seal_connection(
        &self,
        operator: OperatorId,
        id: DestinationId,
        connection: &Connection,
    ) -> Result<Sealed> {
        let operator = self.operator(operator).await?;
        self.seal_connection_of(&operator, id, connection).await
    }

    /// Like [`DestinationService::seal_connection`], for an account that has already been read.
    ///
    /// # Errors
    /// When KMS does not unwrap the data key.
    pub async fn seal_connection_of(
        &self,
        operator: &Operator,
        id: DestinationId,
        connection: &Connection,
    ) -> Result<Sealed> {
        Ok(self.sender.vault.seal_connection(&operator.data_key, operator.id, id, connection).await?)
    }

    /// Opens a destination's sealed connection. Returns `None` and logs the error if it no longer opens.
    ///
    /// # Errors
    /// When the call to KMS fails.
    pub async fn connection(&self, of: &Destination) -> Result<Option<Connection>> {
        match self.sender.vault.connection(of).await {
            Err(error @ StoreError::Sealed(_)) => {
                tracing::error!(operator_id = %of.operator_id, destination_id = %of.id, %error, "a connection is lost");
                Ok(None)
            }
            connection => Ok(connection?),
        }
    }

    /// The sender for destinations of every kind.
    pub fn sender(&self) -> &Sender {
        &self.sender
    }

    /// Returns the operator's account.
    ///
    /// # Errors
    /// When the call fails, or the account does not exist.
    pub async fn operator(&self, id: OperatorId) -> Result<Operator> {
        let operator = self.accounts.operator(id).await?;
        operator.ok_or_else(|| Error::internal("account missing although its rows or keys exist"))
    }

    /// Reports a mail that was sent immediately, in one attempt.
    pub async fn note_mail(&self, mail: &Mail, attempt: &Attempt) {
        self.system_events.note(messages::mailed(mail, attempt)).await;
    }

    /// Publishes our own events.
    pub fn system_events(&self) -> &SystemEvents {
        &self.system_events
    }

    /// Sends deliveries again.
    pub fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// The suppressed addresses.
    pub fn suppressions(&self) -> &Suppressions {
        &self.suppressions
    }
}
