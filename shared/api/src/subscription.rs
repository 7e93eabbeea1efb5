//! Reads the fields of a webhook subscription, for every API.

use domain::{Address, ChannelType, guard::TargetPolicy, naming};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::error::{ApiError, Result};

/// The maximum length of a description, in characters.
const MAX_DESCRIPTION: usize = 500;

/// Whether a subscription sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SubscriptionStatus {
    /// The subscription sends events.
    Enabled,
    /// The subscription is switched off. Events in the meantime are not kept for it.
    Disabled,
}

impl SubscriptionStatus {
    /// Returns the status of a subscription whose rule is active or not.
    pub fn of(active: bool) -> Self {
        if active { Self::Enabled } else { Self::Disabled }
    }

    /// Whether the subscription sends events.
    pub fn is_enabled(self) -> bool {
        self == Self::Enabled
    }
}

/// Distinguishes null from a missing field.
///
/// # Errors
/// When the value is neither null nor a valid `T`.
pub fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    from: D,
) -> std::result::Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// Reads the field `url`.
///
/// # Errors
/// A 400 if requests may not go to this address.
pub fn url(text: &str, policy: TargetPolicy) -> Result<Address> {
    Address::parse(ChannelType::Webhook, text, policy).map_err(|problem| ApiError::field("url", problem))
}

/// Reads the field `description`. A blank description is `None`.
///
/// # Errors
/// A 400 if it is too long or has invisible characters.
pub fn description(text: &str) -> Result<Option<String>> {
    naming::description(text, MAX_DESCRIPTION).map_err(|problem| ApiError::field("description", problem))
}

/// Returns the new description, if it is to change. null removes the description.
///
/// # Errors
/// As [`description`].
pub fn new_description(given: Option<&Option<String>>) -> Result<Option<Option<String>>> {
    given.map(|text| text.as_deref().map_or(Ok(None), description)).transpose()
}
