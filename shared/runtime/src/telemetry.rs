//! Logs and metrics, both as JSON lines on standard output, where Lambda picks them up; and traces ([`trace`]).
//!
//! Each request, event and attempt is one line, with IDs and without secrets. Where everything went well, the line has
//! only what no other line and no metric says: it is written for each event, and most of the bill for logs. Counters and
//! timings are in CloudWatch's embedded metric format.

use std::io::Write;

use metrics_cloudwatch_embedded::Collector;
use tracing::{Level, level_filters::LevelFilter};

use crate::{log_lines::Lines, metric_lines};

/// The namespace of the metrics in CloudWatch.
const NAMESPACE: &str = "StackNotifications";

/// Metrics that were collected and not yet written.
#[derive(Clone, Copy)]
pub struct Telemetry(Option<&'static Collector>);

/// Sets up logging, metrics and tracing. Call it once, when a function starts.
pub fn init() -> Telemetry {
    let level = std::env::var("LOG_LEVEL").ok().and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    tracing_subscriber::fmt().event_format(Lines::new()).with_max_level(level).init();
    let variable = |name| std::env::var(name).unwrap_or_else(|_| "local".into());
    let stack = variable("STACK_NAME");
    let service = service(&stack, &variable("AWS_LAMBDA_FUNCTION_NAME"));
    crate::cold_start::begin(&service);
    trace::init(&service);
    let collector = metrics_cloudwatch_embedded::Builder::new()
        .cloudwatch_namespace(NAMESPACE)
        .with_dimension("stack", stack)
        .with_dimension("service", service)
        .init();
    if let Err(error) = &collector {
        tracing::error!(%error, "no metrics");
    }
    Telemetry(collector.ok())
}

/// The part of the system that a function implements: `deliver` for `my-stack-DeliverFunction-0A1B2C`. CloudFormation's
/// names change with every stack, but alarms and dashboards need a stable one.
fn service(stack: &str, function: &str) -> String {
    let logical = function.strip_prefix(stack).and_then(|rest| rest.strip_prefix('-')).unwrap_or(function);
    let logical = logical.split('-').next().unwrap_or(logical);
    logical.strip_suffix("Function").unwrap_or(logical).to_ascii_lowercase()
}

impl Telemetry {
    /// Telemetry that writes nothing, for tests.
    pub fn none() -> Self {
        Self(None)
    }

    /// Writes the metrics of an invocation. Call it at the end, because the process may be frozen afterwards.
    pub fn flush(self) {
        if let Some(collector) = self.0
            && let Err(error) = write(collector)
        {
            tracing::error!(%error, "metrics were not written");
        }
    }
}

fn write(collector: &Collector) -> std::io::Result<()> {
    let mut collected = vec![];
    collector.flush(&mut collected)?;
    let mut lines = vec![];
    for line in metric_lines::joined(&collected)? {
        serde_json::to_writer(&mut lines, &line)?;
        lines.push(b'\n');
    }
    std::io::stdout().lock().write_all(&lines)
}

/// Whether routine log lines have all their fields: with `LOG_LEVEL=debug`, even where everything went well.
pub fn is_verbose() -> bool {
    tracing::enabled!(Level::DEBUG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_named_whatever_cloudformation_calls_its_function() {
        assert_eq!(service("my-stack", "my-stack-DeliverFunction-0A1B2C3D"), "deliver");
        assert_eq!(service("stack-notifications", "stack-notifications-EventsFunction-X"), "events");
        assert_eq!(service("local", "bench"), "bench");
    }
}
