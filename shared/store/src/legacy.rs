//! Legacy channels: a rule and its own destination, written and deleted together in two tables.

use domain::{Destination, DestinationId, OperatorId, Rule, RuleId};

use crate::{Changed, Channels, Destinations, IfExists, Inserted, Result, transact};

/// Stores a rule and its own destination: both or neither.
///
/// # Errors
/// When the call fails; nothing is written then.
pub async fn insert(
    rule: &Rule,
    inline_destination: &Destination,
    channels: &Channels,
    destinations: &Destinations,
) -> Result<Inserted> {
    let [rule, stamp] = channels.insertion(rule)?;
    let writes = vec![rule, destinations.insertion(inline_destination)?, stamp];
    Ok(Inserted::if_done(transact::all_or_none(channels.client(), writes).await?.done()))
}

/// Deletes a rule and its own destination.
///
/// # Errors
/// When the call fails; nothing is deleted then.
pub async fn delete(
    operator: OperatorId,
    id: RuleId,
    channels: &Channels,
    destinations: &Destinations,
) -> Result<IfExists> {
    let inline_destination = DestinationId::of_channel(id);
    let [rule, stamp] = channels.deletion(operator, id)?;
    let writes = vec![rule, destinations.deletion(operator, inline_destination)?, stamp];
    Ok(IfExists::if_done(transact::all_or_none(channels.client(), writes).await?.done()))
}

/// Replaces a legacy channel's rule with one that targets other destinations, and deletes its own destination, unless
/// the rule has changed since `old` was read.
///
/// # Errors
/// When the call fails; nothing is changed then.
pub async fn convert(old: &Rule, new: &Rule, channels: &Channels, destinations: &Destinations) -> Result<Changed> {
    let inline_destination = DestinationId::of_channel(old.id);
    let [rule, stamp] = channels.replacement(old, new)?;
    let writes = vec![rule, destinations.deletion(old.operator_id, inline_destination)?, stamp];
    Ok(Changed::if_done(transact::all_or_none(channels.client(), writes).await?.done()))
}
