//! The answer to a deletion.

use serde::Serialize;
use utoipa::ToSchema;

/// That something was deleted.
#[derive(Debug, Serialize, ToSchema)]
pub struct Deleted {
    /// Always true: what was not there to delete is a 404.
    deleted: bool,
}

impl Deleted {
    /// The one there is.
    pub const YES: Self = Self { deleted: true };
}
