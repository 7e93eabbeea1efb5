//! Registers and lists destinations.

use api::{
    ApiError, Body, ErrorBody, PageQuery, Query, Reader, Writer, error::Result, page::next_cursor,
    responses::stack::Errors, views::DestinationView,
};
use axum::{Json, http::StatusCode};
use domain::{
    Address, ApiKind, ChannelType, Destination, DestinationId, Kind, OperatorId, WebhookSecret, destination::Signing,
    time::now,
};
use store::Inserted;

use crate::{
    App, State,
    input::{ANY, DestinationQuery, NewDestination, limited, named},
    schema,
    views::{DestinationPage, Listed, Origin},
};

const LIST: &str = "destinations";

/// Registers a destination.
///
/// A webhook is verified at once, and its secret is only shown in this response. An email destination with the
/// operator's own address is also verified at once. All other destinations are verified by a code.
#[utoipa::path(
    post, path = "/v1/notifications/destinations", tag = "Destinations", operation_id = "createDestination",
    request_body = schema::NewDestination,
    responses(
        (status = 201, body = DestinationView), Errors,
        (status = 400, body = ErrorBody, description = "The address is not valid"),
        (status = 409, body = ErrorBody, description = "A destination with this address exists"),
    )
)]
pub(crate) async fn create(
    app: State,
    Writer(caller): Writer,
    Body(new): Body<NewDestination>,
) -> Result<(StatusCode, Json<DestinationView>)> {
    let address = app.address(new.channel_type, &new.destination)?;
    let name = new.name.as_deref().map(named).transpose()?;
    let max_per_second = new.max_per_second.map(|limit| limited(limit, new.channel_type.into())).transpose()?;
    let id = DestinationId::generate();
    let secret = (new.channel_type == ChannelType::Webhook).then(WebhookSecret::generate);
    let sealed = match &secret {
        Some(secret) => Some(app.service.seal(caller.operator_id(), id, secret).await?),
        None => None,
    };
    let created_at = now();
    let at_once = app.verified_at_once(&address, new.channel_type, caller.operator_id()).await?;
    let destination = Destination {
        signing: sealed.map(Signing::new),
        verified_at: at_once.then_some(created_at),
        created_at,
        name,
        max_per_second,
        ..Destination::at(caller.operator_id(), id, &address)
    };
    if app.destinations.insert(&destination).await? == Inserted::Exists {
        return Err(exists(destination.kind));
    }
    let view = DestinationView::created(&destination, secret.as_ref().map(WebhookSecret::reveal));
    Ok((StatusCode::CREATED, Json(view)))
}

/// The error for an address that the operator has already registered.
pub(crate) fn exists(kind: Kind) -> ApiError {
    let article = if kind == Kind::Webhook { "A" } else { "An" };
    let sentence =
        format!("{article} {kind} destination with this address already exists; use it, or delete it first.");
    ApiError::conflict("destination_exists", sentence)
}

/// Lists the destinations.
///
/// By default, the list contains the destinations created by the STACK API. With `made_by`, it contains those of other
/// APIs and their origin. Rules can target all of them, except those that belong to a channel.
#[utoipa::path(
    get, path = "/v1/notifications/destinations", tag = "Destinations", operation_id = "listDestinations",
    params(DestinationQuery),
    responses((status = 200, body = DestinationPage), Errors)
)]
pub(crate) async fn list(
    app: State,
    Reader(caller): Reader,
    Query(query): Query<DestinationQuery>,
) -> Result<Json<DestinationPage>> {
    let made_by = query.made_by()?;
    let list = match made_by {
        Some(ApiKind::Stack) => LIST.to_owned(),
        other => format!("{LIST}?{}", other.map_or(ANY, ApiKind::as_str)),
    };
    let page = PageQuery::new(query.limit, query.cursor);
    let (limit, after) = (page.limit()?, page.after(&list)?);
    let (found, more) = match made_by {
        Some(api) => app.destinations.list(caller.operator_id(), api, limit, after).await?,
        None => app.destinations.list_all(caller.operator_id(), limit, after).await?,
    };
    let next_cursor = next_cursor(&list, found.last().map(|destination| destination.id), more);
    let with_origin = query.made_by.is_some();
    let visible: Vec<_> =
        found.into_iter().filter(|destination| caller.may_see(destination.project_id.as_ref())).collect();
    let unused = app.unused(&visible).await?;
    let listed = |destination: &Destination| Listed {
        destination: DestinationView::of(destination, caller.may_write()).with_use(unused.contains(&destination.id)),
        origin: with_origin.then(|| Origin::of(destination)),
    };
    Ok(Json(DestinationPage { destinations: visible.iter().map(listed).collect(), next_cursor }))
}

impl App {
    /// Whether a new destination needs no verification. A webhook's receiver checks every signature. The operator's own
    /// address was verified at registration, and counts unless it is suppressed.
    async fn verified_at_once(&self, address: &Address, kind: ChannelType, operator: OperatorId) -> Result<bool> {
        Ok(kind == ChannelType::Webhook || self.is_own_address(address, operator).await?)
    }

    /// Whether an address is the operator's own email address, and not suppressed.
    pub(crate) async fn is_own_address(&self, address: &Address, operator: OperatorId) -> Result<bool> {
        if address.channel_type() != ChannelType::Email {
            return Ok(false);
        }
        let operator = self.service.operator(operator).await?;
        let own = Address::parse_email(&operator.email);
        if !own.is_ok_and(|own| own.uniqueness_key() == address.uniqueness_key()) {
            return Ok(false);
        }
        Ok(self.service.suppressions().get(operator.id, &address.uniqueness_key()).await?.is_none())
    }
}
