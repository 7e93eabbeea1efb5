//! Table `Verifications`.
//!
//! | `subject` | row |
//! | --- | --- |
//! | `ndst_…` | the newest code of a destination, and when it was sent codes |
//! | `codes#op_…#<hour>` | how many codes an operator has had sent in that hour |
//! | `codes#+44#<hour>` | how many went to that calling code in that hour |
//!
//! All rows age: what is past is deleted by its `ttl`.

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client,
    operation::update_item::UpdateItemError::ConditionalCheckFailedException,
    types::{
        AttributeValue, Delete, Put, ReturnValue, ReturnValuesOnConditionCheckFailure, Update, builders::UpdateBuilder,
    },
};
use domain::{
    Destination, DestinationId, Kind,
    address::calling_code,
    verification::{CodeProblem, HOUR, Limits, LiveCode, TooSoon, hour_of, problem},
};
use jiff::Timestamp;

use crate::{
    Aws, Destinations, Result, Suppressions,
    aws::variable,
    error::aws,
    item::{Item, from_item, n, s, to_item},
    transact::{self, Outcome},
};

/// The table.
#[derive(Clone)]
pub struct Verifications {
    client: Client,
    table: String,
}

fn row_key(subject: impl ToString) -> Item {
    Item::from([("subject".to_owned(), s(subject))])
}

/// The `ttl` of a row that matters for another `time`.
fn ttl(now: Timestamp, time: Duration) -> AttributeValue {
    n(now.as_second().saturating_add(time.as_secs().cast_signed()))
}

/// The counters that a code to `to` is counted by, each with the most it may reach.
fn counters(to: &Destination, limits: &Limits, hour: i64) -> Vec<(String, u32)> {
    let calling_code = calling_code(&to.destination).filter(|_| to.kind == Kind::Sms);
    let of = |whose: String, most| (format!("codes#{whose}#{hour}"), most);
    let mut counters = vec![of(to.operator_id.to_string(), limits.per_operator)];
    counters.extend(calling_code.map(|code| of(code, limits.per_calling_code)));
    counters
}

impl Verifications {
    /// The table that `VERIFICATIONS_TABLE` names.
    ///
    /// # Errors
    /// When the variable is missing.
    pub fn from_env(aws: &Aws) -> Result<Self> {
        Ok(Self { client: aws.dynamodb(), table: variable("VERIFICATIONS_TABLE")? })
    }

    /// The newest code of a destination.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn get(&self, id: DestinationId) -> Result<Option<LiveCode>> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(row_key(id))).consistent_read(true);
        get.send().await.map_err(aws("GetItem"))?.item.map(from_item).transpose()
    }

    /// Keeps a new code in place of the one that was read as `before`, and counts it: all of it or nothing.
    ///
    /// # Errors
    /// When the call fails; in the inner result, which limit it would break. Another request at the same time has sent a
    /// code just now.
    pub async fn begin(
        &self,
        to: &Destination,
        code: &LiveCode,
        before: Option<&LiveCode>,
        limits: &Limits,
        now: Timestamp,
    ) -> Result<std::result::Result<(), TooSoon>> {
        let (hour, left) = hour_of(now);
        let mut put = Put::builder().table_name(&self.table).set_item(Some(self.item(to.id, code, now)?));
        put = match before {
            None => put.condition_expression("attribute_not_exists(subject)"),
            Some(before) => {
                put.condition_expression("otp_id = :before").expression_attribute_values(":before", s(before.otp_id))
            }
        };
        let mut writes = vec![transact::put(put)?];
        for (subject, most) in counters(to, limits, hour) {
            let update = self.count(&subject, 1, "ADD codes :by SET #ttl = :ttl");
            let update = update
                .condition_expression("attribute_not_exists(codes) OR codes < :most")
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":most", n(most))
                .expression_attribute_values(":ttl", ttl(now, HOUR * 2));
            writes.push(transact::update(update)?);
        }
        Ok(match transact::all_or_none(&self.client, writes).await? {
            Outcome::Done => Ok(()),
            Outcome::Refused(0) => Err(TooSoon::Interval(limits.interval)),
            Outcome::Refused(1) => Err(TooSoon::Operator(left)),
            Outcome::Refused(_) => Err(TooSoon::CallingCode(left)),
        })
    }

    fn count(&self, subject: &str, by: i64, expression: &str) -> UpdateBuilder {
        let update = Update::builder().table_name(&self.table).set_key(Some(row_key(subject)));
        update.update_expression(expression).expression_attribute_values(":by", n(by))
    }

    /// Takes back a code that could not be sent, and its count. No code is good then: the one before it was replaced.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn undo(
        &self,
        to: &Destination,
        code: &LiveCode,
        before: Option<&LiveCode>,
        limits: &Limits,
        begun: Timestamp,
    ) -> Result<()> {
        const STILL_OURS: &str = "otp_id = :ours";
        let ours = s(code.otp_id);
        let restored = match before {
            None => {
                let delete = Delete::builder().table_name(&self.table).set_key(Some(row_key(to.id)));
                transact::delete_if(delete.condition_expression(STILL_OURS).expression_attribute_values(":ours", ours))?
            }
            Some(before) => {
                let expired = LiveCode { expires_at: Timestamp::UNIX_EPOCH, sent: before.sent.clone(), ..code.clone() };
                let put = Put::builder().table_name(&self.table).set_item(Some(self.item(to.id, &expired, begun)?));
                transact::put(put.condition_expression(STILL_OURS).expression_attribute_values(":ours", ours))?
            }
        };
        let mut writes = vec![restored];
        for (subject, _) in counters(to, limits, hour_of(begun).0) {
            writes.push(transact::update(self.count(&subject, -1, "ADD codes :by"))?);
        }
        transact::all_or_none(&self.client, writes).await?;
        Ok(())
    }

    fn item(&self, id: DestinationId, code: &LiveCode, now: Timestamp) -> Result<Item> {
        let mut item = to_item(code)?;
        item.extend(row_key(id));
        // The times of the last hour count as long as that; a little more, so that a late guess is told why.
        item.insert("ttl".into(), ttl(now, HOUR * 24));
        Ok(item)
    }

    /// Takes one of the tries that a code has. Of any number of guesses at once, as many get one as there are.
    ///
    /// # Errors
    /// When the call fails; in the inner result, why no guess is judged.
    pub async fn take_try(
        &self,
        id: DestinationId,
        now: Timestamp,
    ) -> Result<std::result::Result<LiveCode, CodeProblem>> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(row_key(id)))
            .condition_expression("used = :false AND expires_at > :now AND tries_left > :none")
            .update_expression("SET tries_left = tries_left - :one")
            .expression_attribute_values(":false", AttributeValue::Bool(false))
            .expression_attribute_values(":now", n(now.as_millisecond()))
            .expression_attribute_values(":none", n(0))
            .expression_attribute_values(":one", n(1))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let error = match update.send().await {
            Ok(answer) => return Ok(Ok(from_item(answer.attributes.unwrap_or_default())?)),
            Err(error) => error,
        };
        let Some(ConditionalCheckFailedException(refused)) = error.as_service_error() else {
            return Err(aws("UpdateItem")(error));
        };
        let found: Option<LiveCode> = refused.item.clone().map(from_item).transpose()?;
        Ok(Err(problem(found.as_ref(), now)))
    }

    /// Uses a code up and verifies its destination, which lifts a suppression of its address too: all of it or nothing.
    ///
    /// # Errors
    /// When the call fails; in the inner result, that the code was used or replaced since, or (as missing) that the
    /// destination was deleted.
    pub async fn accept(
        &self,
        to: &Destination,
        code: &LiveCode,
        destinations: &Destinations,
        suppressions: &Suppressions,
        now: Timestamp,
    ) -> Result<std::result::Result<(), CodeProblem>> {
        let used = Update::builder()
            .table_name(&self.table)
            .set_key(Some(row_key(to.id)))
            .condition_expression("otp_id = :otp_id AND used = :false")
            .update_expression("SET used = :true")
            .expression_attribute_values(":otp_id", s(code.otp_id))
            .expression_attribute_values(":false", AttributeValue::Bool(false))
            .expression_attribute_values(":true", AttributeValue::Bool(true));
        let mut writes = vec![transact::update(used)?, destinations.verification(to.operator_id, to.id, now)?];
        if to.kind == Kind::Email {
            writes.push(suppressions.lifting(to.operator_id, &to.uniqueness_key)?);
        }
        Ok(match transact::all_or_none(&self.client, writes).await? {
            Outcome::Done => Ok(()),
            Outcome::Refused(0) => Err(CodeProblem::Spent),
            Outcome::Refused(_) => Err(CodeProblem::Missing),
        })
    }

    /// Forgets a destination's code: what it was, if there was one.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn remove(&self, id: DestinationId) -> Result<Option<LiveCode>> {
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(row_key(id)));
        let answer = delete.return_values(ReturnValue::AllOld).send().await.map_err(aws("DeleteItem"))?;
        answer.attributes.map(from_item).transpose()
    }
}
