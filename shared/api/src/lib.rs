//! Shared by the HTTP functions: keys and roles, errors, paging and JSON. Shared by all functions: telemetry.

pub mod auth;
pub mod body;
pub mod cold_start;
pub mod delivery_query;
pub mod envelope;
pub mod error;
pub mod event_query;
pub mod event_types;
pub mod idempotency;
pub mod page;
pub mod query;
pub mod rate;
mod request_limit;
pub mod rotation;
mod routes;
pub mod server;
pub mod subscription;
pub mod telemetry;
pub mod views;
pub mod worker;

pub use auth::{Admin, Caller, Keys, Reader, Writer};
pub use body::{Body, OptionalBody, RawBody};
pub use envelope::Envelope;
pub use error::{ApiError, ErrorBody};
pub use page::PageQuery;
pub use query::Query;
pub use rate::MaxPerSecond;
pub use rotation::Rotation;
