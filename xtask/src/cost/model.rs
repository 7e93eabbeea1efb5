//! From measured scenarios to what an event of other traffic takes.
//!
//! One scenario is the base: at once, fewest destinations and rules, smallest payload, fullest batches. Of those that differ
//! from it in one thing alone, pairs give what that thing takes more; the parts are added up. Between two measured points,
//! and past the last, it goes in a straight line.

use domain::backoff::{MAX_HOP, MAX_JITTER};

use super::{
    DELIVERS, Error,
    counts::{Amount, Amounts, Counts, per_event},
    traffic::Traffic,
};
use crate::figures::{Figures, Outcome};

/// What an event takes.
#[derive(Debug, Clone)]
pub struct Event {
    /// Of all that was counted.
    pub amounts: Amounts,
    /// Attempts at its deliveries.
    pub attempts: f64,
    /// Invocations that wait for receivers: those that make attempts, rather than send on what is not due.
    pub waiting: f64,
}

/// The scenarios, by what they differ in.
#[derive(Debug)]
pub struct Model {
    base: Point,
    /// Messages of the base's batches, and bytes of its events' `data`.
    batch: f64,
    payload: f64,
    by_fan_out: Vec<Point>,
    by_rules: Vec<Point>,
    by_payload: Vec<Point>,
    /// What an event in batches of its own takes more.
    alone: Amounts,
    /// What the first failure of a delivery takes, and what all further ones together.
    first_failure: Amounts,
    further_failures: Amounts,
    /// Bytes sent with an attempt, at two payloads.
    sent: [(f64, f64); 2],
    /// Seconds between one attempt and the next.
    schedule: Vec<f64>,
}

/// What an event takes at one measured place of an axis.
#[derive(Debug, Clone)]
struct Point {
    at: f64,
    amounts: Amounts,
}

impl Model {
    /// Finds the scenarios.
    ///
    /// # Errors
    /// When one is missing.
    pub fn new(counts: &Counts, schedule: &[f64]) -> Result<Self, Error> {
        let missing = |what: &str| format!("the counts have no scenario {what}: run `make bench`");
        let at_once = || counts.scenarios.iter().filter(|scenario| scenario.outcome == Outcome::AtOnce);
        let smallest = |s: &&Figures| (usize::MAX - s.batch, s.destinations, s.rules, s.payload);
        let base = at_once().min_by_key(smallest).ok_or_else(|| missing("whose deliveries succeed at once"))?;

        let axis = |along: fn(&Figures) -> usize, same: &dyn Fn(&Figures) -> bool, what: &str| {
            let mut found: Vec<_> = at_once().filter(|s| same(s)).collect();
            // More destinations need more rules, of which the fewest are taken.
            found.sort_by_key(|s| (along(s), s.rules));
            found.dedup_by_key(|s| along(s));
            let points: Vec<_> = found.iter().map(|s| Point { at: along(s) as f64, amounts: per_event(s) }).collect();
            if points.len() < 2 { Err(missing(what)) } else { Ok(rising(points)) }
        };
        let full = |s: &Figures| s.batch == base.batch;
        let (one_to, one_rule) =
            (|s: &Figures| s.destinations == base.destinations, |s: &Figures| s.rules == base.rules);
        let small = |s: &Figures| s.payload == base.payload;
        let by_fan_out = axis(|s| s.destinations, &|s| full(s) && small(s), "with more destinations")?;
        let by_rules = axis(|s| s.rules, &|s| full(s) && one_to(s) && small(s), "with more rules")?;
        let by_payload = axis(|s| s.payload, &|s| full(s) && one_to(s) && one_rule(s), "with a larger payload")?;

        let like_base = |s: &&Figures| one_to(s) && one_rule(s) && small(s);
        let at_base = per_event(base);
        let single =
            at_once().filter(like_base).find(|s| s.batch == 1).ok_or_else(|| missing("with batches of one"))?;
        let alone = per_event(single).beyond(&at_base);
        let ending = |outcome| {
            let found = counts.scenarios.iter().filter(|s| s.outcome == outcome && full(s)).find(like_base);
            found.map(|s| per_event(s).times(s.events as f64 / s.deliveries as f64))
        };
        let succeeding = at_base.clone().times(base.events as f64 / base.deliveries as f64);
        let once = ending(Outcome::FailingOnce).ok_or_else(|| missing("that fails once"))?.at_least(&succeeding);
        let walking = ending(Outcome::Walking).ok_or_else(|| missing("that walks all steps"))?.at_least(&once);

        // Where only calls were counted, another attempt takes the processor as long as the first did.
        let mut attempt = Amounts::default();
        let processor = Amount::CpuMicros(DELIVERS.into());
        attempt.set(processor.clone(), succeeding.of(&processor));

        let large = at_once().filter(|s| full(s) && one_to(s) && one_rule(s)).max_by_key(|s| s.payload).unwrap_or(base);
        let sent = |s: &Figures| (s.payload as f64, s.sent_bytes as f64 / s.attempts as f64);
        Ok(Self {
            batch: base.batch as f64,
            payload: base.payload as f64,
            first_failure: once.clone().beyond(&succeeding).at_least(&attempt),
            further_failures: walking.beyond(&once).at_least(&attempt.times(schedule.len().saturating_sub(1) as f64)),
            sent: [sent(base), sent(large)],
            base: Point { at: base.destinations as f64, amounts: at_base },
            by_fan_out,
            by_rules,
            by_payload,
            alone,
            schedule: schedule.to_vec(),
        })
    }

    /// What an event of this traffic takes.
    #[must_use]
    pub fn event(&self, traffic: &Traffic) -> Event {
        let each = traffic.attempts(self.schedule.len() + 1);
        let attempts = traffic.fan_out * each;
        let mut amounts = at(&self.by_fan_out, traffic.fan_out);
        let one_batch = self.of_batch(traffic, 1.0);
        // A batch is shared by its events' deliveries, too.
        let at_once =
            amounts.of(&Amount::Invocations(DELIVERS.into())) + one_batch.of(&Amount::Invocations(DELIVERS.into()));
        amounts += self.of_batch(traffic, 1.0 + traffic.fan_out * (each - 1.0));
        amounts += self.of_rules(traffic);
        amounts += self.of_payload(traffic, attempts);
        amounts += self.of_failures(traffic);
        amounts.set(Amount::SentBytes, attempts * self.sent_per_attempt(traffic.payload));
        Event { amounts, attempts, waiting: at_once * each }
    }

    /// What smaller batches than the measured full ones take more. What a batch takes is shared by its messages, hence the
    /// inverse. Deliveries of one event arrive together and fill batches again: this is reckoned from above.
    fn of_batch(&self, traffic: &Traffic, messages: f64) -> Amounts {
        let share = |batch: f64| (1.0 / batch - 1.0 / self.batch).max(0.0);
        if self.batch <= 1.0 {
            return Amounts::default();
        }
        self.alone.clone().times(share(traffic.batch) / share(1.0) * messages)
    }

    /// What more rules take: they are read once for a batch.
    fn of_rules(&self, traffic: &Traffic) -> Amounts {
        let beyond = at(&self.by_rules, traffic.rules).beyond(&self.base.amounts);
        beyond.times((self.batch / traffic.batch).max(1.0))
    }

    /// What a larger payload takes: once where the event is accepted and kept, and wherever it is read to be sent.
    fn of_payload(&self, traffic: &Traffic, attempts: f64) -> Amounts {
        if traffic.payload <= self.payload {
            return Amounts::default();
        }
        let first_reads = (traffic.fan_out / traffic.batch.min(self.batch)).max(1.0);
        let again = attempts - traffic.fan_out;
        at(&self.by_payload, traffic.payload).beyond(&self.base.amounts).map(|what, amount| {
            amount
                * match what {
                    Amount::Read(_) => first_reads + again,
                    Amount::CpuMicros(function) if function == DELIVERS => attempts,
                    Amount::Write(table) | Amount::Stored(table) if table.starts_with("Deliveries") => traffic.fan_out,
                    _ => 1.0,
                }
        })
    }

    /// What failed attempts take. That a delivery fails the first so many times has the share's power as its likelihood.
    fn of_failures(&self, traffic: &Traffic) -> Amounts {
        let likely = |failures: usize| traffic.failing.powi(failures as i32);
        let mut amounts = self.first_failure.clone().times(traffic.fan_out * likely(1));
        // What is measured waits a second. All of further failures is shared evenly by the attempts that follow them.
        let further = self.schedule.len().saturating_sub(1);
        let attempts: f64 = (0..further).map(|i| likely(i + 2)).sum();
        amounts += self.further_failures.clone().times(traffic.fan_out * attempts / further.max(1) as f64);
        // A longer wait is as many messages as SQS needs to hide one so long, each of which comes and goes as the one after a
        // first failure does.
        let hops = |wait: f64| (wait * (1.0 + MAX_JITTER / 2.0) / MAX_HOP.as_secs_f64()).ceil();
        let more = self.schedule.iter().enumerate().map(|(i, wait)| (hops(*wait) - 1.0).max(0.0) * likely(i + 1));
        let more = traffic.fan_out * more.sum::<f64>();
        amounts += self.first_failure.clone().map(|what, amount| match what {
            Amount::SqsRequests | Amount::Waited | Amount::Invocations(_) => amount * more,
            _ => 0.0,
        });
        amounts
    }

    fn sent_per_attempt(&self, payload: f64) -> f64 {
        let [(small, less), (large, more)] = self.sent;
        let per_byte = if large > small { (more - less) / (large - small) } else { 1.0 };
        (less + (payload - small) * per_byte).max(0.0)
    }
}

/// Never less at a later point: where it seems so, the two were measured apart.
fn rising(mut points: Vec<Point>) -> Vec<Point> {
    for i in 1..points.len() {
        points[i].amounts = points[i].amounts.clone().at_least(&points[i - 1].amounts);
    }
    points
}

/// The amounts at a place of an axis, on the line through the two points beside it, or the last two before it.
fn at(points: &[Point], place: f64) -> Amounts {
    let after = points.iter().position(|point| point.at >= place).unwrap_or(points.len() - 1).max(1);
    let (low, high) = (&points[after - 1], &points[after]);
    let part = ((place - low.at) / (high.at - low.at)).max(0.0);
    let mut amounts = low.amounts.clone();
    amounts += high.amounts.clone().beyond(&low.amounts).times(part);
    amounts
}

#[cfg(test)]
mod tests {
    use super::super::counts::tests::{counts, scenario};
    use super::*;

    const SCHEDULE: [f64; 4] = [60.0, 300.0, 1800.0, 10_800.0];

    fn event(change: impl FnOnce(&mut Traffic)) -> Event {
        let mut traffic = Traffic { payload: 1000.0, rules: 1.0, failing: 0.0, ..Traffic::default() };
        change(&mut traffic);
        Model::new(&counts(), &SCHEDULE).expect("all scenarios").event(&traffic)
    }

    fn writes(event: &Event) -> f64 {
        event.amounts.of(&Amount::Write("Deliveries".into()))
    }

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-9, "{a} is not {b}");
    }

    #[test]
    fn measured_traffic_takes_what_was_measured() {
        let counts = counts();
        let base = event(|_| ());
        for (what, amount) in per_event(&counts.scenarios[0]).iter() {
            close(base.amounts.of(what), amount);
        }
        close(event(|t| t.fan_out = 10.0).amounts.of(&Amount::SqsRequests), 1.5 + 3.0);
        close(event(|t| t.batch = 1.0).amounts.of(&Amount::SqsRequests), 6.0);
        close(event(|t| t.rules = 100.0).amounts.of(&Amount::Read("Channels".into())), 1.0);
        close(event(|t| t.payload = 100_000.0).amounts.of(&Amount::Write("Events".into())), 100.0);
        close(event(|t| t.payload = 100_000.0).amounts.of(&Amount::SentBytes), 100_500.0);
    }

    #[test]
    fn between_two_scenarios_it_goes_in_a_straight_line_and_on_past_the_last() {
        close(writes(&event(|t| t.fan_out = 4.0)), 8.0);
        close(writes(&event(|t| t.fan_out = 50.0)), 100.0);
        close(event(|t| t.payload = 50_500.0).amounts.of(&Amount::Write("Events".into())), 50.5);
        // A batch of two shares among two: 1.8 for a full one, 6 for one alone, and 4.2 * (1/2 - 1/10) / (9/10) between.
        close(event(|t| t.batch = 2.0).amounts.of(&Amount::SqsRequests), 1.8 + 4.2 * 0.4 / 0.9);
    }

    #[test]
    fn failures_take_what_they_were_seen_to_take_as_often_as_they_happen() {
        // One more write each: the second to fifth failures share the other four by the three attempts after them.
        close(writes(&event(|t| t.failing = 1.0)), 6.0 + 1.0);
        let half = event(|t| t.failing = 0.5);
        close(writes(&half), 2.0 + 0.5 + 4.0 * (0.25 + 0.125 + 0.0625) / 3.0);
        close(half.attempts, 1.9375);
        // So do messages; half an hour and its jitter are two hops more, three hours twelve.
        let sqs = half.amounts.of(&Amount::SqsRequests);
        close(sqs, 1.8 + 0.5 + 3.0 * (0.25 + 0.125 + 0.0625) / 3.0 + (2.0 * 0.125 + 12.0 * 0.0625));
        // Nobody measured how long they take: as long as the first attempt.
        let cpu = half.amounts.of(&Amount::CpuMicros(DELIVERS.into()));
        close(cpu, 200.0 * (1.0 + 0.5 + 0.25 + 0.125 + 0.0625));
        close(half.waiting, 0.1 * 1.9375);
    }

    #[test]
    fn a_payload_is_read_for_each_batch_and_written_once() {
        let event = event(|t| (t.fan_out, t.payload) = (100.0, 100_000.0));
        close(event.amounts.of(&Amount::Write("Events".into())), 100.0);
        // 24 more units a read; an event's hundred deliveries are ten batches, which read it once each.
        close(event.amounts.of(&Amount::Read("Events".into())), 10.9 + 240.0);
    }

    #[test]
    fn what_was_not_measured_is_named() {
        let mut some = counts();
        some.scenarios.retain(|scenario| scenario.outcome != Outcome::Walking);
        let error = Model::new(&some, &SCHEDULE).expect_err("one is missing");
        assert!(error.contains("walks all steps") && error.contains("make bench"), "{error}");
        let only = Counts { scenarios: vec![scenario("alone")] };
        assert!(Model::new(&only, &SCHEDULE).is_err_and(|error| error.contains("more destinations")));
    }
}
