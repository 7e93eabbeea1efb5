//! Legacy channels: a rule and the destination that it brings along, written and deleted together, in two tables.

use domain::{Destination, DestinationId, OperatorId, Rule, RuleId};

use crate::{Channels, Destinations, Result, transact};

/// Stores a rule with the destination it brings: both or neither.
///
/// # Errors
/// When the call fails; nothing is written then.
pub async fn insert(
    rule: &Rule,
    brought: &Destination,
    channels: &Channels,
    destinations: &Destinations,
) -> Result<bool> {
    let writes = vec![channels.insertion(rule)?, destinations.insertion(brought)?];
    Ok(transact::all_or_none(channels.client(), writes).await?.done())
}

/// Deletes a rule and the destination it brought; false when there was no such rule.
///
/// # Errors
/// When the call fails; nothing is deleted then.
pub async fn delete(
    operator: OperatorId,
    id: RuleId,
    channels: &Channels,
    destinations: &Destinations,
) -> Result<bool> {
    let brought = DestinationId::of_channel(id);
    let writes = vec![channels.deletion(operator, id)?, destinations.deletion(operator, brought)?];
    Ok(transact::all_or_none(channels.client(), writes).await?.done())
}

/// Replaces a legacy channel's rule by one that targets other destinations, and deletes what it brought; false when the
/// rule is not `old` any more.
///
/// # Errors
/// When the call fails; nothing is changed then.
pub async fn convert(old: &Rule, new: &Rule, channels: &Channels, destinations: &Destinations) -> Result<bool> {
    let brought = DestinationId::of_channel(old.id);
    let writes = vec![channels.replacement(old, new)?, destinations.deletion(old.operator_id, brought)?];
    Ok(transact::all_or_none(channels.client(), writes).await?.done())
}
