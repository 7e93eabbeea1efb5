//! What the deployment allows for connections.

use domain::connection::Allowed;
use store::{Aws, Result};

/// Reads where requests may go and which addresses mail may come from: the deployment's own, and those in
/// `TEAM_MAIL_FROM`, separated by commas.
///
/// # Errors
/// When a variable is missing or invalid.
pub fn from_env(aws: &Aws) -> Result<Allowed> {
    let listed = aws.optional_variable("TEAM_MAIL_FROM").unwrap_or_default();
    let listed = listed.split(',').map(str::trim).filter(|sender| !sender.is_empty()).map(str::to_owned);
    let senders = std::iter::once(aws.variable("MAIL_FROM")?).chain(listed).collect();
    Ok(Allowed { targets: aws.target_policy()?, senders })
}
