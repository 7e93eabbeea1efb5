//! Writes spans as X-Ray segment documents.
//!
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html>

use std::time::{SystemTime, UNIX_EPOCH};

use domain::{TraceContext, trace::SpanId};
use serde_json::{Map, Value, json};

use crate::{Kind, span::Facts};

/// The header that the X-Ray daemon expects before each document.
const HEADER: &str = "{\"format\": \"json\", \"version\": 1}\n";
/// The attributes that traces can be searched by. X-Ray indexes 50 annotations per trace; all attributes are in its
/// metadata.
const SEARCHED: [(&str, &str); 3] = [
    ("stack.event_id", "stack_event_id"),
    ("stack.delivery_id", "stack_delivery_id"),
    ("stack.operator_id", "stack_operator_id"),
];
/// The maximum length of a segment's name.
const MAX_NAME: usize = 200;

/// The facts that are known when a span begins.
pub(crate) struct Described<'a> {
    pub(crate) context: TraceContext,
    pub(crate) parent: Option<SpanId>,
    pub(crate) kind: Kind,
    pub(crate) name: &'a str,
    pub(crate) started: SystemTime,
}

/// Returns the datagram for the X-Ray daemon for a span that ended at `ended`.
pub(crate) fn document(span: Described<'_>, facts: &Facts, service: &str, ended: SystemTime) -> String {
    let mut document = json!({
        "name": name(span.name),
        "trace_id": span.context.trace_id.to_string(),
        "start_time": seconds(span.started),
        "end_time": seconds(ended),
    });
    let mut put = |name: &str, value: Value| document[name] = value;
    if let Some(id) = span.context.span_id {
        put("id", id.to_string().into());
    }
    if let Some(parent) = span.parent {
        put("parent_id", parent.to_string().into());
    }
    // A request is part of the segment that Lambda creates for the invocation. A message belongs to a different trace
    // than the invocation that processes it, so it gets its own segment in that trace.
    if span.parent.is_some() && span.kind != Kind::Consumer {
        put("type", "subsegment".into());
    }
    if matches!(span.kind, Kind::Client | Kind::Producer) {
        put("namespace", "remote".into());
    }
    let found = |wanted: &str| facts.attributes.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value);
    let status = found("http.response.status_code");
    if let Some(method) = found("http.request.method") {
        let mut http = json!({"request": {"method": method}});
        if let Some(status) = status {
            http["response"] = json!({ "status": status });
        }
        put("http", http);
    }
    match status.and_then(Value::as_u64) {
        Some(429) => {
            put("throttle", true.into());
            put("error", true.into());
        }
        Some(400..=499) => put("error", true.into()),
        Some(500..) => put("fault", true.into()),
        _ if facts.failed => put("fault", true.into()),
        _ => {}
    }
    let annotations: Map<_, _> =
        SEARCHED.into_iter().filter_map(|(name, key)| Some((key.to_owned(), found(name)?.clone()))).collect();
    if !annotations.is_empty() {
        put("annotations", annotations.into());
    }
    let attributes = facts.attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    let attributes: Map<_, _> = attributes.chain([("service.name".to_owned(), service.into())]).collect();
    put("metadata", json!({ "otel": attributes }));
    format!("{HEADER}{document}")
}

fn seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// Replaces characters that X-Ray does not allow in names: a route's `{id}` becomes `:id`.
fn name(name: &str) -> String {
    let taken = |c: &char| c.is_alphanumeric() || c.is_whitespace() || "_.:/%&#=+\\-@".contains(*c);
    name.replace('{', ":").chars().filter(taken).take(MAX_NAME).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn of(header: &str, kind: Kind, name: &str, facts: &Facts) -> Value {
        let context = TraceContext::from_header(header).expect("a context");
        let own = "70de5b6f19ff9a0a".parse().ok();
        let started = UNIX_EPOCH + Duration::from_micros(1_700_000_000_250_000);
        let span = Described {
            context: TraceContext { span_id: own, ..context },
            parent: context.span_id,
            kind,
            name,
            started,
        };
        let text = document(span, facts, "deliver", started + Duration::from_millis(500));
        let (header, document) = text.split_once('\n').expect("two lines");
        assert_eq!(header, r#"{"format": "json", "version": 1}"#);
        serde_json::from_str(document).expect("JSON")
    }

    fn facts<const N: usize>(attributes: [(&'static str, Value); N]) -> Facts {
        Facts { attributes: attributes.into(), failed: false }
    }

    const ROOT: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1";
    const CHILD: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

    #[test]
    fn a_request_to_a_receiver_is_a_subsegment() {
        let facts = facts([
            ("http.request.method", "POST".into()),
            ("server.address", "example.com".into()),
            ("http.response.status_code", 503.into()),
        ]);
        assert_eq!(
            of(CHILD, Kind::Client, "POST", &facts),
            json!({
                "name": "POST",
                "id": "70de5b6f19ff9a0a",
                "trace_id": "1-5759e988-bd862e3fe1be46a994272793",
                "parent_id": "53995c3f42cd8ad8",
                "type": "subsegment",
                "namespace": "remote",
                "start_time": 1_700_000_000.25,
                "end_time": 1_700_000_000.75,
                "fault": true,
                "http": {"request": {"method": "POST"}, "response": {"status": 503}},
                "metadata": {"otel": {
                    "http.request.method": "POST",
                    "server.address": "example.com",
                    "http.response.status_code": 503,
                    "service.name": "deliver",
                }},
            })
        );
    }

    #[test]
    fn a_message_is_a_segment_that_can_be_searched_for() {
        let facts = facts([("messaging.system", "aws_sqs".into()), ("stack.event_id", "evt_1".into())]);
        assert_eq!(
            of(CHILD, Kind::Consumer, "process deliveries", &facts),
            json!({
                "name": "process deliveries",
                "id": "70de5b6f19ff9a0a",
                "trace_id": "1-5759e988-bd862e3fe1be46a994272793",
                "parent_id": "53995c3f42cd8ad8",
                "start_time": 1_700_000_000.25,
                "end_time": 1_700_000_000.75,
                "annotations": {"stack_event_id": "evt_1"},
                "metadata": {"otel": {
                    "messaging.system": "aws_sqs", "stack.event_id": "evt_1", "service.name": "deliver",
                }},
            })
        );
    }

    #[test]
    fn a_span_without_a_parent_is_a_segment() {
        let document = of(ROOT, Kind::Server, "POST /v1/deliveries/{id}/retry", &facts([]));
        assert!(document.get("type").is_none() && document.get("parent_id").is_none());
        assert_eq!(document["name"], "POST /v1/deliveries/:id/retry");
    }

    #[test]
    fn a_failure_is_marked_by_whose_it_is() {
        let with = |status: u16| of(CHILD, Kind::Server, "GET", &facts([("http.response.status_code", status.into())]));
        let marks = |document: &Value| ["error", "fault", "throttle"].map(|mark| document[mark] == true);
        assert_eq!(marks(&with(202)), [false, false, false]);
        assert_eq!(marks(&with(404)), [true, false, false]);
        assert_eq!(marks(&with(429)), [true, false, true]);
        assert_eq!(marks(&with(500)), [false, true, false]);
        let failed = Facts { attributes: vec![("error.type", "timeout".into())], failed: true };
        assert_eq!(marks(&of(CHILD, Kind::Client, "POST", &failed)), [false, true, false]);
    }
}
