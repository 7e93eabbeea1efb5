//! What is asked: which traffic, and what is assumed where nothing was counted. Each is a variable of `make cost`.

use std::ops::RangeInclusive;

use serde::Serialize;

use super::Error;

/// Traffic, and what is assumed of its surroundings.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Traffic {
    /// Destinations of an event.
    pub fan_out: f64,
    /// The share of attempts that fails, each independent of the others.
    pub failing: f64,
    /// Bytes of an event's `data`.
    pub payload: f64,
    /// Rules of the operator.
    pub rules: f64,
    /// Messages in a batch: ten on a busy day, one when events come one at a time.
    pub batch: f64,
    /// Milliseconds that a call to AWS takes.
    pub aws_ms: f64,
    /// Milliseconds in which a receiver answers, its TLS handshake included.
    pub receiver_ms: f64,
    /// The share of invocations that start a new environment.
    pub cold: f64,
    /// Milliseconds that such a start takes, all of them billed.
    pub init_ms: f64,
    /// Bytes that go out beside a request's body: its headers, TLS and TCP.
    pub beside_bytes: f64,
    /// Bytes that Lambda itself logs of an invocation: its lines `platform.start` and `platform.report`.
    pub platform_log_bytes: f64,
    /// Bytes of the HTTP API's line in its access log.
    pub access_log_bytes: f64,
    /// Bytes of the HTTP API's answer.
    pub answer_bytes: f64,
    /// Connections on which Lambda polls a queue where nothing happens, each for 20 s.
    pub pollers: f64,
    /// Custom metrics that webhooks give rise to: names by their dimensions.
    pub metrics: f64,
}

impl Default for Traffic {
    fn default() -> Self {
        Self {
            fan_out: 1.0,
            failing: 0.01,
            payload: 2000.0,
            rules: 10.0,
            batch: 10.0,
            aws_ms: 5.0,
            receiver_ms: 100.0,
            cold: 0.01,
            init_ms: 50.0,
            beside_bytes: 1800.0,
            platform_log_bytes: 400.0,
            access_log_bytes: 330.0,
            answer_bytes: 400.0,
            pollers: 5.0,
            metrics: 9.0,
        }
    }
}

/// What the fan-outs are, when none is given.
const FAN_OUTS: &str = "1,10";

impl Traffic {
    /// One for each fan-out that is asked for. `get` gives a variable's text, if it is set.
    ///
    /// # Errors
    /// Naming the variable that is wrong, and what it may be.
    pub fn all(get: impl Fn(&str) -> Option<String>) -> Result<Vec<Self>, Error> {
        let text = |name: &str| get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let mut traffic = Self::default();
        for (name, field, range, what) in traffic.variables() {
            if let Some(text) = text(name) {
                *field = number(name, &text, *field, &range, what)?;
            }
        }
        let fan_outs = text("FAN_OUT").unwrap_or_else(|| FAN_OUTS.into());
        let what = "destinations of an event, or several such numbers with commas between";
        let one = |text: &str| number("FAN_OUT", text.trim(), traffic.fan_out, &(1.0..=100_000.0), what);
        let fan_outs = fan_outs.split(',').map(one);
        fan_outs.map(|fan_out| Ok(Self { fan_out: fan_out?, ..traffic.clone() })).collect()
    }

    /// All but the fan-out: name, field, what it may be, what it is.
    fn variables(&mut self) -> [(&'static str, &mut f64, RangeInclusive<f64>, &'static str); 14] {
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
            ("BESIDE_BYTES", &mut self.beside_bytes, bytes.clone(), "bytes that go out beside a request's body"),
            (
                "PLATFORM_LOG_BYTES",
                &mut self.platform_log_bytes,
                bytes.clone(),
                "bytes that Lambda logs of an invocation",
            ),
            ("ACCESS_LOG_BYTES", &mut self.access_log_bytes, bytes.clone(), "bytes of a line of the access log"),
            ("ANSWER_BYTES", &mut self.answer_bytes, bytes, "bytes of the HTTP API's answer"),
            ("POLLERS", &mut self.pollers, 0.0..=1000.0, "connections on which Lambda polls an idle queue"),
            ("METRICS", &mut self.metrics, 0.0..=10_000.0, "custom metrics"),
        ]
    }

    /// How many attempts a delivery gets, on average, when it may have `most`.
    #[must_use]
    pub fn attempts(&self, most: usize) -> f64 {
        (0..most).map(|failed| self.failing.powi(failed as i32)).sum()
    }
}

fn number(name: &str, text: &str, default: f64, range: &RangeInclusive<f64>, what: &str) -> Result<f64, Error> {
    let number = text.parse::<f64>().ok().filter(|number| range.contains(number));
    let (least, most) = (range.start(), range.end());
    number.ok_or_else(|| {
        format!("{name} is `{text}`: give {what}, from {least} to {most}, as in `make cost {name}={default}`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: &'static str, text: &'static str) -> Result<Vec<Traffic>, Error> {
        Traffic::all(|variable| (variable == name).then(|| text.to_owned()))
    }

    #[test]
    fn what_is_not_given_has_a_default() {
        let all = Traffic::all(|_| None).expect("defaults");
        assert_eq!(all.iter().map(|traffic| traffic.fan_out).collect::<Vec<_>>(), [1.0, 10.0]);
        assert_eq!(all[0], Traffic::default());
        assert_eq!(asked("FAN_OUT", "").expect("what make sets when nothing is given"), all);
        assert_eq!(asked("FAILING", " 0.05 ").expect("a share")[1].failing, 0.05);
    }

    #[test]
    fn what_is_wrong_is_named_with_what_to_do() {
        for (name, text) in [
            ("FAN_OUT", "ten"),
            ("FAN_OUT", "1,0"),
            ("FAILING", "5%"),
            ("PAYLOAD", "-1"),
            ("BATCH", "11"),
            ("COLD", "NaN"),
        ] {
            let error = asked(name, text).expect_err(text);
            assert!(error.starts_with(&format!("{name} is `")) && error.contains("make cost"), "{error}");
        }
    }

    #[test]
    fn attempts_are_a_geometric_sum() {
        let traffic = |failing| Traffic { failing, ..Traffic::default() };
        assert_eq!(traffic(0.0).attempts(5), 1.0);
        assert_eq!(traffic(0.5).attempts(5), 1.9375);
        assert_eq!(traffic(1.0).attempts(5), 5.0);
    }
}
