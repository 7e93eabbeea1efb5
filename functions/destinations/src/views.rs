//! The JSON of destinations.

use api::views::DestinationView;
use domain::{ApiKind, Destination, Kind, destination::Owner};
use serde::Serialize;
use utoipa::ToSchema;

/// A page of destinations, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct DestinationPage {
    /// The destinations.
    pub(crate) destinations: Vec<Listed>,
    /// The `cursor` of the next page; null on the last page.
    pub(crate) next_cursor: Option<String>,
}

/// A destination in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct Listed {
    #[serde(flatten)]
    pub(crate) destination: DestinationView,
    /// The origin of the destination, in lists that include destinations of other APIs.
    #[serde(flatten)]
    #[schema(value_type = Origin)]
    pub(crate) origin: Option<Origin>,
}

/// A destination with its new secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct Rotated {
    #[serde(flatten)]
    pub(crate) destination: DestinationView,
    /// When the previous secret stops signing.
    #[schema(example = "2026-04-16T10:00:00.000Z")]
    pub(crate) previous_secret_expires_at: String,
}

/// A destination after a change.
#[derive(Serialize, ToSchema)]
pub(crate) struct Changed {
    #[serde(flatten)]
    destination: DestinationView,
    /// How to verify a new address. Omitted if the destination is verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        example = "Verify the new address: POST /v1/notifications/destinations/ndst_01JRX2Q0Z8K5V3M7N9P4T6W8YB/verify"
    )]
    next_step: Option<String>,
}

impl Changed {
    pub(crate) fn of(destination: &Destination, unused: bool) -> Self {
        let path = format!("/v1/notifications/destinations/{}", destination.id);
        let next_step = (!destination.verified()).then(|| match destination.kind {
            Kind::Webhook => format!("Verify the new address: POST {path}/verify"),
            _ => format!("Verify the new address: POST {path}/send-code, then POST {path}/verify with the code"),
        });
        Self { destination: DestinationView::of(destination, true).with_use(unused), next_step }
    }
}

/// The owner of a destination that is not managed on its own.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum BelongsTo {
    /// A legacy channel with an address of its own.
    Channel,
    /// The account, for its own email address.
    Account,
}

/// The origin of a destination, with details of the API that created it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Origin {
    /// The id of the destination in deliveries and rules.
    #[schema(required = false, example = "ndst_01JRX2Q0Z8K5V3M7N9P4T6W8YB")]
    destination_id: String,
    /// The API that created the destination.
    #[schema(required = false)]
    made_by: ApiKind,
    /// The owner of the destination, if it is not managed on its own.
    #[schema(required = false)]
    belongs_to: Option<BelongsTo>,
    /// A description.
    #[schema(required = false)]
    description: Option<String>,
    /// Whether the destination is disabled.
    #[schema(required = false)]
    disabled: bool,
    /// The project that the destination belongs to.
    #[schema(required = false)]
    project_id: Option<String>,
}

impl Origin {
    pub(crate) fn of(destination: &Destination) -> Self {
        Self {
            destination_id: destination.id.to_string(),
            made_by: destination.api,
            belongs_to: destination.belongs_to.map(|owner| match owner {
                Owner::Channel(_) => BelongsTo::Channel,
                Owner::Service => BelongsTo::Account,
            }),
            description: destination.description.clone(),
            disabled: destination.disabled,
            project_id: destination.project_id.clone().map(String::from),
        }
    }
}
