//! Marking a destination as unhealthy, and telling its operator: once, by an event and by mail.

use domain::{
    Attempt, ChannelType, Destination, DestinationId, Face, OperatorId, Unhealthy, address::Address,
    catalogue::mail::name, destination::Owner, event_type::DESTINATION_UNHEALTHY, guard::TargetPolicy, health::Notice,
    hidden::without_people, journal, message::Ingest,
};
use store::{Accounts, Aws, Changes, Channels, Destinations, Journal, Result, destinations::Marked};

/// Marks destinations and tells of it.
pub struct Health {
    accounts: Accounts,
    channels: Channels,
    destinations: Destinations,
    journal: Journal,
    changes: Changes,
}

impl Health {
    /// With the tables and the queue that the environment names.
    ///
    /// # Errors
    /// When it lacks one.
    pub fn from_env(aws: &Aws) -> Result<Self> {
        Ok(Self {
            accounts: Accounts::from_env(aws)?,
            channels: Channels::from_env(aws)?,
            destinations: Destinations::from_env(aws)?,
            journal: Journal::from_env(aws)?,
            changes: Changes::from_env(aws)?,
        })
    }

    /// Marks a destination as unhealthy and tells its operator, unless it is so already or was verified after what
    /// happened. `attempt` is the one that failed, if one did. Done again for the same reason it tells again, under the
    /// same event id, and dispatch does it once: so that a worker that died in between is made up for.
    ///
    /// False when the queue did not take the word: then all of it is to be done again.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn mark(
        &self,
        operator: OperatorId,
        id: DestinationId,
        unhealthy: &Unhealthy,
        attempt: Option<&Attempt>,
    ) -> Result<bool> {
        // That the operator cannot be reached is nothing we could reach it with.
        if id == DestinationId::of_operator(operator) {
            return Ok(true);
        }
        match self.destinations.mark_unhealthy(operator, id, unhealthy).await? {
            Marked::ByThis(destination) => {
                // Workers that remember it would send it what is to be held, for two seconds.
                if let Err(error) = self.changes.note(operator).await {
                    tracing::warn!(operator_id = %operator, %error, "change not noted");
                }
                self.tell(&destination, unhealthy, attempt).await
            }
            Marked::Not => Ok(true),
        }
    }

    async fn tell(&self, ill: &Destination, unhealthy: &Unhealthy, attempt: Option<&Attempt>) -> Result<bool> {
        let operator = ill.operator_id;
        tracing::warn!(
            operator_id = %operator, destination_id = %ill.id, reason = &*without_people(&unhealthy.reason), "destination unhealthy"
        );
        metrics::counter!("destinations_unhealthy").increment(1);
        let mut rules = self.channels.all(operator).await?;
        if let Some(project) = &ill.project_id {
            rules.extend(self.channels.of_project(operator, project).await?);
        }
        let to_operator = self.address_operator(operator).await?;
        let notice = Notice::new(ill, unhealthy, attempt, &rules);
        let what = [&*ill.id.to_string()];
        let event = journal::own(operator, DESTINATION_UNHEALTHY, unhealthy.since, &what, None, &notice)?;
        let mut events = vec![Ingest { to_operator, ..event }];
        if ill.face == Face::Mail {
            let rule = rules.iter().find(|rule| rule.face == ill.face && rule.destination_ids == [ill.id]);
            let reason = Some("unhealthy");
            events.push(journal::subscription(name::WEBHOOK_DISABLED, ill, rule, &[], reason, unhealthy.since)?);
        }
        Ok(self.journal.tell(&events).await?.iter().all(|told| *told))
    }

    /// Sees to it that there is a destination of the operator's own address, to which the word is a delivery like any
    /// other: tried again, and in the log. False for an address that is none.
    async fn address_operator(&self, id: OperatorId) -> Result<bool> {
        let Some(operator) = self.accounts.operator(id).await? else { return Ok(false) };
        let Ok(address) = Address::parse(ChannelType::Email, &operator.email, TargetPolicy::Public) else {
            return Ok(false);
        };
        let own = Destination {
            // It was proved when the operator was registered.
            verified_at: Some(operator.created_at),
            belongs_to: Some(Owner::Service),
            ..Destination::at(id, DestinationId::of_operator(id), &address)
        };
        self.destinations.put_own(&own).await?;
        Ok(true)
    }
}
