//! What a million events cost in dollars by service, from counts and a dated price table.
//!
//! All counts are read from the file that `make bench` writes ([`counts`]). [`model`] calculates the amounts for other
//! traffic from pairs of scenarios, and [`bill`] multiplies them by prices. Values that cannot be measured on one
//! machine, such as the response time of AWS, are variables with a default ([`traffic`]), and the report shows them.

pub mod alternatives;
pub mod bill;
pub mod counts;
pub mod memory;
pub mod model;
pub mod prices;
pub mod report;
pub mod template;
pub mod traffic;

/// Says what is wrong with the input, and what to do.
pub type Error = String;

/// The bytes that AWS calls a GB.
pub(crate) const GB: f64 = 1024.0 * 1024.0 * 1024.0;

/// The function behind the HTTP API that accepts events.
pub(crate) const ACCEPTS: &str = "events";
/// The function that waits for receivers.
pub(crate) const DELIVERS: &str = "deliver";
