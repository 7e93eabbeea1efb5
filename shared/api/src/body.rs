//! JSON bodies, with errors that name the field.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::StatusCode,
};
use domain::{objects::Objects, wording};
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::{
    auth::Who,
    error::{ApiError, Result},
    server::MAX_BODY,
};

/// A JSON body. `Content-Type` is not checked, because there is no other format.
pub struct Body<T>(pub T);

/// A JSON body that may be omitted, which means the default.
pub struct OptionalBody<T>(pub T);

/// The bytes of a body.
pub struct RawBody(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for RawBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        read(request, state).await.map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let bytes = read(request, state).await?;
        if without_mark(&bytes).trim_ascii().is_empty() {
            return Err(ApiError::bad_request("invalid_body", "The request has no body; send a JSON object."));
        }
        parse(&bytes).map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let bytes = read(request, state).await?;
        if without_mark(&bytes).trim_ascii().is_empty() { Ok(Self(T::default())) } else { parse(&bytes).map(Self) }
    }
}

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes> {
    let who = request.extensions().get::<Who>().cloned();
    let bytes = Bytes::from_request(request, state).await;
    if let (Ok(bytes), Some(trail)) = (&bytes, who.as_ref().and_then(Who::trail)) {
        trail.keep(bytes);
    }
    bytes.map_err(|rejection| match rejection.status() {
        status @ StatusCode::PAYLOAD_TOO_LARGE => {
            let sentence = format!("The request's body has more than {} MiB; send less at a time.", MAX_BODY >> 20);
            ApiError::new(status, "body_too_large", sentence)
        }
        status => ApiError::new(status, "invalid_body", format!("{}.", rejection.body_text())),
    })
}

/// Removes a byte order mark, which some editors and shells add (RFC 8259, 8.1).
pub fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// Parses JSON. An error gives the path of the field and says what is wrong with it.
///
/// # Errors
/// A 400.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let mut json = serde_json::Deserializer::from_slice(without_mark(bytes));
    let value = serde_path_to_error::deserialize(Objects(&mut json)).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        let problem = match inner.is_data() {
            true => wording::problem(&inner.to_string()),
            // serde_json reports a syntax error if a value for one of several names is neither text nor an object.
            false if is_json(bytes) => "send text".to_owned(),
            false => return not_json(&inner),
        };
        // A problem with the whole body becomes a sentence of its own.
        let whole = if problem.starts_with("is ") { "The request's body " } else { "" };
        let at = if path == "." { whole.to_owned() } else { format!("`{path}`: ") };
        ApiError::bad_request("invalid_field", format!("{at}{problem}."))
    })?;
    json.end().map_err(|error| not_json(&error))?;
    Ok(value)
}

fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(without_mark(bytes)).is_ok()
}

fn not_json(error: &serde_json::Error) -> ApiError {
    ApiError::bad_request("invalid_body", format!("The request's body is not JSON: {error}; send a JSON object."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;
    use domain::event::PostedEvent;

    #[derive(serde::Deserialize)]
    struct Choice {
        one: YesOrNo,
    }

    #[derive(serde::Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum YesOrNo {
        Yes,
        No,
    }

    async fn sentence(json: &str) -> String {
        let Err(error) = parse::<PostedEvent>(json.as_bytes()) else { panic!("{json} was read") };
        let body = axum::body::to_bytes(error.into_response().into_body(), 10_000).await.expect("a body");
        String::from_utf8(body.to_vec()).expect("text")
    }

    #[tokio::test]
    async fn every_error_names_its_field() {
        assert!(sentence(r#"{"data": {}}"#).await.contains("missing field `type`"));
        assert!(sentence(r#"{"type": 7, "data": {}}"#).await.contains("`type`: is the number 7; send a string."));
        assert!(
            sentence(r#"["custom.a", null, null, {}]"#).await.contains("The request's body is a list; send an object.")
        );
        assert!(
            sentence(r#"{"type": "a", "data": {}, "resource": ["m", "1"]}"#).await.contains("`resource`: is a list")
        );
        assert!(sentence(r#"{"type": "a", "data": {}, "colour": 1}"#).await.contains("unknown field `colour`"));
        assert!(
            sentence(r#"{"type": "a", "data": {}, "resource": {"type": "m"}}"#).await.contains("missing field `id`")
        );
        assert!(matches!(parse::<Choice>(br#"{"one": "yes"}"#), Ok(Choice { one: YesOrNo::Yes })));
        assert!(matches!(parse::<Choice>(br#"{"one": "no"}"#), Ok(Choice { one: YesOrNo::No })));
        for neither in ["null", "7", "true"] {
            let Err(error) = parse::<Choice>(format!(r#"{{"one": {neither}}}"#).as_bytes()) else { panic!("read") };
            assert_eq!(error.sentence, "`one`: send text.");
        }
        assert!(sentence(r#"{"type": "a", "data": {}"#).await.contains("is not JSON"));
        assert!(sentence(r#"{"type": "a", "data": {}} x"#).await.contains("is not JSON"));
    }

    #[test]
    fn a_byte_order_mark_is_skipped() {
        let json = "\u{feff}{\"type\": \"custom.a\", \"data\": {}}";
        assert!(parse::<PostedEvent>(json.as_bytes()).is_ok());
    }
}
