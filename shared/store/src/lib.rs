//! Storage: DynamoDB, with one module per table and typed calls, and the queues and the vault of sealed secrets that
//! the same callers use.
//!
//! Every read or write of a row includes the operator's ID. To an operator, another operator's row does not exist.

pub mod account_deliveries;
pub mod accounts;
pub mod audit;
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
mod item_size;
pub mod key_list;
pub mod legacy;
mod outcome;
pub mod partiql;
pub mod project_channels;
mod project_log;
pub mod queue;
pub mod recent;
pub mod request_limits;
pub mod resealing;
pub mod resendable;
mod signer;
pub mod stats;
pub mod subscriptions;
pub mod suppressions;
pub mod system_events;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod transact;
pub mod type_index;
pub mod unrecorded;
pub mod vault;
pub mod verifications;
pub mod worklist;

pub use accounts::Accounts;
pub use audit::Audit;
pub use aws::Aws;
pub use channels::Channels;
pub use deliveries::Deliveries;
pub use destinations::Destinations;
pub use error::{Result, StoreError};
pub use events::Events;
pub use outcome::{Changed, IfExists, Inserted};
pub use project_channels::ProjectChannels;
pub use queue::{Lanes, Queue};
pub use recent::{Changes, Recent};
pub use suppressions::Suppressions;
pub use system_events::SystemEvents;
pub use unrecorded::DeliveryLog;
pub use vault::Vault;
pub use verifications::Verifications;
