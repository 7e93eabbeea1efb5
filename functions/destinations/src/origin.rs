//! Where a destination comes from.

use domain::{Destination, Face, destination::Owner};
use serde::Serialize;
use utoipa::ToSchema;

/// What a destination belongs to that is no entry of its own.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum BelongsTo {
    /// A legacy channel that brought it.
    Channel,
    /// The account whose own address it is.
    Account,
}

/// The origin of a destination, with details of the API that created it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Origin {
    /// Its id as deliveries and rules name it.
    #[schema(required = false, example = "ndst_01JRX2Q0Z8K5V3M7N9P4T6W8YB")]
    destination_id: String,
    /// The API that created it.
    #[schema(required = false)]
    made_by: Face,
    /// What it belongs to, if it is no entry of its own.
    #[schema(required = false)]
    belongs_to: Option<BelongsTo>,
    /// The name.
    #[schema(required = false)]
    name: Option<String>,
    /// A description.
    #[schema(required = false)]
    description: Option<String>,
    /// Whether it is disabled.
    #[schema(required = false)]
    disabled: bool,
    /// The project that it belongs to.
    #[schema(required = false)]
    project_id: Option<String>,
}

impl Origin {
    pub(crate) fn of(destination: &Destination) -> Self {
        Self {
            destination_id: destination.id.to_string(),
            made_by: destination.face,
            belongs_to: destination.belongs_to.map(|owner| match owner {
                Owner::Channel(_) => BelongsTo::Channel,
                Owner::Service => BelongsTo::Account,
            }),
            name: destination.name.clone(),
            description: destination.description.clone(),
            disabled: destination.disabled,
            project_id: destination.project_id.clone(),
        }
    }
}
