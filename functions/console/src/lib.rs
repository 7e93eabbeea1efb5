//! The routes that need no key: the web console, and `/echo`, which accepts every request so that a new stack can be
//! tested (`make smoke`).
//!
//! The web console is a page and its files, which the function contains in compressed form (`build.rs`). The page gets
//! its data from the API with the user's key. This function has no keys and no permissions.

mod assets;
mod coding;
mod security;

use api::ApiError;
use axum::{
    Router,
    http::{
        HeaderMap, HeaderValue, StatusCode, Uri,
        header::{self, InvalidHeaderValue},
    },
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};

use crate::{assets::Asset, coding::Coding};

pub use security::Embedding;

/// All routes.
///
/// # Errors
/// If an origin cannot be part of a header.
pub fn router(embedding: &Embedding) -> Result<Router, InvalidHeaderValue> {
    let policy = HeaderValue::try_from(embedding.policy())?;
    Ok(routes().layer(middleware::from_fn_with_state(policy, security::add)))
}

fn routes() -> Router {
    Router::new()
        .route("/echo", post(StatusCode::NO_CONTENT))
        .route("/console", get(redirect))
        .route("/console/", get(file))
        .route("/console/{*path}", get(file))
}

/// Redirects to the console's page. The location is relative, because the API may be served below a path. It names the
/// file, because AWS does not document whether `{proxy+}` of an HTTP API matches an empty path.
async fn redirect() -> impl IntoResponse {
    (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, "console/index.html"), (header::CACHE_CONTROL, "no-cache")])
}

async fn file(uri: Uri, request: HeaderMap) -> Response {
    let path = uri.path().strip_prefix("/console/").unwrap_or_default();
    // Only files in the table are served: the path is looked up there, and never in a file system.
    match Asset::at(if path.is_empty() { "index.html" } else { path }) {
        Some(asset) => serve(asset, &request),
        None => {
            let sentence = "The console has no such file; it begins at /console.";
            ApiError::new(StatusCode::NOT_FOUND, "no_such_route", sentence).into_response()
        }
    }
}

fn serve(asset: &Asset, request: &HeaderMap) -> Response {
    let keep = if asset.is_immutable() { "public, max-age=31536000, immutable" } else { "no-cache" };
    let about = [(header::ETAG, asset.etag), (header::CACHE_CONTROL, keep), (header::VARY, "accept-encoding")];
    if is_known(asset, request) {
        return (StatusCode::NOT_MODIFIED, about).into_response();
    }
    let (coding, bytes) = asset.encoded(request);
    let mut response = (about, [(header::CONTENT_TYPE, asset.content_type)], bytes).into_response();
    if coding != Coding::Identity {
        let name = header::HeaderValue::from_static(coding.name());
        response.headers_mut().insert(header::CONTENT_ENCODING, name);
    }
    response
}

/// Whether the client already has this version of the file (RFC 9110, section 13.1.2).
fn is_known(asset: &Asset, request: &HeaderMap) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let known = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known.flat_map(|value| value.split(',')).any(|tag| tag.trim() == "*" || opaque(tag) == opaque(asset.etag))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{body::Body, extract::Request};
    use tower::ServiceExt;

    async fn get(path: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = Request::builder().uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let router = router(&Embedding::default()).expect("a router");
        router.oneshot(request.body(Body::empty()).expect("a request")).await.expect("an answer")
    }

    #[tokio::test]
    async fn a_path_is_looked_up_and_never_followed() {
        assert_eq!(get("/console/index.html", &[]).await.status(), 200);
        for path in [
            "/console/../index.html",
            "/console/./index.html",
            "/console//index.html",
            "/console/assets/../index.html",
            "/console/%2e%2e/Cargo.toml",
            "/console/../Cargo.toml",
            "/console/../../../../../../etc/passwd",
            "/console/%69ndex.html",
            "/console/index.html%00",
            "/console/%ff",
            "/console/assets",
            "/console/INDEX.HTML",
        ] {
            assert_eq!(get(path, &[]).await.status(), 404, "{path}");
        }
    }

    #[tokio::test]
    async fn https_responses_set_strict_transport_security() {
        let hsts = async |headers: &[(&str, &str)]| {
            let answer = get("/console/", headers).await;
            answer.headers().contains_key(header::STRICT_TRANSPORT_SECURITY)
        };
        assert!(hsts(&[("x-forwarded-proto", "https")]).await);
        assert!(!hsts(&[("x-forwarded-proto", "http")]).await);
        assert!(!hsts(&[]).await);
    }
}
