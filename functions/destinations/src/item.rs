//! Returns, changes and deletes one destination.

use api::{
    ApiError, Body, ErrorBody, MaxPerSecond, Reader, Writer,
    error::{Result, path_id},
    subscription,
    views::{Deleted, DestinationView},
};
use axum::{Json, extract::Path};
use domain::{Kind, traffic::Rate};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::State;

/// Returns a destination.
#[utoipa::path(
    get, path = "/v1/notifications/destinations/{id}", tag = "Destinations", operation_id = "getDestination",
    params(("id" = String, Path)),
    responses((status = 200, body = DestinationView), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn get(app: State, Reader(caller): Reader, Path(id): Path<String>) -> Result<Json<DestinationView>> {
    Ok(Json(DestinationView::of(&app.find(&caller, &id).await?, caller.may_write())))
}

/// The changes of a destination; omitted fields stay unchanged.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DestinationChange {
    /// The maximum number of deliveries per second to a webhook, 0.001 to 1000; null removes the limit.
    #[serde(default, deserialize_with = "subscription::given")]
    #[schema(value_type = Option<f64>, minimum = 0.001, maximum = 1000, example = 10)]
    max_per_second: Option<Option<MaxPerSecond>>,
}

/// Changes the rate limit of a destination.
///
/// Deliveries that are already waiting keep their times.
#[utoipa::path(
    patch, path = "/v1/notifications/destinations/{id}", tag = "Destinations", operation_id = "updateDestination",
    params(("id" = String, Path)), request_body = DestinationChange,
    responses(
        (status = 200, body = DestinationView),
        (status = 400, body = ErrorBody, description = "Out of range, or not a webhook"),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
    )
)]
pub(crate) async fn update(
    app: State,
    Writer(caller): Writer,
    Path(id): Path<String>,
    Body(change): Body<DestinationChange>,
) -> Result<Json<DestinationView>> {
    let found = app.find(&caller, &id).await?;
    let Some(new) = change.max_per_second else { return Ok(Json(DestinationView::of(&found, true))) };
    let new = new.map(|limit| limited(limit, found.kind)).transpose()?;
    if new == found.max_per_second {
        return Ok(Json(DestinationView::of(&found, true)));
    }
    let changed = app.destinations.set_max_per_second(found.operator_id, found.id, new).await?;
    Ok(Json(DestinationView::of(&changed.ok_or_else(|| ApiError::not_found("destination"))?, true)))
}

/// The rate limit for a destination of this kind, or a 400.
pub(crate) fn limited(limit: MaxPerSecond, kind: Kind) -> Result<Rate> {
    limit.of(kind).map_err(|problem| ApiError::field("max_per_second", problem))
}

/// Deletes a destination.
///
/// Rules that target it stay active. Instead of sending to it, they record an abandoned delivery.
#[utoipa::path(
    delete, path = "/v1/notifications/destinations/{id}", tag = "Destinations", operation_id = "deleteDestination",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = Deleted), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
    )
)]
pub(crate) async fn delete(app: State, Writer(caller): Writer, Path(id): Path<String>) -> Result<Json<Deleted>> {
    let deleted = app.destinations.delete(caller.operator_id(), path_id(&id, "destination")?).await?;
    let deleted = deleted.ok_or_else(|| ApiError::not_found("destination"))?;
    if deleted.kind != Kind::Webhook {
        app.service.cancel_code(&deleted).await?;
    }
    Ok(Json(Deleted::YES))
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::body::parse;

    fn read(body: &str) -> Result<Option<Option<Rate>>> {
        let change: DestinationChange = parse(body.as_bytes())?;
        Ok(change.max_per_second.map(|new| new.map(MaxPerSecond::rate)))
    }

    #[test]
    fn a_limit_is_set_removed_or_left_as_it_is() {
        assert!(matches!(read("{}"), Ok(None)));
        assert!(matches!(read(r#"{"max_per_second": null}"#), Ok(Some(None))));
        let set = read(r#"{"max_per_second": 0.25}"#).ok().flatten().flatten();
        assert_eq!(set.map(Rate::a_second), Some(0.25));
    }

    #[test]
    fn a_problem_names_the_field_and_the_range() {
        for sent in ["0", "1001", "-1", "\"fast\"", "{}"] {
            let problem = format!("{:?}", read(&format!(r#"{{"max_per_second": {sent}}}"#)).err());
            assert!(problem.contains("`max_per_second`: "), "{problem}");
            assert!(problem.contains("send a number from 0.001 to 1000."), "{problem}");
        }
        let unknown = format!("{:?}", read(r#"{"destination": "https://example.com"}"#).err());
        assert!(unknown.contains("unknown field `destination`"), "{unknown}");
    }
}
