//! Returns the secret of an endpoint to callers who may change the endpoint.

use api::{Id, error::Result, responses::stack::ErrorsOfOne};
use domain::{EndpointId, WebhookSecret, time::rfc3339};

use crate::{
    State,
    access::{Owner, Uncached, uncached},
    views::{EarlierSecret, EndpointSecret},
};

/// Returns the secret of an endpoint, and earlier secrets that still sign.
///
/// Requires an editor's key.
#[utoipa::path(
    get, path = "/v1/webhooks/endpoints/{id}/secret", tag = "Webhook endpoints", operation_id = "getEndpointSecret",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = EndpointSecret, headers(("Cache-Control" = String, description = "`no-store`"))), ErrorsOfOne,
    )
)]
pub(crate) async fn get(app: State, Owner(caller): Owner, Id(id): Id<EndpointId>) -> Result<Uncached<EndpointSecret>> {
    let (secret, previous) = app.service.secrets(&app.find(&caller, id).await?.endpoint).await?;
    let mut previous = previous.into_iter();
    let (newest, until) = previous.next().unzip();
    let older = |(secret, until): (WebhookSecret, _)| EarlierSecret {
        secret: secret.reveal().to_owned(),
        expires_at: rfc3339(until),
    };
    let view = EndpointSecret {
        secret: secret.reveal().to_owned(),
        previous_secret: newest.map(|secret| secret.reveal().to_owned()),
        previous_secret_expires_at: until.map(rfc3339),
        older_secrets: previous.map(older).collect(),
    };
    Ok(uncached(view))
}
