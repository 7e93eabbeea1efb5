//! The destinations and rules of an account, for lists that cover all of them.

use std::collections::HashSet;

use api::{ApiError, Caller, error::Result};
use domain::{Destination, DestinationId, OperatorId, Rule};

use crate::App;

/// The maximum number of destinations that one list reads: each is a partition of the deliveries table.
const MAX_DESTINATIONS: usize = 1000;
/// The number of destinations per read.
const PAGE: i32 = 500;

/// The destinations and rules of an account.
pub(crate) struct AccountScope {
    /// The newest destinations, up to [`MAX_DESTINATIONS`].
    pub(crate) destinations: Vec<Destination>,
    /// All rules that belong to no project, or all rules of one project.
    pub(crate) rules: Vec<Rule>,
    /// Whether the list contains all destinations.
    pub(crate) complete: bool,
}

impl AccountScope {
    /// The ids of these destinations, and of deleted ones that rules still target, because those have deliveries too.
    pub(crate) fn ids(&self) -> Vec<DestinationId> {
        let own = self.destinations.iter().map(|destination| destination.id);
        let ids: HashSet<_> = own.chain(self.rules.iter().flat_map(|rule| rule.destination_ids.clone())).collect();
        let mut ids = Vec::from_iter(ids);
        ids.sort_unstable();
        ids
    }
}

impl App {
    /// The destinations and rules of an operator.
    pub(crate) async fn account_scope(&self, operator: OperatorId) -> Result<AccountScope> {
        let (destinations, rules) =
            futures::try_join!(self.newest_destinations(operator), self.channels.all(operator))?;
        let (destinations, complete) = destinations;
        Ok(AccountScope { destinations, rules, complete })
    }

    /// The destinations and rules of one of the operator's projects.
    pub(crate) async fn project_scope(&self, operator: OperatorId, project: &str) -> Result<AccountScope> {
        let rules = self.channels.of_project(operator, project);
        let (destinations, rules) = futures::try_join!(self.newest_destinations(operator), rules)?;
        let (mut destinations, complete) = destinations;
        destinations.retain(|destination| destination.project_id.as_deref() == Some(project));
        Ok(AccountScope { destinations, rules, complete })
    }

    async fn newest_destinations(&self, operator: OperatorId) -> store::Result<(Vec<Destination>, bool)> {
        let mut found: Vec<Destination> = vec![];
        loop {
            let after = found.last().map(|last| last.id);
            let (page, more) = self.destinations.list_all(operator, PAGE, after).await?;
            found.extend(page);
            if !more || found.len() >= MAX_DESTINATIONS {
                return Ok((found, !more));
            }
        }
    }

    /// The ids of the destinations to list the deliveries of: the one in the query, or all of the operator's.
    pub(crate) async fn ids_of(&self, caller: &Caller, wanted: Option<&str>) -> Result<Vec<DestinationId>> {
        let (operator, not_found) = (caller.operator_id(), || ApiError::not_found("destination"));
        let Some(text) = wanted else {
            let known = self.account_scope(operator).await?;
            if !known.complete {
                let problem = format!("name one: the account has more than {MAX_DESTINATIONS} destinations");
                return Err(ApiError::field("destination_id", problem));
            }
            return Ok(known.ids());
        };
        let id = DestinationId::of_any_api(text).map_err(|_| not_found())?;
        let known = match self.destinations.get(operator, id).await? {
            Some(found) => caller.may_see(found.project_id.as_deref()),
            // A deleted destination still counts while a rule targets it.
            None => self.channels.all(operator).await?.iter().any(|rule| rule.destination_ids.contains(&id)),
        };
        if known { Ok(vec![id]) } else { Err(not_found()) }
    }
}
