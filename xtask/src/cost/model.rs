//! Calculates from measured scenarios what an event of other traffic uses.
//!
//! The base is one scenario: immediate success, fewest destinations and rules, smallest payload, fullest batches. Other
//! scenarios differ from it in one property, and the difference is what that property costs; the differences are added
//! up. Between two measured points, and beyond the last, the amounts are linear.

use domain::backoff::{MAX_HOP, MAX_JITTER};

use super::{
    DELIVERS, Error,
    counts::{Amount, Amounts, Counts, per_event},
    traffic::Traffic,
};
use crate::figures::{Figures, Outcome};

/// What an event uses.
#[derive(Debug, Clone)]
pub struct Event {
    /// The amounts of all counted resources.
    pub amounts: Amounts,
    /// Attempts at its deliveries.
    pub attempts: f64,
    /// Invocations that wait for receivers: those that make attempts, rather than put messages back that are not due.
    pub waiting: f64,
}

/// The scenarios, by the property in which they differ.
#[derive(Debug)]
pub struct Model {
    base: Point,
    /// Messages in a batch of the base, and bytes of its events' `data`.
    batch: f64,
    payload: f64,
    by_fan_out: Vec<Point>,
    by_rules: Vec<Point>,
    by_payload: Vec<Point>,
    /// The number of events in a measured request with several, and what each of them saves.
    together: Option<(f64, Amounts)>,
    /// What an event uses in addition when each batch contains one message.
    alone: Amounts,
    /// What the first failure of a delivery uses, and all further failures together.
    first_failure: Amounts,
    further_failures: Amounts,
    /// Bytes sent with an attempt, for two payloads.
    sent: [(f64, f64); 2],
    /// Seconds between one attempt and the next.
    schedule: Vec<f64>,
}

/// What an event uses at one measured point of an axis.
#[derive(Debug, Clone)]
struct Point {
    at: f64,
    amounts: Amounts,
}

impl Model {
    /// Sorts the counted scenarios into a model.
    ///
    /// # Errors
    /// When one is missing.
    pub fn new(counts: &Counts, schedule: &[f64]) -> Result<Self, Error> {
        let missing = |what: &str| format!("the counts have no scenario {what}: run `make bench`");
        let posted = |scenario: &&Figures| scenario.outcome == Outcome::AtOnce;
        let at_once = || counts.scenarios.iter().filter(posted).filter(|scenario| scenario.posted == 1);
        let smallest = |s: &&Figures| (usize::MAX - s.batch, s.destinations, s.rules, s.payload);
        let base = at_once().min_by_key(smallest).ok_or_else(|| missing("whose deliveries succeed at once"))?;

        let axis = |along: fn(&Figures) -> usize, same: &dyn Fn(&Figures) -> bool, what: &str| {
            let mut found: Vec<_> = at_once().filter(|s| same(s)).collect();
            // More destinations need more rules: use the scenario with the fewest.
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
        let several = counts.scenarios.iter().filter(posted).filter(|s| full(s) && s.posted > 1).find(like_base);
        let together = several.map(|s| (s.posted as f64, at_base.clone().beyond(&per_event(s))));
        let ending = |outcome| {
            let found = counts.scenarios.iter().filter(|s| s.outcome == outcome && full(s)).find(like_base);
            found.map(|s| per_event(s).times(s.events as f64 / s.deliveries as f64))
        };
        let succeeding = at_base.clone().times(base.events as f64 / base.deliveries as f64);
        let once = ending(Outcome::FailingOnce).ok_or_else(|| missing("that fails once"))?.at_least(&succeeding);
        let walking = ending(Outcome::Walking).ok_or_else(|| missing("that walks all steps"))?.at_least(&once);

        // Where only calls were counted, assume that each further attempt takes as much processor time as the first.
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
            together,
            alone,
            schedule: schedule.to_vec(),
        })
    }

    /// What an event of this traffic uses.
    ///
    /// # Errors
    /// When a request has several events, and no such scenario was counted.
    pub fn event(&self, traffic: &Traffic) -> Result<Event, Error> {
        let each = traffic.attempts(self.schedule.len() + 1);
        let attempts = traffic.fan_out * each;
        let mut amounts = at(&self.by_fan_out, traffic.fan_out);
        let one_batch = self.of_batch(traffic, 1.0);
        // The deliveries of an event share a batch, too.
        let at_once =
            amounts.of(&Amount::Invocations(DELIVERS.into())) + one_batch.of(&Amount::Invocations(DELIVERS.into()));
        amounts += self.of_batch(traffic, 1.0 + traffic.fan_out * (each - 1.0));
        amounts += self.of_rules(traffic);
        amounts += self.of_payload(traffic, attempts);
        amounts += self.of_failures(traffic);
        let mut amounts = amounts.beyond(&self.saved_together(traffic)?);
        amounts.set(Amount::SentBytes, attempts * self.sent_per_attempt(traffic.payload));
        Ok(Event { amounts, attempts, waiting: at_once * each })
    }

    /// What an event saves because it shares its request with others.
    fn saved_together(&self, traffic: &Traffic) -> Result<Amounts, Error> {
        if traffic.posted <= 1.0 {
            return Ok(Amounts::default());
        }
        let missing = || "the counts have no scenario with several events in a request: run `make bench`".to_owned();
        let (posted, saved) = self.together.clone().ok_or_else(missing)?;
        let shared = |posted: f64| 1.0 - 1.0 / posted;
        Ok(saved.times(shared(traffic.posted) / shared(posted)))
    }

    /// The additional cost of batches smaller than the measured ones. The messages of a batch share its cost, hence the
    /// inverse. Deliveries of one event arrive together and would fill batches again, so this is an upper bound.
    fn of_batch(&self, traffic: &Traffic, messages: f64) -> Amounts {
        let share = |batch: f64| (1.0 / batch - 1.0 / self.batch).max(0.0);
        if self.batch <= 1.0 {
            return Amounts::default();
        }
        self.alone.clone().times(share(traffic.batch) / share(1.0) * messages)
    }

    /// The cost of more rules: they are read once for each batch.
    fn of_rules(&self, traffic: &Traffic) -> Amounts {
        let beyond = at(&self.by_rules, traffic.rules).beyond(&self.base.amounts);
        beyond.times((self.batch / traffic.batch).max(1.0))
    }

    /// The cost of a larger payload: once where the event is accepted and stored, and at each read for an attempt.
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

    /// The cost of failed attempts. The probability that the first n attempts all fail is the failing share to the
    /// power of n.
    fn of_failures(&self, traffic: &Traffic) -> Amounts {
        let likely = |failures: usize| traffic.failing.powi(failures as i32);
        let mut amounts = self.first_failure.clone().times(traffic.fan_out * likely(1));
        // The measured retries wait one second. The attempts after the first retry share the cost of further failures
        // evenly.
        let further = self.schedule.len().saturating_sub(1);
        let attempts: f64 = (0..further).map(|i| likely(i + 2)).sum();
        amounts += self.further_failures.clone().times(traffic.fan_out * attempts / further.max(1) as f64);
        // SQS delays a message for a limited time, so a longer wait takes several messages. Each costs as much as the
        // message after a first failure.
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

/// Later points are at least as high: scenarios are measured separately, so small differences are noise.
fn rising(mut points: Vec<Point>) -> Vec<Point> {
    for i in 1..points.len() {
        points[i].amounts = points[i].amounts.clone().at_least(&points[i - 1].amounts);
    }
    points
}

/// The amounts at a point of an axis, on the line through its two neighbours, or through the last two points.
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
    use super::super::{
        ACCEPTS,
        counts::tests::{counts, scenario},
    };
    use super::*;

    const SCHEDULE: [f64; 4] = [60.0, 300.0, 1800.0, 10_800.0];

    fn event(change: impl FnOnce(&mut Traffic)) -> Event {
        let mut traffic = Traffic { payload: 1000.0, rules: 1.0, failing: 0.0, ..Traffic::default() };
        change(&mut traffic);
        Model::new(&counts(), &SCHEDULE).expect("all scenarios").event(&traffic).expect("a scenario")
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
        close(event(|t| t.posted = 10.0).amounts.of(&Amount::SqsRequests), 0.9);
        close(event(|t| t.rules = 100.0).amounts.of(&Amount::Read("Channels".into())), 1.0);
        close(event(|t| t.payload = 100_000.0).amounts.of(&Amount::Write("Events".into())), 100.0);
        close(event(|t| t.payload = 100_000.0).amounts.of(&Amount::SentBytes), 100_500.0);
    }

    #[test]
    fn amounts_are_linear_between_scenarios_and_beyond_the_last() {
        close(writes(&event(|t| t.fan_out = 4.0)), 8.0);
        close(writes(&event(|t| t.fan_out = 50.0)), 100.0);
        close(event(|t| t.payload = 50_500.0).amounts.of(&Amount::Write("Events".into())), 50.5);
        // A batch of two: 1.8 for a full one, 6 for one message alone, and 4.2 * (1/2 - 1/10) / (9/10) in between.
        close(event(|t| t.batch = 2.0).amounts.of(&Amount::SqsRequests), 1.8 + 4.2 * 0.4 / 0.9);
    }

    #[test]
    fn events_share_the_cost_of_their_request() {
        // The measured requests have ten events.
        let requests = |posted| event(|t| t.posted = posted).amounts.of(&Amount::Invocations(ACCEPTS.into()));
        close(requests(10.0), 0.1);
        close(requests(2.0), 0.5);
        close(event(|t| (t.posted, t.fan_out) = (10.0, 10.0)).amounts.of(&Amount::SqsRequests), 1.5 + 3.0 - 0.9);
    }

    #[test]
    fn failures_cost_what_was_measured_weighted_by_their_probability() {
        // One more write each: three further attempts share the other four writes of the second to fifth failures.
        close(writes(&event(|t| t.failing = 1.0)), 6.0 + 1.0);
        let half = event(|t| t.failing = 0.5);
        close(writes(&half), 2.0 + 0.5 + 4.0 * (0.25 + 0.125 + 0.0625) / 3.0);
        close(half.attempts, 1.9375);
        // The same holds for messages. Half an hour with jitter takes two more hops, three hours twelve.
        let sqs = half.amounts.of(&Amount::SqsRequests);
        close(sqs, 1.8 + 0.5 + 3.0 * (0.25 + 0.125 + 0.0625) / 3.0 + (2.0 * 0.125 + 12.0 * 0.0625));
        // Their processor time was not measured: assume that of the first attempt.
        let cpu = half.amounts.of(&Amount::CpuMicros(DELIVERS.into()));
        close(cpu, 200.0 * (1.0 + 0.5 + 0.25 + 0.125 + 0.0625));
        close(half.waiting, 0.1 * 1.9375);
    }

    #[test]
    fn a_payload_is_read_for_each_batch_and_written_once() {
        let event = event(|t| (t.fan_out, t.payload) = (100.0, 100_000.0));
        close(event.amounts.of(&Amount::Write("Events".into())), 100.0);
        // 24 more units a read; an event's hundred deliveries are ten batches, and each reads the event once.
        close(event.amounts.of(&Amount::Read("Events".into())), 10.9 + 240.0);
    }

    #[test]
    fn a_missing_scenario_is_named() {
        let mut some = counts();
        some.scenarios.retain(|scenario| scenario.outcome != Outcome::Walking);
        let error = Model::new(&some, &SCHEDULE).expect_err("one is missing");
        assert!(error.contains("walks all steps") && error.contains("make bench"), "{error}");
        some = counts();
        some.scenarios.retain(|scenario| scenario.posted == 1);
        let model = Model::new(&some, &SCHEDULE).expect("all other scenarios");
        let error = model.event(&Traffic { posted: 2.0, ..Traffic::default() }).expect_err("one is missing");
        assert!(error.contains("several events in a request") && error.contains("make bench"), "{error}");
        let only = Counts { scenarios: vec![scenario("alone")] };
        assert!(Model::new(&only, &SCHEDULE).is_err_and(|error| error.contains("more destinations")));
    }
}
