//! Links that open the console without a key.

use api::{ApiError, Body, Writer, error::Result, responses::stack::Errors};
use axum::http::{HeaderMap, StatusCode, header::HOST};
use domain::{
    Role,
    api_key::{Bearer, KeyKind},
    key_details,
    portal::{self, Theme},
    time::{now, rfc3339},
};
use serde::{Deserialize, Serialize};
use store::accounts::Grant;
use utoipa::ToSchema;

use crate::{
    State,
    keys::{Uncached, project, uncached},
};

/// The shortest life of a link.
const MIN_SECONDS: u64 = 60;
const MAX_SECONDS: u64 = portal::MAX_LIFE.as_secs();

/// A new link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPortalLink {
    /// What the bearer may do: `viewer` or `editor`, and not more than the caller.
    #[schema(value_type = String, pattern = "^(viewer|editor)$", example = "viewer")]
    role: Role,
    /// The only project that the bearer sees.
    project_id: Option<String>,
    /// Whom the link is for, as the list of keys and the audit log show it.
    #[schema(format = "name", min_length = 1, max_length = 100, example = "Customer 4711")]
    name: Option<String>,
    /// The number of seconds until the link and its sessions end.
    #[serde(default = "default_seconds")]
    #[schema(minimum = 60, maximum = 86400, default = 3600)]
    expires_in_seconds: u64,
    /// How the console looks to the bearer.
    #[serde(default)]
    theme: NewTheme,
}

fn default_seconds() -> u64 {
    portal::DEFAULT_LIFE.as_secs()
}

/// The look of the console. Colors that would leave text with a contrast below 4.5:1 are refused.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPortalTheme)]
struct NewTheme {
    /// The color of links and of the main buttons.
    #[schema(pattern = "^#[0-9A-Fa-f]{6}$", example = "#0b5c3f")]
    primary: Option<String>,
    /// The background of pages.
    #[schema(pattern = "^#[0-9A-Fa-f]{6}$", example = "#f2f7f4")]
    background: Option<String>,
    /// The https URL of a logo. The deployment's parameter `LogoOrigins` must contain its origin.
    #[schema(max_length = 1024, example = "https://example.com/logo.svg")]
    logo_url: Option<String>,
}

/// A new link, which only this response shows.
#[derive(Serialize, ToSchema)]
pub(crate) struct PortalLink {
    /// The URL to open. The part after `#` is the key: browsers do not send it to servers.
    #[schema(example = "https://notifications.example.com/console/index.html#portal=sk_live_pt_…")]
    url: String,
    /// When the link and its sessions end.
    #[schema(example = "2026-04-15T10:00:00.000Z")]
    expires_at: String,
    /// The id of the link's key, which an admin can revoke.
    #[schema(example = "key_01JRX2Q0Z8K5V3M7N9P4T6W8YA01JRX2Q0Z8K5V3M7N9P4T6W8YB")]
    key_id: String,
}

/// Creates a link that opens the console without a key.
///
/// For editors and admins, but not for sessions that began with a link. The link works until it expires or its key is
/// revoked. It can be opened more than once.
#[utoipa::path(
    post, path = "/v1/portal-links", tag = "Account", operation_id = "createPortalLink", request_body = NewPortalLink,
    responses(
        (status = 201, body = PortalLink, headers(("Cache-Control" = String, description = "`no-store`"))), Errors,
    )
)]
pub(crate) async fn create(
    app: State,
    Writer(caller): Writer,
    headers: HeaderMap,
    Body(new): Body<NewPortalLink>,
) -> Result<(StatusCode, Uncached<PortalLink>)> {
    if caller.grant().kind == KeyKind::Portal {
        return Err(ApiError::forbidden("A portal session cannot create links; use an API key."));
    }
    if new.role > Role::Editor {
        return Err(ApiError::field("role", "send viewer or editor; a link cannot make its bearer an admin"));
    }
    if !(MIN_SECONDS..=MAX_SECONDS).contains(&new.expires_in_seconds) {
        let problem = format!("send a number from {MIN_SECONDS} to {MAX_SECONDS}");
        return Err(ApiError::field("expires_in_seconds", problem));
    }
    let name = new.name.as_deref().map(key_details::name).transpose();
    let name = name.map_err(|problem| ApiError::field("name", problem))?;
    let theme = new.theme.read(&app.logo_origins)?;
    let project_id = project(&caller, new.project_id.as_deref())?;
    let url = app.console_url(&headers)?;
    let expires_at = now() + std::time::Duration::from_secs(new.expires_in_seconds);
    let operator = app.operator(&caller).await?;
    let grant = Grant {
        name,
        project_id,
        kind: KeyKind::Portal,
        expires_at: Some(expires_at),
        theme: Some(theme).filter(|theme| *theme != Theme::default()),
        ..Grant::new(&operator, new.role)
    };
    let key_id = grant.key_id.to_string();
    let (_, api_key) = app.insert(grant, Bearer::Portal).await?;
    let url = format!("{url}#portal={}", api_key.reveal());
    Ok((StatusCode::CREATED, uncached(PortalLink { url, expires_at: rfc3339(expires_at), key_id })))
}

impl NewTheme {
    fn read(&self, origins: &[String]) -> Result<Theme> {
        let origins: Vec<_> = origins.iter().map(String::as_str).collect();
        let Self { primary, background, logo_url } = self;
        let theme = Theme::new(primary.as_deref(), background.as_deref(), logo_url.as_deref(), &origins);
        theme.map_err(|(field, problem)| ApiError::field(&format!("theme.{field}"), problem))
    }
}

impl crate::App {
    /// The URL of the console's page: the one that the deployment sets, or on the host that the request was sent to.
    /// API Gateway only passes on requests to its own domain names.
    fn console_url(&self, headers: &HeaderMap) -> Result<String> {
        if let Some(url) = &self.console_url {
            return Ok(format!("{}/index.html", url.trim_end_matches('/')));
        }
        let text = |name| headers.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok());
        let host = text(HOST.as_str()).ok_or_else(|| ApiError::bad_request("invalid_host", "Send the header Host."))?;
        let scheme = text("x-forwarded-proto").filter(|scheme| *scheme == "http").unwrap_or("https");
        Ok(format!("{scheme}://{host}/console/index.html"))
    }
}
