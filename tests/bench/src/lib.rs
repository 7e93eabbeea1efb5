//! Measures what this project costs: it runs the functions as Lambda would, and counts their calls to AWS.
//!
//! `make bench` measures with it, and a test of `make test` asserts the counts. `make cost` (in `xtask`) calculates with
//! them.
#![allow(clippy::expect_used, reason = "a measurement that cannot go on says so by panicking")]

pub mod budget;
mod callgrind;
pub mod capacity;
pub mod gateway;
pub mod host;
pub mod local;
pub mod mapping;
pub mod meter;
pub mod receiver;
pub mod scenario;
pub mod stage;
pub mod starts;
