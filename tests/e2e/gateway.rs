//! The API before its routes: methods, paths, origins, and encodings of bodies.

use std::io::Write;

use domain::EventId;
use e2e::{Operator, eventually, variable};
use flate2::{Compression, write::GzEncoder};
use reqwest::{Method, Response, header::HeaderMap};
use serde_json::{Value, json};
use xtask::openapi;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

async fn send(method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Response {
    let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
    let mut request = reqwest::Client::new().request(method, format!("{}{path}", variable("API_URL")));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body).send().await.expect("an answer")
}

async fn ask(method: &str, path: &str) -> (u16, HeaderMap, Value) {
    let answer = send(method, path, &[], vec![]).await;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    (status, headers, answer.json().await.unwrap_or_default())
}

/// Whether an error has the format of the API that the path belongs to.
fn has_format_of(path: &str, error: &Value) -> bool {
    if path.starts_with("/api/v1/") {
        error["error"].is_string() && error.get("code").is_none()
    } else if path.starts_with("/v1/config/") {
        error["success"] == false && error["error"]["code"].is_string() && error["error"]["message"].is_string()
    } else {
        error["error"].is_string() && error["code"].is_string()
    }
}

/// The paths of the API, with placeholders filled in, and their methods.
fn paths() -> Vec<(String, Vec<String>)> {
    let text: Value = serde_json::from_str(&openapi::openapi()).expect("JSON");
    let paths = text["paths"].as_object().expect("paths").iter();
    let filled = |path: &String| path.replace("{id}", "none").replace("{email}", "a@example.com");
    paths
        .map(|(path, methods)| (filled(path), methods.as_object().expect("methods").keys().cloned().collect()))
        .collect()
}

#[tokio::test]
async fn a_wrong_method_gets_the_error_format_of_its_api() {
    for (path, own) in paths() {
        let wrong = METHODS.iter().find(|method| !own.iter().any(|own| own == *method)).expect("a wrong method");
        let (status, headers, error) = ask(wrong, &path).await;
        assert_eq!(status, 405, "{wrong} {path}: {error}");
        assert!(has_format_of(&path, &error), "{wrong} {path}: {error}");
        let allowed = headers["allow"].to_str().expect("text").to_lowercase();
        assert!(own.iter().all(|method| allowed.contains(method)), "{path}: {allowed} of {own:?}");
    }
}

#[tokio::test]
async fn an_unknown_path_gets_the_error_format_of_its_api() {
    let existing = paths();
    let unknown = ["/", "/v2/events", "/v1/nothing", "/mail/nothing", "/api/v1/nothing", "/v1/config/nothing/x"];
    let with_slash = existing.iter().map(|(path, _)| format!("{path}/"));
    for path in unknown.map(str::to_owned).into_iter().chain(with_slash) {
        let (status, _, error) = ask("get", &path).await;
        assert_eq!(status, 404, "{path}: {error}");
        assert!(has_format_of(&path, &error), "{path}: {error}");
        assert_eq!(error.to_string().contains("slash at its end"), path.len() > 1 && path.ends_with('/'), "{error}");
    }
}

#[tokio::test]
async fn an_id_with_unusual_characters_is_not_found() {
    let text: Value = serde_json::from_str(&openapi::openapi()).expect("JSON");
    for (path, methods) in text["paths"].as_object().expect("paths").iter().filter(|(path, _)| path.contains("{id}")) {
        for odd in ["a%3Fb", "a%23b", "a%5Cb", "%5C"] {
            for method in methods.as_object().expect("methods").keys() {
                let (status, _, error) = ask(method, &path.replace("{id}", odd)).await;
                assert_eq!(status, 404, "{method} {path} of {odd}: {error}");
                assert!(has_format_of(path, &error), "{method} {path}: {error}");
            }
        }
    }
}

#[tokio::test]
async fn head_answers_as_get_without_a_body() {
    let operator = Operator::create().await;
    let key = format!("Bearer {}", operator.key.as_deref().expect("a key"));
    for path in ["/openapi.json", "/v1/events", "/v1/notifications/destinations", "/mail/webhooks", "/v1/events/none"] {
        let headers = [("authorization", &*key)];
        let (head, get) = (send("head", path, &headers, vec![]).await, send("get", path, &headers, vec![]).await);
        assert_eq!(
            (head.status(), head.headers()["content-type"].clone()),
            (get.status(), get.headers()["content-type"].clone())
        );
        assert!(head.bytes().await.expect("none").is_empty(), "{path}");
    }
}

#[tokio::test]
async fn only_allowed_origins_may_call_the_api() {
    let preflight = async |origin: &str, path: &str| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "PATCH"),
            ("access-control-request-headers", "authorization,content-type,x-requested-with,idempotency-key"),
        ];
        send("options", path, &headers, vec![]).await
    };
    for (path, _) in paths() {
        let answer = preflight("http://app.example.com", &path).await;
        assert!(answer.status().is_success(), "{path}");
        assert_eq!(answer.headers()["access-control-allow-origin"], "http://app.example.com", "{path}");
        let allowed = answer.headers()["access-control-allow-headers"].to_str().expect("text").to_lowercase();
        for header in ["authorization", "content-type", "idempotency-key", "x-project-id", "x-requested-with"] {
            assert!(allowed.contains(header), "{header} of {allowed}");
        }
        assert!(answer.headers()["access-control-allow-methods"].to_str().expect("text").contains("PATCH"));
    }
    let answer = send("get", "/v1/events", &[("origin", "http://app.example.com")], vec![]).await;
    assert_eq!(answer.status(), 401);
    assert_eq!(answer.headers()["access-control-allow-origin"], "http://app.example.com", "for errors, too");
    for origin in ["http://evil.example.com", "https://app.example.com", "http://app.example.com.evil.example", "null"]
    {
        let answers =
            [preflight(origin, "/v1/events").await, send("get", "/openapi.json", &[("origin", origin)], vec![]).await];
        for answer in answers {
            assert!(!answer.headers().contains_key("access-control-allow-origin"), "{origin}");
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(vec![], Compression::default());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

#[tokio::test]
async fn bodies_may_have_a_byte_order_mark_or_gzip() {
    let operator = Operator::create().await;
    let key = format!("Bearer {}", operator.key.as_deref().expect("a key"));
    let post = async |encoding: Option<&str>, body: Vec<u8>| {
        let mut headers = vec![("authorization", &*key)];
        headers.extend(encoding.map(|encoding| ("content-encoding", encoding)));
        let content_type = if encoding.is_some_and(|name| name.eq_ignore_ascii_case("gzip")) { "gzip" } else { "json" };
        let content_type = format!("application/{content_type}");
        headers.push(("content-type", &content_type));
        let answer = send("post", "/v1/events", &headers, body).await;
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap_or_default())
    };
    let event = br#"{"type": "custom.encoded", "data": {"text": "\u00e9", "n": 1.50}}"#;
    let marked = [b"\xef\xbb\xbf", &event[..]].concat();
    for (encoding, body) in [
        (None, marked.clone()),
        (Some("identity"), event.to_vec()),
        (Some("gzip"), gzip(event)),
        (Some("GZIP"), gzip(&marked)),
    ] {
        let (status, accepted) = post(encoding, body).await;
        assert_eq!(status, 202, "{encoding:?}: {accepted}");
        let id = accepted["id"].as_str().expect("an id").to_owned();
        id.parse::<EventId>().expect("an id");
        let path = format!("/v1/events/{id}");
        eventually("it is in the log", async || (operator.get(&path).await.status == 200).then_some(())).await;
    }
    let batch = json!({"events": [{"type": "custom.encoded", "data": {}}]}).to_string();
    assert_eq!(
        post(None, [b"\xef\xbb\xbf", batch.as_bytes()].concat()).await.1["events"].as_array().map(Vec::len),
        Some(1)
    );

    // Because the content type is JSON, the gateway has decoded the body as text.
    let headers = [("authorization", &*key), ("content-type", "application/json"), ("content-encoding", "gzip")];
    let refused = send("post", "/v1/events", &headers, gzip(event)).await;
    assert_eq!(refused.status(), 415);
    assert!(refused.text().await.expect("text").contains("application/gzip"));
    let (status, refused) = post(Some("br"), vec![1, 2, 3]).await;
    assert_eq!((status, &refused["code"]), (415, &json!("unsupported_encoding")), "{refused}");
    let (status, refused) = post(Some("gzip"), event.to_vec()).await;
    assert_eq!((status, &refused["code"]), (400, &json!("invalid_body")), "{refused}");
    // A few kilobytes that decompress to many megabytes.
    let (status, refused) = post(Some("gzip"), gzip(&vec![b' '; 64 << 20])).await;
    assert_eq!((status, &refused["code"]), (413, &json!("body_too_large")), "{refused}");
}

#[tokio::test]
async fn every_route_rejects_a_list_in_place_of_an_object() {
    let operator = Operator::create().await;
    for path in [
        "/v1/notifications/destinations",
        "/v1/notifications/channels",
        "/v1/notifications/channels/preview",
        "/v1/events",
        "/v1/webhooks/endpoints",
        "/mail/webhooks",
    ] {
        let (sentence, _) = operator.post(path, json!(["email", "x@example.com"])).await.error(400);
        assert!(sentence.contains("is a list; send an object"), "{path}: {sentence}");
    }
    let positional = json!({"type": "custom.a", "data": {}, "resource": ["order", "7"]});
    let (sentence, _) = operator.post("/v1/events", positional).await.error(400);
    assert!(sentence.contains("`resource`: is a list"), "{sentence}");
}
