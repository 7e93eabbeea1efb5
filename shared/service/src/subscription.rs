//! Creates and changes webhook subscriptions of the Mail API and of Stack Auth.

use domain::{
    Address, Destination, DestinationId, EventType, OperatorId, Rule, RuleId, Severity, WebhookSecret,
    destination::Signing, rule::OnUnhealthy, time::now, traffic::Rate,
};
use store::subscriptions::{Replaced, Subscription, Subscriptions};

use crate::{
    DestinationService,
    error::{Error, Result},
    retrying::Tries,
};

/// A subscription to create.
pub struct New {
    /// Where the subscription sends to.
    pub url: Address,
    /// The description, for the operator.
    pub description: Option<String>,
    /// The event types to send.
    pub events: Vec<EventType>,
    /// The maximum deliveries per second.
    pub max_per_second: Option<Rate>,
}

/// A change to a subscription. `None` leaves a field unchanged.
pub struct Change {
    /// Where the subscription sends to.
    pub url: Option<Address>,
    /// The description. `Some(None)` removes it.
    pub description: Option<Option<String>>,
    /// The event types to send.
    pub events: Option<Vec<EventType>>,
    /// Whether the subscription is enabled.
    pub active: Option<bool>,
    /// The maximum deliveries per second. `Some(None)` removes the limit.
    pub max_per_second: Option<Option<Rate>>,
}

impl Change {
    fn applied_to(&self, old: &Subscription) -> Subscription {
        let mut new = old.clone();
        if let Some(url) = &self.url {
            new.endpoint.destination = url.as_str().to_owned();
            new.endpoint.uniqueness_key = url.uniqueness_key();
            if new.endpoint.destination != old.endpoint.destination {
                new.endpoint.forget_traffic();
            }
        }
        if let Some(max_per_second) = self.max_per_second
            && max_per_second != old.endpoint.max_per_second
        {
            new.endpoint.max_per_second = max_per_second;
            new.endpoint.traffic.next_slot = None;
        }
        if let Some(description) = &self.description {
            new.endpoint.description.clone_from(description);
        }
        if let Some(events) = &self.events {
            new.rule.events.clone_from(events);
        }
        if let Some(active) = self.active {
            new.rule.active = active;
        }
        new
    }

    /// Changes the subscription with this ID. Returns it before and after the change. Both are the same if nothing had
    /// to change.
    ///
    /// # Errors
    /// When the operator has no `noun` with this ID, or concurrent changes keep conflicting.
    pub async fn make(
        &self,
        subscriptions: &Subscriptions,
        (operator, id, noun): (OperatorId, DestinationId, &'static str),
    ) -> Result<(Subscription, Subscription)> {
        let mut tries = Tries::of(noun);
        loop {
            let old = subscriptions.get(operator, id).await?.ok_or(Error::NotFound(noun))?;
            let new = self.applied_to(&old);
            if new == old {
                return Ok((old, new));
            }
            match subscriptions.replace(&old, &new).await? {
                Replaced::Yes => return Ok((old, new)),
                Replaced::Meanwhile => tries.again()?,
                Replaced::Gone => return Err(Error::NotFound(noun)),
            }
        }
    }
}

impl DestinationService {
    /// Creates a subscription for the operator, and the secret that signs its requests.
    ///
    /// # Errors
    /// When a call fails; nothing is written then.
    pub async fn subscribe(
        &self,
        subscriptions: &Subscriptions,
        operator_id: OperatorId,
        New { url, description, events, max_per_second }: New,
    ) -> Result<(Subscription, WebhookSecret)> {
        let (id, created_at) = (DestinationId::generate(), now());
        let (api, secret) = (subscriptions.api(), WebhookSecret::generate());
        let endpoint = Destination {
            signing: Some(Signing::new(self.seal(operator_id, id, &secret).await?)),
            // Every signature that the endpoint checks proves it again, so it needs no verification.
            verified_at: Some(created_at),
            created_at,
            api,
            description,
            max_per_second,
            ..Destination::at(operator_id, id, &url)
        };
        let rule = Rule {
            operator_id,
            id: RuleId::of_destination(id),
            destination_ids: vec![id],
            events,
            min_severity: Severity::Info,
            active: true,
            on_unhealthy: OnUnhealthy::Pause,
            created_at,
            api,
            project_id: None,
        };
        let made = Subscription { endpoint, rule };
        subscriptions.insert(&made).await?;
        Ok((made, secret))
    }
}
