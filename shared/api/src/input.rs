//! Bodies of requests that several APIs accept.

use domain::verification::Code;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::error::{ApiError, Result};

/// The code that was sent to an email or SMS destination.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeGiven {
    /// Six digits; a webhook needs none.
    #[serde(default)]
    #[schema(pattern = "^[0-9]{6}$", example = "123456")]
    pub code: Option<String>,
}

impl CodeGiven {
    /// Parses the code.
    ///
    /// # Errors
    /// A 400 unless it has six digits.
    pub fn parse(&self) -> Result<Option<Code>> {
        let code = self.code.as_deref().map(str::parse::<Code>).transpose();
        code.map_err(|problem| ApiError::field("code", problem))
    }
}

/// From when on to send again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Since {
    /// The time of the oldest event to send again, RFC 3339. Deliveries are kept 30 days.
    #[serde(with = "domain::time::text")]
    #[schema(value_type = String, format = DateTime, example = "2026-04-15T10:00:00.000Z")]
    pub since: Timestamp,
}

/// How to send a delivery again.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Also when it is on its way, or has arrived.
    #[serde(default)]
    pub force: bool,
}

/// How to rotate a secret; an empty body means the defaults.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rotation {
    /// Whether the secret that is replaced ends at once, as it must when it has leaked; by default it signs for 24 h more.
    pub expire_now: bool,
}
