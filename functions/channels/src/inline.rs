//! Rules with an address of their own: legacy channels.

use std::collections::HashMap;

use api::{ApiError, Caller, error::Result, path::PathId};
use domain::{
    ChannelType, Destination, DestinationId, Rule, RuleId, WebhookSecret,
    destination::{Owner, Signing},
};
use store::{Changed, IfExists, Inserted, legacy};

use crate::{App, input::Inline, views::RuleView};

impl App {
    /// The destination that holds the address of one of the caller's legacy channels.
    pub(crate) async fn inline_destination(&self, caller: &Caller, id: RuleId) -> Result<Destination> {
        let rule = self.find(caller, id).await?;
        let Some(own) = rule.inline_destination() else {
            let first = rule.destination_ids.first().map(ToString::to_string).unwrap_or_default();
            let sentence = format!(
                "This channel has no address of its own; do this with its destinations, such as \
                 /v1/notifications/destinations/{first}."
            );
            return Err(ApiError::bad_request("no_own_address", sentence));
        };
        self.destinations.get(rule.operator_id, own).await?.ok_or_else(|| ApiError::not_found(RuleId::NOUN))
    }

    /// Stores a rule with an address of its own. A webhook is verified at once, because the receiver checks every
    /// signature.
    pub(crate) async fn insert_with(&self, rule: &Rule, inline: Inline) -> Result<RuleView> {
        let id = DestinationId::of_channel(rule.id);
        let secret = (inline.channel_type == ChannelType::Webhook).then(WebhookSecret::generate);
        let sealed = match &secret {
            Some(secret) => Some(self.service.seal(rule.operator_id, id, secret).await?),
            None => None,
        };
        let inline_destination = Destination {
            verified_at: secret.is_some().then_some(rule.created_at),
            signing: sealed.map(Signing::new),
            created_at: rule.created_at,
            belongs_to: Some(Owner::Channel(rule.id)),
            ..Destination::at(rule.operator_id, id, &inline.address)
        };
        if legacy::insert(rule, &inline_destination, &self.channels, &self.destinations).await? == Inserted::Exists {
            return Err(ApiError::internal("a new id was taken"));
        }
        let destinations = HashMap::from([(id, inline_destination)]);
        Ok(RuleView::of(rule, &destinations, true).with_secret(secret.as_ref()))
    }

    /// Replaces a rule. If it has an address of its own and gets destinations, that address is deleted. Refused if
    /// the rule is no longer equal to `old`.
    pub(crate) async fn replace(&self, old: &Rule, new: &Rule) -> Result<Changed> {
        if old.inline_destination().is_none() || old.destination_ids == new.destination_ids {
            return Ok(self.channels.replace(old, new).await?);
        }
        let own = self.destinations.get(old.operator_id, DestinationId::of_channel(old.id)).await?;
        let replaced = legacy::convert(old, new, &self.channels, &self.destinations).await?;
        self.forget_code(own.filter(|_| replaced == Changed::Yes)).await?;
        Ok(replaced)
    }

    /// Deletes a rule, with its own address and code if it has one.
    pub(crate) async fn delete(&self, rule: &Rule) -> Result<IfExists> {
        if rule.inline_destination().is_none() {
            return Ok(self.channels.delete(rule.operator_id, rule.id).await?);
        }
        let own = self.destinations.get(rule.operator_id, DestinationId::of_channel(rule.id)).await?;
        let deleted = legacy::delete(rule.operator_id, rule.id, &self.channels, &self.destinations).await?;
        self.forget_code(own.filter(|_| deleted == IfExists::Done)).await?;
        Ok(deleted)
    }

    async fn forget_code(&self, of: Option<Destination>) -> Result<()> {
        match of {
            Some(destination) => Ok(self.service.cancel_code(&destination).await?),
            None => Ok(()),
        }
    }
}
