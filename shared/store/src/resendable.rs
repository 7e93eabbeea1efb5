//! Reads the deliveries of a destination that can be sent again, oldest event first.

use domain::{DeliveryId, DeliveryState, DestinationId, EventId, EventType};
use futures::future::try_join_all;

use crate::{
    Deliveries, Result,
    deliveries::{Summary, id_of},
    error::aws,
    item::{from_items, s},
};

/// Selects deliveries to send again.
#[derive(Debug, Clone)]
pub struct Resendable {
    /// The states. `succeeded` reads the destination's rows; the others read only the index by state.
    pub states: Vec<DeliveryState>,
    /// Only deliveries of events of this type.
    pub event_type: Option<EventType>,
    /// The oldest event.
    pub oldest: EventId,
    /// The newest event.
    pub newest: EventId,
}

/// The rows of one state, oldest first, and the last one that was read if there are more.
struct Part {
    rows: Vec<Summary>,
    reached: Option<DeliveryId>,
}

/// Merges the states. The result ends where the first state stopped, because its later rows are unknown.
fn merge(parts: Vec<Part>) -> (Vec<Summary>, Option<DeliveryId>) {
    let reached = parts.iter().filter_map(|part| part.reached).min();
    let mut rows: Vec<_> = parts.into_iter().flat_map(|part| part.rows).collect();
    rows.retain(|row| reached.is_none_or(|reached| row.id <= reached));
    rows.sort_unstable_by_key(|row| row.id);
    (rows, reached)
}

impl Deliveries {
    /// Returns deliveries of a destination after `after`, oldest event first, and the last one that was read if there
    /// are more. Reads up to `limit` rows of each state, and returns those that match.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn resendable(
        &self,
        destination: DestinationId,
        wanted: &Resendable,
        after: Option<DeliveryId>,
        limit: usize,
    ) -> Result<(Vec<Summary>, Option<DeliveryId>)> {
        let first = match after {
            Some(after) => after.event.after().map(|next| next.max(wanted.oldest)),
            None => Some(wanted.oldest),
        };
        let Some(first) = first.filter(|first| *first <= wanted.newest) else { return Ok((vec![], None)) };
        let range = (DeliveryId::new(destination, first), DeliveryId::new(destination, wanted.newest));
        let parts = wanted.states.iter().map(|state| self.resendable_in(*state, wanted, range, limit));
        Ok(merge(try_join_all(parts).await?))
    }

    async fn resendable_in(
        &self,
        state: DeliveryState,
        wanted: &Resendable,
        (first, last): (DeliveryId, DeliveryId),
        limit: usize,
    ) -> Result<Part> {
        let mut conditions = vec![];
        let mut query = if state.needs_attention() {
            self.in_state_of(first.destination, state)
        } else {
            // The index has no tests, which are not sent again.
            conditions.push("#state = :state AND attribute_not_exists(probe)");
            let query = self.of(first.destination).expression_attribute_names("#state", "state");
            query.expression_attribute_values(":state", s(state.as_str()))
        };
        if let Some(event_type) = &wanted.event_type {
            conditions.push("event_type = :type");
            query = query.expression_attribute_values(":type", s(event_type.as_str()));
        }
        if !conditions.is_empty() {
            query = query.filter_expression(conditions.join(" AND "));
        }
        let answer = query
            .expression_attribute_values(":first", s(first))
            .expression_attribute_values(":last", s(last))
            .scan_index_forward(true)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(aws("Query"))?;
        let reached = answer.last_evaluated_key.as_ref().map(id_of).transpose()?;
        Ok(Part { rows: from_items(answer.items)?, reached })
    }
}

#[cfg(test)]
mod tests {
    use domain::{ApiKind, OperatorId, time::from_millis};

    use super::*;

    fn row(event: u64) -> Summary {
        let destination = format!("ndst_{:026}", 1).parse().expect("an id");
        Summary {
            id: DeliveryId::new(destination, format!("evt_{event:026}").parse().expect("an id")),
            operator_id: OperatorId::generate(),
            state: DeliveryState::Failed,
            attempt_count: 1,
            event_type: "custom.a".try_into().expect("a type"),
            reason: None,
            next_attempt_at: None,
            created_at: from_millis(0),
            api: ApiKind::Stack,
        }
    }

    fn merged(parts: &[(&[u64], Option<u64>)]) -> (Vec<DeliveryId>, Option<DeliveryId>) {
        let part = |(rows, reached): &(&[u64], Option<u64>)| Part {
            rows: rows.iter().map(|event| row(*event)).collect(),
            reached: reached.map(|event| row(event).id),
        };
        let (rows, reached) = merge(parts.iter().map(part).collect());
        (rows.iter().map(|row| row.id).collect(), reached)
    }

    #[test]
    fn the_states_are_one_list_up_to_the_first_that_has_more() {
        let ids = |events: &[u64]| events.iter().map(|event| row(*event).id).collect::<Vec<_>>();
        assert_eq!(merged(&[(&[1, 5], None), (&[2, 3], None)]), (ids(&[1, 2, 3, 5]), None));
        assert_eq!(merged(&[(&[1, 5], None), (&[2, 3], Some(4))]), (ids(&[1, 2, 3]), Some(row(4).id)));
        assert_eq!(merged(&[(&[1, 5], Some(5)), (&[], Some(2))]), (ids(&[1]), Some(row(2).id)));
    }
}
