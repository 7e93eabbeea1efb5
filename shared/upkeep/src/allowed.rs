//! What the deployment allows of connections.

use domain::connection::Allowed;
use store::{
    Result,
    aws::{target_policy, variable},
};

/// Where requests may go, and which addresses mails may come from: the deployment's own, and those that
/// `TEAM_MAIL_FROM` lists with commas between, if it lists any.
///
/// # Errors
/// When the environment lacks something.
pub fn from_env() -> Result<Allowed> {
    let listed = std::env::var("TEAM_MAIL_FROM").unwrap_or_default();
    let listed = listed.split(',').map(str::trim).filter(|sender| !sender.is_empty()).map(str::to_owned);
    let senders = std::iter::once(variable("MAIL_FROM")?).chain(listed).collect();
    Ok(Allowed { targets: target_policy()?, senders })
}
