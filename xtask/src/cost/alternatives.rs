//! The same traffic, sent by services of AWS's own that call HTTPS addresses.

use serde::Serialize;

use super::{
    bill::{Line, sent},
    model::Event,
    prices::Prices,
    traffic::Traffic,
};

/// In what both services meter an event.
const METER: f64 = 64.0 * 1024.0;

/// Another way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alternative {
    /// Dollars, and of what.
    #[serde(flatten)]
    pub line: Line,
    /// What it does not give.
    pub without: &'static str,
}

/// Both of them, for the same attempts and bytes. Neither has a request that is accepted over HTTP with a key: whoever
/// has the event calls AWS.
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
            without: "a secret of each receiver's own to sign by (SNS signs for the topic), a log of attempts to look into, \
                      sending again by hand, retries over more than an hour, health and its pausing, mail and chat of \
                      one's own wording",
        },
        Alternative {
            line: event_bridge,
            without: "signatures, a log of attempts to look into, sending again by hand but what fell into a dead-letter \
                      queue, health and its pausing, answers that take longer than 5 s, more than 5 targets of a rule",
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::super::{counts::Amounts, prices::tests::table};
    use super::*;

    #[test]
    fn both_by_hand() {
        let event = Event { amounts: Amounts::default(), attempts: 10.0, waiting: 1.0 };
        let traffic = Traffic { payload: 70_000.0, beside_bytes: 0.0, ..Traffic::default() };
        let [sns, event_bridge] = &alternatives(&traffic, &event, &table().prices)[..] else { panic!("two") };
        // 70,000 bytes are two of 64 KB.
        assert!((sns.line.dollars - (2.0 * 0.50 + 10.0 * 0.60)).abs() < 1e-9, "{sns:?}");
        assert!((event_bridge.line.dollars - (2.0 * 1.00 + 10.0 * 0.20)).abs() < 1e-9, "{event_bridge:?}");
    }
}
