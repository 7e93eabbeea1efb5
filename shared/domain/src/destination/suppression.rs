//! Addresses that bounced or complained, to which no mail is sent.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Destination;
use crate::{DeliveryId, MessageId, OperatorId};

/// Stops mail to an address that bounced or complained, until the address is verified again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// The operator whose mails it stops.
    pub operator_id: OperatorId,
    /// The address in its normal form.
    pub address: String,
    /// [`crate::Address::uniqueness_key`] of the address.
    pub uniqueness_key: String,
    /// `bounce` or `complaint`.
    pub reason: SuppressionReason,
    /// The response of the receiving server or the email service.
    pub detail: String,
    /// When the mail bounced or the reader complained.
    #[serde(with = "crate::time::millis")]
    pub since: Timestamp,
    /// The delivery that the email belongs to, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_id: Option<DeliveryId>,
    /// The mail that caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
}

/// The addresses of a destination that a mail must not go to.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct HeldBack {
    /// The suppressed addresses, each with its suppression.
    by: Vec<(String, Suppression)>,
    /// How many addresses the destination has.
    of: usize,
}

impl HeldBack {
    /// The suppressed addresses of `destination`; `find` looks up a suppression by operator and address key
    /// ([`Destination::mail_addresses`]).
    pub fn of<'a>(destination: &Destination, find: impl Fn(&(OperatorId, String)) -> Option<&'a Suppression>) -> Self {
        let addresses = destination.mail_addresses();
        let of = addresses.len();
        let held =
            |(address, key): (&str, String)| Some((address.to_owned(), find(&(destination.operator_id, key))?.clone()));
        Self { by: addresses.into_iter().filter_map(held).collect(), of }
    }

    /// The first suppression if every address is suppressed, so that no mail can be sent at all.
    pub fn wholly(&self) -> Option<&Suppression> {
        self.by.first().map(|(_, suppression)| suppression).filter(|_| self.by.len() == self.of)
    }

    /// Whether this address of the destination is suppressed.
    pub fn holds(&self, address: &str) -> bool {
        self.by.iter().any(|(held, _)| held == address)
    }
}

/// Why an address is suppressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuppressionReason {
    /// The receiving server refuses its mails permanently.
    Bounce,
    /// Its reader reported a mail as spam.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, testing::email, time::now};

    #[test]
    fn a_team_is_mailed_until_all_its_addresses_are_suppressed() {
        let team = Destination { kind: Kind::OpsEmail, ..email("a@example.com, b@example.com") };
        let keys: Vec<_> = team.mail_addresses().into_iter().map(|(_, key)| (team.operator_id, key)).collect();
        let row = Suppression {
            operator_id: team.operator_id,
            address: "a@example.com".into(),
            uniqueness_key: keys[0].1.clone(),
            reason: SuppressionReason::Bounce,
            detail: "550".into(),
            since: now(),
            delivery_id: None,
            message_id: None,
        };
        let none = HeldBack::of(&team, |_| None);
        assert!(none.wholly().is_none() && !none.holds("a@example.com"));
        let one = HeldBack::of(&team, |key| Some(&row).filter(|_| *key == keys[0]));
        assert!(one.wholly().is_none() && one.holds("a@example.com") && !one.holds("b@example.com"));
        assert_eq!(HeldBack::of(&team, |_| Some(&row)).wholly(), Some(&row));
        let webhook = Destination { kind: Kind::Webhook, ..team };
        assert!(HeldBack::of(&webhook, |_| Some(&row)).wholly().is_none());
    }
}
