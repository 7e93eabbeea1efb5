//! Runs an HTTP function: one router, one log line per request, and one error format for unknown paths and methods.

use std::{pin::Pin, sync::Arc, time::Instant};

use axum::{
    Extension, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, MatchedPath, Request, State},
    http::{
        HeaderMap, HeaderValue, Method, StatusCode, Uri,
        header::{CONTENT_ENCODING, CONTENT_TYPE},
    },
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use domain::{DeliveryId, EventId};
use http_body_util::BodyExt;
use lambda_http::{
    Adapter, Body, LambdaEvent, RequestExt,
    aws_lambda_events::apigw::ApiGatewayV2httpRequest,
    lambda_runtime,
    request::{LambdaRequest, RequestContext},
};
use runtime::{
    cold_start,
    telemetry::{Telemetry, is_verbose},
};
use tower::ServiceExt;
use tower_http::decompression::RequestDecompressionLayer;
use trace::{Kind, Span};

use crate::{
    ApiError, audit,
    auth::{HasKeys, Who},
    envelope::Envelope,
};

/// The maximum size of a decompressed body. Lambda limits the whole request to 6 MB, in which a body is escaped as JSON
/// or encoded in base64.
pub(crate) const MAX_BODY: usize = 4 * 1024 * 1024;

/// Serves `routes` on `app` until the function is shut down.
///
/// # Errors
/// When Lambda's runtime API fails.
pub async fn serve<A>(app: A, routes: Router<Arc<A>>, telemetry: Telemetry) -> Result<(), lambda_http::Error>
where
    A: HasKeys + Send + Sync + 'static,
{
    serve_as(Envelope::Stack, app, routes, telemetry).await
}

/// Serves the routes of an API with its own error format.
///
/// # Errors
/// As [`serve`].
pub async fn serve_as<A>(
    envelope: Envelope,
    app: A,
    routes: Router<Arc<A>>,
    telemetry: Telemetry,
) -> Result<(), lambda_http::Error>
where
    A: HasKeys + Send + Sync + 'static,
{
    // Before the first request, because a starting function has a whole processor.
    app.keys().warm().await;
    run(router(envelope, app, routes, telemetry)).await
}

/// Returns what [`serve_as`] serves.
pub(crate) fn router<A>(envelope: Envelope, app: A, routes: Router<Arc<A>>, telemetry: Telemetry) -> Router
where
    A: HasKeys + Send + Sync + 'static,
{
    let app = Arc::new(app);
    let mut routes = routes.with_state(app.clone());
    if app.changes().is_some() {
        routes = routes.layer(middleware::from_fn_with_state(app, note_change));
    }
    finish(routes, envelope, telemetry)
}

/// Serves public routes, without a key.
///
/// # Errors
/// As [`serve`].
pub async fn serve_public(router: Router, telemetry: Telemetry) -> Result<(), lambda_http::Error> {
    run(finish(router, Envelope::Stack, telemetry)).await
}

/// Answers requests of the HTTP API. [`lambda_http::run`] would parse each of them twice, to find out which service sent
/// it.
async fn run(router: Router) -> Result<(), lambda_http::Error> {
    let of_http_api = |event: LambdaEvent<ApiGatewayV2httpRequest>| {
        LambdaEvent::new(LambdaRequest::ApiGatewayV2(event.payload), event.context)
    };
    cold_start::report();
    let router = ServiceExt::<lambda_http::Request>::map_response(router, Answer);
    lambda_runtime::run(Adapter::from(router).map_request(of_http_api)).await
}

/// A response for the HTTP API, which passes text on as UTF-8 and other bodies from base64. [`lambda_http`] would decide
/// by the content type, and link the tables of all other encodings of text.
struct Answer(Response);

impl lambda_http::IntoResponse for Answer {
    fn into_response(self) -> Pin<Box<dyn Future<Output = lambda_http::Response<Body>> + Send>> {
        let (mut parts, body) = self.0.into_parts();
        Box::pin(async move {
            let body = match body.collect().await {
                Ok(body) => passed_on(body.to_bytes()),
                Err(error) => {
                    tracing::error!(%error, "response not read");
                    parts.status = StatusCode::INTERNAL_SERVER_ERROR;
                    Body::Empty
                }
            };
            lambda_http::Response::from_parts(parts, body)
        })
    }
}

fn passed_on(body: Bytes) -> Body {
    if body.is_empty() {
        return Body::Empty;
    }
    String::from_utf8(body.into()).map_or_else(|binary| Body::Binary(binary.into_bytes()), Body::Text)
}

fn finish(router: Router, envelope: Envelope, telemetry: Telemetry) -> Router {
    router
        .method_not_allowed_fallback(async || {
            ApiError::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "This path has no such method; see the header Allow.",
            )
        })
        .fallback(async move |uri: Uri| no_such_path(envelope, uri.path()))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(RequestDecompressionLayer::new().no_br().no_deflate().no_zstd())
        // One layer, because each costs allocations with every request.
        .layer(middleware::from_fn_with_state((envelope, telemetry), log))
}

/// Tells workers that their cached rules or destinations may be outdated, before the caller gets the response.
async fn note_change<A: HasKeys>(State(app): State<Arc<A>>, request: Request, next: Next) -> Response {
    let who = request.extensions().get::<Who>().cloned().filter(|_| !request.method().is_safe());
    let response = next.run(request).await;
    let status = response.status();
    // A request that fails may have written something.
    let may_have_changed = status.is_success() || status.is_server_error();
    if let Some(grant) = who.as_ref().and_then(Who::grant).filter(|_| may_have_changed)
        && let Some(changes) = app.changes()
        && let Err(error) = changes.note(grant.operator_id).await
    {
        tracing::warn!(operator_id = %grant.operator_id, %error, "change not noted");
    }
    response
}

/// For an unknown path, uses the error format of the API that the path belongs to.
fn no_such_path(envelope: Envelope, path: &str) -> Response {
    let envelope = if envelope == Envelope::Stack { Envelope::of_path(path) } else { envelope };
    let sentence = match path.len() > 1 && path.ends_with('/') {
        true => "There is no such path; leave out the slash at its end.",
        false => "There is no such path; see /openapi.json.",
    };
    envelope.rewrite(ApiError::new(StatusCode::NOT_FOUND, "no_such_route", sentence).into_response())
}

/// Paths arrive decoded, and `lambda_http` interprets these characters as the start of a query, a fragment or another
/// segment. IDs never contain them.
fn is_as_sent(path: &str) -> bool {
    !path.contains(['?', '#', '\\'])
}

/// Answers a request, unless its path or the encoding of its body rules out an answer.
async fn answer(envelope: Envelope, mut request: Request, next: Next) -> Response {
    let path = request.raw_http_path();
    if !is_as_sent(path) {
        return no_such_path(envelope, path);
    }
    if let Some(sentence) = encoding_problem(request.headers()) {
        let error = ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_encoding", sentence);
        return envelope.rewrite(error.into_response());
    }
    // The decompression layer only recognises lower case, but RFC 9110, 8.4.1, is case-insensitive.
    if let Some(encoding) = request.headers_mut().get_mut(CONTENT_ENCODING) {
        let name = encoding.to_str().unwrap_or_default().trim().to_ascii_lowercase();
        *encoding = HeaderValue::from_static(if name == "gzip" { "gzip" } else { "identity" });
    }
    envelope.rewrite(next.run(request).await)
}

/// The types besides `text/…` that an HTTP API treats as text.
const PASSED_AS_TEXT: [&str; 3] = ["application/json", "application/xml", "application/javascript"];

fn encoding_problem(headers: &HeaderMap) -> Option<String> {
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or_default().trim());
    let encoding = text(CONTENT_ENCODING).filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("identity"))?;
    if !encoding.eq_ignore_ascii_case("gzip") {
        let shown: String = encoding.chars().take(64).collect();
        return Some(format!("The body's Content-Encoding {shown:?} is not read here; send it as it is, or by gzip."));
    }
    let content_type =
        text(CONTENT_TYPE).unwrap_or_default().split(';').next().unwrap_or_default().to_ascii_lowercase();
    let content_type = content_type.trim();
    // API Gateway passes such a body on as text, which loses every byte that is not valid UTF-8.
    (content_type.starts_with("text/") || PASSED_AS_TEXT.contains(&content_type)).then(|| {
        format!(
            "A gzip body of the type {content_type} is damaged on its way through API Gateway; send it as it is, or by \
             gzip with `Content-Type: application/gzip`."
        )
    })
}

/// The events that a request created, for its log line. Handlers return it as part of the response.
#[derive(Clone, Copy)]
pub struct Made {
    first: EventId,
    count: usize,
}

impl Made {
    /// Creates the record of these events, in the order of the request. Returns `None` if there are no events.
    pub fn events(mut ids: impl ExactSizeIterator<Item = EventId>) -> Option<Extension<Self>> {
        let count = ids.len();
        ids.next().map(|first| Extension(Self { first, count }))
    }
}

/// The resource IDs in a request's path, and the request's IDs in other systems.
#[derive(Default)]
struct Ids {
    /// Lambda's request ID.
    request: Option<String>,
    /// API Gateway's request ID.
    api_request: Option<String>,
    event: Option<EventId>,
    delivery: Option<DeliveryId>,
}

impl Ids {
    fn of(request: &Request) -> Self {
        let api_request = match request.request_context_ref() {
            Some(RequestContext::ApiGatewayV2(context)) => context.request_id.clone(),
            _ => None,
        };
        // Only these parts of the path: the rest may contain anything, such as a mail address.
        let segments = || request.uri().path().split('/');
        Self {
            request: request.lambda_context_ref().map(|context| context.request_id.clone()),
            api_request,
            event: segments().find_map(|segment| segment.parse().ok()),
            delivery: segments().find_map(|segment| segment.parse().ok()),
        }
    }
}

/// Names a request, as in `GET /v1/events/{id}`: with the pattern of its route instead of its path, which may contain
/// anything.
fn name(method: &Method, route: Option<&str>) -> String {
    route.map_or_else(|| method.to_string(), |route| format!("{method} {route}"))
}

/// Begins the span of a request. `lambda_http` puts the trace of the invocation into the header. Without one, the
/// header is the one that API Gateway passed on.
fn span(request: &Request, route: Option<&str>) -> Span {
    let header = request.headers().get("x-amzn-trace-id").and_then(|value| value.to_str().ok());
    let method = request.method();
    let span = Span::start(trace::incoming(header), Kind::Server, || name(method, route));
    span.set("http.request.method", method);
    span.set_some("http.route", route);
    span
}

/// Logs a request, counts it if it was refused or failed, and ends its span.
async fn log(State((envelope, telemetry)): State<(Envelope, Telemetry)>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let who = Who::default();
    request.extensions_mut().insert(who.clone());
    let (method, route) = (request.method().clone(), request.extensions().get::<MatchedPath>().cloned());
    let route = route.as_ref().map(MatchedPath::as_str);
    let ids = Ids::of(&request);
    let span = span(&request, route);
    let mut response = trace::within(span.context(), answer(envelope, request, next)).await;
    if let (Some(trail), Some(grant)) = (who.trail(), who.grant()) {
        let (request_id, route) = (ids.request.as_deref(), route.unwrap_or_default());
        let made = audit::Made { grant, method: &method, route, request_id };
        // Boxed, because most requests leave no entry.
        response = Box::pin(audit::record(trail, made, response)).await;
    }
    let made = response.extensions().get::<Made>();
    let event_id = ids.event.or(made.map(|made| made.first));
    let status = response.status().as_u16();
    let class = class(response.status());
    let in_full = class != OK || is_verbose();
    let key_id = who.grant().map(|grant| grant.key_id);
    match made {
        // Most requests. The events' own lines name the operator, and so does the ID of the key.
        Some(made) if !in_full => tracing::info!(
            accepted = made.count,
            event_id = %made.first,
            api_request_id = ids.api_request,
            key_id = key_id.map(display),
            trace_id = span.trace_id().map(display),
        ),
        // How long it took, and Lambda's ID, are also in API Gateway's access log.
        _ => tracing::info!(
            request = name(&method, route),
            status,
            api_request_id = ids.api_request,
            operator_id = who.grant().map(|grant| display(grant.operator_id)),
            key_id = key_id.map(display),
            accepted = made.map(|made| made.count),
            event_id = event_id.map(display),
            delivery_id = ids.delivery.map(display),
            trace_id = span.trace_id().map(display),
            ms = in_full.then(|| started.elapsed().as_millis() as u64),
            request_id = ids.request.filter(|_| in_full),
        ),
    }
    span.set_number("http.response.status_code", status);
    span.set_some("stack.operator_id", who.grant().map(|grant| grant.operator_id));
    span.set_some("stack.event_id", event_id);
    span.set_some("stack.delivery_id", ids.delivery);
    span.end();
    // AWS counts and times all requests: Lambda those of each function, API Gateway those of the API.
    if class != OK {
        metrics::counter!("requests", "class" => class).increment(1);
    }
    telemetry.flush();
    response
}

/// The class of requests that succeeded.
const OK: &str = "ok";

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        200..=399 => OK,
        400..=499 => "refused",
        _ => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_taken_where_it_arrives_whole() {
        let problem = |encoding: &'static str, content_type: &'static str| {
            let headers = [(CONTENT_ENCODING, encoding), (CONTENT_TYPE, content_type)];
            encoding_problem(
                &headers.map(|(name, value)| (name, HeaderValue::from_static(value))).into_iter().collect(),
            )
        };
        for (encoding, content_type) in
            [("", "application/json"), ("identity", "text/plain"), ("GZIP", "application/gzip"), ("gzip", "")]
        {
            assert_eq!(problem(encoding, content_type), None, "{encoding} {content_type}");
        }
        assert!(problem("br", "application/gzip").is_some_and(|sentence| sentence.contains("\"br\"")));
        for damaged in ["application/json; charset=utf-8", "Text/Plain", "application/xml"] {
            assert!(
                problem("gzip", damaged).is_some_and(|sentence| sentence.contains("application/gzip")),
                "{damaged}"
            );
        }
    }
}
