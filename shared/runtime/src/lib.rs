//! What every function runs on: logs, metrics and traces, and the loop of a queue worker.

pub mod cold_start;
mod log_lines;
mod metric_lines;
pub mod telemetry;
pub mod worker;
