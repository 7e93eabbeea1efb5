//! The same traffic, sent by AWS services that call HTTPS addresses.

use serde::Serialize;

use super::{
    bill::{Line, sent},
    model::Event,
    prices::Prices,
    traffic::Traffic,
};

/// Bytes of an event that both services bill as one.
const METER: f64 = 64.0 * 1024.0;

/// Another AWS service for the same traffic.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alternative {
    /// What it costs.
    #[serde(flatten)]
    pub line: Line,
    /// What it does not offer.
    pub without: &'static str,
}

/// SNS and EventBridge, for the same attempts and bytes. Neither accepts requests over HTTP with an API key: the
/// producer calls AWS itself.
#[must_use]
pub fn alternatives(traffic: &Traffic, event: &Event, prices: &Prices) -> Vec<Alternative> {
    let metered = (traffic.payload / METER).ceil().max(1.0);
    let line = |service, accepted: (&str, f64), called: (&str, f64)| {
        let mut parts = vec![(accepted.0.into(), metered, accepted.1), (called.0.into(), event.attempts, called.1)];
        parts.extend(sent(traffic, event, prices));
        Line::new(service, parts)
    };
    let sns = line(
        "SNS to HTTPS",
        ("publishes", prices.sns_publish.of(1.0)),
        ("deliveries", prices.sns_http_delivery.of(1.0)),
    );
    let event_bridge = line(
        "EventBridge API destinations",
        ("events", prices.eventbridge_event.of(1.0)),
        ("invocations", prices.eventbridge_api_destination.of(1.0)),
    );
    vec![
        Alternative {
            line: sns,
            without: "a signing secret for each receiver (SNS signs for the topic), a log of attempts, sending \
                      again by hand, retries over more than an hour, pausing by health, mail and chat messages with \
                      custom text",
        },
        Alternative {
            line: event_bridge,
            without: "signatures, a log of attempts, sending again by hand (except from a dead-letter queue), \
                      pausing by health, answers that take longer than 5 s, more than 5 targets of a rule",
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::super::{counts::Amounts, prices::tests::table};
    use super::*;

    #[test]
    fn both_match_a_calculation_by_hand() {
        let event = Event { amounts: Amounts::default(), attempts: 10.0, waiting: 1.0 };
        let traffic = Traffic { payload: 70_000.0, beside_bytes: 0.0, ..Traffic::default() };
        let [sns, event_bridge] = &alternatives(&traffic, &event, &table().prices)[..] else { panic!("two") };
        // 70,000 bytes are billed as two units of 64 KB.
        assert!((sns.line.dollars - (2.0 * 0.50 + 10.0 * 0.60)).abs() < 1e-9, "{sns:?}");
        assert!((event_bridge.line.dollars - (2.0 * 1.00 + 10.0 * 0.20)).abs() < 1e-9, "{event_bridge:?}");
    }
}
