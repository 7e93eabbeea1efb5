//! Tests the sender against servers that break connections, send invalid answers or do not answer.
#![allow(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use domain::{
    ApiKind, Connection, Notification, Platform, Severity, connection::Endpoint, credential::Credential,
    delivery::Fault, guard::TargetPolicy,
};
use outbound::{Answer, Webhooks, chat::Card, webhook::Request};
use transport::testing::{OK, Server, Step};

fn webhooks() -> Webhooks {
    Webhooks::new(TargetPolicy::Loopback).expect("a sender")
}

async fn send(webhooks: &Webhooks, url: &str) -> Answer {
    let request = Request {
        url,
        api: ApiKind::Stack,
        id: "dlv_1",
        body: b"{}".to_vec(),
        secrets: &[],
        headers: &[],
        secrets_of: None,
    };
    webhooks.send(request, 1).await
}

async fn send_chat(webhooks: &Webhooks, url: &str) -> Answer {
    let notification = Notification {
        title: "x".into(),
        body: String::new(),
        severity: Severity::Info,
        fields: vec![],
        source_url: None,
    };
    let card = Card { notification: &notification, severity: "info", at: domain::time::now(), footer: "" };
    let url = url.to_owned();
    let endpoint =
        Endpoint { url: Credential::new(url.clone()), secret: None, headers: <_>::default(), authorization: None };
    webhooks.send_chat(Platform::Slack, &url, &Connection::Webhook(endpoint), &card, 1).await
}

/// The error of an attempt, and whether it marks the receiver as unreachable.
fn failure(answer: Answer) -> (String, bool) {
    (answer.attempt.error.expect("a failure"), answer.unreachable)
}

#[tokio::test]
async fn a_dead_connection_costs_no_attempt() {
    let server = Server::start([vec![Step::answer(OK), Step::answer("")], vec![Step::answer(OK)]]);
    let webhooks = webhooks();
    for _ in 0..2 {
        let answer = send(&webhooks, &server.url()).await;
        assert_eq!((answer.attempt.status, answer.unreachable), (Some(200), false), "{:?}", answer.attempt.error);
    }
    assert_eq!(server.connections(), [0, 0, 1]);
}

#[tokio::test]
async fn a_new_connection_that_breaks_is_a_failed_attempt() {
    let server = Server::start([vec![Step::answer("")], vec![Step::answer("")]]);
    let broken = ("the connection failed: connection closed before message completed".to_owned(), true);
    assert_eq!(failure(send(&webhooks(), &server.url()).await), broken);
    assert_eq!(server.connections(), [0]);
    assert_eq!(failure(send_chat(&webhooks(), &server.url()).await), broken);
}

#[tokio::test]
async fn a_refused_connection_is_unreachable() {
    let server = Server::start([]);
    let refused = ("could not connect: Connection refused (os error 111)".to_owned(), true);
    assert_eq!(failure(send(&webhooks(), &server.url()).await), refused);
    assert_eq!(failure(send_chat(&webhooks(), &server.url()).await), refused);
}

#[tokio::test]
async fn no_answer_in_time_is_unreachable() {
    let server = Server::start([vec![Step::answer(OK), Step::Hang]]);
    let webhooks = webhooks();
    assert!(send(&webhooks, &server.url()).await.attempt.succeeded());
    tokio::time::pause();
    let answer = send(&webhooks, &server.url()).await;
    assert_eq!(failure(answer), ("no answer within 10 s".to_owned(), true));
}

#[tokio::test]
async fn no_connection_in_time_is_unreachable() {
    let server = Server::start([vec![Step::Hang]]);
    tokio::time::pause();
    let answer = send(&webhooks(), &server.url().replace("http:", "https:")).await;
    assert_eq!(failure(answer), ("no connection within 3 s".to_owned(), true));
}

#[tokio::test]
async fn a_server_that_does_not_speak_http_is_reachable() {
    let server = Server::start([vec![Step::answer("220 mail.example.com ESMTP\r\n")]]);
    let (error, unreachable) = failure(send(&webhooks(), &server.url()).await);
    assert!(error.starts_with("the connection failed: ") && !unreachable, "{error}");
}

#[tokio::test]
async fn what_we_refuse_ourselves_says_nothing_about_the_receiver() {
    for url in ["http://example.com/", "https://10.0.0.1/", "https://user@example.com/", "nonsense", "https://["] {
        let webhooks = Webhooks::new(TargetPolicy::Public).expect("a sender");
        assert!(!failure(send(&webhooks, url).await).1, "{url}");
        assert!(!failure(send_chat(&webhooks, url).await).1, "{url}");
    }
}

#[tokio::test]
async fn the_status_line_decides_whatever_the_headers_are() {
    let many: String = (0..150).map(|n| format!("x-{n}: {n}\r\n")).collect();
    for headers in [&*many, "x: a\u{1}b\r\n", "a b: c\r\n", "Server : x\r\n", "x: a\r\n b\r\n"] {
        let server =
            Server::start([vec![Step::answer(format!("HTTP/1.1 200 OK\r\n{headers}content-length: 2\r\n\r\nok"))]]);
        let answer = send(&webhooks(), &server.url()).await;
        assert!(answer.attempt.succeeded(), "{headers:?}: {:?}", answer.attempt.error);
        assert_eq!(answer.attempt.response.as_deref(), Some("ok"));
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_changes_nothing() {
    let server = Server::start([vec![Step::answer("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbegun")]]);
    let answer = send(&webhooks(), &server.url()).await;
    assert!(answer.attempt.succeeded());
    assert_eq!(answer.attempt.response.as_deref(), Some("begun"));
}

#[tokio::test]
async fn retry_after_is_passed_on_in_full() {
    for (header, seconds, fault) in [
        ("Retry-After: 86400\r\n", Some(86_400), Fault::Throttled),
        ("Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n", Some(0), Fault::Throttled),
        ("Retry-After: soon\r\n", None, Fault::Receiver),
        ("", None, Fault::Receiver),
    ] {
        let busy = || vec![Step::answer(format!("HTTP/1.1 503 x\r\n{header}content-length: 0\r\n\r\n"))];
        let server = Server::start([busy(), busy()]);
        for answer in [send(&webhooks(), &server.url()).await, send_chat(&webhooks(), &server.url()).await] {
            assert_eq!(answer.retry_after.map(|wait| wait.as_secs()), seconds, "{header}");
            assert_eq!((answer.attempt.fault, answer.unreachable), (fault, false), "{header}");
        }
    }
}

#[tokio::test]
async fn the_status_line_decides_and_odd_headers_are_noted() {
    let many = "x-many: 1\r\n".repeat(120);
    for (headers, malformed) in [
        ("x-plain: 1\r\n", false),
        (&*many, false),
        ("set-cookie: a=\u{1}b\r\n", true),
        ("bad name: x\r\n", true),
        ("Server : x\r\n", true),
        ("x-folded: a\r\n b\r\n", true),
    ] {
        let server =
            Server::start([vec![Step::answer(format!("HTTP/1.1 200 OK\r\n{headers}content-length: 2\r\n\r\nok"))]]);
        let attempt = send(&webhooks(), &server.url()).await.attempt;
        let shown = (attempt.status, attempt.error.as_deref(), attempt.response.as_deref());
        assert_eq!(shown, (Some(200), None, Some("ok")), "{headers:?}");
        let note = malformed.then_some("the answer's headers were malformed");
        assert_eq!(attempt.note.as_deref(), note, "{headers:?}");
    }
}

#[tokio::test]
async fn a_redirect_says_where_it_points_and_no_credential() {
    let to = "/moved/away?token=planted#planted";
    let redirect = format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
    let server = Server::start([vec![Step::answer(redirect.clone())], vec![Step::answer(redirect)]]);
    let host = server.url().trim_end_matches('/').to_owned();
    let host = host.split('/').take(3).collect::<Vec<_>>().join("/");
    let expected = format!("answered 302 and points to {host}/moved/away?••••••••; redirects are not followed");
    assert_eq!(failure(send(&webhooks(), &server.url()).await).0, expected);
    assert_eq!(failure(send_chat(&webhooks(), &server.url()).await).0, expected);
}
