//! Table `Verifications`.
//!
//! | `subject` | row |
//! | --- | --- |
//! | `ndst_…` | the newest code of a destination, and when codes were sent to it |
//! | `codes#op_…#<hour>` | the number of codes that an operator sent in that hour |
//! | `codes#+44#<hour>` | the number of codes that went to that calling code in that hour |
//!
//! All rows expire by their `ttl`.

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
    error::aws,
    item::{Item, from_item, n, s, to_item},
    transact::{self, Outcome},
};

/// The table `Verifications`.
#[derive(Clone)]
pub struct Verifications {
    client: Client,
    table: String,
}

fn row_key(subject: impl ToString) -> Item {
    Item::from([("subject".to_owned(), s(subject))])
}

/// The `ttl` of a row that is needed for another `time`.
fn ttl(now: Timestamp, time: Duration) -> AttributeValue {
    n(now.as_second().saturating_add(time.as_secs().cast_signed()))
}

/// The counters that a code to `to` increments, each with its maximum.
fn counters(to: &Destination, limits: &Limits, hour: i64) -> Vec<(String, u32)> {
    let calling_code = calling_code(&to.destination).filter(|_| to.kind == Kind::Sms);
    let of = |whose: String, most| (format!("codes#{whose}#{hour}"), most);
    let mut counters = vec![of(to.operator_id.to_string(), limits.per_operator)];
    counters.extend(calling_code.map(|code| of(code, limits.per_calling_code)));
    counters
}

impl Verifications {
    /// Opens the table that `VERIFICATIONS_TABLE` names.
    ///
    /// # Errors
    /// When the variable is missing.
    pub fn from_env(aws: &Aws) -> Result<Self> {
        Ok(Self { client: aws.dynamodb(), table: aws.variable("VERIFICATIONS_TABLE")? })
    }

    /// Returns a destination's newest code.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn get(&self, id: DestinationId) -> Result<Option<LiveCode>> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(row_key(id))).consistent_read(true);
        get.send().await.map_err(aws("GetItem"))?.item.map(from_item).transpose()
    }

    /// Replaces the code that was read as `before` with a new one and counts it, or does neither.
    ///
    /// # Errors
    /// When the call fails. The inner result names the limit that the code would exceed; a code that another request
    /// has just sent counts as one.
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

    /// Withdraws a code that could not be sent, and its count. Afterwards no code is valid: the earlier one was
    /// replaced.
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
        // The send times of the last hour are needed for an hour. Keep the row longer, so that a late guess gets the
        // reason.
        item.insert("ttl".into(), ttl(now, HOUR * 24));
        Ok(item)
    }

    /// Uses up one try of a code. Concurrent guesses cannot exceed the number of tries.
    ///
    /// # Errors
    /// When the call fails. The inner result says why no guess is accepted.
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

    /// Uses up a code, verifies its destination and lifts a suppression of its address, or does none of these.
    ///
    /// # Errors
    /// When the call fails. The inner result says that the code has been used or replaced since, or (as missing) that
    /// the destination was deleted or has another address.
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
        let mut writes = vec![transact::update(used)?, destinations.verification(to, now)?];
        if to.kind == Kind::Email {
            writes.push(suppressions.lifting(to.operator_id, &to.uniqueness_key)?);
        }
        Ok(match transact::all_or_none(&self.client, writes).await? {
            Outcome::Done => Ok(()),
            Outcome::Refused(0) => Err(CodeProblem::Spent),
            Outcome::Refused(_) => Err(CodeProblem::Missing),
        })
    }

    /// Deletes a destination's code and returns it, if there was one.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn remove(&self, id: DestinationId) -> Result<Option<LiveCode>> {
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(row_key(id)));
        let answer = delete.return_values(ReturnValue::AllOld).send().await.map_err(aws("DeleteItem"))?;
        answer.attributes.map(from_item).transpose()
    }
}
