//! The operator's limit for the deliveries to a destination.

use std::fmt;

use domain::{Kind, traffic::Rate};
use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};

/// The maximum deliveries per second in a request: a number within [`Rate::RANGE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxPerSecond(Rate);

impl MaxPerSecond {
    /// Returns the rate, for a destination that receives HTTP requests.
    pub fn rate(self) -> Rate {
        self.0
    }

    /// Returns the rate, for a destination of this kind.
    ///
    /// # Errors
    /// Says why destinations of this kind have no such limit.
    pub fn of(self, kind: Kind) -> Result<Rate, String> {
        let other = match kind {
            _ if kind.is_http() => return Ok(self.0),
            _ if kind.is_mail() => "mails go out at the account's rate",
            _ => "text messages have no limit",
        };
        Err(format!("applies to destinations that receive HTTP requests only: {other}"))
    }
}

impl<'de> Deserialize<'de> for MaxPerSecond {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_f64(InRange)
    }
}

struct InRange;

impl fmt::Display for InRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (min, max) = Rate::RANGE;
        write!(f, "a number from {min} to {max}")
    }
}

impl Visitor<'_> for InRange {
    type Value = MaxPerSecond;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<MaxPerSecond, E> {
        let problem = || E::custom(format_args!("invalid value: number `{number}`, expected {self}"));
        Rate::per_second(number).map(MaxPerSecond).ok_or_else(problem)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<MaxPerSecond, E> {
        self.visit_f64(number as f64)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<MaxPerSecond, E> {
        self.visit_f64(number as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Platform, fields::Fields};
    use serde_json::{from_value, json};

    fn read(value: serde_json::Value) -> Result<MaxPerSecond, String> {
        from_value(value).map_err(|error| error.to_string())
    }

    #[test]
    fn a_limit_is_a_number_in_the_range() {
        for (sent, rate) in [(json!(10), 10.0), (json!(0.5), 0.5), (json!(0.001), 0.001), (json!(1000), 1000.0)] {
            let read = read(sent).expect("a limit");
            assert_eq!(read.of(Kind::Webhook).map(Rate::a_second), Ok(rate));
        }
        for sent in [json!(0), json!(-1), json!(0.0009), json!(1000.1), json!(u64::MAX)] {
            let problem = read(sent).expect_err("out of range");
            assert!(problem.contains("expected a number from 0.001 to 1000"), "{problem}");
        }
        for sent in [json!("10"), json!(true), json!([10])] {
            assert!(read(sent).expect_err("no number").contains("expected a number from 0.001 to 1000"));
        }
    }

    #[test]
    fn a_problem_says_what_to_send() {
        let mut fields = Fields::of(json!({"maxPerSecond": 5000, "other": "fast"}), "");
        assert_eq!(fields.nullable::<MaxPerSecond>("maxPerSecond"), None);
        assert_eq!(fields.optional::<MaxPerSecond>("other"), None);
        for problem in fields.finish().expect_err("problems") {
            assert_eq!(problem.message, "send a number from 0.001 to 1000");
        }
    }

    #[test]
    fn only_http_destinations_have_a_limit() {
        let limit = read(json!(10)).expect("a limit");
        for kind in Platform::ALL.map(Kind::Chat).into_iter().chain([Kind::Webhook]) {
            assert!(limit.of(kind).is_ok(), "{kind}");
        }
        for kind in [Kind::Email, Kind::OpsEmail] {
            assert!(limit.of(kind).expect_err("refused").contains("mails go out at the account's rate"));
        }
        assert!(limit.of(Kind::Sms).is_err());
    }
}
