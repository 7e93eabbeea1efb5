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
    let writes = vec![channels.insertion(rule)?, destinations.insertion(inline_destination)?];
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
    let writes = vec![channels.deletion(operator, id)?, destinations.deletion(operator, inline_destination)?];
    Ok(IfExists::if_done(transact::all_or_none(channels.client(), writes).await?.done()))
}

/// Replaces a legacy channel's rule with one that targets other destinations, and deletes its own destination, unless
/// the rule has changed since `old` was read.
///
/// # Errors
/// When the call fails; nothing is changed then.
pub async fn convert(old: &Rule, new: &Rule, channels: &Channels, destinations: &Destinations) -> Result<Changed> {
    let inline_destination = DestinationId::of_channel(old.id);
    let writes = vec![channels.replacement(old, new)?, destinations.deletion(old.operator_id, inline_destination)?];
    Ok(Changed::if_done(transact::all_or_none(channels.client(), writes).await?.done()))
}
