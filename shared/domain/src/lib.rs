//! The nouns of notification delivery and every rule about them.
//!
//! No I/O, no async, no AWS: everything here can be tested without a cloud.

pub mod address;
pub mod api_key;
pub mod api_kind;
mod attempt;
pub mod attention;
pub mod backoff;
pub mod catalogue;
pub mod chart;
pub mod connection;
pub mod content;
pub mod credential;
pub mod delivery;
pub mod delivery_plan;
pub mod destination;
pub mod event;
pub mod fanout;
pub mod feedback;
pub mod fields;
mod fingerprint;
pub mod guard;
pub mod health;
pub mod hidden;
pub mod id;
pub mod key_details;
pub mod kind;
pub mod lifecycle;
pub mod message;
pub mod naming;
pub mod notification;
pub mod objects;
pub mod overdue;
pub mod packed;
pub mod payload;
pub mod plan;
pub mod platform;
pub mod portal;
mod project;
pub mod rule;
mod rule_index;
pub mod secret;
pub mod severity;
pub mod shard;
pub mod signature;
pub mod sms;
pub mod stats;
pub mod surrogates;
pub mod system_events;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod time;
pub mod trace;
pub mod traffic;
mod unhealthy;
pub mod verification;
pub mod wording;

pub use address::{Address, ChannelType};
pub use api_key::{ApiKey, Role};
pub use api_kind::ApiKind;
pub use attempt::Attempt;
pub use catalogue::EventType;
pub use connection::Connection;
pub use delivery::Delivery;
pub use delivery_plan::{DeliveryPlan, PlannedEvent};
pub use destination::Destination;
pub use event::Event;
pub use id::{
    AuditId, DeliveryId, DestinationId, EndpointId, EventId, KeyId, MessageId, OperatorId, OtpId, RuleId, WebhookId,
};
pub use kind::Kind;
pub use lifecycle::DeliveryState;
pub use notification::Notification;
pub use platform::Platform;
pub use project::ProjectId;
pub use rule::Rule;
pub use rule_index::RuleIndex;
pub use secret::WebhookSecret;
pub use severity::Severity;
pub use trace::TraceContext;
pub use unhealthy::Unhealthy;
