//! Traces: a single one from the request that posts an event to the requests to its receivers, across all queues.

use std::{
    collections::{HashMap, HashSet},
    net::UdpSocket,
    sync::{Mutex, OnceLock},
    time::{SystemTime, UNIX_EPOCH},
};

use axum::http::StatusCode;
use e2e::{Operator, Receiver, eventually, variable};
use reqwest::Method;
use serde_json::{Value, json};

const EVENT: &str = "custom.traced";
const PARENT: &str = "53995c3f42cd8ad8";

/// All spans that the functions have reported. This acts as X-Ray's daemon for the whole test program.
fn spans() -> &'static Mutex<Vec<Value>> {
    static SPANS: OnceLock<&'static Mutex<Vec<Value>>> = OnceLock::new();
    SPANS.get_or_init(|| {
        let socket = UdpSocket::bind(variable("AWS_XRAY_DAEMON_ADDRESS")).expect("the address is free");
        let spans: &'static Mutex<Vec<Value>> = Box::leak(Box::default());
        std::thread::spawn(move || {
            let mut datagram = vec![0; 64 * 1024];
            loop {
                let length = socket.recv(&mut datagram).expect("a datagram");
                let text = std::str::from_utf8(&datagram[..length]).expect("text");
                let (header, document) = text.split_once('\n').expect("a header, and a document");
                assert_eq!(header, r#"{"format": "json", "version": 1}"#);
                spans.lock().expect("no panic").push(serde_json::from_str(document).expect("JSON"));
            }
        });
        spans
    })
}

fn spans_of(trace: &str) -> Vec<Value> {
    spans().lock().expect("no panic").iter().filter(|span| span["trace_id"] == trace).cloned().collect()
}

/// A new trace id in the formats of X-Ray and W3C.
fn new_trace() -> (String, String) {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs();
    let random = rand::random::<u128>() >> 32;
    (format!("1-{seconds:08x}-{random:024x}"), format!("{seconds:08x}{random:024x}"))
}

/// Posts events in the trace of this header, and returns their ids.
async fn post(operator: &Operator, header: &str, events: Value) -> Vec<String> {
    let headers = [("content-type", "application/json"), ("x-amzn-trace-id", header)];
    let body = json!({ "events": events }).to_string();
    let accepted = operator.request(Method::POST, "/v1/events", &headers, Some(body)).await.expect(202);
    let events = accepted["events"].as_array().expect("a list").iter();
    events.map(|event| event["id"].as_str().expect("an id").to_owned()).collect()
}

fn attribute<'a>(span: &'a Value, name: &str) -> &'a Value {
    &span["metadata"]["otel"][name]
}

/// The names of a span and of its ancestors, from the root on.
fn path_to(span: &Value, by_id: &HashMap<&str, &Value>) -> Vec<String> {
    let parent = span["parent_id"].as_str().and_then(|id| by_id.get(id));
    let mut names = parent.map(|parent| path_to(parent, by_id)).unwrap_or_default();
    names.push(span["name"].as_str().expect("a name").to_owned());
    names
}

#[tokio::test]
async fn one_trace_leads_from_the_request_to_every_receiver() {
    spans();
    let operator = Operator::create().await;
    let (accepting, failing) = (Receiver::taking().await, Receiver::failing(1).await);
    let mut destinations = vec![];
    for receiver in [&accepting, &failing] {
        destinations.push(operator.webhook(receiver).await["id"].as_str().expect("an id").to_owned());
    }
    operator.rule(EVENT, &destinations.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let (trace, w3c) = new_trace();
    let header = format!("Root={trace};Parent={PARENT};Sampled=1");
    let event = post(&operator, &header, json!([{"type": EVENT, "data": {}}])).await.remove(0);
    for destination in &destinations {
        operator.delivery(destination, &event, "succeeded").await;
    }

    // 1 for the request and 1 for its message; 2 for dispatch; 2 for first attempts, 1 for the message of the next, and
    // 1 for the next; and 3 for requests to receivers.
    let found = eventually("all spans", async || Some(spans_of(&trace)).filter(|spans| spans.len() >= 11)).await;
    let by_id: HashMap<_, _> = found.iter().map(|span| (span["id"].as_str().expect("an id"), span)).collect();
    assert_eq!(by_id.len(), found.len(), "every span has its own id, and is reported once");
    let roots: Vec<_> = found.iter().filter(|span| span["parent_id"] == PARENT).collect();
    let [request] = roots[..] else { panic!("exactly one span is for the request: {found:#?}") };
    assert_eq!((&request["name"], &request["http"]["response"]["status"]), (&json!("POST /v1/events"), &json!(202)));
    assert_eq!(request["annotations"], json!({"stack_event_id": event, "stack_operator_id": operator.id}));

    const FIRST: [&str; 6] =
        ["POST /v1/events", "send accepted", "process accepted", "send deliveries", "process deliveries", "POST"];
    const AGAIN: [&str; 3] = ["send deliveries", "process deliveries", "POST"];
    let mut requests: Vec<_> = found.iter().filter(|span| span["name"] == "POST").collect();
    requests.sort_by_key(|span| path_to(span, &by_id).len());
    let paths: Vec<_> = requests.iter().map(|span| path_to(span, &by_id)).collect();
    let after_failure = [&FIRST[..5], &AGAIN[..]].concat();
    assert_eq!(paths, [FIRST.to_vec(), FIRST.to_vec(), after_failure], "{found:#?}");

    // Each request to a receiver has the ids of its span.
    let mut requests_received: Vec<_> =
        [&accepting, &failing].iter().flat_map(|receiver| receiver.received()).collect();
    assert_eq!(requests_received.len(), 3);
    let ids: HashSet<_> = requests_received.drain(..).map(|request| request.header("traceparent").to_owned()).collect();
    let expected = requests.iter().map(|span| format!("00-{w3c}-{}-01", span["id"].as_str().expect("an id")));
    assert_eq!(ids, expected.collect());
    let failed: Vec<_> = found.iter().filter(|span| span["fault"] == true).collect();
    let [failed] = failed[..] else { panic!("exactly one request failed: {found:#?}") };
    assert_eq!(attribute(failed, "http.response.status_code"), 500);
    assert_eq!(attribute(failed, "server.address"), "127.0.0.1");

    for span in &found {
        assert!(span["start_time"].as_f64() <= span["end_time"].as_f64(), "{span}");
        if let Some(parent) = span["parent_id"].as_str().and_then(|id| by_id.get(id)) {
            assert!(parent["start_time"].as_f64() <= span["start_time"].as_f64(), "{parent} before {span}");
        }
        let operation = attribute(span, "messaging.operation.type");
        if !operation.is_null() {
            assert_eq!(attribute(span, "messaging.system"), "aws_sqs");
            assert!(attribute(span, "messaging.destination.name").is_string(), "{span}");
        }
        if operation == "process" {
            assert!(attribute(span, "messaging.message.id").is_string(), "{span}");
            assert_eq!(span["annotations"]["stack_event_id"], event);
        }
        if span["name"] == "process deliveries" {
            let id = span["annotations"]["stack_delivery_id"].as_str().expect("an id");
            assert!(destinations.iter().any(|to| id.contains(to.trim_start_matches("ndst_"))), "{id}");
        }
        // Spans contain only the host of an address.
        assert!(!span.to_string().contains("/hooks/stack"), "{span}");
    }
}

#[tokio::test]
async fn unsampled_requests_are_not_traced() {
    spans();
    let operator = Operator::create().await;
    let receiver = Receiver::taking().await;
    let destination = operator.webhook(&receiver).await["id"].as_str().expect("an id").to_owned();
    operator.rule(EVENT, &[&destination]).await;
    let (trace, _) = new_trace();
    for header in [format!("Root={trace};Parent={PARENT};Sampled=0"), format!("Root={trace}")] {
        let event = post(&operator, &header, json!([{"type": EVENT, "data": {}}])).await.remove(0);
        operator.delivery(&destination, &event, "succeeded").await;
    }
    // Events of different traces may share a batch, but each stays in its own trace.
    let (other, _) = new_trace();
    let header = format!("Root={other};Sampled=1");
    let ids = post(&operator, &header, json!([{"type": EVENT, "data": {}}, {"type": EVENT, "data": {}}])).await;
    for event in &ids {
        operator.delivery(&destination, event, "succeeded").await;
    }
    let both = eventually("the spans of both", async || {
        Some(spans_of(&other)).filter(|spans| spans.iter().filter(|span| span["name"] == "POST").count() == 2)
    })
    .await;
    let sent = both.iter().find(|span| span["name"] == "send accepted").expect("the span of a batch");
    assert_eq!(attribute(sent, "messaging.batch.message_count"), 2);
    let processed = both.iter().filter(|span| span["name"] == "process accepted");
    let events: HashSet<_> = processed.map(|span| span["annotations"]["stack_event_id"].clone()).collect();
    assert_eq!(events, ids.iter().map(|id| json!(id)).collect());
    let request = both.iter().find(|span| span["name"] == "POST /v1/events").expect("the request's span");
    assert!(
        request.get("parent_id").is_none() && request.get("type").is_none(),
        "it is the root of the trace: {request}"
    );

    assert_eq!(spans_of(&trace), Vec::<Value>::new());
    let received = receiver.received();
    assert_eq!(received.len(), 4);
    assert_eq!(received.iter().filter(|request| request.headers.contains_key("traceparent")).count(), 2);
}

#[tokio::test]
async fn a_request_sent_by_the_api_is_in_the_trace_of_its_call() {
    spans();
    let operator = Operator::create().await;
    let receiver = Receiver::answering(|_| StatusCode::NO_CONTENT).await;
    let destination = operator.webhook(&receiver).await["id"].as_str().expect("an id").to_owned();
    let (trace, _) = new_trace();
    let header = format!("Root={trace};Parent={PARENT};Sampled=1");
    let path = format!("/v1/notifications/destinations/{destination}/test");
    operator.request(Method::POST, &path, &[("x-amzn-trace-id", &header)], None).await.expect(200);
    let found = eventually("both spans", async || Some(spans_of(&trace)).filter(|spans| spans.len() >= 2)).await;
    let named = |name: &str| found.iter().find(|span| span["name"] == name).expect(name);
    let request = named("POST /v1/notifications/destinations/:id/test");
    assert_eq!(attribute(request, "http.route"), "/v1/notifications/destinations/{id}/test");
    assert_eq!(named("POST")["parent_id"], request["id"]);
    assert!(receiver.received().last().is_some_and(|last| last.headers.contains_key("traceparent")));
}
