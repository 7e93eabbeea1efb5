//! Changes a destination: its name, its address and its rate limit.

use api::{ApiError, Body, Caller, ErrorBody, Id, Writer, error::Result, responses::stack::ErrorsOfOne};
use axum::Json;
use domain::{Address, ChannelType, Destination, DestinationId, Kind, time::after};
use service::retrying::Tries;
use store::destinations::Edited;

use crate::{
    App, State,
    collection::exists,
    input::{Change, DestinationChange},
    views::Changed,
};

/// Changes a destination.
///
/// Omitted fields stay unchanged; a rejected change has no effect. A new address has to be verified, as `next_step`
/// describes, except the operator's own email address. Until then, nothing is sent to it: rules that target it pause,
/// and its deliveries are held, including those that wait for another attempt. After the verification, recover them:
/// they go to the new address. A webhook keeps its secret. Deliveries that are already waiting for a rate limit keep
/// their times.
#[utoipa::path(
    patch, path = "/v1/notifications/destinations/{id}", tag = "Destinations", operation_id = "updateDestination",
    params(("id" = String, Path)), request_body = DestinationChange,
    responses(
        (status = 200, body = Changed), ErrorsOfOne,
        (status = 400, body = ErrorBody, description = "The name, the address or the limit is not valid for this kind"),
        (status = 409, body = ErrorBody, description = "Another destination has this address, or other requests change it"),
    )
)]
pub(crate) async fn update(
    app: State,
    Writer(caller): Writer,
    Id(id): Id<DestinationId>,
    Body(change): Body<DestinationChange>,
) -> Result<Json<Changed>> {
    let mut tries = Tries::of("destination");
    loop {
        let old = app.find(&caller, id).await?;
        let change = change.read(&old, |kind, text| app.address(kind, text))?;
        let new = app.changed(&caller, &old, change).await?;
        if new == old {
            return app.shown(&new).await;
        }
        match app.destinations.edit(&old, &new).await? {
            Edited::Yes => {
                if new.destination != old.destination && old.kind != Kind::Webhook {
                    // The last code went to the old address.
                    app.service.cancel_code(&old).await?;
                }
                return app.shown(&new).await;
            }
            Edited::Exists => return Err(exists(old.kind)),
            Edited::Meanwhile => tries.again()?,
        }
    }
}

impl App {
    /// Reads the address of a destination, or returns a 400.
    pub(crate) fn address(&self, kind: ChannelType, text: &str) -> Result<Address> {
        Address::parse(kind, text, self.policy)
            .and_then(|address| address.not_charged(self.premium_numbers))
            .map_err(|problem| ApiError::field("destination", problem))
    }

    async fn shown(&self, changed: &Destination) -> Result<Json<Changed>> {
        let unused = self.unused(std::slice::from_ref(changed)).await?;
        Ok(Json(Changed::of(changed, unused.contains(&changed.id))))
    }

    /// The destination after a change.
    async fn changed(&self, caller: &Caller, old: &Destination, change: Change) -> Result<Destination> {
        let mut new = old.clone();
        if let Some(name) = change.name {
            new.name = name;
        }
        if let Some(max_per_second) = change.max_per_second {
            new.max_per_second = max_per_second;
        }
        let address = change.address.filter(|address| address.as_str() != old.destination);
        if let Some(address) = &address {
            new.destination = address.as_str().to_owned();
            new.uniqueness_key = address.uniqueness_key();
            new.forget_traffic();
        }
        if new == *old {
            return Ok(new);
        }
        let now = after(old.updated_at.unwrap_or(old.created_at));
        new.updated_at = Some(now);
        if let Some(address) = address {
            let own = self.is_own_address(&address, caller.operator_id()).await?;
            new.verified_at = own.then_some(now);
            new.unhealthy = new.unhealthy.filter(|_| !own);
        }
        Ok(new)
    }
}
