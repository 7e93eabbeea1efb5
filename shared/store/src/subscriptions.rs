//! Webhook subscriptions of the Mail API and of Stack Auth. A subscription is an endpoint and its rule, which share one
//! ULID and are written and deleted together in two tables.

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use domain::{ApiKind, Destination, DestinationId, OperatorId, Rule, RuleId};

use crate::{
    Aws, Channels, Destinations, IfExists, Result,
    destinations::{
        clauses::{Clauses, LIMIT},
        row_key,
    },
    item::s,
    transact::{self, Outcome},
};

/// A webhook subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Where the subscription sends to, and its health.
    pub endpoint: Destination,
    /// The events that the subscription sends.
    pub rule: Rule,
}

/// The result of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaced {
    /// The change was made.
    Yes,
    /// The subscription has been changed since it was read.
    Meanwhile,
    /// The subscription has been deleted since.
    Gone,
}

/// The subscriptions of one API, in both tables.
pub struct Subscriptions {
    api: ApiKind,
    channels: Channels,
    destinations: Destinations,
}

impl Subscriptions {
    /// Opens the subscriptions of the API `api` in the tables that `CHANNELS_TABLE` and `DESTINATIONS_TABLE` name.
    ///
    /// # Errors
    /// When a variable is missing.
    pub fn from_env(aws: &Aws, api: ApiKind) -> Result<Self> {
        Ok(Self { api, channels: Channels::from_env(aws)?, destinations: Destinations::from_env(aws)? })
    }

    /// The API that these subscriptions belong to.
    pub fn api(&self) -> ApiKind {
        self.api
    }

    /// Stores a new subscription: both rows or neither.
    ///
    /// # Errors
    /// When the call fails; nothing is written then.
    pub async fn insert(&self, new: &Subscription) -> Result<()> {
        let [rule, stamp] = self.channels.insertion(&new.rule)?;
        let writes = vec![rule, self.destinations.insertion(&new.endpoint)?, stamp];
        transact::all_or_none(self.channels.client(), writes).await?;
        Ok(())
    }

    /// Returns a subscription of the operator by the ID of its endpoint.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn get(&self, operator: OperatorId, id: DestinationId) -> Result<Option<Subscription>> {
        let rule = self.channels.get(operator, RuleId::of_destination(id));
        let endpoint = self.destinations.get(operator, id);
        let (rule, endpoint) = futures::future::try_join(rule, endpoint).await?;
        // A legacy or project channel is also a rule and a destination with one ULID. The api distinguishes them.
        Ok(match (rule, endpoint) {
            (Some(rule), Some(endpoint)) if rule.api == self.api && endpoint.api == self.api => {
                Some(Subscription { endpoint, rule })
            }
            _ => None,
        })
    }

    /// Returns a page of the operator's subscriptions, newest first, starting after `after`, and where the next page
    /// begins.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn list(
        &self,
        operator: OperatorId,
        limit: i32,
        after: Option<DestinationId>,
    ) -> Result<(Vec<Subscription>, Option<DestinationId>)> {
        let (endpoints, more) = self.destinations.list(operator, self.api, limit, after).await?;
        let next = endpoints.last().map(|endpoint| endpoint.id).filter(|_| more);
        let rule_of = |endpoint: &Destination| RuleId::of_destination(endpoint.id);
        let mut rules = self.channels.get_many(operator, endpoints.iter().map(rule_of)).await?;
        // An endpoint without a rule was deleted in between.
        let both = |endpoint| Some(Subscription { rule: rules.remove(&rule_of(&endpoint))?, endpoint });
        Ok((endpoints.into_iter().filter_map(both).collect(), next))
    }

    /// Writes the differences between `old` and `new`, which has the same ID: address, description, limit and rule. The
    /// endpoint's secret and health are not written, because other operations change them. A new address clears what
    /// deliveries recorded about the old one.
    ///
    /// # Errors
    /// When the call fails; nothing is changed then.
    pub async fn replace(&self, old: &Subscription, new: &Subscription) -> Result<Replaced> {
        let mut writes = vec![];
        let rule_differs = old.rule != new.rule;
        if rule_differs {
            writes.extend(self.channels.replacement(&old.rule, &new.rule)?);
        }
        if old.endpoint != new.endpoint {
            writes.push(self.endpoint_change(&old.endpoint, &new.endpoint)?);
        }
        if writes.is_empty() {
            return Ok(Replaced::Yes);
        }
        Ok(match transact::all_or_none(self.channels.client(), writes).await? {
            Outcome::Done => Replaced::Yes,
            Outcome::Refused(0) if rule_differs => Replaced::Meanwhile,
            Outcome::Refused(_) => Replaced::Gone,
        })
    }

    /// Writes only the differences, because a concurrent change may be to another field.
    fn endpoint_change(&self, old: &Destination, new: &Destination) -> Result<TransactWriteItem> {
        let mut clauses = Clauses::setting(&[]);
        let mut update = Update::builder()
            .table_name(self.destinations.table())
            .set_key(Some(row_key(new.operator_id, new.id)))
            .condition_expression("attribute_exists(id)");
        if old.destination != new.destination {
            clauses.set(&["destination = :url", "uniqueness_key = :key"]);
            clauses.forget_traffic();
            update = update
                .expression_attribute_values(":url", s(&new.destination))
                .expression_attribute_values(":key", s(&new.uniqueness_key));
        }
        match &new.description {
            description if *description == old.description => {}
            Some(text) => {
                clauses.set(&["description = :description"]);
                update = update.expression_attribute_values(":description", s(text));
            }
            None => clauses.remove("description"),
        }
        if old.max_per_second != new.max_per_second
            && let Some(limit) = clauses.limit(new.max_per_second)?
        {
            update = update.expression_attribute_values(LIMIT, limit);
        }
        transact::update(update.update_expression(clauses.expression()))
    }

    /// Deletes a subscription.
    ///
    /// # Errors
    /// When the call fails; nothing is deleted then.
    pub async fn delete(&self, old: &Subscription) -> Result<IfExists> {
        let operator = old.rule.operator_id;
        let [rule, stamp] = self.channels.deletion(operator, old.rule.id)?;
        let writes = vec![rule, self.destinations.deletion(operator, old.endpoint.id)?, stamp];
        Ok(IfExists::if_done(transact::all_or_none(self.channels.client(), writes).await?.done()))
    }
}
