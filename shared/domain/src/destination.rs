//! Destinations: where notifications go.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Address, ChannelType, DeliveryId, DestinationId, EndpointId, Face, Kind, MessageId, OperatorId, RuleId, Unhealthy,
    WebhookId,
    guard::TargetPolicy,
    hidden::shown_url,
    time::now,
    traffic::{Breaker, Pace, Rate},
};

/// A secret encrypted under the operator's data key. What it holds is the business of the store's vault.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(#[serde(with = "serde_bytes")] pub Vec<u8>);

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// How many earlier secrets sign at a time, at most.
pub const MAX_PREVIOUS_SECRETS: usize = 5;

/// A secret before a rotation, and until when it signs too.
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

/// What is held back of a mail to a destination.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct HeldBack {
    /// The addresses that it does not go to, and why.
    by: Vec<(String, Suppression)>,
    /// How many addresses there are.
    of: usize,
}

impl HeldBack {
    /// What is held back of a mail to `destination`; `find` looks a suppression up by operator and address
    /// ([`Destination::mail_addresses`]).
    pub fn of<'a>(destination: &Destination, find: impl Fn(&(OperatorId, String)) -> Option<&'a Suppression>) -> Self {
        let addresses = destination.mail_addresses();
        let of = addresses.len();
        let held =
            |(address, key): (&str, String)| Some((address.to_owned(), find(&(destination.operator_id, key))?.clone()));
        Self { by: addresses.into_iter().filter_map(held).collect(), of }
    }

    /// Why nothing is mailed to it at all, if that is so.
    pub fn wholly(&self) -> Option<&Suppression> {
        self.by.first().map(|(_, suppression)| suppression).filter(|_| self.by.len() == self.of)
    }

    /// Whether the mail does not go to this one of its addresses.
    pub fn holds(&self, address: &str) -> bool {
        self.by.iter().any(|(held, _)| held == address)
    }
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

/// What stands between the mail addresses of a team.
pub const MAIL_SEPARATOR: &str = ", ";

/// An address or endpoint of an operator, with its credentials and its health.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// Whose it is.
    pub operator_id: OperatorId,
    /// Its id.
    pub id: DestinationId,
    /// What kind of destination.
    #[serde(rename = "channel_type")]
    pub kind: Kind,
    /// The address in its normal form ([`crate::Address::as_str`]). Where it is reached by a sealed connection, what may be
    /// shown of that: a host, or the mail addresses of a team with commas between ([`Destination::mail_addresses`]).
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
    /// Those before that one, after several rotations, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub older_secrets: Vec<PreviousSecret>,
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
    /// How it is reached, with its credentials: a [`crate::Connection`], sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<Sealed>,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether its operator has switched it off: what it would get is held meanwhile.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    /// The project whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<String>,
    /// When it was last changed; none when it never was.
    #[serde(default, with = "crate::time::millis::option", skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// What it is for, in its operator's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The most deliveries a second that its operator wants it to get.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_per_second: Option<Rate>,
    /// How many of the newest attempts in a row got no answer; workers count, up to where the breaker opens.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unreached: u32,
    /// Set while attempts are put off because it does not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breaker: Option<Breaker>,
    /// Until when it counts as slow.
    #[serde(default, with = "crate::time::millis::option", skip_serializing_if = "Option::is_none")]
    pub slow_until: Option<Timestamp>,
    /// The pace that its rate limit has taught us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pace: Option<Pace>,
    /// The first slot that is free, in microseconds since the Unix epoch, where it has a pace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_slot: Option<i64>,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

impl Destination {
    /// A new destination of the STACK API, not verified, without secrets.
    pub fn new(operator_id: OperatorId, id: DestinationId, kind: Kind, destination: String, key: String) -> Self {
        Self {
            operator_id,
            id,
            kind,
            destination,
            uniqueness_key: key,
            secret: None,
            previous_secret: None,
            older_secrets: vec![],
            verified_at: None,
            unhealthy: None,
            created_at: now(),
            belongs_to: None,
            face: Face::Stack,
            connection: None,
            name: None,
            disabled: false,
            project_id: None,
            updated_at: None,
            description: None,
            max_per_second: None,
            unreached: 0,
            breaker: None,
            slow_until: None,
            pace: None,
            next_slot: None,
        }
    }

    /// A new destination of the STACK API at `address`.
    pub fn at(operator_id: OperatorId, id: DestinationId, address: &Address) -> Self {
        let kind = address.channel_type().into();
        Self::new(operator_id, id, kind, address.as_str().to_owned(), address.uniqueness_key())
    }

    /// Its id as the API writes it by which it was made; that of the channel which brought it, if one did.
    pub fn public_id(&self) -> String {
        match (self.belongs_to, self.face) {
            (Some(Owner::Channel(channel)), _) => channel.to_string(),
            (_, Face::Mail) => WebhookId::of_destination(self.id).to_string(),
            (_, Face::StackAuth) => EndpointId::of_destination(self.id).to_string(),
            (_, Face::Providers | Face::Config) => self.id.uuid().to_string(),
            (_, Face::Stack) => self.id.to_string(),
        }
    }

    /// The address as anybody may see it: what of a webhook's URL is a credential is hidden.
    pub fn shown(&self) -> Cow<'_, str> {
        match (self.kind, &self.connection) {
            (Kind::Webhook, None) => Cow::Owned(shown_url(&self.destination)),
            _ => Cow::Borrowed(&self.destination),
        }
    }

    /// The address as this reader may see it: whoever may write also sees the credentials in it.
    pub fn shown_to(&self, writer: bool) -> Cow<'_, str> {
        if writer { Cow::Borrowed(&self.destination) } else { self.shown() }
    }

    /// Whether it has been verified, which it must be before a rule can target it.
    pub fn verified(&self) -> bool {
        self.verified_at.is_some()
    }

    /// Whether nothing is wrong with it: it is verified and healthy.
    pub fn well(&self) -> bool {
        self.verified() && self.unhealthy.is_none()
    }

    /// Whether notifications go out to it.
    pub fn receives(&self) -> bool {
        self.well() && !self.disabled
    }

    /// The mail addresses that it goes to, each with the key of its suppression ([`Address::uniqueness_key`]).
    pub fn mail_addresses(&self) -> Vec<(&str, String)> {
        match self.kind {
            Kind::Email => vec![(&self.destination, self.uniqueness_key.clone())],
            Kind::OpsEmail => {
                let key = |text| Address::parse(ChannelType::Email, text, TargetPolicy::Public).ok();
                let each = self.destination.split(MAIL_SEPARATOR);
                each.filter_map(|text| Some((text, key(text)?.uniqueness_key()))).collect()
            }
            _ => vec![],
        }
    }

    /// The secrets before the current one that still sign at `now`, the newest first.
    pub fn previous_secrets(&self, now: Timestamp) -> impl Iterator<Item = &PreviousSecret> {
        self.previous_secret.iter().chain(&self.older_secrets).filter(move |previous| now < previous.until)
    }

    /// The sealed secrets that sign at `now`, the current one first.
    pub fn signing_secrets(&self, now: Timestamp) -> impl Iterator<Item = &Sealed> {
        self.secret.iter().chain(self.previous_secrets(now).map(|previous| &previous.sealed))
    }

    /// The secrets that sign beside a new one, the newest first: those that do until now, and the `current` one until its
    /// end, if it has one in the future.
    ///
    /// # Errors
    /// When they would be more than [`MAX_PREVIOUS_SECRETS`]: when the first of them ends.
    pub fn rotated(&self, current: PreviousSecret, now: Timestamp) -> Result<Vec<PreviousSecret>, Timestamp> {
        let ending = Some(current).filter(|current| now < current.until);
        let all: Vec<_> = ending.into_iter().chain(self.previous_secrets(now).cloned()).collect();
        match all.iter().map(|previous| previous.until).min() {
            Some(first) if all.len() > MAX_PREVIOUS_SECRETS => Err(first),
            _ => Ok(all),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

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

    #[test]
    fn every_secret_signs_to_its_end_and_no_more_than_five_earlier_ones_do() {
        let at = |hours: i64| crate::time::from_millis(hours * 3_600_000);
        let mut webhook = Destination { secret: Some(Sealed(vec![0])), ..email("https://example.com/") };
        let rotate = |webhook: &mut Destination, now, until| {
            let current = PreviousSecret { sealed: webhook.secret.clone().expect("one"), until };
            let mut all = webhook.rotated(current, now)?.into_iter();
            webhook.previous_secret = all.next();
            webhook.older_secrets = all.collect();
            webhook.secret = webhook.secret.take().map(|Sealed(old)| Sealed(vec![old[0] + 1]));
            Ok::<(), Timestamp>(())
        };
        let signing =
            |webhook: &Destination, now| webhook.signing_secrets(now).map(|sealed| sealed.0[0]).collect::<Vec<_>>();
        for hour in 0..5 {
            assert_eq!(rotate(&mut webhook, at(hour), at(hour + 24)), Ok(()));
        }
        assert_eq!(signing(&webhook, at(5)), [5, 4, 3, 2, 1, 0]);
        assert_eq!(rotate(&mut webhook, at(5), at(29)), Err(at(24)), "the first to end");
        assert_eq!(rotate(&mut webhook, at(5), at(5)), Ok(()), "one that ends at once");
        assert_eq!(signing(&webhook, at(5)), [6, 4, 3, 2, 1, 0]);
        assert_eq!(signing(&webhook, at(26)), [6, 4, 3]);
        assert_eq!(rotate(&mut webhook, at(26), at(50)), Ok(()));
        assert_eq!(signing(&webhook, at(26)), [7, 6, 4, 3]);
    }

    /// A verified, healthy mail address.
    pub(crate) fn email(address: &str) -> Destination {
        Destination {
            verified_at: Some(now()),
            ..Destination::new(
                OperatorId::generate(),
                DestinationId::generate(),
                Kind::Email,
                address.into(),
                address.into(),
            )
        }
    }
}
