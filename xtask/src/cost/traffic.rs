//! The traffic to calculate, and the assumptions where nothing was measured. Each is a variable of `make cost`.

use std::ops::RangeInclusive;

use serde::Serialize;

use super::Error;

/// Traffic and assumptions about its environment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Traffic {
    /// Destinations of each event.
    pub fan_out: f64,
    /// Events in a request: at most ten, which is the most that SQS takes in one call.
    pub posted: f64,
    /// The share of attempts that fail, each independent of the others.
    pub failing: f64,
    /// Bytes of an event's `data`.
    pub payload: f64,
    /// Rules of the operator.
    pub rules: f64,
    /// Messages in a batch: ten on a busy day, one when events come one at a time.
    pub batch: f64,
    /// Milliseconds that a call to AWS takes.
    pub aws_ms: f64,
    /// Milliseconds until a receiver answers, including its TLS handshake.
    pub receiver_ms: f64,
    /// The share of invocations that start a new execution environment.
    pub cold: f64,
    /// Milliseconds of a cold start, all of them billed.
    pub init_ms: f64,
    /// Bytes sent in addition to a request's body: headers, TLS and TCP.
    pub beside_bytes: f64,
    /// Bytes that Lambda itself logs for an invocation: none, because the template sets `SystemLogLevel` to `WARN`.
    /// About 400 with `INFO`, for its lines `platform.start` and `platform.report`.
    pub platform_log_bytes: f64,
    /// Bytes of a line in the HTTP API's access log, for a request that posts an event.
    pub access_log_bytes: f64,
    /// Bytes of the HTTP API's answer.
    pub answer_bytes: f64,
    /// Connections on which Lambda polls an idle queue, each for 20 s.
    pub pollers: f64,
    /// 1 if the tables of events and deliveries have point-in-time recovery, which is the parameter `EventLogRecovery`.
    pub recovery: f64,
    /// Custom metrics of webhooks: each combination of name and dimensions.
    pub metrics: f64,
}

impl Default for Traffic {
    fn default() -> Self {
        Self {
            fan_out: 1.0,
            posted: 1.0,
            failing: 0.01,
            payload: 2000.0,
            rules: 10.0,
            batch: 10.0,
            aws_ms: 5.0,
            receiver_ms: 100.0,
            cold: 0.01,
            init_ms: 50.0,
            beside_bytes: 1800.0,
            platform_log_bytes: 0.0,
            access_log_bytes: 185.0,
            answer_bytes: 400.0,
            pollers: 5.0,
            recovery: 0.0,
            metrics: 9.0,
        }
    }
}

/// The fan-outs, and the numbers of events in a request, by default.
const FAN_OUTS: &str = "1,10";
const POSTED: &str = "1";

impl Traffic {
    /// The traffic for each requested fan-out and number of events in a request. `get` returns the text of a variable
    /// that is set.
    ///
    /// # Errors
    /// When a variable is invalid; the error names it and the allowed values.
    pub fn all(get: impl Fn(&str) -> Option<String>) -> Result<Vec<Self>, Error> {
        let text = |name: &str| get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let mut traffic = Self::default();
        for (name, field, range, what) in traffic.variables() {
            if let Some(text) = text(name) {
                *field = number(name, &text, *field, &range, what)?;
            }
        }
        let list = |name: &str, default: &str, range: RangeInclusive<f64>, what: &str| {
            numbers(name, &text(name).unwrap_or_else(|| default.into()), 1.0, &range, what)
        };
        let posted = list("POSTED", POSTED, 1.0..=10.0, "events in a request")?;
        let fan_outs = list("FAN_OUT", FAN_OUTS, 1.0..=100_000.0, "destinations of an event")?;
        let of = |fan_out| posted.iter().map(move |posted| (fan_out, *posted));
        let all = fan_outs.into_iter().flat_map(of);
        Ok(all.map(|(fan_out, posted)| Self { fan_out, posted, ..traffic.clone() }).collect())
    }

    /// All variables with one value: name, field, allowed range, description.
    fn variables(&mut self) -> [(&'static str, &mut f64, RangeInclusive<f64>, &'static str); 15] {
        let (share, ms, bytes) = (0.0..=1.0, 0.0..=60_000.0, 0.0..=100_000.0);
        [
            ("FAILING", &mut self.failing, share.clone(), "the share of attempts that fail"),
            ("PAYLOAD", &mut self.payload, 0.0..=262_144.0, "bytes of an event's `data`"),
            ("RULES", &mut self.rules, 1.0..=100_000.0, "rules of the operator"),
            ("BATCH", &mut self.batch, 1.0..=10.0, "messages in a batch"),
            ("AWS_MS", &mut self.aws_ms, ms.clone(), "milliseconds that a call to AWS takes"),
            ("RECEIVER_MS", &mut self.receiver_ms, ms.clone(), "milliseconds in which a receiver answers"),
            ("COLD", &mut self.cold, share, "the share of invocations that start cold"),
            ("INIT_MS", &mut self.init_ms, ms, "milliseconds that a cold start takes"),
            ("BESIDE_BYTES", &mut self.beside_bytes, bytes.clone(), "bytes sent in addition to a request's body"),
            (
                "PLATFORM_LOG_BYTES",
                &mut self.platform_log_bytes,
                bytes.clone(),
                "bytes that Lambda itself logs for an invocation",
            ),
            ("ACCESS_LOG_BYTES", &mut self.access_log_bytes, bytes.clone(), "bytes of a line of the access log"),
            ("ANSWER_BYTES", &mut self.answer_bytes, bytes, "bytes of the HTTP API's answer"),
            ("POLLERS", &mut self.pollers, 0.0..=1000.0, "connections on which Lambda polls an idle queue"),
            ("RECOVERY", &mut self.recovery, 0.0..=1.0, "1 with point-in-time recovery of events and deliveries, or 0"),
            ("METRICS", &mut self.metrics, 0.0..=10_000.0, "custom metrics"),
        ]
    }

    /// The average number of attempts of a delivery that may have at most `most`.
    #[must_use]
    pub fn attempts(&self, most: usize) -> f64 {
        (0..most).map(|failed| self.failing.powi(failed as i32)).sum()
    }
}

/// Parses numbers with commas between.
pub(crate) fn numbers(
    name: &str,
    text: &str,
    default: f64,
    range: &RangeInclusive<f64>,
    what: &str,
) -> Result<Vec<f64>, Error> {
    let what = format!("{what}, or several such numbers with commas between");
    text.split(',').map(|text| number(name, text.trim(), default, range, &what)).collect()
}

fn number(name: &str, text: &str, default: f64, range: &RangeInclusive<f64>, what: &str) -> Result<f64, Error> {
    let number = text.parse::<f64>().ok().filter(|number| range.contains(number));
    let (least, most) = (range.start(), range.end());
    number.ok_or_else(|| {
        format!("{name} is `{text}`: set {what}, from {least} to {most}, as in `make cost {name}={default}`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: &'static str, text: &'static str) -> Result<Vec<Traffic>, Error> {
        Traffic::all(|variable| (variable == name).then(|| text.to_owned()))
    }

    #[test]
    fn an_unset_variable_has_a_default() {
        let all = Traffic::all(|_| None).expect("defaults");
        assert_eq!(all.iter().map(|traffic| traffic.fan_out).collect::<Vec<_>>(), [1.0, 10.0]);
        assert_eq!(all[0], Traffic::default());
        assert_eq!(parse("FAN_OUT", "").expect("make sets unset variables to empty text"), all);
        let posted = parse("POSTED", "1, 10").expect("numbers");
        assert_eq!(
            posted.iter().map(|traffic| (traffic.fan_out, traffic.posted)).collect::<Vec<_>>(),
            [(1.0, 1.0), (1.0, 10.0), (10.0, 1.0), (10.0, 10.0)]
        );
        assert_eq!(parse("FAILING", " 0.05 ").expect("a share")[1].failing, 0.05);
    }

    #[test]
    fn an_invalid_variable_is_named_with_an_example() {
        for (name, text) in [
            ("FAN_OUT", "ten"),
            ("FAN_OUT", "1,0"),
            ("POSTED", "1,11"),
            ("FAILING", "5%"),
            ("PAYLOAD", "-1"),
            ("BATCH", "11"),
            ("COLD", "NaN"),
        ] {
            let error = parse(name, text).expect_err(text);
            assert!(error.starts_with(&format!("{name} is `")) && error.contains("make cost"), "{error}");
        }
    }

    #[test]
    fn the_access_log_has_lines_of_the_assumed_size() {
        let template = include_str!("../../../template.yaml");
        let (_, format) = template.split_once("Format: >-\n").expect("a format");
        // Folded: line breaks become spaces.
        let format = format.lines().take_while(|line| !line.is_empty()).map(str::trim).collect::<Vec<_>>().join(" ");
        let values = [
            ("integration.requestId", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
            ("integrationErrorMessage", "-"),
            ("requestId", "JKJaXmPLvHcESHA="),
            ("httpMethod", "POST"),
            ("routeKey", "ANY /v1/events"),
            ("status", "202"),
            ("responseLength", "120"),
            ("responseLatency", "25"),
        ];
        let line = values.iter().fold(format, |line, (name, value)| line.replace(&format!("$context.{name}"), value));
        assert!(!line.contains("$context"), "{line}");
        // With the line break.
        assert_eq!(line.len() + 1, Traffic::default().access_log_bytes as usize, "{line}");
    }

    #[test]
    fn attempts_are_a_geometric_sum() {
        let traffic = |failing| Traffic { failing, ..Traffic::default() };
        assert_eq!(traffic(0.0).attempts(5), 1.0);
        assert_eq!(traffic(0.5).attempts(5), 1.9375);
        assert_eq!(traffic(1.0).attempts(5), 5.0);
    }
}
