//! What the deployment allows for connections.

use domain::connection::Allowed;
use store::{
    Result,
    aws::{target_policy, variable},
};

/// Reads where requests may go and which addresses mail may come from: the deployment's own, and those in
/// `TEAM_MAIL_FROM`, separated by commas.
///
/// # Errors
/// When a variable is missing or invalid.
pub fn from_env() -> Result<Allowed> {
    let listed = std::env::var("TEAM_MAIL_FROM").unwrap_or_default();
    let listed = listed.split(',').map(str::trim).filter(|sender| !sender.is_empty()).map(str::to_owned);
    let senders = std::iter::once(variable("MAIL_FROM")?).chain(listed).collect();
    Ok(Allowed { targets: target_policy()?, senders })
}
