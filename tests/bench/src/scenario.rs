//! The kinds of traffic, each measured separately.

use std::collections::BTreeMap;

pub use xtask::figures::{Figures, Outcome};

use crate::{
    meter::Mode,
    stage::{Measured, Stage},
};

/// A kind of traffic.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    /// The number of destinations of each event.
    pub destinations: usize,
    /// The number of the operator's rules.
    pub rules: usize,
    /// The maximum number of messages in a worker's batch.
    pub batch: usize,
    /// The number of events in a request.
    pub posted: usize,
    /// The approximate size of an event's `data` in bytes.
    pub payload: usize,
    /// How receivers behave.
    pub outcome: Outcome,
    /// How many deliveries to time; 0 to count calls only.
    pub timed: usize,
    /// How many events to count.
    pub counted: usize,
    /// How many batches to send before. Workers cache the rules and destinations of an operator from its second batch
    /// on, so after two of them nothing is read that a busy operator's events do not need.
    pub warm_ups: usize,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            name: "1 destination",
            destinations: 1,
            rules: 1,
            batch: 10,
            posted: 1,
            payload: 1000,
            outcome: Outcome::AtOnce,
            timed: 0,
            counted: 20,
            warm_ups: 1,
        }
    }
}

impl Scenario {
    /// Runs it on a stage whose workers get batches of [`Scenario::batch`].
    ///
    /// # Panics
    /// When a delivery fails unexpectedly or is lost.
    pub async fn run(&self, stage: &Stage) -> Figures {
        const WARM_UP: usize = 200;
        let tenant = stage.tenant(self.destinations, self.rules).await;
        let send = |events| stage.send(&tenant, events, self.payload, self.posted);
        stage.receiver.refuse(match self.outcome {
            Outcome::AtOnce => 0,
            Outcome::FailingOnce => 1,
            Outcome::Walking => u64::MAX,
        });
        if self.outcome != Outcome::Walking {
            // Afterwards the API key is cached, the data key is decrypted, and connections are open.
            for _ in 0..self.warm_ups {
                send(self.batch.min(self.counted)).await;
            }
        }
        stage.meter.set(Mode::Count);
        let counted = stage.measure(send(self.counted)).await;
        stage.meter.set(Mode::Forward);
        self.check(&counted, self.counted);
        let mut cpu_us = BTreeMap::new();
        if self.timed > 0 {
            let events = |deliveries: usize| deliveries.div_ceil(self.destinations);
            send(events(WARM_UP.min(self.timed))).await;
            let timed = stage.measure(send(events(self.timed))).await;
            self.check(&timed, events(self.timed));
            let share = self.counted as f64 / events(self.timed) as f64;
            cpu_us =
                timed.cpu.iter().map(|(name, cpu)| ((*name).to_owned(), cpu.as_secs_f64() * 1e6 * share)).collect();
        }
        stage.receiver.refuse(0);
        let named = |values: BTreeMap<&'static str, u64>| values.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
        let mut invocations: BTreeMap<String, u64> = named(counted.invocations);
        invocations.insert("events".into(), self.counted.div_ceil(self.posted) as u64);
        Figures {
            name: self.name.to_owned(),
            destinations: self.destinations,
            rules: self.rules,
            batch: self.batch,
            posted: self.posted,
            payload: self.payload,
            outcome: self.outcome,
            events: self.counted,
            deliveries: self.counted * self.destinations,
            attempts: counted.requests,
            calls: counted.counts.calls,
            sqs_requests: counted.counts.sqs_requests,
            reads: counted.counts.reads,
            writes: counted.counts.writes,
            stored_bytes: counted.counts.stored_bytes,
            invocations,
            log_bytes: named(counted.logged),
            cpu_us,
            instructions: named(counted.instructions),
            sent_bytes: counted.sent_bytes,
        }
    }

    /// Checks that no delivery was lost, and that none was attempted more often than expected.
    fn check(&self, measured: &Measured, events: usize) {
        let expected = events * self.destinations * self.outcome.attempts();
        assert_eq!(measured.requests, expected as u64, "requests to receivers: {}", self.name);
    }
}
