//! Requests to a function's routes, on a scripted AWS.
#![allow(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, StatusCode, header::AUTHORIZATION},
};
use domain::Role;
use serde_json::{Value, json};
use store::testing::Cloud;
use tower::ServiceExt;

use crate::{Envelope, auth::HasKeys, server::router, telemetry::Telemetry};

/// The routes of a function as they are served, and the key that requests are made with.
pub struct Caller {
    router: Router,
    key: String,
    headers: Vec<(&'static str, String)>,
}

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The JSON body; null if there is none.
    pub body: Value,
}

impl Caller {
    /// Serves `routes` on `app` to the bearer of a key of this role.
    pub fn new<A>(cloud: &Cloud, role: Role, (envelope, app, routes): (Envelope, A, Router<Arc<A>>)) -> Self
    where
        A: HasKeys + Send + Sync + 'static,
    {
        Self {
            router: router(envelope, app, routes, Telemetry::none()),
            key: cloud.key(role, &[], None),
            headers: vec![],
        }
    }

    /// Makes later requests with another key.
    #[must_use]
    pub fn with_key(self, key: String) -> Self {
        Self { key, ..self }
    }

    /// Adds a header to later requests.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Makes a request without a body.
    ///
    /// # Panics
    /// When the answer is not JSON.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    /// Makes a request with a JSON body.
    ///
    /// # Panics
    /// As [`Caller::get`].
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request =
            Request::builder().method(method).uri(path).header(AUTHORIZATION, format!("Bearer {}", self.key));
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let request = request.body(body).expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).expect("JSON") };
        Answer { status, body }
    }
}

impl Answer {
    /// The status and the body, for a snapshot.
    pub fn snapshot(&self) -> Value {
        json!({"status": self.status.as_u16(), "body": self.body})
    }
}

/// Replacements that make snapshots the same in every run: ids, times and secrets.
pub const FILTERS: [(&str, &str); 4] = [
    (r"([a-z]{2,4}_)[0-9A-HJKMNP-TV-Z]{26}([0-9A-HJKMNP-TV-Z]{26})?", "${1}[id]"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "[uuid]"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "[time]"),
    (r"whsec_[A-Za-z0-9+/=]+", "whsec_[secret]"),
];

/// Compares the status and the body of an [`Answer`] with a file in the `snapshots` of the crate under test. To accept a
/// new answer, set `INSTA_UPDATE=always`.
#[macro_export]
macro_rules! snapshot {
    ($answer:expr) => {
        let answer = $answer.snapshot();
        insta::with_settings!({filters => $crate::testing::FILTERS.to_vec()}, { insta::assert_json_snapshot!(answer) });
    };
}
