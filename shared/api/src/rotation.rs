//! The request for a new webhook secret.

use serde::Deserialize;
use utoipa::ToSchema;

/// How to rotate a secret; an empty body means the defaults.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rotation {
    /// Whether the secret that is replaced ends at once, as it must when it has leaked; by default it signs for 24 h more.
    pub expire_now: bool,
}
