//! Tests the client against servers that close connections at the worst moments.
#![allow(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt;
use rustls::RootCertStore;
use tokio::time::{self, Instant};
use transport::{
    Client, Connection, Error, Settings, SystemResolver,
    testing::{OK, Server, Step},
};

fn client() -> Client {
    Client::new(Settings {
        tls: transport::tls(RootCertStore::empty()).expect("TLS"),
        https_only: false,
        connect_timeout: Some(Duration::from_secs(3)),
        resolver: Arc::new(SystemResolver),
    })
}

fn request(url: &str) -> Request<Bytes> {
    Request::post(url).body(Bytes::from_static(b"{}")).expect("a request")
}

async fn send(client: &Client, server: &Server) -> Result<u16, Error> {
    send_to(client, &server.url()).await
}

async fn send_to(client: &Client, url: &str) -> Result<u16, Error> {
    let deadline = Instant::now() + Duration::from_secs(10);
    let response = client.send(request(url), Some(deadline)).await?;
    let status = response.status().as_u16();
    response.into_body().collect().await.expect("a body");
    Ok(status)
}

fn ok() -> Step {
    Step::answer(OK)
}

/// Reads a request, then closes the connection.
fn close() -> Step {
    Step::answer("")
}

/// Lets the connections become idle, then blocks the runtime while the server closes them.
async fn freeze(server: &Server, connections: usize) {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    server.close_and_block(connections);
}

#[tokio::test]
async fn connections_are_reused() {
    let server = Server::start([vec![ok(), ok(), ok()]]);
    let client = client();
    for _ in 0..3 {
        assert_eq!(send(&client, &server).await.expect("an answer"), 200);
    }
    assert_eq!(server.connections(), [0, 0, 0]);
}

#[tokio::test]
async fn a_request_that_gets_no_answer_on_a_reused_connection_is_sent_once_more() {
    let server = Server::start([vec![ok(), close()], vec![ok()]]);
    let client = client();
    for _ in 0..2 {
        assert_eq!(send(&client, &server).await.expect("an answer"), 200);
    }
    assert_eq!(server.connections(), [0, 0, 1]);
    let requests = server.requests();
    assert_eq!(requests[1].1, requests[2].1, "the same request");
}

#[tokio::test]
async fn a_connection_that_was_closed_while_the_function_was_frozen_costs_nothing() {
    let server = Server::start([vec![ok(), Step::Wait], vec![ok()]]);
    let client = client();
    assert_eq!(send(&client, &server).await.expect("an answer"), 200);
    freeze(&server, 1).await;
    assert_eq!(send(&client, &server).await.expect("an answer"), 200);
    assert_eq!(server.connections(), [0, 1]);
}

#[tokio::test]
async fn the_second_try_does_not_use_another_dead_connection() {
    let server = Server::start([vec![ok(), Step::Wait], vec![ok(), Step::Wait], vec![ok()], vec![ok()]]);
    let client = client();
    let (first, second) = tokio::join!(send(&client, &server), send(&client, &server));
    assert!(first.is_ok() && second.is_ok());
    freeze(&server, 2).await;
    let (first, second) = tokio::join!(send(&client, &server), send(&client, &server));
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn there_is_no_third_try() {
    let server = Server::start([vec![ok(), close()], vec![close()], vec![ok()]]);
    let client = client();
    assert_eq!(send(&client, &server).await.expect("an answer"), 200);
    let error = send(&client, &server).await.expect_err("no answer");
    assert!(matches!(error, Error::Broken(_)), "{error:?}");
    assert_eq!(server.connections(), [0, 0, 1]);
}

#[tokio::test]
async fn a_request_that_fails_on_a_new_connection_is_not_repeated() {
    let server = Server::start([vec![close()], vec![ok()]]);
    let error = send(&client(), &server).await.expect_err("no answer");
    assert!(matches!(error, Error::Broken(_)), "{error:?}");
    assert_eq!(error.root().to_string(), "connection closed before message completed");
    assert_eq!(server.connections(), [0]);
}

#[tokio::test]
async fn a_request_that_was_answered_in_part_is_not_repeated() {
    for part in ["H", "HTTP/1.1 2", "HTTP/1.1 200 OK\r\nserver: x"] {
        let server = Server::start([vec![ok(), Step::answer(part)], vec![ok()]]);
        let client = client();
        assert_eq!(send(&client, &server).await.expect("an answer"), 200);
        let error = send(&client, &server).await.expect_err("no whole answer");
        assert!(matches!(error, Error::Broken(_)), "{error:?}");
        assert_eq!(server.connections(), [0, 0], "{part}");
    }
}

#[tokio::test]
async fn an_answer_that_is_not_http_is_an_error_of_its_own() {
    let server = Server::start([vec![ok(), Step::answer("220 mail.example.com ESMTP\r\n\r\n")], vec![ok()]]);
    let client = client();
    assert_eq!(send(&client, &server).await.expect("an answer"), 200);
    let error = send(&client, &server).await.expect_err("no HTTP");
    assert!(matches!(error, Error::Malformed(_)), "{error:?}");
    assert_eq!(server.connections(), [0, 0]);
}

#[tokio::test]
async fn a_timeout_is_not_repeated() {
    let server = Server::start([vec![ok(), Step::Hang], vec![ok()]]);
    let client = client();
    assert_eq!(send(&client, &server).await.expect("an answer"), 200);
    time::pause();
    let started = Instant::now();
    let error = send(&client, &server).await.expect_err("no answer");
    assert!(matches!(error, Error::Timeout), "{error:?}");
    assert_eq!(started.elapsed().as_secs(), 10);
    server.block_until_requested(2);
    assert_eq!(server.connections(), [0, 0]);
}

#[tokio::test]
async fn a_connection_is_not_used_after_four_seconds_idle() {
    for (idle, connections) in [(3000, [0, 0]), (4100, [0, 1])] {
        let server = Server::start([vec![ok(), ok()], vec![ok()]]);
        let client = client();
        assert_eq!(send(&client, &server).await.expect("an answer"), 200);
        time::pause();
        time::advance(Duration::from_millis(idle)).await;
        time::resume();
        assert_eq!(send(&client, &server).await.expect("an answer"), 200);
        assert_eq!(server.connections(), connections, "after {idle} ms");
    }
}

#[tokio::test]
async fn a_refused_connection_is_an_error_of_its_own() {
    let server = Server::start([vec![ok()]]);
    let client = client();
    assert_eq!(send(&client, &server).await.expect("an answer"), 200);
    server.block_until_closed(1);
    let error = send(&client, &server).await.expect_err("nobody listens");
    assert!(matches!(error, Error::Connect(_)), "{error:?}");
    assert!(error.root().to_string().contains("refused"), "{error:?}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_tls_handshake_counts_as_connecting() {
    let server = Server::start([vec![Step::Hang]]);
    let url = server.url().replace("http:", "https:");
    time::pause();
    let started = Instant::now();
    let error = send_to(&client(), &url).await.expect_err("no TLS");
    assert!(matches!(error, Error::ConnectTimeout), "{error:?}");
    assert_eq!(started.elapsed().as_secs(), 3);
}

#[tokio::test]
async fn a_poisoned_connection_is_not_reused() {
    let server = Server::start([vec![ok(), ok()], vec![ok()]]);
    let client = client();
    let response = client.send(request(&server.url()), None).await.expect("an answer");
    response.extensions().get::<Connection>().expect("a connection").poison();
    drop(response);
    assert_eq!(send(&client, &server).await.expect("an answer"), 200);
    assert_eq!(server.connections(), [0, 1]);
}

#[tokio::test]
async fn the_status_line_counts_whatever_the_headers_are() {
    let many: String = (0..200).map(|n| format!("x-{n}: {n}\r\n")).collect();
    for headers in
        [&*many, "x: a\u{1}b\r\n", "a b: c\r\n", "Server : x\r\n", "x: a\r\n b\r\n", "é: ü\r\n", "no colon\r\n"]
    {
        let server =
            Server::start([vec![Step::answer(format!("HTTP/1.1 202 \r\n{headers}content-length: 0\r\n\r\n"))]]);
        assert_eq!(send(&client(), &server).await.expect("an answer"), 202, "{headers:?}");
    }
}
