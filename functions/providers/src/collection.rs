//! Creates and lists providers.

use api::{Body, PageQuery, envelope::ProvidersError, error::Result, page::next_cursor, responses::providers::Errors};
use axum::{Json, http::StatusCode};
use domain::{ApiKind, Destination, DestinationId, time::now};
use serde_json::Value;

use crate::{
    State,
    access::{FromPage, Managing, Viewing},
    input::Provider,
    schema,
    views::{ProviderPage, ProviderRecord, ProviderView, kinds},
};

const LIST: &str = "providers";

/// Lists providers and the available kinds.
///
/// In the response, `••••••••` replaces every secret.
#[utoipa::path(
    get, path = "/api/v1/notifications/providers", tag = "Providers", operation_id = "listProviders",
    params(PageQuery),
    responses((status = 200, body = ProviderPage), Errors)
)]
pub(crate) async fn list(app: State, Viewing(caller): Viewing, page: PageQuery) -> Result<Json<ProviderPage>> {
    let (limit, after) = (page.limit()?, page.after(LIST)?);
    let (found, more) = app.destinations.list(caller.operator_id(), ApiKind::Providers, limit, after).await?;
    let mut data = vec![];
    for provider in &found {
        data.push(ProviderView::new(provider, app.service.connection(provider).await?.as_ref()));
    }
    let next_cursor = next_cursor(LIST, found.last().map(|provider| provider.id), more);
    Ok(Json(ProviderPage { data, kinds: kinds(), next_cursor }))
}

/// Creates a provider.
///
/// Its config is stored encrypted.
#[utoipa::path(
    post, path = "/api/v1/notifications/providers", tag = "Providers", operation_id = "createProvider",
    request_body = schema::NewProvider,
    params(FromPage),
    responses(
        (status = 201, body = ProviderRecord), Errors,
        (status = 400, body = ProvidersError, description = "The kind is unknown"),
        (status = 422, body = ProvidersError, description = "Fields are wrong: `fields` names each"),
    )
)]
pub(crate) async fn create(
    app: State,
    Managing(caller): Managing,
    Body(body): Body<Value>,
) -> Result<(StatusCode, Json<ProviderRecord>)> {
    let Provider { kind, name, connection, enabled, max_per_second } = Provider::read(body, &app.allowed)?;
    let (operator_id, id) = (caller.operator_id(), DestinationId::generate_uuid());
    let created_at = now();
    let made = Destination {
        connection: Some(app.service.seal_connection(operator_id, id, &connection).await?),
        name: Some(name),
        disabled: !enabled,
        max_per_second,
        // The admin who creates the provider vouches for it, and a test can confirm it.
        verified_at: Some(created_at),
        created_at,
        api: ApiKind::Providers,
        ..Destination::new(operator_id, id, kind, connection.shown(), String::new())
    };
    app.destinations.insert_another(&made).await?;
    Ok((StatusCode::CREATED, Json(ProviderRecord::from(&made))))
}
