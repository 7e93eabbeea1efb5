//! Selects deliveries of a webhook subscription, for every API.

use domain::DeliveryState;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{PageQuery, error::Result, query};

/// Selects deliveries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeliveryQuery {
    /// Deliveries that stand here.
    #[param(value_type = Option<DeliveryState>, example = "failed")]
    status: Option<String>,
    /// How many at most.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<String>,
    /// Where the page begins, as the page before has said it; empty for the first page.
    #[param(format = "cursor")]
    cursor: Option<String>,
}

impl DeliveryQuery {
    /// Returns the state to filter by.
    ///
    /// # Errors
    /// A 400 for an unknown state.
    pub fn status(&self) -> Result<Option<DeliveryState>> {
        query::delivery_state("status", self.status.as_deref())
    }

    /// Returns the page to read.
    pub fn into_page(self) -> PageQuery {
        PageQuery::new(self.limit, self.cursor)
    }
}
