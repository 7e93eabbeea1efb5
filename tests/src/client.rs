//! A client of the deployed API.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Receiver, aws, eventually, inbox, variable};

/// An answer of the API.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body as JSON.
    pub json: Value,
    /// The seconds in the header `Retry-After`.
    pub retry_after: Option<u64>,
}

impl Answer {
    /// The body of an answer that must have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.json);
        self.json
    }

    /// The message and the code of an error that must have this status.
    #[track_caller]
    pub fn error(self, status: u16) -> (String, String) {
        let json = self.expect(status);
        let text = |name: &str| json[name].as_str().unwrap_or_else(|| panic!("no `{name}`: {json}")).to_owned();
        (text("error"), text("code"))
    }
}

/// A test's own operator, with an API key.
#[derive(Debug, Clone)]
pub struct Operator {
    /// Its id.
    pub id: String,
    /// The API key of its requests; `None` for requests without one.
    pub key: Option<String>,
    /// Additional headers of its requests.
    pub headers: Vec<(&'static str, String)>,
    /// The number of shards that its events are distributed to.
    pub shards: u8,
}

/// The email address of the operators that tests create.
pub const EMAIL: &str = "owner@example.com";

impl Operator {
    /// Creates an operator with the plan `free`.
    pub async fn create() -> Self {
        Self::create_with_plan("free").await
    }

    /// Creates an operator whose events are distributed to this many shards.
    pub async fn with_shards(shards: u8) -> Self {
        Self::create_with(json!({"shards": shards})).await
    }

    /// Creates an operator with this plan.
    pub async fn create_with_plan(plan: &str) -> Self {
        Self::create_with(json!({"plan": plan})).await
    }

    async fn create_with(mut fields: Value) -> Self {
        let shards = fields["shards"].as_u64().map_or(1, |shards| u8::try_from(shards).expect("a few"));
        fields["email"] = json!(EMAIL);
        fields["name"] = json!("Test");
        let new = json!({ "create_operator": fields });
        let made = aws::admin(new).await.expect("an operator");
        let text = |name: &str| made[name].as_str().expect(name).to_owned();
        Self { id: text("operator_id"), key: Some(text("api_key")), headers: vec![], shards }
    }

    /// The same operator with a new key of this role.
    pub async fn with_role(&self, role: &str) -> Self {
        self.with_new_key(json!({ "role": role })).await
    }

    /// The same operator with a new key that is created with these fields.
    pub async fn with_new_key(&self, mut fields: Value) -> Self {
        fields["operator_id"] = json!(self.id);
        let made = aws::admin(json!({ "create_key": fields })).await.expect("a key");
        self.with_key(made["api_key"].as_str().expect("a key"))
    }

    /// The same operator with this key.
    pub fn with_key(&self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self.clone() }
    }

    /// The same operator without a key.
    pub fn without_key(&self) -> Self {
        Self { key: None, ..self.clone() }
    }

    /// The same operator with an additional header in its requests.
    pub fn with_header(&self, name: &'static str, value: &str) -> Self {
        let mut with = self.clone();
        with.headers.push((name, value.to_owned()));
        with
    }

    /// The same operator with requests from its own web page, which the Providers API requires for changes.
    pub fn from_page(&self) -> Self {
        self.with_header("x-requested-with", "XMLHttpRequest")
    }

    /// The same operator with requests for this project.
    pub fn in_project(&self, id: &str) -> Self {
        self.with_header("x-project-id", id)
    }

    /// Sends a request with headers and a body.
    pub async fn request(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<String>) -> Answer {
        let url = format!("{}{path}", variable("API_URL"));
        let mut request = reqwest::Client::new().request(method, url);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        for (name, value) in headers.iter().copied().chain(self.headers.iter().map(|(name, value)| (*name, &**value))) {
            request = request.header(name, value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let answer = request.send().await.expect("an answer of the API");
        let status = answer.status().as_u16();
        let retry_after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
        let text = answer.text().await.expect("text");
        // A 204 has no body.
        let json = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status}, not JSON: {text}"))
        };
        Answer { status, json, retry_after }
    }

    /// Sends a GET request.
    pub async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path, &[], None).await
    }

    /// Sends a POST request with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.request(Method::POST, path, &[("content-type", "application/json")], Some(body.to_string())).await
    }

    /// Sends a POST request without a body.
    pub async fn post_empty(&self, path: &str) -> Answer {
        self.request(Method::POST, path, &[], None).await
    }

    /// Sends a PUT request with a JSON body.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.request(Method::PUT, path, &[("content-type", "application/json")], Some(body.to_string())).await
    }

    /// Sends a PATCH request with a JSON body.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.request(Method::PATCH, path, &[("content-type", "application/json")], Some(body.to_string())).await
    }

    /// Sends a DELETE request.
    pub async fn delete(&self, path: &str) -> Answer {
        self.request(Method::DELETE, path, &[], None).await
    }

    /// Registers a destination.
    pub async fn register(&self, channel_type: &str, destination: &str) -> Answer {
        let body = json!({"channel_type": channel_type, "destination": destination});
        self.post("/v1/notifications/destinations", body).await
    }

    /// Registers a receiver as a webhook, and returns the destination with its secret.
    pub async fn webhook(&self, receiver: &Receiver) -> Value {
        self.register("webhook", receiver.url()).await.expect(201)
    }

    /// Registers and verifies an email address or phone number, and returns its id.
    pub async fn verified(&self, channel_type: &str, address: &str) -> String {
        let made = self.register(channel_type, address).await.expect(201);
        let id = made["id"].as_str().expect("an id").to_owned();
        self.verify_by_code(&format!("/v1/notifications/destinations/{id}"), address).await;
        id
    }

    /// Sends a code to the destination or channel at `path`, even if it got one recently. Returns when the code
    /// expires.
    pub async fn send_code(&self, path: &str) -> String {
        let send = format!("{path}/send-code");
        let mut sent = self.post_empty(&send).await;
        if sent.status == 429 {
            aws::age_codes(path).await;
            sent = self.post_empty(&send).await;
        }
        sent.expect(200)["expires_at"].as_str().expect("a time").to_owned()
    }

    /// Verifies the destination or channel at `path`, which has this address, with a code.
    pub async fn verify_by_code(&self, path: &str, address: &str) {
        let before = inbox::all(address).await.len();
        self.send_code(path).await;
        let code = inbox::code(address, before).await;
        self.verify(path, &code).await.expect(200);
    }

    /// Creates an email destination and sends it a code. Returns its path and the code.
    pub async fn with_code(&self) -> (String, String) {
        let address = inbox::new_address();
        let made = self.register("email", &address).await.expect(201);
        let path = format!("/v1/notifications/destinations/{}", made["id"].as_str().expect("an id"));
        self.post_empty(&format!("{path}/send-code")).await.expect(200);
        (path, inbox::code(&address, 0).await)
    }

    /// Tries to verify the destination or channel at `path` with this code.
    pub async fn verify(&self, path: &str, code: &str) -> Answer {
        self.post(&format!("{path}/verify"), json!({ "code": code })).await
    }

    /// Creates a rule for one event type, of any severity, with these destinations, and returns its id.
    pub async fn rule(&self, event: &str, destinations: &[&str]) -> String {
        let body = json!({"destination_ids": destinations, "events": [event], "min_severity": "info"});
        let rule = self.post("/v1/notifications/channels", body).await.expect(201);
        rule["id"].as_str().expect("an id").to_owned()
    }

    /// Posts an event, and returns its id.
    pub async fn event(&self, event: &str, data: Value) -> String {
        let accepted = self.post("/v1/events", json!({"type": event, "data": data})).await.expect(202);
        accepted["id"].as_str().expect("an id").to_owned()
    }

    /// The deliveries of a destination, or of a legacy channel, newest event first.
    pub async fn deliveries(&self, id: &str) -> Vec<Value> {
        let noun = if id.starts_with("nch_") { "channels" } else { "destinations" };
        let page = self.get(&format!("/v1/notifications/{noun}/{id}/deliveries")).await.expect(200);
        page["deliveries"].as_array().expect("a list").clone()
    }

    /// Waits until the delivery of an event to a destination is in this state, and returns it.
    pub async fn delivery(&self, destination: &str, event: &str, state: &str) -> Value {
        eventually(&format!("delivery of {event} to {destination} is {state}"), async || {
            let found = self.deliveries(destination).await.into_iter().find(|delivery| delivery["event_id"] == event);
            found.filter(|delivery| delivery["state"] == state)
        })
        .await
    }
}

/// The answer to a test without what the log of deliveries also shows: the status, the response, and the delivery's id.
///
/// # Panics
/// When the test is not in the log.
pub fn logged(mut tested: Value) -> Value {
    let shown = tested.as_object_mut().expect("an object");
    let id = shown.remove("delivery_id").expect("the id of the test's delivery");
    assert!(id.as_str().is_some_and(|id| id.starts_with("dlv_")), "{id}");
    shown.retain(|name, _| !["status", "response"].contains(&&**name));
    tested
}
