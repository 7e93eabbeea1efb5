//! The console's files as a browser gets them: content types, encodings, caching, and security headers.

use std::{collections::BTreeSet, io::Read};

use e2e::{Operator, variable};
use flate2::read::GzDecoder;
use reqwest::{Client, Method, Response, redirect::Policy};
use serde_json::Value;

/// The maximum compressed size of a first load, in bytes.
const BUDGET: usize = 150_000;

/// Requests this path below the API's root with these headers, and follows no redirects.
async fn ask(method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
    let client = Client::builder().redirect(Policy::none()).build().expect("a client");
    let mut request = client.request(method, format!("{}{path}", variable("API_URL")));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.expect("an answer")
}

async fn get(path: &str, headers: &[(&str, &str)]) -> Response {
    ask(Method::GET, path, headers).await
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).unwrap_or_else(|| panic!("{}: no header {name}", answer.url())).to_str().expect("text")
}

async fn body(answer: Response) -> Vec<u8> {
    answer.bytes().await.expect("a body").to_vec()
}

/// The body of a file that must exist.
async fn found(path: &str, coding: &str) -> Vec<u8> {
    let answer = get(path, &[("accept-encoding", coding)]).await;
    assert_eq!(answer.status(), 200, "{path}");
    assert_eq!(header(&answer, "content-encoding"), coding, "{path}");
    body(answer).await
}

fn unbrotli(bytes: &[u8]) -> Vec<u8> {
    let mut plain = vec![];
    brotli::BrotliDecompress(&mut &*bytes, &mut plain).expect("brotli");
    plain
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut plain = vec![];
    GzDecoder::new(bytes).read_to_end(&mut plain).expect("gzip");
    plain
}

/// The texts between `start` and the next quotation mark.
fn quoted_after<'a>(text: &'a str, start: &str) -> impl Iterator<Item = &'a str> {
    text.split(start).skip(1).filter_map(|rest| rest.split('"').next())
}

/// All files that a browser fetches before the application runs: those that the page references, and those that these
/// scripts and styles load.
async fn first_load() -> BTreeSet<String> {
    let page = String::from_utf8(body(get("/console/", &[]).await).await).expect("text");
    let named = ["src=\"", "href=\""].iter().flat_map(|start| quoted_after(&page, start));
    let mut waiting: Vec<_> = named.map(|name| format!("/console/{}", name.trim_start_matches("./"))).collect();
    let mut files = BTreeSet::new();
    while let Some(file) = waiting.pop() {
        if files.contains(&file) {
            continue;
        }
        let text = String::from_utf8(body(get(&file, &[]).await).await).expect("text");
        let folder = file.rsplit_once('/').expect("a folder").0.to_owned();
        for start in ["from\"./", "import\"./", "url(\"./", "@import\"./"] {
            waiting.extend(quoted_after(&text, start).map(|name| format!("{folder}/{name}")));
        }
        files.insert(file);
    }
    files
}

#[tokio::test]
async fn the_address_without_a_slash_redirects_to_the_page() {
    for method in [Method::GET, Method::HEAD] {
        let answer = ask(method, "/console", &[]).await;
        // A relative redirect: here the API is below a path.
        assert_eq!((answer.status().as_u16(), header(&answer, "location")), (308, "console/index.html"));
    }
    let followed = Client::new().get(format!("{}/console", variable("API_URL"))).send().await.expect("an answer");
    assert_eq!((followed.status().as_u16(), header(&followed, "content-type")), (200, "text/html; charset=utf-8"));
    assert!(followed.url().path().ends_with("/console/index.html"));
}

#[tokio::test]
async fn the_page_is_revalidated_and_sent_only_if_it_changed() {
    let page = get("/console/", &[]).await;
    assert_eq!((page.status().as_u16(), header(&page, "cache-control")), (200, "no-cache"));
    let etag = header(&page, "etag").to_owned();
    let same = get("/console/index.html", &[]).await;
    assert_eq!((header(&same, "etag"), header(&same, "vary")), (&*etag, "accept-encoding"));
    assert_eq!(body(same).await, body(page).await);

    let strong = etag.trim_start_matches("W/");
    for cached in [&*etag, strong, &format!("\"other\", {etag}"), "*"] {
        let answer = get("/console/", &[("if-none-match", cached), ("accept-encoding", "br")]).await;
        assert_eq!((answer.status().as_u16(), header(&answer, "etag")), (304, &*etag), "{cached}");
        assert_eq!(header(&answer, "cache-control"), "no-cache");
        assert!(body(answer).await.is_empty());
    }
    assert_eq!(get("/console/", &[("if-none-match", "W/\"other\"")]).await.status(), 200);

    let head = ask(Method::HEAD, "/console/", &[]).await;
    assert_eq!((head.status().as_u16(), header(&head, "etag")), (200, &*etag));
    assert!(body(head).await.is_empty());
}

#[tokio::test]
async fn every_file_of_the_page_has_its_type_and_each_encoding() {
    let files = first_load().await;
    for ending in [".js", ".css"] {
        assert!(files.iter().any(|file| file.ends_with(ending)), "{ending} in {files:?}");
    }
    for file in files {
        let plain = get(&file, &[]).await;
        assert_eq!(plain.status(), 200, "{file}");
        let expected = match file.rsplit_once('.').expect("an ending").1 {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "svg" => "image/svg+xml",
            other => panic!("{file}: which type has .{other}?"),
        };
        assert_eq!(header(&plain, "content-type"), expected, "{file}");
        assert_eq!(header(&plain, "cache-control"), "public, max-age=31536000, immutable", "{file}");
        assert_eq!(header(&plain, "vary"), "accept-encoding");
        assert_eq!(header(&plain, "x-content-type-options"), "nosniff");
        assert!(plain.headers().get("content-encoding").is_none());
        let plain = body(plain).await;
        let (br, gzip) = (found(&file, "br").await, found(&file, "gzip").await);
        assert!(br.len() < plain.len() && gzip.len() < plain.len(), "{file}");
        assert_eq!((unbrotli(&br), gunzip(&gzip)), (plain.clone(), plain), "{file}");
        let browser = get(&file, &[("accept-encoding", "gzip, deflate, br, zstd")]).await;
        assert_eq!(header(&browser, "content-encoding"), "br");
    }
}

#[tokio::test]
async fn the_first_load_is_within_its_budget() {
    let mut bytes = found("/console/", "br").await.len();
    for file in first_load().await {
        bytes += found(&file, "br").await.len();
    }
    assert!(bytes < BUDGET, "a first load has {bytes} bytes, but at most {BUDGET} are allowed");
}

#[tokio::test]
async fn security_headers_allow_only_what_the_console_needs() {
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                  base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    for path in ["/console", "/console/", "/console/nothing"] {
        let answer = get(path, &[]).await;
        for (name, value) in [
            ("content-security-policy", policy),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(header(&answer, name), value, "{path}");
        }
        assert!(header(&answer, "permissions-policy").contains("camera=()"));
        // The local cloud uses HTTP.
        assert!(answer.headers().get("strict-transport-security").is_none());
    }
    let page = String::from_utf8(body(get("/console/", &[]).await).await).expect("text");
    // The policy would block these.
    assert!(!page.contains("<style") && !page.contains("style=") && !page.contains("onclick="), "{page}");
    assert_eq!(
        page.matches("<script").count(),
        quoted_after(&page, "src=\"").count(),
        "scripts have an address: {page}"
    );
}

#[tokio::test]
async fn there_are_no_other_files() {
    let operator = Operator::create().await;
    for path in [
        "/console/nothing",
        "/console/nothing/",
        "/console/assets/",
        "/console/assets/index.js",
        "/console/..%2f..%2f..%2fetc%2fpasswd",
        "/console/%2fetc%2fpasswd",
        "/console//etc/passwd",
        "/console/v1/events",
        "/console/v1/notifications/destinations",
        "/console/mail/events",
        "/console/openapi.json",
    ] {
        // A key makes no difference: there is no API below this path.
        for asker in [operator.clone(), operator.without_key()] {
            let (_, code) = asker.get(path).await.error(404);
            assert_eq!(code, "no_such_route", "{path}");
        }
    }
    for path in ["/console/", "/console/v1/events"] {
        let posted: Value = ask(Method::POST, path, &[]).await.json().await.expect("JSON");
        assert_eq!(posted["code"], "method_not_allowed", "{path}");
    }
}
