//! Destinations: where notifications go.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ChannelType, DeliveryId, DestinationId, Face, MessageId, OperatorId, RuleId, Unhealthy, WebhookId};

/// A secret encrypted under the operator's data key. What it holds is the business of the store's vault.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(#[serde(with = "serde_bytes")] pub Vec<u8>);

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// The secret before a rotation, and until when it signs too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousSecret {
    /// The old secret.
    pub sealed: Sealed,
    /// When it ends.
    #[serde(with = "crate::time::millis")]
    pub until: Timestamp,
}

/// Who a destination belongs to that is no entry of its own among the operator's destinations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// A legacy channel, which brought it along: verified, tested and deleted by way of the channel.
    Channel(RuleId),
    /// We: the operator's own address, to which we write when something needs its attention.
    Service,
}

/// That mail to an address came back, or was called spam: nothing is mailed to it until it is verified again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// Whose mails it holds back.
    pub operator_id: OperatorId,
    /// The address in its normal form.
    pub address: String,
    /// [`crate::Address::uniqueness_key`] of the address.
    pub uniqueness_key: String,
    /// `bounce` or `complaint`.
    pub reason: SuppressionReason,
    /// What the receiving server or the mail service said.
    pub detail: String,
    /// When that was.
    #[serde(with = "crate::time::millis")]
    pub since: Timestamp,
    /// The delivery whose mail it was, if it was one's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_id: Option<DeliveryId>,
    /// The mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
}

/// Why an address is suppressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuppressionReason {
    /// The receiving server refuses its mails for good.
    Bounce,
    /// Its reader called a mail spam.
    Complaint,
}

impl std::fmt::Display for SuppressionReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Bounce => "bounce",
            Self::Complaint => "complaint",
        })
    }
}

/// An address or endpoint of an operator, with its credentials and its health.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// Whose it is.
    pub operator_id: OperatorId,
    /// Its id.
    pub id: DestinationId,
    /// What kind of address.
    pub channel_type: ChannelType,
    /// The address in its normal form ([`crate::Address::as_str`]).
    pub destination: String,
    /// One text for all spellings of the address ([`crate::Address::uniqueness_key`]): names the guard row that keeps
    /// duplicates out.
    pub uniqueness_key: String,
    /// A webhook's secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Sealed>,
    /// The one before it, after a rotation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_secret: Option<PreviousSecret>,
    /// When it was last verified; none when it never was.
    #[serde(default, with = "crate::time::millis::option", skip_serializing_if = "Option::is_none")]
    pub verified_at: Option<Timestamp>,
    /// Why nothing is sent to it for now; none when it is healthy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unhealthy: Option<Unhealthy>,
    /// When it was registered.
    #[serde(with = "crate::time::millis")]
    pub created_at: Timestamp,
    /// Whose it is, when it is not the operator's to list, get and delete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub belongs_to: Option<Owner>,
    /// By which API it was made.
    #[serde(default, skip_serializing_if = "Face::is_stack")]
    pub face: Face,
    /// What it is for, in its operator's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl Destination {
    /// Its id as the API writes it by which it was made; that of the channel which brought it, if one did.
    pub fn public_id(&self) -> String {
        match (self.belongs_to, self.face) {
            (Some(Owner::Channel(channel)), _) => channel.to_string(),
            (_, Face::Mail) => WebhookId::of_destination(self.id).to_string(),
            (_, Face::Stack) => self.id.to_string(),
        }
    }

    /// Whether it has been verified, which it must be before a rule can target it.
    pub fn verified(&self) -> bool {
        self.verified_at.is_some()
    }

    /// Whether notifications go out to it.
    pub fn receives(&self) -> bool {
        self.verified() && self.unhealthy.is_none()
    }

    /// The sealed secrets that sign at `now`, the current one first.
    pub fn signing_secrets(&self, now: Timestamp) -> impl Iterator<Item = &Sealed> {
        let previous = self.previous_secret.as_ref().filter(|previous| now < previous.until);
        self.secret.iter().chain(previous.map(|previous| &previous.sealed))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::time::now;

    /// A verified, healthy mail address.
    pub(crate) fn email(address: &str) -> Destination {
        Destination {
            operator_id: OperatorId::generate(),
            id: DestinationId::generate(),
            channel_type: ChannelType::Email,
            destination: address.into(),
            uniqueness_key: address.into(),
            secret: None,
            previous_secret: None,
            verified_at: Some(now()),
            unhealthy: None,
            created_at: now(),
            belongs_to: None,
            face: Face::Stack,
            description: None,
        }
    }
}
