//! Logs one line for each cold start, which the dashboard counts.

use std::{sync::OnceLock, time::Instant};

struct Start {
    service: String,
    at: Instant,
}

static START: OnceLock<Start> = OnceLock::new();

/// Records that the process has started.
pub(crate) fn begin(service: &str) {
    START.get_or_init(|| Start { service: service.to_owned(), at: Instant::now() });
}

/// Logs how long the start took. Call it last, just before the function asks Lambda for its first invocation.
pub fn report() {
    let Some(start) = START.get() else { return };
    if awaited(std::env::var("AWS_LAMBDA_INITIALIZATION_TYPE").ok().as_deref()) {
        tracing::info!(service = start.service, init_ms = start.at.elapsed().as_secs_f64() * 1e3, "cold start");
    }
}

/// Whether an invocation is waiting for the start. This is not the case if Lambda starts functions in advance, or if
/// the benchmark starts one.
fn awaited(initialization: Option<&str>) -> bool {
    initialization.is_none_or(|kind| kind == "on-demand")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_counts_when_an_invocation_waits_for_it() {
        assert!(awaited(None) && awaited(Some("on-demand")));
        assert!(!awaited(Some("provisioned-concurrency")) && !awaited(Some("bench")));
    }
}
