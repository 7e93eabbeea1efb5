//! Destinations: where notifications go.

mod row;
mod signing;
mod suppression;
mod traffic;

use std::borrow::Cow;

use jiff::Timestamp;
use row::Row;
use serde::{Deserialize, Serialize};

use crate::{
    Address, ApiKind, DestinationId, EndpointId, Kind, OperatorId, ProjectId, RuleId, Unhealthy, WebhookId,
    address::MAIL_SEPARATOR,
    hidden::shown_url,
    time::now,
    traffic::{Rate, Traffic},
};

pub use signing::{MAX_PREVIOUS_SECRETS, PreviousSecret, Sealed, Signing};
pub use suppression::{HeldBack, Suppression, SuppressionReason};

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
    /// Its address is not verified: it is new, or it was changed.
    Unverified,
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
            Some(to) if !to.verified() => Self::Unverified,
            Some(_) if held_back.wholly().is_some() => Self::Suppressed,
            Some(to) if to.unhealthy.is_some() => Self::Unhealthy,
            Some(_) => Self::Ready,
        }
    }
}

/// An address or endpoint of an operator, with its credentials and its health.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Row", into = "Row")]
pub struct Destination {
    /// The id of its operator.
    pub operator_id: OperatorId,
    /// Its id.
    pub id: DestinationId,
    /// What kind of destination it is.
    pub kind: Kind,
    /// The address in its normal form ([`crate::Address::as_str`]). For a destination with a sealed connection, the
    /// part that may be shown: a host, or the mail addresses of a team separated by commas
    /// ([`Destination::mail_addresses`]).
    pub destination: String,
    /// The same text for every spelling of the address ([`crate::Address::uniqueness_key`]). It names the guard row
    /// that prevents duplicates.
    pub uniqueness_key: String,
    /// The secrets that sign a webhook's requests.
    pub signing: Option<Signing>,
    /// When its address was last verified; `None` if it never was.
    pub verified_at: Option<Timestamp>,
    /// Why nothing is sent to it at the moment; `None` if it is healthy.
    pub unhealthy: Option<Unhealthy>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// Its owner, if the operator cannot list, get and delete it directly.
    pub belongs_to: Option<Owner>,
    /// The API that created it.
    pub api: ApiKind,
    /// The address and credentials of a Providers or Config API destination: a [`crate::Connection`], sealed.
    pub connection: Option<Sealed>,
    /// The name that the operator gave it.
    pub name: Option<String>,
    /// Whether the operator has disabled it. Its deliveries are held meanwhile.
    pub disabled: bool,
    /// The project that it belongs to.
    pub project_id: Option<ProjectId>,
    /// When it was last changed; `None` if it never was.
    pub updated_at: Option<Timestamp>,
    /// The operator's own description.
    pub description: Option<String>,
    /// The operator's limit on deliveries per second.
    pub max_per_second: Option<Rate>,
    /// What deliveries have learned about it.
    pub traffic: Traffic,
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
            signing: None,
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
            traffic: Traffic::default(),
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

    /// Whether it was verified by an answer or a code. Until then, a webhook or a chat counts as verified since it was
    /// registered, or since its address was changed.
    pub fn has_answered(&self) -> bool {
        let unproven = [Some(self.created_at), self.updated_at];
        self.verified() && !unproven.contains(&self.verified_at)
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
                let key = |text| Address::parse_email(text).ok();
                let each = self.destination.split(MAIL_SEPARATOR);
                each.filter_map(|text| Some((text, key(text)?.uniqueness_key()))).collect()
            }
            _ => vec![],
        }
    }

    /// The secrets before the current one that still sign at `now`, newest first.
    pub fn previous_secrets(&self, now: Timestamp) -> impl Iterator<Item = &PreviousSecret> {
        self.signing.iter().flat_map(move |signing| signing.previous_at(now))
    }

    /// The sealed secrets that sign at `now`, the current one first.
    pub fn signing_secrets(&self, now: Timestamp) -> impl Iterator<Item = &Sealed> {
        let current = self.signing.iter().map(|signing| &signing.secret);
        current.chain(self.previous_secrets(now).map(|previous| &previous.sealed))
    }
}
