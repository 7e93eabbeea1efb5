//! Multiplies amounts by prices: one line for each service, and the fixed costs of a month.

use serde::Serialize;

use super::{
    ACCEPTS, DELIVERS, Error, GB,
    counts::{Amount, Amounts},
    model::{Event, Model},
    prices::Prices,
    template::Template,
    traffic::Traffic,
};

/// Dollar amounts are for this many events.
pub const EVENTS: f64 = 1e6;
/// MB for which Lambda allocates one full processor.
const MB_OF_A_PROCESSOR: f64 = 1769.0;
/// Lambda rounds up to the next millisecond: half a millisecond on average, in seconds.
const ROUNDED_UP: f64 = 0.0005;
/// Bytes of each further id in the answer to a request with several events.
const FURTHER_ID: f64 = 40.0;
/// Bytes of a request that the HTTP API bills as one.
const API_METER: f64 = 512.0 * 1024.0;
/// A month, and how long one of Lambda's polls waits at an idle queue, in seconds.
const SECONDS_OF_A_MONTH: f64 = 30.0 * 24.0 * 3600.0;
const POLL_SECONDS: f64 = 20.0;

/// One item on the bill.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// Its name.
    pub what: String,
    /// The amount that an event uses, or a month.
    pub amount: f64,
    /// Its cost for [`EVENTS`], or for a month.
    pub dollars: f64,
}

/// The cost of one AWS service.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// The name of the service.
    pub service: &'static str,
    /// Dollars for [`EVENTS`].
    pub dollars: f64,
    /// The parts that add up to `dollars`.
    pub parts: Vec<Part>,
}

impl Line {
    /// Creates a line from the name, the amount per event and the unit price of each part.
    pub(crate) fn new(service: &'static str, parts: Vec<(String, f64, f64)>) -> Self {
        let part = |(what, amount, one): (String, f64, f64)| Part { what, amount, dollars: amount * one * EVENTS };
        let parts: Vec<_> = parts.into_iter().map(part).collect();
        Self { service, dollars: parts.iter().map(|part| part.dollars).sum(), parts }
    }

    /// The most expensive part.
    #[must_use]
    pub fn driver(&self) -> Option<&Part> {
        self.parts.iter().max_by(|a, b| a.dollars.total_cmp(&b.dollars))
    }
}

/// What the traffic costs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bill {
    /// One line for each service.
    pub lines: Vec<Line>,
    /// The sum of all lines, for [`EVENTS`].
    pub dollars: f64,
}

impl Bill {
    /// Calculates the bill for this traffic.
    ///
    /// # Errors
    /// When the template lacks a function that was counted.
    pub fn of(traffic: &Traffic, model: &Model, prices: &Prices, template: &Template) -> Result<Self, Error> {
        let event = model.event(traffic)?;
        let lines = vec![
            api(traffic, &event, prices),
            lambda(traffic, &event, prices, template)?,
            sqs(&event.amounts, prices),
            dynamodb(traffic, &event.amounts, prices),
            logs(traffic, &event, prices),
            kms(&event.amounts, prices),
            transfer(traffic, &event, prices),
        ];
        Ok(Self { dollars: lines.iter().map(|line| line.dollars).sum(), lines })
    }

    /// The most expensive line.
    #[must_use]
    pub fn dominating(&self) -> Option<&Line> {
        self.lines.iter().max_by(|a, b| a.dollars.total_cmp(&b.dollars))
    }
}

fn requests(amounts: &Amounts) -> f64 {
    amounts.of(&Amount::Invocations(ACCEPTS.into()))
}

fn api(traffic: &Traffic, event: &Event, prices: &Prices) -> Line {
    let metered = (traffic.payload * traffic.posted / API_METER).ceil().max(1.0);
    Line::new("API Gateway", vec![("requests".into(), requests(&event.amounts) * metered, prices.api_request.of(1.0))])
}

/// The functions on the way of an event, with their invocations.
pub(crate) fn functions(amounts: &Amounts) -> impl Iterator<Item = (&str, f64)> {
    amounts.iter().filter_map(|(what, invocations)| match what {
        Amount::Invocations(function) => Some((function.as_str(), invocations)),
        _ => None,
    })
}

/// The seconds that a function with this memory is billed for an event: the time it waits for calls, one after the
/// other, and its processor time divided by its share of a processor.
///
/// The counts do not say which function made a call. A request waits for one, and the workers share the others by their
/// invocations. None is assumed to run in parallel: the result is an upper bound.
pub(crate) fn seconds(function: &str, memory: f64, traffic: &Traffic, event: &Event) -> f64 {
    let amounts = &event.amounts;
    let invocations = amounts.of(&Amount::Invocations(function.to_owned()));
    let processor = amounts.of(&Amount::CpuMicros(function.to_owned())) / 1e6;
    let accepting = amounts.of(&Amount::Waited).min(requests(amounts));
    let calls = if function == ACCEPTS {
        accepting
    } else {
        let all: f64 = functions(amounts).map(|(_, invocations)| invocations).sum();
        (amounts.of(&Amount::Waited) - accepting) * invocations / (all - requests(amounts))
    };
    let receivers = if function == DELIVERS { event.waiting * traffic.receiver_ms } else { 0.0 };
    processor * (MB_OF_A_PROCESSOR / memory).max(1.0)
        + (calls * traffic.aws_ms + receivers) / 1000.0
        + invocations * (ROUNDED_UP + traffic.cold * traffic.init_ms / 1000.0)
}

/// The unit by which time is billed: a second with 1,024 MB.
pub(crate) fn gb_seconds(seconds: f64, memory: f64) -> f64 {
    seconds * memory / 1024.0
}

fn lambda(traffic: &Traffic, event: &Event, prices: &Prices, template: &Template) -> Result<Line, Error> {
    let mut parts = vec![];
    for (function, invocations) in functions(&event.amounts) {
        let memory = template.memory_of(function)?;
        let amount = gb_seconds(seconds(function, memory, traffic, event), memory);
        parts.push((format!("requests of `{function}`"), invocations, prices.lambda_request.of(1.0)));
        parts.push((format!("GB-seconds of `{function}`"), amount, prices.lambda_gb_second.of(1.0)));
    }
    Ok(Line::new("Lambda", parts))
}

fn sqs(amounts: &Amounts, prices: &Prices) -> Line {
    let requests = amounts.of(&Amount::SqsRequests);
    let fair = ("requests, fair queues'".into(), requests, prices.sqs_fair_request.of(1.0));
    Line::new("SQS", vec![("requests".into(), requests, prices.sqs_request.of(1.0)), fair])
}

fn dynamodb(traffic: &Traffic, amounts: &Amounts, prices: &Prices) -> Line {
    let mut parts = vec![];
    let (mut stored, mut recoverable) = (0.0, 0.0);
    for (what, amount) in amounts.iter() {
        match what {
            Amount::Write(table) => {
                parts.push((format!("write units of {table}"), amount, prices.dynamodb_write_unit.of(1.0)));
            }
            Amount::Read(table) => {
                parts.push((format!("read units of {table}"), amount, prices.dynamodb_read_unit.of(1.0)));
            }
            Amount::Stored(table) => {
                stored += amount;
                // Point-in-time recovery is billed by the size of the table, without its global indexes.
                recoverable += if table.contains('/') { 0.0 } else { amount };
            }
            _ => {}
        }
    }
    // Rows stay for 30 days, which is the month that AWS bills.
    parts.push(("bytes kept for 30 days".into(), stored, prices.dynamodb_gb_month.of(1.0 / GB)));
    let recovery = prices.dynamodb_recovery_gb_month.of(1.0 / GB);
    parts.push(("bytes that can be recovered".into(), recoverable * traffic.recovery, recovery));
    Line::new("DynamoDB", parts)
}

fn logs(traffic: &Traffic, event: &Event, prices: &Prices) -> Line {
    let gb = prices.logs_gb.of(1.0 / GB);
    let (mut own, mut platform) = (vec![], 0.0);
    for (what, amount) in event.amounts.iter() {
        match what {
            Amount::LogBytes(function) => own.push((format!("log bytes of `{function}`"), amount, gb)),
            Amount::Invocations(_) => platform += amount * traffic.platform_log_bytes,
            _ => {}
        }
    }
    own.push(("log bytes of Lambda itself".into(), platform, gb));
    own.push(("log bytes of the HTTP API".into(), requests(&event.amounts) * traffic.access_log_bytes, gb));
    Line::new("CloudWatch Logs", own)
}

fn kms(amounts: &Amounts, prices: &Prices) -> Line {
    Line::new("KMS", vec![("requests".into(), amounts.of(&Amount::KmsCalls), prices.kms_request.of(1.0))])
}

fn transfer(traffic: &Traffic, event: &Event, prices: &Prices) -> Line {
    let mut parts = sent(traffic, event, prices);
    let answer = traffic.answer_bytes + (traffic.posted - 1.0) * FURTHER_ID;
    let answers = requests(&event.amounts) * answer;
    parts.push(("bytes of answers".into(), answers, prices.transfer_gb.of(1.0 / GB)));
    Line::new("Data transfer out", parts)
}

/// What it costs to send the requests to receivers, whichever service sends them.
pub(crate) fn sent(traffic: &Traffic, event: &Event, prices: &Prices) -> Vec<(String, f64, f64)> {
    let gb = prices.transfer_gb.of(1.0 / GB);
    vec![
        ("bytes sent to receivers".into(), event.amounts.of(&Amount::SentBytes), gb),
        ("bytes of headers and TLS beside them".into(), event.attempts * traffic.beside_bytes, gb),
    ]
}

/// The fixed costs of a month without traffic. Lambda also polls idle queues; empty receives are rarer on busy queues.
#[must_use]
pub fn by_the_month(traffic: &Traffic, prices: &Prices, template: &Template) -> Vec<Part> {
    let polls = template.polled_queues as f64 * traffic.pollers * SECONDS_OF_A_MONTH / POLL_SECONDS;
    let of = |what: &str, amount: f64, one: f64| Part { what: what.into(), amount, dollars: amount * one };
    vec![
        of("custom metrics", traffic.metrics, prices.metric_month.of(1.0)),
        of("keys of KMS", template.keys as f64, prices.kms_key_month.of(1.0)),
        of("empty receives of Lambda's pollers", polls, prices.sqs_request.of(1.0)),
        of("alarms", template.alarms as f64, prices.alarm_month.of(1.0)),
    ]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{counts::tests::counts, prices::tests::table};
    use super::*;

    fn template() -> Template {
        Template::parse(include_str!("../../../template.yaml")).expect("the template")
    }

    fn bill(traffic: &Traffic) -> Bill {
        let template = template();
        let model = Model::new(&counts(), &template.retry_schedule).expect("all scenarios");
        Bill::of(traffic, &model, &table().prices, &template).expect("a bill")
    }

    /// The base of the hand-made counts, without failures.
    fn plain() -> Traffic {
        Traffic { payload: 1000.0, rules: 1.0, failing: 0.0, platform_log_bytes: 400.0, ..Traffic::default() }
    }

    fn dollars(traffic: &Traffic, service: &str) -> f64 {
        bill(traffic).lines.iter().find(|line| line.service == service).expect(service).dollars
    }

    #[test]
    fn a_bill_matches_a_calculation_by_hand() {
        let near = |service, by_hand: f64| {
            let dollars = dollars(&plain(), service);
            assert!((dollars - by_hand).abs() < 1e-4, "{service}: {dollars} is not {by_hand}");
        };
        near("API Gateway", 1.0);
        near("SQS", 1.8 * 0.5);
        // 4 write units; 1.1 read units; the event, the index entry of the counts above, and the delivery.
        let kept = (800.0 + 200.0 + 600.0) * 1e6 / 1_073_741_824.0;
        near("DynamoDB", 4.0 * 0.625 + 1.1 * 0.125 + kept * 0.25);
        // The functions log 1,200 bytes, Lambda 400 for each of 1.2 invocations, and the API one line of its access
        // log.
        near("CloudWatch Logs", (1200.0 + 480.0 + 185.0) * 1e6 / 1_073_741_824.0 * 0.50);
        near("KMS", 0.0);
        near("Data transfer out", (1500.0 + 1800.0 + 400.0) * 1e6 / 1_073_741_824.0 * 0.09);
        // Each function: processor time divided by its share of a processor; then calls and receivers; rounding and
        // cold starts.
        let each = 0.0005 + 0.01 * 0.05;
        let accepts = 100e-6 * 1769.0 / 256.0 + 0.005 + each;
        // The workers have as many invocations, and share two tenths of a call.
        let dispatches = 100e-6 * 1769.0 / 256.0 + 0.1 * 0.005 + 0.1 * each;
        let delivers = 200e-6 * 1769.0 / 128.0 + 0.1 * 0.005 + 0.1 * 0.1 + 0.1 * each;
        let gb_seconds = (accepts + dispatches) * 0.25 + delivers * 0.125;
        near("Lambda", 1.2 * 0.20 + gb_seconds * 1e6 * 0.0000133334);
    }

    #[test]
    fn recovery_is_billed_by_the_size_of_tables_without_indexes() {
        let tables = (800.0 + 600.0) * 1e6 / 1_073_741_824.0;
        let more = dollars(&Traffic { recovery: 1.0, ..plain() }, "DynamoDB") - dollars(&plain(), "DynamoDB");
        assert!((more - tables * 0.20).abs() < 1e-9, "{more}");
    }

    #[test]
    fn monthly_costs_match_a_calculation_by_hand() {
        let parts = by_the_month(&plain(), &table().prices, &template());
        let by_hand = [("custom metrics", 2.7), ("keys of KMS", 1.0), ("empty receives of Lambda's pollers", 1.5552)];
        for (what, dollars) in by_hand {
            let part = parts.iter().find(|part| part.what == what).expect(what);
            assert!((part.dollars - dollars).abs() < 1e-9, "{part:?}");
        }
    }

    #[test]
    fn a_slow_receiver_costs_once_for_each_batch() {
        let slow = dollars(&Traffic { receiver_ms: 1100.0, ..plain() }, "Lambda") - dollars(&plain(), "Lambda");
        assert!((slow - 0.1 * 0.125 * 1e6 * 0.0000133334).abs() < 1e-9, "{slow}");
    }

    #[test]
    fn a_bill_names_its_dominating_line_and_part() {
        let bill = bill(&plain());
        let line = bill.dominating().expect("a line");
        assert_eq!(
            (line.service, line.driver().map(|part| &*part.what)),
            ("DynamoDB", Some("write units of Deliveries"))
        );
    }

    proptest! {
        #[test]
        fn a_bill_is_the_sum_of_its_parts(fan_out in 1.0..200.0, failing in 0.0..1.0, batch in 1.0..10.0) {
            let bill = bill(&Traffic { fan_out, failing, batch, ..Traffic::default() });
            let parts: f64 = bill.lines.iter().flat_map(|line| &line.parts).map(|part| part.dollars).sum();
            prop_assert!((parts - bill.dollars).abs() < 1e-6 * bill.dollars);
            prop_assert!(bill.lines.iter().all(|line| line.parts.iter().all(|part| part.dollars >= 0.0)));
        }

        #[test]
        fn more_of_anything_never_costs_less(
            low in prop::array::uniform4(0.0..1.0),
            more in prop::array::uniform4(0.0..1.0),
            batch in 1.0..10.0,
        ) {
            let traffic = |part: [f64; 4]| Traffic {
                fan_out: 1.0 + part[0] * 150.0,
                failing: part[1],
                payload: part[2] * 262_144.0,
                rules: 1.0 + part[3] * 2000.0,
                batch,
                ..Traffic::default()
            };
            let high: [f64; 4] = std::array::from_fn(|i| low[i] + more[i] * (1.0 - low[i]));
            prop_assert!(bill(&traffic(low)).dollars <= bill(&traffic(high)).dollars + 1e-9);
        }

        #[test]
        fn fuller_batches_never_cost_more(low in 1.0..10.0, more in 0.0..1.0, fan_out in 1.0..20.0) {
            let with = |batch| bill(&Traffic { batch, fan_out, ..Traffic::default() }).dollars;
            prop_assert!(with(low + more * (10.0 - low)) <= with(low) + 1e-9);
        }
    }
}
