//! Invokes functions as the HTTP API does: with requests of API Gateway's payload format 2.0.

use serde_json::{Value, json};

use crate::host::Host;

/// A function's answer to a request.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub json: Value,
}

impl Answer {
    /// The body of an answer that must have this status.
    ///
    /// # Panics
    /// When it has another status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.json);
        self.json
    }
}

/// A request in API Gateway's format.
pub fn request(method: &str, path: &str, key: &str, body: Option<&str>) -> Vec<u8> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let event = json!({
        "version": "2.0",
        "routeKey": format!("{method} {path}"),
        "rawPath": path,
        "rawQueryString": query,
        "headers": {
            "accept": "*/*",
            "authorization": format!("Bearer {key}"),
            "content-length": body.map_or(0, str::len).to_string(),
            "content-type": "application/json",
            "host": "api.example.com",
            "user-agent": "bench",
            "x-amzn-trace-id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
            "x-forwarded-for": "192.0.2.7",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "bench",
            "domainName": "api.example.com",
            "domainPrefix": "api",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.7",
                "userAgent": "bench",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": format!("{method} {path}"),
            "stage": "$default",
            "time": "21/Nov/2026:12:00:00 +0000",
            "timeEpoch": 1_795_262_400_000_u64,
        },
        "body": body,
        "isBase64Encoded": false,
    });
    event.to_string().into_bytes()
}

/// Sends a request to a function of the HTTP API.
///
/// # Panics
/// When the answer does not have API Gateway's format.
pub async fn send(function: &Host, method: &str, path: &str, key: &str, body: Option<&Value>) -> Answer {
    let body = body.map(Value::to_string);
    let answer = function.invoke(request(method, path, key, body.as_deref())).await.expect("an answer");
    let answer: Value = serde_json::from_slice(&answer).expect("JSON");
    let status = answer["statusCode"].as_u64().and_then(|status| status.try_into().ok()).expect("a status");
    let json = serde_json::from_str(answer["body"].as_str().unwrap_or_default()).unwrap_or_default();
    Answer { status, json }
}
