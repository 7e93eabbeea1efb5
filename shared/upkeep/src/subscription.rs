//! Webhook subscriptions, of the Mail API and of Stack Auth: how they are made and changed.

use api::{ApiError, error::Result, subscription::SubscriptionStatus};
use domain::{
    Address, Destination, DestinationId, EventType, OperatorId, Rule, RuleId, Severity, WebhookSecret,
    rule::OnUnhealthy, time::now, traffic::Rate,
};
use store::subscriptions::{Changed, Subscription, Subscriptions};

use crate::Upkeep;

/// How often a change is tried against others at the same time.
const TRIES: u32 = 3;

/// A subscription to make.
pub struct New {
    /// Where it sends.
    pub url: Address,
    /// What it is for.
    pub description: Option<String>,
    /// What it sends.
    pub events: Vec<EventType>,
    /// The most deliveries per second.
    pub max_per_second: Option<Rate>,
}

/// What to change of a subscription; what is none stays as it is.
pub struct Change {
    /// Where it sends.
    pub url: Option<Address>,
    /// What it is for; none within takes that away.
    pub description: Option<Option<String>>,
    /// What it sends.
    pub events: Option<Vec<EventType>>,
    /// Whether it sends.
    pub status: Option<SubscriptionStatus>,
    /// The most deliveries per second; none within removes the limit.
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
            new.endpoint.next_slot = None;
        }
        if let Some(description) = &self.description {
            new.endpoint.description.clone_from(description);
        }
        if let Some(events) = &self.events {
            new.rule.events.clone_from(events);
        }
        if let Some(status) = self.status {
            new.rule.active = status == SubscriptionStatus::Enabled;
        }
        new
    }

    /// Changes the subscription of this id: as it was, and as it is. Both are the same when nothing had to change.
    ///
    /// # Errors
    /// A 404 when the operator has no `noun` of this id; a 409 when others change it all the time.
    pub async fn make(
        &self,
        subscriptions: &Subscriptions,
        (operator, id, noun): (OperatorId, DestinationId, &str),
    ) -> Result<(Subscription, Subscription)> {
        for _ in 0..TRIES {
            let old = subscriptions.get(operator, id).await?.ok_or_else(|| ApiError::not_found(noun))?;
            let new = self.applied_to(&old);
            if new == old {
                return Ok((old, new));
            }
            match subscriptions.replace(&old, &new).await? {
                Changed::Yes => return Ok((old, new)),
                Changed::Meanwhile => {}
                Changed::Gone => return Err(ApiError::not_found(noun)),
            }
        }
        let sentence = format!("This {noun} is being changed by other requests; look at it and try again.");
        Err(ApiError::conflict("changed_meanwhile", sentence))
    }
}

impl Upkeep {
    /// Makes a subscription of the operator's, and the secret that signs its requests.
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
        let (face, secret) = (subscriptions.face(), WebhookSecret::generate());
        let endpoint = Destination {
            secret: Some(self.seal(operator_id, id, &secret).await?),
            // It proves itself with every signature that it checks.
            verified_at: Some(created_at),
            created_at,
            face,
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
            face,
            project_id: None,
        };
        let made = Subscription { endpoint, rule };
        subscriptions.insert(&made).await?;
        Ok((made, secret))
    }
}
