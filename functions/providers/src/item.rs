//! Returns, changes and deletes one provider.

use api::{
    ApiError, Body, Id, envelope::ProvidersError, error::Result, path::PathId, responses::providers::ErrorsOfOne,
};
use axum::{Json, http::StatusCode};
use domain::{ApiKind, Connection, Destination, connection::providers, time::after};
use serde_json::Value;
use service::retrying::Tries;
use store::{Changed, IfExists};

use crate::{
    App, State,
    access::{FromPage, Managing, Viewing},
    input::{Change, ProviderId, wrong},
    schema,
    views::ProviderView,
};

/// Returns a provider.
///
/// In the response, `••••••••` replaces every secret.
#[utoipa::path(
    get, path = "/api/v1/notifications/providers/{id}", tag = "Providers", operation_id = "getProvider",
    params(("id" = String, Path)),
    responses((status = 200, body = ProviderView), ErrorsOfOne)
)]
pub(crate) async fn get(app: State, Viewing(caller): Viewing, Id(id): Id<ProviderId>) -> Result<Json<ProviderView>> {
    let found = app.find(&caller, id).await?;
    Ok(Json(ProviderView::new(&found, app.service.connection(&found).await?.as_ref())))
}

/// Changes a provider.
///
/// Fields of the config that are omitted, or sent as `••••••••`, stay unchanged; null removes a field. The same applies
/// to each of the `headers`. The result is validated as a whole, and a rejected change has no effect.
#[utoipa::path(
    patch, path = "/api/v1/notifications/providers/{id}", tag = "Providers", operation_id = "updateProvider",
    params(("id" = String, Path), FromPage),
    request_body = schema::ProviderChange,
    responses(
        (status = 200, body = ProviderView), ErrorsOfOne,
        (status = 409, body = ProvidersError),
        (status = 422, body = ProvidersError, description = "Fields are wrong: `fields` names each"),
    )
)]
pub(crate) async fn update(
    app: State,
    Managing(caller): Managing,
    Id(id): Id<ProviderId>,
    Body(body): Body<Value>,
) -> Result<Json<ProviderView>> {
    let mut old = app.find(&caller, id).await?;
    let change = Change::read(body, old.kind)?;
    let mut tries = Tries::of(ProviderId::NOUN);
    loop {
        let (new, connection) = app.changed(&old, &change).await?;
        if new == old || app.destinations.change(&old, &new).await? == Changed::Yes {
            return Ok(Json(ProviderView::new(&new, connection.as_ref())));
        }
        tries.again()?;
        old = app.find(&caller, id).await?;
    }
}

impl App {
    /// The provider after a change.
    async fn changed(&self, old: &Destination, change: &Change) -> Result<(Destination, Option<Connection>)> {
        let before = self.service.connection(old).await?;
        let connection = match &change.config {
            Some(config) => {
                // A connection that can no longer be decrypted leaves nothing to merge with.
                let merged = match &before {
                    Some(before) => providers::merged(before, config.clone()),
                    None => Value::Object(config.clone()),
                };
                Some(providers::read(old.kind, merged, &self.allowed).map_err(wrong)?)
            }
            None => before.clone(),
        };
        let mut new = old.clone();
        if let Some(name) = &change.name {
            new.name = Some(name.clone());
        }
        if let Some(enabled) = change.enabled {
            new.disabled = !enabled;
        }
        if let Some(max_per_second) = change.max_per_second {
            new.max_per_second = max_per_second;
        }
        if let Some(connection) = connection.as_ref().filter(|_| connection != before) {
            new.connection = Some(self.service.seal_connection(old.operator_id, old.id, connection).await?);
            new.destination = connection.shown();
            new.unhealthy = None;
            new.forget_traffic();
        }
        if new != *old {
            new.updated_at = Some(after(old.updated_at.unwrap_or(old.created_at)));
        }
        Ok((new, connection))
    }
}

/// Deletes a provider.
///
/// Rules that target it stay active. Instead of sending to it, they record an abandoned delivery and log
/// `delivery_failed`.
#[utoipa::path(
    delete, path = "/api/v1/notifications/providers/{id}", tag = "Providers", operation_id = "deleteProvider",
    params(("id" = String, Path), FromPage),
    responses((status = 204), ErrorsOfOne)
)]
pub(crate) async fn delete(app: State, Managing(caller): Managing, Id(id): Id<ProviderId>) -> Result<StatusCode> {
    let found = app.find(&caller, id).await?;
    if app.destinations.delete_of(ApiKind::Providers, found.operator_id, found.id).await? == IfExists::Missing {
        return Err(ApiError::not_found(ProviderId::NOUN));
    }
    Ok(StatusCode::NO_CONTENT)
}
