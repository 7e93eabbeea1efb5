//! Marks a destination as unhealthy and notifies its operator once, with an event and a mail.

use domain::{
    ApiKind, Attempt, Destination, DestinationId, OperatorId, Unhealthy,
    address::Address,
    catalogue::unhealthy::DESTINATION_UNHEALTHY,
    destination::Owner,
    health::Notice,
    hidden::without_people,
    message::Ingest,
    system_events::{self, Disabling, SubscriptionChange},
};
use store::{Accounts, Aws, Changes, Channels, Destinations, Result, SystemEvents, destinations::Marked};

/// Whether work is complete, or has to be repeated because a queue did not accept all of its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Completion {
    /// Nothing remains to be done.
    Complete,
    /// Repeat the whole call.
    Repeat,
}

impl Completion {
    /// The completion of work, by whether the queue accepted each of its events.
    pub fn of(accepted: &[bool]) -> Self {
        if accepted.iter().all(|accepted| *accepted) { Self::Complete } else { Self::Repeat }
    }

    /// The completion of both of two pieces of work.
    pub fn and(self, other: Self) -> Self {
        if self == Self::Complete { other } else { self }
    }
}

/// Marks destinations as unhealthy and notifies their operators.
pub struct Health {
    accounts: Accounts,
    channels: Channels,
    destinations: Destinations,
    system_events: SystemEvents,
    changes: Changes,
    /// The address of the console, for links.
    console_url: Option<String>,
}

impl Health {
    /// Opens the tables and the queue that the environment names.
    ///
    /// # Errors
    /// When the environment does not name one of them.
    pub fn from_env(aws: &Aws) -> Result<Self> {
        Ok(Self {
            accounts: Accounts::from_env(aws)?,
            channels: Channels::from_env(aws)?,
            destinations: Destinations::from_env(aws)?,
            system_events: SystemEvents::from_env(aws)?,
            changes: Changes::from_env(aws)?,
            console_url: aws.optional_variable("CONSOLE_URL"),
        })
    }

    /// Marks a destination as unhealthy and notifies its operator, unless it is already unhealthy or was verified after
    /// the failure. `attempt` is the failed attempt, if there was one. A repeat for the same reason sends the
    /// notification again under the same event ID, and dispatch processes it once. This makes up for a worker that died
    /// in between.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn mark(
        &self,
        operator: OperatorId,
        id: DestinationId,
        unhealthy: &Unhealthy,
        attempt: Option<&Attempt>,
    ) -> Result<Completion> {
        // Don't notify an operator at the address that just failed.
        if id == DestinationId::of_operator(operator) {
            return Ok(Completion::Complete);
        }
        match self.destinations.mark_unhealthy(operator, id, unhealthy).await? {
            Marked::ByThis(destination) => {
                // Workers that have cached it would keep sending to it for two seconds instead of holding deliveries.
                if let Err(error) = self.changes.note(operator).await {
                    tracing::warn!(operator_id = %operator, %error, "change not noted");
                }
                self.emit(&destination, unhealthy, attempt).await
            }
            Marked::Not => Ok(Completion::Complete),
        }
    }

    async fn emit(&self, ill: &Destination, unhealthy: &Unhealthy, attempt: Option<&Attempt>) -> Result<Completion> {
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
        let notice = Notice::new(ill, unhealthy, attempt, &rules).linked(self.console_url.as_deref());
        let what = [&*ill.id.to_string()];
        let event = system_events::own(operator, DESTINATION_UNHEALTHY, unhealthy.since, &what, None, &notice)?;
        let mut events = vec![Ingest { to_operator, ..event }];
        if ill.api == ApiKind::Mail {
            let rule = rules.iter().find(|rule| rule.api == ill.api && rule.destination_ids == [ill.id]);
            let change = SubscriptionChange::Disabled(Disabling::Unhealthy);
            events.push(system_events::subscription(change, ill, rule, unhealthy.since)?);
        }
        Ok(Completion::of(&self.system_events.emit(&events).await?))
    }

    /// Makes sure that the operator's own address is a destination, so that the notification is a normal delivery:
    /// retried and logged. Returns whether the address is valid.
    async fn address_operator(&self, id: OperatorId) -> Result<bool> {
        let Some(operator) = self.accounts.operator(id).await? else { return Ok(false) };
        let Ok(address) = Address::parse_email(&operator.email) else {
            return Ok(false);
        };
        let own = Destination {
            // Verified when the operator was registered.
            verified_at: Some(operator.created_at),
            belongs_to: Some(Owner::Service),
            ..Destination::at(id, DestinationId::of_operator(id), &address)
        };
        self.destinations.put_own(&own).await?;
        Ok(true)
    }
}
