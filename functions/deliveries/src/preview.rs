//! Shows the message of a delivery.

use api::{ApiError, Id, Reader, error::Result, responses::stack::ErrorsOfOne, views::MessageView};
use axum::{Json, http::StatusCode};
use domain::DeliveryId;
use serde::Serialize;
use service::render;
use utoipa::ToSchema;

use crate::State;

/// The message of a delivery.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryMessage {
    /// The id of the delivery.
    #[schema(example = "dlv_01JRX2Q0Z8K5V3M7N9P4T6W8YB01JRX2Q0Z8K5V3M7N9P4T6W8YC")]
    id: String,
    /// The message.
    content: MessageView,
}

/// Returns the message of a delivery, as its destination receives it.
///
/// The message is written from the event by the code that sends it. For an email, that is the subject and both parts.
#[utoipa::path(
    get, path = "/v1/deliveries/{id}/preview", tag = "Deliveries", operation_id = "previewDelivery",
    params(("id" = String, Path)),
    responses((status = 200, body = DeliveryMessage), ErrorsOfOne)
)]
pub(crate) async fn preview(
    app: State,
    Reader(caller): Reader,
    Id(id): Id<DeliveryId>,
) -> Result<Json<DeliveryMessage>> {
    let delivery = app.find(&caller, id).await?;
    let (operator, id) = (delivery.operator_id, delivery.id);
    let destination = app.destinations.get(operator, id.destination);
    let (destination, event) = futures::try_join!(destination, app.events.get(operator, id.event))?;
    let destination = destination.ok_or_else(|| gone("destination"))?;
    let event = event.ok_or_else(|| gone("event"))?;
    let content = render::content(&destination, &event, Some(id)).map_err(ApiError::internal)?;
    Ok(Json(DeliveryMessage { id: id.to_string(), content: MessageView::of(&content, &destination, &app.mail_from) }))
}

/// 404: the delivery exists, but its message cannot be written any more.
fn gone(what: &str) -> ApiError {
    let sentence = format!("The {what} of this delivery is deleted, so its message can no longer be shown.");
    ApiError::new(StatusCode::NOT_FOUND, "message_gone", sentence)
}
