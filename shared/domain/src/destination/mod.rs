//! Destinations: where notifications go.

mod suppression;
mod traffic;

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Address, ApiKind, ChannelType, DestinationId, EndpointId, Kind, OperatorId, ProjectId, RuleId, Unhealthy,
    WebhookId,
    address::MAIL_SEPARATOR,
    guard::TargetPolicy,
    hidden::shown_url,
    time::now,
    traffic::{Breaker, Pace, Rate},
};

pub use suppression::{HeldBack, Suppression, SuppressionReason};

/// A secret encrypted under the operator's data key. Only the store's vault can open it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(#[serde(with = "serde_bytes")] pub Vec<u8>);

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// The most earlier secrets that may sign at the same time.
pub const MAX_PREVIOUS_SECRETS: usize = 5;

/// A secret replaced by a rotation that still signs until its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousSecret {
    /// The old secret.
    pub sealed: Sealed,
    /// When it stops signing.
    #[serde(with = "crate::time::millis")]
    pub until: Timestamp,
}

/// The owner of a destination that the operator does not manage directly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// A legacy channel. Its destination is verified, tested and deleted through the channel.
    Channel(RuleId),
    /// This service: the operator's own address, which we write to when something needs attention.
    Service,
}

/// Whether a delivery can be sent to a destination now. If several of these hold, the first one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The destination was deleted.
    Deleted,
    /// The operator has disabled it.
    Disabled,
    /// All of its mail addresses are suppressed.
    Suppressed,
    /// It is unhealthy.
    Unhealthy,
    /// Nothing stands in the way.
    Ready,
}

impl Standing {
    /// The standing of a destination that may have been deleted.
    pub fn of(destination: Option<&Destination>, held_back: &HeldBack) -> Self {
        match destination {
            None => Self::Deleted,
            Some(to) if to.disabled => Self::Disabled,
            Some(_) if held_back.wholly().is_some() => Self::Suppressed,
            Some(to) if to.unhealthy.is_some() => Self::Unhealthy,
            Some(_) => Self::Ready,
        }
    }
}

/// An address or endpoint of an operator, with its credentials and its health.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// The id of its operator.
    pub operator_id: OperatorId,
    /// Its id.
    pub id: DestinationId,
    /// What kind of destination it is.
    #[serde(rename = "channel_type")]
    pub kind: Kind,
    /// The address in its normal form ([`crate::Address::as_str`]). For a destination with a sealed connection, the
    /// part that may be shown: a host, or the mail addresses of a team separated by commas
    /// ([`Destination::mail_addresses`]).
    pub destination: String,
    /// The same text for every spelling of the address ([`crate::Address::uniqueness_key`]). It names the guard row
    /// that prevents duplicates.
    pub uniqueness_key: String,
    /// A webhook's secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Sealed>,
    /// The secret before the current one, after a rotation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_secret: Option<PreviousSecret>,
    /// Earlier secrets than that one, after several rotations, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub older_secrets: Vec<PreviousSecret>,
    /// When it was last verified; `None` if it never was.
    #[serde(default, with = "crate::time::millis::option", skip_serializing_if = "Option::is_none")]
    pub verified_at: Option<Timestamp>,
    /// Why nothing is sent to it at the moment; `None` if it is healthy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unhealthy: Option<Unhealthy>,
    /// When it was registered.
    #[serde(with = "crate::time::millis")]
    pub created_at: Timestamp,
    /// Its owner, if the operator cannot list, get and delete it directly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub belongs_to: Option<Owner>,
    /// The API that created it.
    #[serde(default, rename = "face", skip_serializing_if = "ApiKind::is_stack")]
    pub api: ApiKind,
    /// The address and credentials of a Providers or Config API destination: a [`crate::Connection`], sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<Sealed>,
    /// The name that the operator gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether the operator has disabled it. Its deliveries are held meanwhile.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    /// The project that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// When it was last changed; `None` if it never was.
    #[serde(default, with = "crate::time::millis::option", skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// The operator's own description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The operator's limit on deliveries per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_per_second: Option<Rate>,
    /// How many of the newest attempts in a row got no answer. Workers stop counting when the breaker opens.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unreached: u32,
    /// Present while attempts are postponed because the destination does not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breaker: Option<Breaker>,
    /// When it stops counting as slow; workers extend this while it is slow.
    #[serde(default, with = "crate::time::millis::option", skip_serializing_if = "Option::is_none")]
    pub slow_until: Option<Timestamp>,
    /// The pace learned from its rate limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pace: Option<Pace>,
    /// The first free slot, in microseconds since the Unix epoch, if it has a pace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_slot: Option<i64>,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

impl Destination {
    /// Creates a destination of the STACK API, unverified and without secrets.
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
            api: ApiKind::Stack,
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

    /// Creates a destination of the STACK API at `address`.
    pub fn at(operator_id: OperatorId, id: DestinationId, address: &Address) -> Self {
        let kind = address.channel_type().into();
        Self::new(operator_id, id, kind, address.as_str().to_owned(), address.uniqueness_key())
    }

    /// The id as the destination's own API writes it. A destination of a legacy channel has the channel's id.
    pub fn public_id(&self) -> String {
        match (self.belongs_to, self.api) {
            (Some(Owner::Channel(channel)), _) => channel.to_string(),
            (_, ApiKind::Mail) => WebhookId::of_destination(self.id).to_string(),
            (_, ApiKind::StackAuth) => EndpointId::of_destination(self.id).to_string(),
            (_, ApiKind::Providers | ApiKind::Config) => self.id.uuid().to_string(),
            (_, ApiKind::Stack) => self.id.to_string(),
        }
    }

    /// The address without its credentials: the secret parts of a webhook's URL are hidden.
    pub fn shown(&self) -> Cow<'_, str> {
        match (self.kind, &self.connection) {
            (Kind::Webhook, None) => Cow::Owned(shown_url(&self.destination)),
            _ => Cow::Borrowed(&self.destination),
        }
    }

    /// The address for this reader: a `writer` also sees the credentials in it.
    pub fn shown_to(&self, writer: bool) -> Cow<'_, str> {
        if writer { Cow::Borrowed(&self.destination) } else { self.shown() }
    }

    /// Whether it has been verified. Rules can only target verified destinations.
    pub fn verified(&self) -> bool {
        self.verified_at.is_some()
    }

    /// Whether it is verified and healthy.
    pub fn well(&self) -> bool {
        self.verified() && self.unhealthy.is_none()
    }

    /// Whether notifications are sent to it: it is verified, healthy and enabled.
    pub fn receives(&self) -> bool {
        self.well() && !self.disabled
    }

    /// Its mail addresses, each with the key of its suppression ([`Address::uniqueness_key`]).
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

    /// The secrets before the current one that still sign at `now`, newest first.
    pub fn previous_secrets(&self, now: Timestamp) -> impl Iterator<Item = &PreviousSecret> {
        self.previous_secret.iter().chain(&self.older_secrets).filter(move |previous| now < previous.until)
    }

    /// The sealed secrets that sign at `now`, the current one first.
    pub fn signing_secrets(&self, now: Timestamp) -> impl Iterator<Item = &Sealed> {
        self.secret.iter().chain(self.previous_secrets(now).map(|previous| &previous.sealed))
    }

    /// The earlier secrets that sign next to a new one, newest first: those that still sign at `now`, and the `current`
    /// one if it ends in the future.
    ///
    /// # Errors
    /// If there would be more than [`MAX_PREVIOUS_SECRETS`], returns the time at which the first of them ends.
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
mod tests {
    use super::*;
    use crate::testing::email;

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
}
