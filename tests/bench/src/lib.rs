//! Measures what this project costs: it runs the functions as Lambda would, and counts their calls to AWS.
//!
//! `make bench` measures, `make cost` calculates with the counts, and a test of `make test` asserts the counts.
#![allow(clippy::expect_used, reason = "a measurement that cannot continue panics")]

pub mod capacity;
pub mod cost;
pub mod gateway;
pub mod host;
pub mod local;
pub mod mapping;
pub mod meter;
pub mod receiver;
pub mod scenario;
pub mod stage;
pub mod starts;
