//! The error format of each API. An error is written in the very last step, so that errors of extractors, unknown paths
//! and internal errors have the API's format, too.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use domain::fields::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiError;

/// The error format of an API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Envelope {
    /// `{"error": "<sentence>", "code": "<snake_case>"}`: STACK and Mail.
    Stack,
    /// `{"error": "<sentence>"}`, with `fields` where several may be wrong.
    Providers,
    /// `{"success": false, "error": {"code", "message"}}`, with `details` where several fields may be wrong.
    Config,
}

/// An error of the Providers API.
#[derive(Serialize, ToSchema)]
pub struct ProvidersError {
    /// The problem and the fix, as a sentence.
    #[schema(example = "`config.webhookUrl`: is missing.")]
    error: String,
    /// The problem of each field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<Problem>,
}

/// An error of the Config API.
#[derive(Serialize, ToSchema)]
pub struct ConfigError {
    /// Always false.
    success: bool,
    /// What is wrong.
    error: ConfigErrorDetail,
}

/// What is wrong.
#[derive(Serialize, ToSchema)]
pub struct ConfigErrorDetail {
    /// A word for programs.
    #[schema(example = "VALIDATION_ERROR")]
    code: String,
    /// The problem and the fix, as a sentence.
    #[schema(example = "`severityThreshold`: is missing.")]
    message: String,
    /// The problem of each field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    details: Vec<Problem>,
}

impl Envelope {
    /// The format of the API that a path belongs to.
    pub(crate) fn of_path(path: &str) -> Self {
        match path {
            path if path.starts_with("/api/v1/") => Self::Providers,
            path if path.starts_with("/v1/config/") => Self::Config,
            _ => Self::Stack,
        }
    }

    /// Writes an error response in this format. Keeps its status and headers.
    pub(crate) fn rewrite(self, mut response: Response) -> Response {
        if self == Self::Stack {
            return response;
        }
        let Some(error) = response.extensions_mut().remove::<ApiError>() else { return response };
        let rewritten = match self {
            Self::Stack => return response,
            Self::Providers => Json(ProvidersError { error: error.sentence, fields: error.fields }).into_response(),
            Self::Config => {
                let code = if error.status == 400 { "VALIDATION_ERROR".to_owned() } else { error.code.to_uppercase() };
                let error = ConfigErrorDetail { code, message: error.sentence, details: error.fields };
                Json(ConfigError { success: false, error }).into_response()
            }
        };
        let (parts, body) = rewritten.into_parts();
        response.headers_mut().extend(parts.headers);
        // It was the length of the other body.
        response.headers_mut().remove(axum::http::header::CONTENT_LENGTH);
        *response.body_mut() = body;
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;
    use serde_json::{Value, json};

    async fn body(envelope: Envelope, error: ApiError) -> (StatusCode, Value) {
        let response = envelope.rewrite(error.into_response());
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), 10_000).await.expect("a body");
        (status, serde_json::from_slice(&bytes).expect("JSON"))
    }

    #[tokio::test]
    async fn each_api_has_its_own_form() {
        let error = || ApiError::not_found("provider");
        let sentence = "There is no provider with this id in your account; check the id.";
        assert_eq!(body(Envelope::Stack, error()).await.1, json!({"error": sentence, "code": "not_found"}));
        assert_eq!(body(Envelope::Providers, error()).await, (StatusCode::NOT_FOUND, json!({ "error": sentence })));
        let expected = json!({"success": false, "error": {"code": "NOT_FOUND", "message": sentence}});
        assert_eq!(body(Envelope::Config, error()).await.1, expected);
    }

    #[tokio::test]
    async fn several_fields_are_listed() {
        let problem = |field: &str| Problem { field: field.to_owned(), message: "is missing".to_owned() };
        let error = |status| ApiError::fields(status, vec![problem("name"), problem("config.url")]);
        let (status, json) = body(Envelope::Providers, error(StatusCode::UNPROCESSABLE_ENTITY)).await;
        assert_eq!((status, &json["fields"][1]["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("config.url")));
        assert_eq!(json["error"], "`name`: is missing; `config.url`: is missing.");
        let (_, json) = body(Envelope::Config, error(StatusCode::BAD_REQUEST)).await;
        assert_eq!(
            (&json["error"]["code"], &json["error"]["details"][0]["field"]),
            (&json!("VALIDATION_ERROR"), &json!("name"))
        );
    }
}
