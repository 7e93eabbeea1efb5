//! What the HTTP functions share: keys and roles, errors, paging, JSON, and handlers that several APIs have.

pub mod actions;
pub mod attempt_text;
pub mod audit;
pub mod auth;
pub mod body;
pub mod delivery_log;
pub mod delivery_query;
pub mod envelope;
pub mod error;
pub mod event_query;
pub mod event_types;
pub mod idempotency;
pub mod input;
mod outcome;
pub mod page;
pub mod path;
pub mod query;
pub mod rate;
mod request_limit;
pub mod responses;
mod routes;
pub mod server;
pub mod subscription;
#[cfg(feature = "testing")]
pub mod testing;
pub mod views;

pub use auth::{Admin, Caller, Keys, Reader, Writer};
pub use body::{Body, OptionalBody, RawBody};
pub use envelope::Envelope;
pub use error::{ApiError, ErrorBody};
pub use input::Rotation;
pub use page::PageQuery;
pub use path::Id;
pub use query::Query;
pub use rate::MaxPerSecond;
pub use runtime::telemetry;
