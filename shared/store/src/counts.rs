//! Counts the deliveries of several destinations by state.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::Select;
use domain::{
    DeliveryId, DeliveryState, DestinationId, EventId,
    overdue::{Overdue, overdue_before},
};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    Deliveries, Result, StoreError,
    account_deliveries::AT_ONCE,
    error::aws,
    item::{from_items, n, s},
};

/// The part of a delivery that a count needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Counted {
    /// The delivery's ID.
    pub id: DeliveryId,
    /// The state of the delivery.
    pub state: DeliveryState,
}

impl Deliveries {
    /// Returns the states of these destinations' deliveries, for events from `oldest` on, and whether they are
    /// complete. Reads at most `max` deliveries. Beyond that, it leaves out the oldest deliveries of the busiest
    /// destinations.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn count(
        &self,
        destinations: &[DestinationId],
        oldest: EventId,
        max: usize,
    ) -> Result<(Vec<Counted>, bool)> {
        let mut found: Vec<Counted> = vec![];
        // First an equal share for each destination, then the remainder for those that have more.
        let mut left: Vec<_> = destinations.iter().map(|id| DeliveryId::new(*id, EventId::last())).collect();
        for _ in 0..2 {
            let share = max.saturating_sub(found.len()) / left.len().max(1);
            if share == 0 {
                break;
            }
            let counts = left.into_iter().map(|newest| self.count_of(newest, oldest, share));
            let counts: Vec<_> = stream::iter(counts).buffer_unordered(AT_ONCE).try_collect().await?;
            left = counts.iter().filter_map(|(_, next)| *next).collect();
            found.extend(counts.into_iter().flat_map(|(found, _)| found));
        }
        Ok((found, left.is_empty()))
    }

    /// Reads one destination from `newest` back. Also returns where to continue if there are more.
    async fn count_of(
        &self,
        newest: DeliveryId,
        oldest: EventId,
        max: usize,
    ) -> Result<(Vec<Counted>, Option<DeliveryId>)> {
        let query = self.of(newest.destination).expression_attribute_values(":last", s(newest));
        let query = query.expression_attribute_values(":first", s(DeliveryId::new(newest.destination, oldest)));
        // Tests and verifications are not counted.
        let query = query.filter_expression("attribute_not_exists(probe)");
        let query = query.projection_expression("id, #state").expression_attribute_names("#state", "state");
        let (mut found, mut start) = (Vec::<Counted>::new(), None);
        while found.len() < max {
            let window = i32::try_from(max - found.len()).unwrap_or(i32::MAX);
            let answer =
                query.clone().limit(window).set_exclusive_start_key(start).send().await.map_err(aws("Query"))?;
            found.extend(from_items::<Counted>(answer.items)?);
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok((found, None));
            }
        }
        let before = |last: &Counted| Some(DeliveryId::new(last.id.destination, last.id.event.before()?));
        let next = found.last().and_then(before);
        Ok((found, next))
    }

    /// Returns the number of held deliveries of each destination, up to `max` each. Leaves out destinations without
    /// any.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn held(&self, destinations: &[DestinationId], max: i32) -> Result<HashMap<DestinationId, u32>> {
        let counts = destinations.iter().copied().map(|id| async move {
            let query = self.in_state_of(id, DeliveryState::Held).select(Select::Count).limit(max);
            let query = query.expression_attribute_values(":first", s(DeliveryId::new(id, EventId::first())));
            let query = query.expression_attribute_values(":last", s(DeliveryId::new(id, EventId::last())));
            let count = query.send().await.map_err(aws("Query"))?.count;
            Ok::<_, StoreError>((id, u32::try_from(count).unwrap_or(0)))
        });
        let counts: Vec<_> = stream::iter(counts).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(counts.into_iter().filter(|(_, count)| *count > 0).collect())
    }

    /// Returns the number of failed deliveries of each destination whose next attempt is overdue, among the oldest
    /// `max` failed ones. Leaves out destinations without any.
    ///
    /// Makes one more Query for each destination: half a read unit if nothing has failed.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn overdue(
        &self,
        destinations: &[DestinationId],
        now: Timestamp,
        max: i32,
    ) -> Result<HashMap<DestinationId, Overdue>> {
        #[derive(Deserialize)]
        struct Due {
            #[serde(with = "domain::time::millis")]
            next_attempt_at: Timestamp,
        }
        let reads = destinations.iter().copied().map(|id| async move {
            let query = self.in_state_of(id, DeliveryState::Failed).scan_index_forward(true).limit(max);
            let query = query.expression_attribute_values(":first", s(DeliveryId::new(id, EventId::first())));
            let query = query.expression_attribute_values(":last", s(DeliveryId::new(id, EventId::last())));
            let query = query.filter_expression("next_attempt_at < :before").projection_expression("next_attempt_at");
            let before = overdue_before(now).as_millisecond();
            let answer = query.expression_attribute_values(":before", n(before)).send().await.map_err(aws("Query"))?;
            let mut overdue = Overdue::default();
            from_items::<Due>(answer.items)?.into_iter().for_each(|due| overdue.add(due.next_attempt_at, now));
            Ok::<_, StoreError>((id, overdue))
        });
        let found: Vec<_> = stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().filter(|(_, overdue)| overdue.count > 0).collect())
    }
}
