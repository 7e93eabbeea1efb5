//! Channels of a project, of the Config API: a destination and the rule that it implies, which have one ULID, written and
//! deleted together; and how many a project has, which is counted in the same transactions, so that of requests at the
//! same time no more succeed than the plan allows.

use aws_sdk_dynamodb::types::{Update, builders::UpdateBuilder};
use domain::{Destination, DestinationId, OperatorId, Rule, RuleId};

use crate::{
    Accounts, Aws, Channels, Destinations, Result,
    item::n,
    transact::{self, Outcome},
};

/// A channel of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectChannel {
    /// Where it sends, and how it is.
    pub destination: Destination,
    /// What it sends.
    pub rule: Rule,
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It is made.
    Yes,
    /// The channel has been changed or deleted since it was read.
    Meanwhile,
}

/// The tables.
pub struct ProjectChannels {
    accounts: Accounts,
    channels: Channels,
    destinations: Destinations,
}

impl ProjectChannels {
    /// The tables that the environment names.
    ///
    /// # Errors
    /// When it lacks one.
    pub fn from_env(aws: &Aws) -> Result<Self> {
        Ok(Self {
            accounts: Accounts::from_env(aws)?,
            channels: Channels::from_env(aws)?,
            destinations: Destinations::from_env(aws)?,
        })
    }

    /// Stores a new channel of the project; false when the project has `limit` already, and nothing is stored.
    ///
    /// # Errors
    /// When the call fails; nothing is written then.
    pub async fn insert(&self, project: &str, new: &ProjectChannel, limit: u32) -> Result<bool> {
        let count = self
            .count(new.rule.operator_id, project, 1)
            .condition_expression("attribute_not_exists(channels) OR channels < :limit")
            .expression_attribute_values(":limit", n(limit));
        let writes = vec![
            transact::update(count)?,
            self.channels.insertion(&new.rule)?,
            self.destinations.insertion(&new.destination)?,
        ];
        // Of the two others neither can be refused: their id is new.
        Ok(transact::all_or_none(self.channels.client(), writes).await?.done())
    }

    fn count(&self, operator: OperatorId, project: &str, by: i32) -> UpdateBuilder {
        Update::builder()
            .table_name(self.accounts.table())
            .set_key(Some(Accounts::project_key(operator, project)))
            .update_expression("ADD channels :by")
            .expression_attribute_values(":by", n(by))
    }

    /// A channel of the project.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn get(&self, operator: OperatorId, project: &str, id: DestinationId) -> Result<Option<ProjectChannel>> {
        // The rule's key holds the project: of another's there is none.
        let rule = self.channels.get_of_project(operator, project, RuleId::of_destination(id));
        let destination = self.destinations.get(operator, id);
        let (rule, destination) = futures::future::try_join(rule, destination).await?;
        Ok(rule.zip(destination).map(|(rule, destination)| ProjectChannel { destination, rule }))
    }

    /// A page of the channels of the project, newest first: those before `after`, and where the next page begins.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn list(
        &self,
        operator: OperatorId,
        project: &str,
        limit: i32,
        after: Option<DestinationId>,
    ) -> Result<(Vec<ProjectChannel>, Option<DestinationId>)> {
        let (found, more) =
            self.channels.list_of_project(operator, project, limit, after.map(RuleId::of_destination)).await?;
        let destination_of = |rule: &Rule| DestinationId::of_channel(rule.id);
        let next = found.last().map(destination_of).filter(|_| more);
        let mut destinations = self.destinations.get_many(operator, found.iter().map(destination_of)).await?;
        // One without a destination was deleted in between.
        let both = |rule: Rule| {
            let destination = destinations.remove(&destination_of(&rule))?;
            Some(ProjectChannel { destination, rule })
        };
        Ok((found.into_iter().filter_map(both).collect(), next))
    }

    /// Replaces `old` by `new`, which has the same id.
    ///
    /// # Errors
    /// When the call fails; nothing is changed then.
    pub async fn replace(&self, old: &ProjectChannel, new: &ProjectChannel) -> Result<Changed> {
        let destination = transact::update(self.destinations.changing(&old.destination, &new.destination)?)?;
        let writes = vec![self.channels.replacement(&old.rule, &new.rule)?, destination];
        Ok(match transact::all_or_none(self.channels.client(), writes).await? {
            Outcome::Done => Changed::Yes,
            Outcome::Refused(_) => Changed::Meanwhile,
        })
    }

    /// Deletes a channel of the project, which then may have another; false when it was deleted before.
    ///
    /// # Errors
    /// When the call fails; nothing is deleted then.
    pub async fn delete(&self, project: &str, old: &ProjectChannel) -> Result<bool> {
        let (operator, id) = (old.rule.operator_id, old.destination.id);
        let writes = vec![
            self.channels.deletion_of(&old.rule)?,
            self.destinations.deletion(operator, id)?,
            transact::update(self.count(operator, project, -1))?,
        ];
        Ok(transact::all_or_none(self.channels.client(), writes).await?.done())
    }
}
