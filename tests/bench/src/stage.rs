//! The path of an event from the request to the receiver: three functions and their own queues, with everything
//! counted.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use e2e::{Operator, aws::Cloud};
use futures::{StreamExt, stream};
use serde_json::{Value, json};

use crate::{
    gateway,
    host::{self, Host, Run},
    local::{queue, variables},
    mapping::{Mapping, Polled},
    meter::{Counts, Meter, Mode, Nouns},
    receiver::Receiver,
};

/// The functions on the path of an event, in order.
pub const PIPELINE: [&str; 3] = ["events", "dispatch", "deliver"];

/// The type of the events that are sent.
pub const EVENT_TYPE: &str = "custom.bench";

/// The maximum number of destinations of a rule.
const PER_RULE: usize = domain::rule::MAX_DESTINATIONS;

/// All parts between a request and a receiver.
pub struct Stage {
    cloud: Cloud,
    profile: String,
    variables: BTreeMap<String, String>,
    /// Counts the functions' calls to AWS.
    pub meter: Meter,
    /// The receiver of all deliveries.
    pub receiver: Receiver,
    functions: BTreeMap<&'static str, Host>,
    events: Mapping,
    deliveries: Mapping,
    /// The queues of slow destinations and of emails.
    other_lanes: [Mapping; 2],
    /// How many events were posted.
    posted: AtomicUsize,
}

/// An operator with destinations, and rules that send its events to them.
pub struct Tenant {
    id: String,
    key: String,
    /// The number of destinations of an event of type [`EVENT_TYPE`].
    pub destinations: usize,
}

/// The counts and measurements of one run.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    /// The calls of the functions and of the queues' mappings.
    pub counts: Counts,
    /// Processor time, by function.
    pub cpu: BTreeMap<&'static str, Duration>,
    /// Instructions, by function, if they are counted.
    pub instructions: BTreeMap<&'static str, u64>,
    /// Bytes of log, by function.
    pub logged: BTreeMap<&'static str, u64>,
    /// Invocations, by function.
    pub invocations: BTreeMap<&'static str, u64>,
    /// Requests to the receiver.
    pub requests: u64,
    /// Bytes of their bodies.
    pub sent_bytes: u64,
}

impl Stage {
    /// Starts the functions that cargo built with `profile`, in the environment of `make test` or `make bench`. The
    /// queues are new and used by nothing else; workers get batches of at most `batch`; `schedule` is the retry
    /// schedule.
    ///
    /// # Panics
    /// When a part does not start.
    pub async fn start(profile: &str, schedule: &str, batch: usize) -> Self {
        Self::start_as(Run::Natively, profile, schedule, batch).await
    }

    /// As [`Stage::start`], with workers that cache destinations for `remember`. The others cache them for as long as
    /// they run, so that counts do not depend on the speed of the machine.
    ///
    /// # Panics
    /// As [`Stage::start`].
    pub async fn start_remembering(remember: Duration, profile: &str, schedule: &str, batch: usize) -> Self {
        let setting = ("REMEMBER_SECONDS".to_owned(), remember.as_secs().to_string());
        Self::start_with(Some(setting), Run::Natively, profile, schedule, batch).await
    }

    /// As [`Stage::start`], with the functions of [`PIPELINE`] natively or under callgrind.
    ///
    /// # Panics
    /// As [`Stage::start`].
    pub async fn start_as(run: Run, profile: &str, schedule: &str, batch: usize) -> Self {
        Self::start_with(None, run, profile, schedule, batch).await
    }

    async fn start_with(
        setting: Option<(String, String)>,
        run: Run,
        profile: &str,
        schedule: &str,
        batch: usize,
    ) -> Self {
        let cloud = Cloud::from_env();
        let meter = Meter::start(cloud.clone(), Nouns::from_env()).await;
        meter.set(Mode::Forward);
        let unique = format!("{}-{}", std::process::id(), jiff::Timestamp::now().as_microsecond());
        let events = queue(&cloud, &format!("bench-events-{unique}")).await;
        let deliveries = queue(&cloud, &format!("bench-deliveries-{unique}")).await;
        let slow = queue(&cloud, &format!("bench-slow-{unique}")).await;
        let mail = queue(&cloud, &format!("bench-mail-{unique}")).await;
        let mut variables = variables(meter.url(), &events, [&deliveries, &slow, &mail], schedule);
        variables.extend(setting);
        let mut functions = BTreeMap::new();
        for name in PIPELINE {
            functions.insert(name, Host::start_as(run, &host::program(profile, name), &variables).await);
        }
        Self {
            meter,
            receiver: Receiver::start().await,
            posted: AtomicUsize::new(0),
            functions,
            events: Mapping::new(&cloud, &events, batch),
            deliveries: Mapping::new(&cloud, &deliveries, batch),
            other_lanes: [Mapping::new(&cloud, &slow, batch), Mapping::new(&cloud, &mail, batch)],
            profile: profile.to_owned(),
            variables,
            cloud,
        }
    }

    /// The local cloud.
    pub fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    /// The resident memory of each function, in bytes.
    pub fn resident(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.functions.iter().map(|(name, host)| (*name, host.resident()))
    }

    /// A function of [`PIPELINE`].
    ///
    /// # Panics
    /// When the name is not in it.
    pub fn function(&self, name: &str) -> &Host {
        self.functions.get(name).expect("a function on the way")
    }

    /// Creates an operator with as few rules as possible to send its events to all its destinations, and further rules
    /// for other events, up to `rules`.
    ///
    /// # Panics
    /// When a request is rejected.
    pub async fn tenant(&self, destinations: usize, rules: usize) -> Tenant {
        const AT_ONCE: usize = 4;
        let operator = Operator::create_with_plan("enterprise").await;
        let (id, key) = (operator.id, operator.key.expect("a key"));
        let start = |name: &'static str| async move {
            let program = host::program(&self.profile, name);
            let starts = (0..AT_ONCE).map(|_| Host::start(&program, &self.variables));
            futures::future::join_all(starts).await
        };
        let hosts = start("destinations").await;
        let register = |n: usize| {
            let (host, key) = (&hosts[n % AT_ONCE], &key);
            async move {
                let body = json!({"channel_type": "webhook", "destination": self.receiver.url(n)});
                let made = gateway::send(host, "POST", "/v1/notifications/destinations", key, Some(&body)).await;
                made.expect(201)["id"].as_str().expect("an id").to_owned()
            }
        };
        let ids: Vec<_> = stream::iter(0..destinations).map(register).buffered(AT_ONCE).collect().await;
        let hosts = start("channels").await;
        let mut wanted: Vec<_> = ids.chunks(PER_RULE).map(|ids| (EVENT_TYPE, ids.to_vec())).collect();
        while wanted.len() < rules {
            wanted.push(("custom.other", vec![ids[0].clone()]));
        }
        let make = |(n, (event, ids)): (usize, (&'static str, Vec<String>))| {
            let (host, key) = (&hosts[n % AT_ONCE], &key);
            async move {
                let body = json!({"destination_ids": ids, "events": [event], "min_severity": "info"});
                gateway::send(host, "POST", "/v1/notifications/channels", key, Some(&body)).await.expect(201);
            }
        };
        stream::iter(wanted.into_iter().enumerate()).map(make).buffered(AT_ONCE).collect::<Vec<_>>().await;
        self.receiver.take();
        Tenant { id, key, destinations }
    }

    /// Makes the last change of a tenant's rules an hour older. Workers cache rules only briefly after a change.
    ///
    /// # Panics
    /// When the stamp cannot be written.
    pub async fn settle_rules(&self, tenant: &Tenant) {
        let hour_ago = jiff::Timestamp::now().as_millisecond() - 3_600_000;
        let update = json!({
            "TableName": e2e::variable("DESTINATIONS_TABLE"),
            "Key": {"operator_id": {"S": format!("changes#{}", tenant.id)}, "id": {"S": tenant.id}},
            "UpdateExpression": "SET rules_changed_at = :then",
            "ConditionExpression": "attribute_exists(rules_changed_at)",
            "ExpressionAttributeValues": {":then": {"N": hour_ago.to_string()}},
        });
        e2e::aws::call("dynamodb", "DynamoDB_20120810.UpdateItem", update).await;
    }

    /// Posts an event with `data` of about `payload` bytes, and returns its id.
    ///
    /// # Panics
    /// When it is rejected.
    pub async fn post(&self, tenant: &Tenant, payload: usize) -> String {
        let number = self.posted.fetch_add(1, Ordering::Relaxed);
        let body = json!({"type": EVENT_TYPE, "data": data(payload, number)});
        let accepted = gateway::send(self.function("events"), "POST", "/v1/events", &tenant.key, Some(&body)).await;
        accepted.expect(202)["id"].as_str().expect("an id").to_owned()
    }

    /// Posts `count` events in one request, each with `data` of about `payload` bytes.
    ///
    /// # Panics
    /// When the request is rejected.
    pub async fn post_together(&self, tenant: &Tenant, payload: usize, count: usize) {
        let first = self.posted.fetch_add(count, Ordering::Relaxed);
        let event = |n| json!({"type": EVENT_TYPE, "data": data(payload, first + n)});
        let body = json!({"events": (0..count).map(event).collect::<Vec<_>>()});
        let accepted = gateway::send(self.function("events"), "POST", "/v1/events", &tenant.key, Some(&body)).await;
        assert_eq!(accepted.expect(202)["events"].as_array().map(Vec::len), Some(count));
    }

    /// Passes a batch of events to `dispatch`, if there are any.
    pub async fn dispatch(&self) -> Polled {
        self.events.poll(self.function("dispatch")).await
    }

    /// Passes a batch of deliveries to `deliver`, if there are any.
    pub async fn deliver(&self) -> Polled {
        self.deliveries.poll(self.function("deliver")).await
    }

    /// Posts events, `posted` in a request, and waits until all deliveries have finished.
    ///
    /// # Panics
    /// When a worker fails, or the queues do not become empty.
    pub async fn send(&self, tenant: &Tenant, events: usize, payload: usize, posted: usize) {
        // In portions, as in production: a queue of thousands of messages slows the local cloud down.
        const PORTION: usize = 100;
        let mut left = events;
        while left > 0 {
            let portion = left.min(PORTION);
            let mut unsent = portion;
            while unsent > 0 {
                match posted.min(unsent) {
                    1 => drop(self.post(tenant, payload).await),
                    count => self.post_together(tenant, payload, count).await,
                }
                unsent -= posted.min(unsent);
            }
            self.drain().await;
            left -= portion;
        }
    }

    /// Works until all queues are empty, including delayed messages.
    ///
    /// # Panics
    /// When a worker leaves a message in the queue, or the queues are not empty after ten minutes.
    pub async fn drain(&self) {
        let end = Instant::now() + Duration::from_secs(600);
        loop {
            let [slow, mail] = &self.other_lanes;
            let worker = self.function("deliver");
            let polled =
                [self.dispatch().await, self.deliver().await, slow.poll(worker).await, mail.poll(worker).await];
            for (name, polled) in ["dispatch", "deliver", "deliver", "deliver"].into_iter().zip(polled) {
                assert_eq!(polled.failed, 0, "{name} left messages: {:#?}", self.function(name).tail());
            }
            if polled.iter().any(|polled| polled.taken > 0) {
                continue;
            }
            let mut depths = vec![];
            for mapping in [&self.events, &self.deliveries, slow, mail] {
                depths.push(mapping.depth().await);
            }
            if depths.iter().all(|depth| *depth == [0; 3]) {
                return;
            }
            assert!(Instant::now() < end, "the queues do not become empty");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The counts and measurements while `work` is in progress.
    pub async fn measure(&self, work: impl Future<Output = ()>) -> Measured {
        self.meter.take();
        self.receiver.take();
        let [slow, mail] = &self.other_lanes;
        let _ = [&self.events, &self.deliveries, slow, mail].map(Mapping::take);
        for host in self.functions.values() {
            host.instructions().await;
        }
        let before: BTreeMap<_, _> =
            self.functions.iter().map(|(name, host)| (*name, (host.cpu(), host.logged()))).collect();
        work.await;
        let mut measured = Measured { counts: self.meter.take(), ..Measured::default() };
        for (name, host) in &self.functions {
            let (cpu, logged) = before[name];
            measured.cpu.insert(name, host.cpu().saturating_sub(cpu));
            measured.logged.insert(name, host.logged() - logged);
            if let Some(instructions) = host.instructions().await {
                measured.instructions.insert(name, instructions);
            }
        }
        let lanes = [&self.deliveries, slow, mail].map(|mapping| ("deliver", mapping));
        for (name, mapping) in [("dispatch", &self.events)].into_iter().chain(lanes) {
            let [receives, requests, invocations] = mapping.take();
            *measured.invocations.entry(name).or_default() += invocations;
            measured.counts.sqs_requests += requests;
            for call in ["SQS.ReceiveMessage (by Lambda)", "SQS.DeleteMessageBatch (by Lambda)"] {
                *measured.counts.calls.entry(call.into()).or_default() += receives;
            }
        }
        (measured.requests, measured.sent_bytes) = self.receiver.take();
        measured
    }

    /// The time from the acceptance of an event to the arrival of its first delivery; and the part of it that the local
    /// cloud took to answer the functions and the queues' mappings.
    ///
    /// # Panics
    /// When no delivery arrives.
    pub async fn latency(&self, tenant: &Tenant, payload: usize) -> (Duration, Duration) {
        self.receiver.arrived();
        self.post(tenant, payload).await;
        let accepted = Instant::now();
        let mut cloud = Duration::ZERO;
        for (mapping, worker) in [(&self.events, "dispatch"), (&self.deliveries, "deliver")] {
            loop {
                let Polled { taken, waited: [receiving, deleting], .. } = mapping.poll(self.function(worker)).await;
                cloud += receiving;
                if taken > 0 {
                    // The last delete comes after the arrival.
                    cloud += if worker == "deliver" { Duration::ZERO } else { deleting };
                    break;
                }
            }
        }
        let arrived = self.receiver.arrived().into_values().min().expect("a request");
        (arrived - accepted, cloud + self.meter.busy(accepted, arrived))
    }
}

/// JSON of about `bytes` bytes for event number `n`, as compressible as real data.
fn data(bytes: usize, n: usize) -> Value {
    const REASONS: [&str; 3] =
        ["Too many transfers within an hour", "Unusual country for this account", "A new device asked for a payout"];
    let mut flags: Vec<Value> = vec![];
    let mut size = 0;
    // A linear congruential generator: the same on every machine.
    let mut x = n as u64;
    while size < bytes {
        x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let flag = json!({
            "id": format!("flg_{x:016x}"),
            "reason": REASONS[(x >> 33) as usize % REASONS.len()],
            "score": (x >> 40) % 1000,
            "seen_at": format!("2026-04-{:02}T10:{:02}:{:02}.000Z", x % 28 + 1, (x >> 8) % 60, (x >> 16) % 60),
            "ip": format!("10.{}.{}.{}", (x >> 20) % 256, (x >> 28) % 256, (x >> 36) % 256),
        });
        size += flag.to_string().len() + 1;
        flags.push(flag);
    }
    json!({ "flags": flags })
}
