//! The log line and the metrics of an attempt.

use domain::{Attempt, Delivery, DeliveryState, Kind, hidden::without_people, time::now, trace::TraceId};
use runtime::{telemetry::is_verbose, worker::request_id};

/// Logs an attempt that is recorded in `row`. A delivery's ID contains the IDs of its event and its destination, and most
/// attempts succeed: their lines say no more than what was sent and how it was answered.
pub(crate) fn log(row: &Delivery, kind: Kind, attempt: &Attempt, trace_id: Option<TraceId>) {
    let age_ms = now().duration_since(row.id.event.made_at()).as_millis();
    let (kind, state) = (kind.as_str(), row.state.as_str());
    let in_full = row.state != DeliveryState::Succeeded || is_verbose();
    tracing::info!(
        delivery_id = %row.id,
        attempt = attempt.number,
        status = attempt.status,
        ms = attempt.duration_ms,
        error = attempt.error.as_deref().map(without_people).as_deref(),
        trace_id = trace_id.map(display),
        state = in_full.then_some(state),
        operator_id = in_full.then(|| display(row.operator_id)),
        kind = in_full.then_some(kind),
        age_ms = in_full.then_some(age_ms as i64),
        request_id = request_id().filter(|_| in_full),
    );
    metrics::counter!("deliveries", "kind" => kind, "outcome" => state).increment(1);
    metrics::histogram!("attempt_ms", "kind" => kind).record(attempt.duration_ms as f64);
    if row.state == DeliveryState::Abandoned {
        metrics::counter!("deliveries_abandoned").increment(1);
    }
    if attempt.succeeded() {
        metrics::histogram!("event_age_ms", "kind" => kind).record(age_ms as f64);
    }
}
