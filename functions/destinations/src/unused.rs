//! Finds destinations to which nothing has been sent yet.

use std::{collections::HashSet, time::Duration};

use api::error::Result;
use domain::{Destination, DestinationId, time::now};
use futures::future::try_join_all;

use crate::App;

/// How long the log keeps deliveries. Before that, an empty log says nothing.
const RETENTION: Duration = Duration::from_hours(30 * 24);
/// How many logs are read at a time.
const CONCURRENTLY: usize = 25;
/// How many of the newest deliveries are read if the newest one was not attempted, for example because it is held.
const NEWEST: i32 = 25;

impl App {
    /// The destinations to which nothing has been sent yet. Costs half a read unit for each destination that is younger
    /// than 30 days and has not been verified by an answer, and a few more if its newest delivery was not attempted.
    pub(crate) async fn unused(&self, of: &[Destination]) -> Result<HashSet<DestinationId>> {
        let now = now();
        let is_unproven = |to: &Destination| to.receives() && !to.has_answered() && now < to.created_at + RETENTION;
        let mut ids = vec![];
        for to in of {
            if is_unproven(to) {
                ids.push(to.id);
            }
        }
        let mut unused = HashSet::new();
        for some in ids.chunks(CONCURRENTLY) {
            unused.extend(try_join_all(some.iter().map(|id| self.if_unused(*id))).await?.into_iter().flatten());
        }
        Ok(unused)
    }

    async fn if_unused(&self, id: DestinationId) -> Result<Option<DestinationId>> {
        let unused = self.unattempted(id, 1).await? && self.unattempted(id, NEWEST).await?;
        Ok(unused.then_some(id))
    }

    /// Whether none of the newest deliveries to a destination was attempted. Tests do not count.
    async fn unattempted(&self, id: DestinationId, newest: i32) -> Result<bool> {
        let (deliveries, _) = self.log.rows().list(id, newest, None).await?;
        Ok(deliveries.iter().all(|delivery| delivery.attempt_count == 0 || delivery.probe.is_some()))
    }
}
