//! Returns, changes and deletes one channel of a project.

use api::{Body, Id, envelope::ConfigError, error::Result, responses::config::ErrorsOfOne};
use axum::{Json, http::StatusCode};
use domain::time::after;
use serde_json::Value;
use service::retrying::Tries;
use store::{Changed, IfExists, project_channels::ProjectChannel};

use crate::{
    App, State,
    access::{ProjectHeader, Reading, Writing},
    input::{Change, ProjectChannelId, credentials_merged},
    not_found, schema,
    views::OneProjectChannel,
};

/// Returns a channel, without its credentials.
#[utoipa::path(
    get, path = "/v1/config/notifications/{id}", tag = "Project channels", operation_id = "getProjectChannel",
    params(("id" = String, Path), ProjectHeader),
    responses((status = 200, body = OneProjectChannel), ErrorsOfOne)
)]
pub(crate) async fn get(
    app: State,
    Reading(scope): Reading,
    Id(id): Id<ProjectChannelId>,
) -> Result<Json<OneProjectChannel>> {
    Ok(Json(OneProjectChannel::of(&app.find(&scope, id).await?)))
}

/// Changes a channel.
///
/// Omitted fields, including credentials, stay unchanged. Null removes a credential. To rotate the signing secret, send
/// a new `hmacSecret`.
#[utoipa::path(
    put, path = "/v1/config/notifications/{id}", tag = "Project channels", operation_id = "updateProjectChannel",
    params(("id" = String, Path), ProjectHeader),
    request_body = schema::ProjectChannelChange,
    responses(
        (status = 200, body = OneProjectChannel), ErrorsOfOne,
        (status = 409, body = ConfigError),
    )
)]
pub(crate) async fn replace(
    app: State,
    Writing(scope): Writing,
    Id(id): Id<ProjectChannelId>,
    Body(body): Body<Value>,
) -> Result<Json<OneProjectChannel>> {
    let mut old = app.find(&scope, id).await?;
    let change = Change::read(body, old.destination.kind)?;
    let mut tries = Tries::of("channel");
    loop {
        let new = app.changed(&old, &change).await?;
        if new == old {
            return Ok(Json(OneProjectChannel::of(&new)));
        }
        match app.channels.replace(&old, &new).await? {
            Changed::Yes => return Ok(Json(OneProjectChannel::of(&new))),
            Changed::Meanwhile => tries.again()?,
        }
        old = app.find(&scope, id).await?;
    }
}

impl App {
    /// The channel after a change.
    async fn changed(&self, old: &ProjectChannel, change: &Change) -> Result<ProjectChannel> {
        let mut new = old.clone();
        let (of, rule) = (&mut new.destination, &mut new.rule);
        if let Some(name) = &change.name {
            of.name = Some(name.clone());
        }
        if let Some(active) = change.active {
            of.disabled = !active;
        }
        if let Some(max_per_second) = change.max_per_second {
            of.max_per_second = max_per_second;
        }
        if let Some(threshold) = change.threshold {
            rule.min_severity = threshold;
        }
        if let Some(credentials) = &change.credentials {
            let before = self.service.connection(&old.destination).await?;
            let connection = credentials_merged(before.as_ref(), credentials, of.kind, &self.allowed)?;
            if before.as_ref() != Some(&connection) {
                of.connection = Some(self.service.seal_connection(of.operator_id, of.id, &connection).await?);
                of.destination = connection.shown();
                of.unhealthy = None;
                of.forget_traffic();
            }
        }
        if new != *old {
            let of = &mut new.destination;
            of.updated_at = Some(after(of.updated_at.unwrap_or(of.created_at)));
        }
        Ok(new)
    }
}

/// Deletes a channel, which makes room for another.
///
/// Its pending deliveries are abandoned.
#[utoipa::path(
    delete, path = "/v1/config/notifications/{id}", tag = "Project channels", operation_id = "deleteProjectChannel",
    params(("id" = String, Path), ProjectHeader),
    responses((status = 204), ErrorsOfOne)
)]
pub(crate) async fn delete(app: State, Writing(scope): Writing, Id(id): Id<ProjectChannelId>) -> Result<StatusCode> {
    let old = app.find(&scope, id).await?;
    if app.channels.delete(&scope.project, &old).await? == IfExists::Missing {
        return Err(not_found());
    }
    Ok(StatusCode::NO_CONTENT)
}
