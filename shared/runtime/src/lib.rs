//! What every function runs on: logs, metrics and traces, and the loop of a queue worker.

pub mod cold_start;
mod log_lines;
mod metric_lines;
pub mod telemetry;
pub mod worker;

/// A tenth of the instructions of an event are allocations, with glibc's allocator a quarter.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
