//! Tests the sender against real HTTP servers.
#![allow(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::net::SocketAddr;

use axum::{
    Router,
    http::{HeaderMap, StatusCode, header::RETRY_AFTER},
    response::IntoResponse,
    routing::post,
};
use domain::{
    Connection, WebhookSecret, connection::Endpoint, credential::Credential, delivery::Fault, guard::TargetPolicy,
    signature,
};
use outbound::{Answer, Webhooks, webhook::Request};

async fn serve(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn send(policy: TargetPolicy, url: &str) -> Answer {
    let secrets = [WebhookSecret::from_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned().into())];
    let request = Request {
        url,
        api: domain::ApiKind::Stack,
        id: "dlv_1",
        body: b"{}".to_vec(),
        secrets: &secrets,
        headers: &[],
        secrets_of: None,
    };
    Webhooks::new(policy).expect("a sender").send(request, 1).await
}

#[tokio::test]
async fn a_2xx_is_success_and_its_body_is_kept() {
    async fn check(headers: HeaderMap, body: String) -> impl IntoResponse {
        let secret = WebhookSecret::from_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned().into());
        let signed = headers[signature::STACK_HEADER] == signature::stack(&secret, body.as_bytes());
        assert!(headers["user-agent"].to_str().expect("text").starts_with("STACK-Notifications/"));
        assert_eq!(headers["content-type"], "application/json");
        (if signed { StatusCode::ACCEPTED } else { StatusCode::UNAUTHORIZED }, "é".repeat(50_000))
    }
    let address = serve(Router::new().route("/", post(check))).await;
    let answer = send(TargetPolicy::Loopback, &format!("http://{address}/")).await;
    assert_eq!(answer.attempt.status, Some(202));
    assert!(answer.attempt.succeeded());
    assert_eq!(answer.attempt.response.map(|body| body.len()), Some(1024));
}

#[tokio::test]
async fn anything_else_is_a_failure_that_says_why() {
    let router = Router::new()
        .route("/busy", post(|| async { (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, "7")], "later") }))
        .route(
            "/until",
            post(|| async {
                let soon = httpdate::fmt_http_date(std::time::SystemTime::now() + std::time::Duration::from_secs(90));
                (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, soon)])
            }),
        )
        .route("/down", post(|| async { StatusCode::SERVICE_UNAVAILABLE }))
        .route("/away", post(|| async { axum::response::Redirect::permanent("/busy") }));
    let address = serve(router).await;
    let busy = send(TargetPolicy::Loopback, &format!("http://{address}/busy")).await;
    assert_eq!(busy.attempt.error.as_deref(), Some("answered 429 Too Many Requests"));
    assert_eq!(busy.retry_after.map(|wait| wait.as_secs()), Some(7));
    assert_eq!((busy.attempt.fault, busy.unreachable), (Fault::Throttled, false));
    let until = send(TargetPolicy::Loopback, &format!("http://{address}/until")).await;
    assert!((80..=90).contains(&until.retry_after.expect("a date").as_secs()));
    assert_eq!(until.attempt.fault, Fault::Throttled);
    let down = send(TargetPolicy::Loopback, &format!("http://{address}/down")).await;
    assert_eq!(
        (down.attempt.fault, down.retry_after),
        (Fault::Receiver, None),
        "without Retry-After it is no rate limit"
    );
    let away = send(TargetPolicy::Loopback, &format!("http://{address}/away")).await;
    let error = away.attempt.error.expect("a failure");
    assert!(error.starts_with("answered 308 and points to http://127.0.0.1:"), "{error}");
    assert!(error.ends_with("; redirects are not followed"), "{error}");
}

#[tokio::test]
async fn a_closed_port_is_a_failure_without_the_urls_token() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let answer = send(TargetPolicy::Loopback, &format!("http://{address}/?token=secret")).await;
    let error = answer.attempt.error.expect("a failure");
    assert!(error.starts_with("could not connect: Connection refused") && !error.contains("secret"), "{error}");
    assert!(answer.unreachable);
}

#[tokio::test]
async fn private_addresses_are_not_dialled_by_literal_or_by_name() {
    let address = serve(Router::new().route("/", post(|| async { "reached" }))).await;
    for host in ["127.0.0.1", "localhost.", "localtest.localhost"] {
        let answer = send(TargetPolicy::Public, &format!("https://{host}:{}/", address.port())).await;
        assert_eq!((answer.attempt.status, answer.unreachable), (None, false), "{host}");
    }
}

#[tokio::test]
async fn a_secret_that_is_sent_back_is_struck_out_before_the_answer_is_cut() {
    let secret = "planted-secret-0123456789";
    let body = format!("{}{secret}", "x".repeat(1010));
    let address = serve(Router::new().route("/", post(move || async move { body }))).await;
    let connection = Connection::Webhook(Endpoint {
        url: Credential::new(format!("http://{address}/")),
        secret: Some(Credential::new(secret.to_owned())),
        headers: Default::default(),
        authorization: None,
    });
    let request = Request {
        url: &format!("http://{address}/"),
        api: domain::ApiKind::Providers,
        id: "dlv_1",
        body: b"{}".to_vec(),
        secrets: &[],
        headers: &[("x-token", "abc")],
        secrets_of: Some(&connection),
    };
    let answer = Webhooks::new(TargetPolicy::Loopback).expect("a sender").send(request, 1).await;
    let kept = answer.attempt.response.expect("a body");
    assert!(kept.starts_with("xxx") && !kept.contains("planted"), "{kept}");
}
