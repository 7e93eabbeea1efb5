//! What callers write of a webhook subscription, whichever API has it, and what is wrong with it.

use domain::{Address, ChannelType, guard::TargetPolicy};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::error::{ApiError, Result};

/// The longest description, in characters.
const MAX_DESCRIPTION: usize = 500;

/// Whether a subscription sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SubscriptionStatus {
    /// It does.
    Enabled,
    /// It does not, by request; what it would have sent is not kept for it.
    Disabled,
}

impl SubscriptionStatus {
    /// That of a subscription whose rule is active, or not.
    pub fn of(active: bool) -> Self {
        if active { Self::Enabled } else { Self::Disabled }
    }
}

/// Tells null from what is left out.
///
/// # Errors
/// When it is neither null nor what is wanted.
pub fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    from: D,
) -> std::result::Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// Reads the field `url`.
///
/// # Errors
/// A 400 for what is no address that requests may go to.
pub fn url(text: &str, policy: TargetPolicy) -> Result<Address> {
    Address::parse(ChannelType::Webhook, text, policy).map_err(|problem| ApiError::field("url", problem))
}

/// Reads the field `description`; none when it is blank.
///
/// # Errors
/// A 400 when it is too long.
pub fn description(text: &str) -> Result<Option<String>> {
    let text = text.trim();
    match text.chars().count() {
        0 => Ok(None),
        1..=MAX_DESCRIPTION => Ok(Some(text.to_owned())),
        _ => Err(ApiError::field("description", format!("send at most {MAX_DESCRIPTION} characters"))),
    }
}

/// The description to have from now on, if it is to change: null takes it away.
///
/// # Errors
/// As [`description`].
pub fn new_description(given: Option<&Option<String>>) -> Result<Option<Option<String>>> {
    given.map(|text| text.as_deref().map_or(Ok(None), description)).transpose()
}
