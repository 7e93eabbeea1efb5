//! Channels of a project (Config API). A channel is a destination and its rule, which share one ULID and are written
//! and deleted together. The same transactions count the project's channels, so that concurrent requests cannot exceed
//! the plan's limit.

use aws_sdk_dynamodb::types::{Update, builders::UpdateBuilder};
use domain::{Destination, DestinationId, OperatorId, ProjectId, Rule, RuleId};

use crate::{
    Accounts, Aws, Changed, Channels, Destinations, IfExists, Result,
    item::n,
    transact::{self, Outcome},
};

/// A channel of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectChannel {
    /// Where the channel sends to, and its health.
    pub destination: Destination,
    /// The events that the channel sends.
    pub rule: Rule,
}

/// The outcome of an insertion into a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Added {
    /// The channel was stored.
    Yes,
    /// The project has as many channels as the plan allows.
    Full,
}

/// The tables that hold channels and their counts.
pub struct ProjectChannels {
    accounts: Accounts,
    channels: Channels,
    destinations: Destinations,
}

impl ProjectChannels {
    /// Opens the tables that the environment names.
    ///
    /// # Errors
    /// When the environment does not name all of them.
    pub fn from_env(aws: &Aws) -> Result<Self> {
        Ok(Self {
            accounts: Accounts::from_env(aws)?,
            channels: Channels::from_env(aws)?,
            destinations: Destinations::from_env(aws)?,
        })
    }

    /// Stores a new channel of the project, unless the project already has `limit` channels.
    ///
    /// # Errors
    /// When the call fails; nothing is written then.
    pub async fn insert(&self, project: &ProjectId, new: &ProjectChannel, limit: u32) -> Result<Added> {
        let count = self
            .count(new.rule.operator_id, project, 1)
            .condition_expression("attribute_not_exists(channels) OR channels < :limit")
            .expression_attribute_values(":limit", n(limit));
        let [rule, stamp] = self.channels.insertion(&new.rule)?;
        let writes = vec![transact::update(count)?, rule, self.destinations.insertion(&new.destination)?, stamp];
        Ok(match transact::all_or_none(self.channels.client(), writes).await? {
            Outcome::Done => Added::Yes,
            // Only the count can be refused: the stamp has no condition, and the other two writes have a new ID.
            Outcome::Refused(_) => Added::Full,
        })
    }

    fn count(&self, operator: OperatorId, project: &ProjectId, by: i32) -> UpdateBuilder {
        Update::builder()
            .table_name(self.accounts.table())
            .set_key(Some(Accounts::project_key(operator, project)))
            .update_expression("ADD channels :by")
            .expression_attribute_values(":by", n(by))
    }

    /// Returns a channel of the project.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn get(
        &self,
        operator: OperatorId,
        project: &ProjectId,
        id: DestinationId,
    ) -> Result<Option<ProjectChannel>> {
        // The rule's key contains the project, so a channel of another project is not found.
        let rule = self.channels.get_of_project(operator, project, RuleId::of_destination(id));
        let destination = self.destinations.get(operator, id);
        let (rule, destination) = futures::future::try_join(rule, destination).await?;
        Ok(rule.zip(destination).map(|(rule, destination)| ProjectChannel { destination, rule }))
    }

    /// Returns a page of the project's channels, newest first, starting after `after`, and where the next page begins.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn list(
        &self,
        operator: OperatorId,
        project: &ProjectId,
        limit: i32,
        after: Option<DestinationId>,
    ) -> Result<(Vec<ProjectChannel>, Option<DestinationId>)> {
        let (found, more) =
            self.channels.list_of_project(operator, project, limit, after.map(RuleId::of_destination)).await?;
        let destination_of = |rule: &Rule| DestinationId::of_channel(rule.id);
        let next = found.last().map(destination_of).filter(|_| more);
        let mut destinations = self.destinations.get_many(operator, found.iter().map(destination_of)).await?;
        // A rule without a destination was deleted in between.
        let both = |rule: Rule| {
            let destination = destinations.remove(&destination_of(&rule))?;
            Some(ProjectChannel { destination, rule })
        };
        Ok((found.into_iter().filter_map(both).collect(), next))
    }

    /// Replaces `old` with `new`, which has the same ID.
    ///
    /// # Errors
    /// When the call fails; nothing is changed then.
    pub async fn replace(&self, old: &ProjectChannel, new: &ProjectChannel) -> Result<Changed> {
        let destination = transact::update(self.destinations.changing(&old.destination, &new.destination)?)?;
        let [rule, stamp] = self.channels.replacement(&old.rule, &new.rule)?;
        let writes = vec![rule, destination, stamp];
        Ok(match transact::all_or_none(self.channels.client(), writes).await? {
            Outcome::Done => Changed::Yes,
            Outcome::Refused(_) => Changed::Meanwhile,
        })
    }

    /// Deletes a channel and reduces the project's count.
    ///
    /// # Errors
    /// When the call fails; nothing is deleted then.
    pub async fn delete(&self, project: &ProjectId, old: &ProjectChannel) -> Result<IfExists> {
        let (operator, id) = (old.rule.operator_id, old.destination.id);
        let [rule, stamp] = self.channels.deletion_of(&old.rule)?;
        let count = transact::update(self.count(operator, project, -1))?;
        let writes = vec![rule, self.destinations.deletion(operator, id)?, count, stamp];
        Ok(IfExists::if_done(transact::all_or_none(self.channels.client(), writes).await?.done()))
    }
}
