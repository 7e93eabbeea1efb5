//! What is kept: DynamoDB, one module per table, typed calls in and out; and what stands beside it for the same
//! callers, the two queues and the vault of sealed secrets.
//!
//! Every read or write of a row carries the operator's id: another operator's row is as if it did not exist.

pub mod accounts;
pub mod across;
pub mod aws;
mod batch_get;
pub mod channels;
pub mod counts;
pub mod deliveries;
pub mod destinations;
mod error;
pub mod event_log;
pub mod events;
mod filtered;
mod http;
mod item;
pub mod journal;
pub mod legacy;
pub mod partiql;
pub mod project_channels;
pub mod queue;
pub mod recent;
pub mod request_limits;
pub mod resealing;
pub mod subscriptions;
pub mod suppressions;
mod transact;
pub mod unrecorded;
pub mod vault;
pub mod verifications;
pub mod worklist;

pub use accounts::Accounts;
pub use aws::Aws;
pub use channels::Channels;
pub use deliveries::Deliveries;
pub use destinations::Destinations;
pub use error::{Result, StoreError};
pub use events::Events;
pub use journal::Journal;
pub use project_channels::ProjectChannels;
pub use queue::{Lanes, Queue};
pub use recent::{Changes, Recent};
pub use suppressions::Suppressions;
pub use unrecorded::DeliveryLog;
pub use vault::Vault;
pub use verifications::Verifications;
