//! The destinations and rules of an account, for views that cover all of them.

use std::collections::HashSet;

use domain::{Destination, DestinationId, OperatorId, ProjectId, Rule};
use store::{Channels, Destinations, Result};

/// The maximum number of destinations that one list reads: each is a partition of the deliveries table.
pub const MAX_DESTINATIONS: usize = 1000;
/// The number of destinations per read.
const PAGE: i32 = 500;

/// The destinations and rules of an account.
pub struct AccountScope {
    /// The newest destinations, up to [`MAX_DESTINATIONS`].
    pub destinations: Vec<Destination>,
    /// All rules outside of projects.
    pub rules: Vec<Rule>,
    /// Whether the list contains all destinations.
    pub complete: bool,
}

impl AccountScope {
    /// The ids of these destinations, and of deleted ones that rules still target, because those have deliveries too.
    pub fn ids(&self) -> Vec<DestinationId> {
        let own = self.destinations.iter().map(|destination| destination.id);
        let ids: HashSet<_> = own.chain(self.rules.iter().flat_map(|rule| rule.destination_ids.clone())).collect();
        let mut ids = Vec::from_iter(ids);
        ids.sort_unstable();
        ids
    }
}

impl AccountScope {
    /// Reads the destinations and rules of an operator.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn of_operator(
        (destinations, channels): (&Destinations, &Channels),
        operator: OperatorId,
    ) -> Result<Self> {
        let (destinations, rules) = futures::try_join!(newest(destinations, operator), channels.all(operator))?;
        let (destinations, complete) = destinations;
        Ok(Self { destinations, rules, complete })
    }

    /// Reads what a key of one of the operator's projects can see: the destinations of the project and of none, and the
    /// rules outside of projects.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn of_project(
        tables: (&Destinations, &Channels),
        operator: OperatorId,
        project: &ProjectId,
    ) -> Result<Self> {
        let mut scope = Self::of_operator(tables, operator).await?;
        scope.destinations.retain(|to| to.project_id.as_ref().is_none_or(|of| of == project));
        Ok(scope)
    }
}

async fn newest(destinations: &Destinations, operator: OperatorId) -> Result<(Vec<Destination>, bool)> {
    let mut found: Vec<Destination> = vec![];
    loop {
        let after = found.last().map(|last| last.id);
        let (page, more) = destinations.list_all(operator, PAGE, after).await?;
        found.extend(page);
        if !more || found.len() >= MAX_DESTINATIONS {
            return Ok((found, !more));
        }
    }
}
