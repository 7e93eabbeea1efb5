//! The response to a deletion.

use serde::Serialize;
use utoipa::ToSchema;

/// Confirmation of a deletion.
#[derive(Debug, Serialize, ToSchema)]
pub struct Deleted {
    /// Always true. A missing resource is a 404.
    deleted: bool,
}

impl Deleted {
    /// The only value.
    pub const YES: Self = Self { deleted: true };
}
