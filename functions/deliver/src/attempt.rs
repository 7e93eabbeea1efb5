//! The log line and the metrics of an attempt.

use domain::{Attempt, Delivery, DeliveryState, Kind, hidden::without_people, time::now, trace::TraceId};
use runtime::worker::request_id;

/// Logs an attempt that is recorded in `row`.
pub(crate) fn log(row: &Delivery, kind: Kind, attempt: &Attempt, trace_id: Option<TraceId>) {
    let age_ms = now().duration_since(row.id.event.made_at()).as_millis();
    let (kind, state) = (kind.as_str(), row.state.as_str());
    tracing::info!(
        request_id = request_id(),
        trace_id = trace_id.map(tracing::field::display),
        delivery_id = %row.id,
        event_id = %row.id.event,
        operator_id = %row.operator_id,
        destination_id = %row.id.destination,
        kind,
        attempt = attempt.number,
        status = attempt.status,
        duration_ms = attempt.duration_ms,
        error = attempt.error.as_deref().map(without_people).as_deref(),
        state,
        age_ms = age_ms as i64,
        "attempt"
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
