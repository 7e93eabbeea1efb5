//! Dollars: what a million events cost by service, from what was counted and a dated price table.
//!
//! Nothing is typed in that was counted: [`counts`] reads what `make bench` wrote, [`model`] makes an event's amounts for
//! other traffic of it by pairs of its scenarios, [`bill`] sets prices to them. What cannot be counted on one machine, such as
//! how long AWS takes to answer, is a variable with a default ([`traffic`]), and shown.

pub mod alternatives;
pub mod bill;
pub mod counts;
pub mod model;
pub mod prices;
pub mod report;
pub mod template;
pub mod traffic;

/// What is wrong with what was given, and what to do.
pub type Error = String;

/// What AWS calls a GB.
pub(crate) const GB: f64 = 1024.0 * 1024.0 * 1024.0;

/// The function behind the HTTP API that takes events.
pub(crate) const ACCEPTS: &str = "events";
/// The function that waits for receivers.
pub(crate) const DELIVERS: &str = "deliver";
