//! What workers record about a destination's traffic ([`domain::traffic`]): its breaker, its lane, its pace.
//!
//! Workers write nothing here while a destination is healthy and fast.

use aws_sdk_dynamodb::{operation::update_item::builders::UpdateItemFluentBuilder, types::ReturnValue};
use domain::{
    Destination, DestinationId, OperatorId,
    traffic::{Breaker, FAILURES_TO_OPEN, Pace, Rate, SLOW_AGAIN, SLOW_FOR},
};
use jiff::Timestamp;
use serde::Deserialize;

use super::{Destinations, condition_failed, row_key};
use crate::{
    Changed, Result,
    error::aws,
    item::{Item, from_item, key, n},
};

/// A counter that hands out slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    /// The counter of one destination.
    Destination(OperatorId, DestinationId),
    /// The counter of all mail, which follows the account's rate at the mail service.
    Mails,
}

/// The outcome of a claim of a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeClaim {
    /// This worker sends the probe.
    Ours,
    /// Another worker sends it.
    Anothers,
}

impl Counter {
    fn key(self) -> Item {
        match self {
            Self::Destination(operator, id) => row_key(operator, id),
            Self::Mails => key(("operator_id", "service"), ("id", "pace#mails")),
        }
    }

    /// The condition that prevents an update from recreating a deleted destination.
    fn exists(self) -> &'static str {
        match self {
            Self::Destination(..) => "attribute_exists(id) AND ",
            Self::Mails => "",
        }
    }
}

impl Destinations {
    fn updating(&self, key: Item) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.table).set_key(Some(key))
    }

    /// Claims the probe of a breaker that was due for one when it was read.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn claim_probe(&self, to: &Destination, seen: &Breaker, now: Timestamp) -> Result<ProbeClaim> {
        Ok(match self.change_breaker(to, Some(seen), &seen.probing(now)).await? {
            Changed::Yes => ProbeClaim::Ours,
            Changed::Meanwhile => ProbeClaim::Anothers,
        })
    }

    /// Records an answer of any kind from a destination that had not been answering.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn set_answered(&self, to: &Destination) -> Result<()> {
        let update = self.updating(row_key(to.operator_id, to.id)).condition_expression("attribute_exists(id)");
        done(update.update_expression("REMOVE unreached, breaker")).await?;
        Ok(())
    }

    /// Records `count` attempts without an answer. `probed` is the breaker if the last attempt was its probe. Opens the
    /// breaker after too many such attempts or a failed probe. Returns the current breaker.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn add_unreached(
        &self,
        to: &Destination,
        count: u32,
        probed: Option<&Breaker>,
        now: Timestamp,
    ) -> Result<Option<Breaker>> {
        if let Some(probed) = probed {
            let opened = Breaker::opened(Some(probed), now);
            let _ = self.change_breaker(to, Some(probed), &opened).await?;
            return Ok(Some(opened));
        }
        #[derive(Deserialize)]
        struct Row {
            #[serde(default)]
            unreached: u32,
            #[serde(default)]
            breaker: Option<Breaker>,
        }
        let update = self
            .updating(row_key(to.operator_id, to.id))
            .condition_expression("attribute_exists(id)")
            .update_expression("ADD unreached :count")
            .expression_attribute_values(":count", n(count))
            .return_values(ReturnValue::AllNew);
        let Some(row) = done(update).await? else { return Ok(None) };
        let row: Row = from_item(row)?;
        let may_open = row.breaker.as_ref().is_none_or(Breaker::is_suspicion);
        if !may_open || row.unreached < FAILURES_TO_OPEN {
            return Ok(row.breaker);
        }
        let opened = Breaker::opened(row.breaker.as_ref(), now);
        let _ = self.change_breaker(to, row.breaker.as_ref(), &opened).await?;
        Ok(Some(opened))
    }

    /// Replaces the breaker, unless it differs from `seen`.
    async fn change_breaker(&self, to: &Destination, seen: Option<&Breaker>, new: &Breaker) -> Result<Changed> {
        let update = self
            .updating(row_key(to.operator_id, to.id))
            .update_expression("SET #breaker = :new")
            .expression_attribute_names("#breaker", "breaker")
            .expression_attribute_values(":new", serde_dynamo::to_attribute_value(new)?);
        let update = match seen {
            None => update.condition_expression("attribute_exists(id) AND attribute_not_exists(#breaker)"),
            Some(seen) => update
                .condition_expression("#breaker.#until = :seen")
                .expression_attribute_names("#until", "until")
                .expression_attribute_values(":seen", n(seen.until.as_millisecond())),
        };
        Ok(Changed::if_done(done(update).await?.is_some()))
    }

    /// Records that a destination is slow, unless that was recorded recently. A destination that was not slow before
    /// may not be answering at all: returns its breaker in that case.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn set_slow(&self, to: &Destination, now: Timestamp) -> Result<Option<Breaker>> {
        let noted = to.traffic.slow_until.is_some_and(|until| until > now + SLOW_AGAIN);
        if noted {
            return Ok(None);
        }
        let suspected = Breaker::suspected(now);
        let was_slow = to.traffic.slow_until.is_some_and(|until| until > now);
        let update = self
            .updating(row_key(to.operator_id, to.id))
            .condition_expression("attribute_exists(id) AND (attribute_not_exists(slow_until) OR slow_until < :again)")
            .expression_attribute_values(":again", n((now + SLOW_AGAIN).as_millisecond()))
            .expression_attribute_values(":until", n((now + SLOW_FOR).as_millisecond()));
        let update = match was_slow {
            true => update.update_expression("SET slow_until = :until"),
            false => update
                .update_expression("SET slow_until = :until, #breaker = if_not_exists(#breaker, :suspected)")
                .expression_attribute_names("#breaker", "breaker")
                .expression_attribute_values(":suspected", serde_dynamo::to_attribute_value(&suspected)?),
        };
        let set = done(update).await?.is_some();
        Ok(Some(suspected).filter(|_| set && !was_slow))
    }

    /// Sets or removes a destination's pace, unless the pace has changed since it was read. With `from`, slots are handed out from that time on: those of a faster pace no longer apply, and nobody
    /// waits behind them.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn set_pace(
        &self,
        to: &Destination,
        seen: Option<Pace>,
        new: Option<Pace>,
        from: Option<Timestamp>,
    ) -> Result<Changed> {
        let update = self.updating(row_key(to.operator_id, to.id)).expression_attribute_names("#pace", "pace");
        let update = match (new, from) {
            (Some(_), None) => update.update_expression("SET #pace = :new"),
            (Some(_), Some(from)) => update
                .update_expression("SET #pace = :new, next_slot = :from")
                .expression_attribute_values(":from", n(from.as_microsecond())),
            (None, _) => update.update_expression("REMOVE #pace, next_slot"),
        };
        let update = match new {
            Some(new) => update.expression_attribute_values(":new", serde_dynamo::to_attribute_value(new)?),
            None => update,
        };
        let update = match seen {
            None => update.condition_expression("attribute_exists(id) AND attribute_not_exists(#pace)"),
            Some(seen) => update
                .condition_expression("#pace.#since = :seen")
                .expression_attribute_names("#since", "since")
                .expression_attribute_values(":seen", n(seen.since.as_millisecond())),
        };
        Ok(Changed::if_done(done(update).await?.is_some()))
    }

    /// Takes `count` slots, one interval apart, starting at `now` or where the counter stands if that is later. Returns
    /// the counter's new value in microseconds. [`domain::traffic::slots`] computes the slots from it.
    ///
    /// # Errors
    /// When a call fails; or when the destination has been deleted.
    pub async fn take_slots(&self, counter: Counter, rate: Rate, count: usize, now: Timestamp) -> Result<i64> {
        let taken = rate.interval_us().saturating_mul(i64::try_from(count).unwrap_or(i64::MAX));
        let exists = counter.exists();
        for _ in 0..TRIES {
            let ahead = self
                .updating(counter.key())
                .condition_expression("next_slot >= :now")
                .update_expression("SET next_slot = next_slot + :taken")
                .expression_attribute_values(":now", n(now.as_microsecond()))
                .expression_attribute_values(":taken", n(taken))
                .return_values(ReturnValue::UpdatedNew);
            if let Some(row) = done(ahead).await? {
                return next_slot(row);
            }
            let behind = self
                .updating(counter.key())
                .condition_expression(format!("{exists}(attribute_not_exists(next_slot) OR next_slot < :now)"))
                .update_expression("SET next_slot = :next")
                .expression_attribute_values(":now", n(now.as_microsecond()))
                .expression_attribute_values(":next", n(now.as_microsecond().saturating_add(taken)))
                .return_values(ReturnValue::UpdatedNew);
            if let Some(row) = done(behind).await? {
                return next_slot(row);
            }
        }
        Err(crate::StoreError::Unwritten("the slots of a destination's pace".into()))
    }

    /// Hands out no slot before `at`.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn no_slot_before(&self, counter: Counter, at: Timestamp) -> Result<()> {
        let exists = counter.exists();
        let update = self
            .updating(counter.key())
            .condition_expression(format!("{exists}(attribute_not_exists(next_slot) OR next_slot < :at)"))
            .update_expression("SET next_slot = :at")
            .expression_attribute_values(":at", n(at.as_microsecond()));
        done(update).await?;
        Ok(())
    }
}

/// The maximum number of tries to take slots. Between two tries, the counter may move from the future into the past or
/// back.
const TRIES: u32 = 3;

/// Executes an update. Returns the item that it returned, or `None` if its condition failed.
async fn done(update: UpdateItemFluentBuilder) -> Result<Option<Item>> {
    match update.send().await {
        Ok(answer) => Ok(Some(answer.attributes.unwrap_or_default())),
        Err(error) if condition_failed(&error) => Ok(None),
        Err(error) => Err(aws("UpdateItem")(error)),
    }
}

fn next_slot(row: Item) -> Result<i64> {
    #[derive(Deserialize)]
    struct Row {
        next_slot: i64,
    }
    from_item::<Row>(row).map(|row| row.next_slot)
}
