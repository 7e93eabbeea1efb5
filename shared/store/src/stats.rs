//! The counters of destinations' traffic ([`domain::stats`]): rows of the table `Deliveries`, in separate partitions.
//!
//! | `destination_id` | `id` | row |
//! | --- | --- | --- |
//! | `stats#ndst_…` | `2026-04-15T10` | the counts of an hour |
//!
//! A row stays below 1 KB, so an update costs one write unit. A partition takes 1,000 of them per second, for 100,000
//! deliveries per second to one destination. SQS may deliver a message twice and an update may be retried after its
//! answer was lost; the attempt or the update then counts twice.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    Delivery, DeliveryId, DestinationId, EventId,
    stats::{Counts, Hourly, LastError, Latencies, Period},
    time::{from_millis, now},
};
use jiff::{Timestamp, tz::TimeZone};

use crate::{
    Deliveries, Result,
    error::aws,
    item::{Item, from_items, key, n, s},
};

const NUMBERS: [&str; 6] = ["deliveries", "succeeded", "failed", "throttled", "arrived", "abandoned"];

fn numbers(counts: &Counts) -> [u64; NUMBERS.len()] {
    let Counts { deliveries, succeeded, failed, throttled, arrived, abandoned, .. } = counts;
    [*deliveries, *succeeded, *failed, *throttled, *arrived, *abandoned]
}

fn bucket_name(bucket: u8) -> String {
    format!("ms{bucket}")
}

fn partition(destination: DestinationId) -> String {
    format!("stats#{destination}")
}

/// The sort key of an hour, which sorts by time.
fn sort_key(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H").to_string()
}

impl Deliveries {
    /// Adds counts to the current hour of a destination. Costs one write unit.
    ///
    /// # Errors
    /// When the call fails. The counts may have been added if its answer was lost.
    pub async fn add_counts(&self, destination: DestinationId, counts: &Counts) -> Result<()> {
        let now = now();
        let expires = now.as_second() + Period::RETENTION.as_secs().cast_signed();
        let mut update = self
            .client()
            .update_item()
            .table_name(self.table())
            .set_key(Some(key(("destination_id", partition(destination)), ("id", sort_key(now)))))
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":ttl", n(expires));
        let buckets = counts.latencies.buckets().map(|(bucket, count)| (bucket_name(bucket), count));
        let plain = NUMBERS.into_iter().map(str::to_owned).zip(numbers(counts));
        let mut add = vec![];
        for (name, count) in plain.filter(|(_, count)| *count > 0).chain(buckets) {
            add.push(format!("{name} :{name}"));
            update = update.expression_attribute_values(format!(":{name}"), n(count.cast_signed()));
        }
        let mut set = vec!["#ttl = :ttl"];
        if let Some(LastError { at, message, delivery_id }) = &counts.last_error {
            set.push("error_at = :error_at, error_text = :error_text, error_of = :error_of");
            update = update
                .expression_attribute_values(":error_at", n(at.as_millisecond()))
                .expression_attribute_values(":error_text", s(message))
                .expression_attribute_values(":error_of", s(delivery_id));
        }
        let add = if add.is_empty() { String::new() } else { format!(" ADD {}", add.join(", ")) };
        update.update_expression(format!("SET {}{add}", set.join(", "))).send().await.map_err(aws("UpdateItem"))?;
        Ok(())
    }

    /// Returns the counters of a destination from the hour of `since` on. The caller must have checked that the
    /// destination belongs to the operator. Costs half a read unit for each 4 KB: at most 21 for a week.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn counts_since(&self, destination: DestinationId, since: Timestamp) -> Result<Hourly> {
        let answer = self
            .client()
            .query()
            .table_name(self.table())
            .key_condition_expression("destination_id = :stats AND id >= :since")
            .expression_attribute_values(":stats", s(partition(destination)))
            .expression_attribute_values(":since", s(sort_key(since)))
            .send()
            .await
            .map_err(aws("Query"))?;
        let mut hourly = Hourly::default();
        let last = now();
        for item in answer.items.unwrap_or_default() {
            let Some(AttributeValue::S(hour)) = item.get("id") else { continue };
            // DynamoDB deletes expired rows late.
            let at = format!("{hour}:00:00Z").parse::<Timestamp>().ok().filter(|at| *at >= since && *at <= last);
            if let Some(at) = at {
                hourly.at(at).merge(&read(&item));
            }
        }
        Ok(hourly)
    }

    /// Returns the newest `max` recorded deliveries of events since `oldest`, newest event first and without tests, and
    /// whether these are all. The caller must have checked that the destination belongs to the operator.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn newest(
        &self,
        destination: DestinationId,
        oldest: EventId,
        max: usize,
    ) -> Result<(Vec<Delivery>, bool)> {
        let query = self.of(destination);
        let query = query.expression_attribute_values(":first", s(DeliveryId::new(destination, oldest)));
        let query = query.expression_attribute_values(":last", s(DeliveryId::new(destination, EventId::last())));
        let (mut found, mut start) = (Vec::<Delivery>::new(), None);
        loop {
            let limit = i32::try_from(max - found.len()).unwrap_or(i32::MAX);
            let answer =
                query.clone().limit(limit).set_exclusive_start_key(start).send().await.map_err(aws("Query"))?;
            let rows = from_items::<Delivery>(answer.items)?;
            found.extend(rows.into_iter().filter(|row| row.probe.is_none()));
            start = answer.last_evaluated_key;
            let complete = start.is_none() && found.len() <= max;
            if complete || found.len() >= max {
                found.truncate(max);
                return Ok((found, complete));
            }
        }
    }
}

fn read(item: &Item) -> Counts {
    let number = |name: &str| item.get(name).and_then(|value| value.as_n().ok()).and_then(|text| text.parse().ok());
    let count = |name: &str| number(name).unwrap_or(0_i64).unsigned_abs();
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
    let [deliveries, succeeded, failed, throttled, arrived, abandoned] = NUMBERS.map(count);
    let mut latencies = Latencies::default();
    Latencies::all().for_each(|bucket| latencies.add_to(bucket, count(&bucket_name(bucket))));
    let last_error = match (number("error_at"), text("error_text"), text("error_of").and_then(|id| id.parse().ok())) {
        (Some(at), Some(message), Some(delivery_id)) => {
            Some(LastError { at: from_millis(at), message: message.clone(), delivery_id })
        }
        _ => None,
    };
    Counts { deliveries, succeeded, failed, throttled, arrived, abandoned, latencies, last_error }
}

#[cfg(test)]
mod tests {
    use domain::{Attempt, DeliveryState};

    use super::*;
    use crate::{item::to_item, testing::Cloud};

    fn counts(to: DestinationId) -> Counts {
        let mut counts = Counts::default();
        let attempt = |ms, error: Option<&str>| Attempt {
            number: 1,
            at: from_millis(1_776_247_200_000),
            duration_ms: ms,
            status: None,
            error: error.map(str::to_owned),
            fault: Default::default(),
            response: None,
            response_headers: None,
            note: None,
            signatures: Default::default(),
        };
        let id = DeliveryId::new(to, EventId::generate());
        (0..30_000).step_by(7).for_each(|ms| counts.add(id, &attempt(ms, None), DeliveryState::Succeeded));
        counts.add(id, &attempt(1, Some(&"x".repeat(300))), DeliveryState::Abandoned);
        counts
    }

    #[tokio::test]
    async fn counts_are_added_in_one_call_and_read_back_from_a_row_below_one_kilobyte() {
        let (cloud, to) = (Cloud::new(), DestinationId::generate());
        let deliveries = Deliveries::from_env(&cloud.aws).expect("a table");
        let counts = counts(to);
        deliveries.add_counts(to, &counts).await.expect("written");
        let [call] = &*cloud.calls("UpdateItem") else { panic!("one call") };
        let mut row: Item = to_item(&serde_json::json!({})).expect("an item");
        for (name, value) in call.body["ExpressionAttributeValues"].as_object().expect("values") {
            let name = name.trim_start_matches(':').to_owned();
            let text = |kind: &str| value[kind].as_str().map(str::to_owned);
            row.insert(name, text("N").map(AttributeValue::N).or(text("S").map(AttributeValue::S)).expect("a value"));
        }
        assert_eq!(read(&row), counts);
        // Every count may grow to seven digits: five bytes as DynamoDB stores them.
        let size: usize =
            row.iter().map(|(name, value)| name.len() + value.as_s().map_or(6, |text| text.len())).sum::<usize>();
        let keys = call.body["Key"].to_string().len();
        assert!(size + keys < 1000, "{size} bytes");
    }

    #[test]
    fn hours_sort_by_time() {
        assert_eq!(sort_key(from_millis(1_776_247_200_000)), "2026-04-15T10");
    }
}
