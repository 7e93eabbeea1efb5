//! Runs one process of one function as Lambda does: its own runtime API passes it one event at a time.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path as Matched, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    net::TcpListener,
    process::{Child, Command},
    sync::{mpsc, oneshot, watch},
};

use crate::callgrind::Callgrind;

/// How long a function may take to start and to answer, longer than any timeout of the functions.
const PATIENCE: Duration = Duration::from_secs(60);
/// The timeout that invocations see: the timeout of the workers in `template.yaml`.
const TIMEOUT: Duration = Duration::from_secs(20);
/// The unit of the times in `/proc/<pid>/stat`: `USER_HZ`, which is 100 on every Linux that Rust runs on.
const TICK: Duration = Duration::from_millis(10);

/// How a function is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// As a process, as on Lambda.
    Natively,
    /// Under callgrind, which counts instructions. Fifty times as slow, but unaffected by other load on the machine.
    Counted,
}

/// A running function.
pub struct Host {
    child: Child,
    callgrind: Option<Callgrind>,
    pid: u32,
    events: mpsc::Sender<Invocation>,
    started: Started,
    logged: Arc<AtomicU64>,
    tail: Arc<Mutex<Vec<String>>>,
}

/// How a function started.
#[derive(Debug, Clone, Copy)]
pub struct Started {
    /// From the start of the process to its first poll of the runtime API.
    pub first_poll: Duration,
    /// Its resident memory at that moment, in bytes.
    pub resident: u64,
    /// The processor time that it used until then.
    pub cpu: Duration,
}

/// An event, and the channel for its answer.
struct Invocation {
    event: Bytes,
    answer: Reply,
}

/// The channel for the answer to an invocation.
type Reply = oneshot::Sender<Result<Bytes, String>>;

/// The state of the runtime API.
#[derive(Clone)]
struct Api {
    events: Arc<tokio::sync::Mutex<mpsc::Receiver<Invocation>>>,
    /// The invocation in progress.
    open: Arc<Mutex<Option<Reply>>>,
    polled: watch::Sender<Option<Instant>>,
    failed: watch::Sender<Option<String>>,
}

impl Host {
    /// Starts a function's program with these variables in addition to Lambda's, and waits until it requests its first
    /// event.
    ///
    /// # Panics
    /// When it does not start; the message contains its log.
    pub async fn start(program: &Path, variables: &BTreeMap<String, String>) -> Self {
        Self::start_as(Run::Natively, program, variables).await
    }

    /// As [`Host::start`], natively or under callgrind.
    ///
    /// # Panics
    /// As [`Host::start`].
    pub async fn start_as(run: Run, program: &Path, variables: &BTreeMap<String, String>) -> Self {
        let name = program.file_name().expect("a program").to_string_lossy().into_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let (events, waiting) = mpsc::channel(1);
        let (polled, mut first) = watch::channel(None);
        let (failed, mut failure) = watch::channel(None);
        let api = Api { events: Arc::new(tokio::sync::Mutex::new(waiting)), open: Arc::default(), polled, failed };
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/{what}", post(answered))
            .route("/2018-06-01/runtime/init/error", post(not_started))
            .layer(DefaultBodyLimit::disable())
            .with_state(api);
        tokio::spawn(async move { axum::serve(listener, router).await });

        let (mut command, callgrind) = match run {
            Run::Natively => (Command::new(program), None),
            Run::Counted => Callgrind::of(program),
        };
        command
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .env("AWS_LAMBDA_FUNCTION_NAME", &name)
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}"))
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "bench")
            .env("AWS_LAMBDA_LOG_FORMAT", "JSON")
            // Not a value that Lambda sets, so that the functions log no cold start.
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "bench")
            .envs(variables)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let began = Instant::now();
        let mut child = command.spawn().unwrap_or_else(|e| panic!("{}: {e}", program.display()));
        let pid = child.id().expect("it runs");
        let (logged, tail) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(vec![])));
        keep(child.stdout.take().expect("piped"), logged.clone(), tail.clone());
        keep(child.stderr.take().expect("piped"), logged.clone(), tail.clone());

        let up = tokio::select! {
            at = first.wait_for(Option::is_some) => at.ok().and_then(|at| *at),
            _ = failure.wait_for(Option::is_some) => None,
            _ = child.wait() => None,
            () = tokio::time::sleep(PATIENCE) => None,
        };
        let Some(at) = up else { panic!("{name} does not start: {:#?}", tail.lock().expect("no panic")) };
        let started = Started { first_poll: at - began, resident: resident(pid), cpu: running_time(pid) };
        Self { child, callgrind, pid, events, started, logged, tail }
    }

    /// The instructions since the last call, or since the start. None if they are not counted.
    ///
    /// # Panics
    /// When callgrind does not answer.
    pub async fn instructions(&self) -> Option<u64> {
        match &self.callgrind {
            Some(callgrind) => Some(callgrind.dump(self.pid).await),
            None => None,
        }
    }

    /// How it started.
    pub fn started(&self) -> Started {
        self.started
    }

    /// Passes it an event, and waits for its answer.
    ///
    /// # Errors
    /// The function's error, or that it exited or did not answer.
    pub async fn invoke(&self, event: impl Into<Bytes>) -> Result<Bytes, String> {
        let (answer, answered) = oneshot::channel();
        let gone = |what: &str| format!("{what}: {:#?}", self.tail.lock().expect("no panic"));
        self.events.send(Invocation { event: event.into(), answer }).await.map_err(|_| gone("the function is gone"))?;
        match tokio::time::timeout(PATIENCE, answered).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(gone("the function has ended")),
            Err(_) => Err(gone("the function does not answer")),
        }
    }

    /// The processor time that it has used so far, including system time, to 10 ms.
    pub fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
        // After the name, which is in brackets and may contain spaces: `utime` and `stime` are fields 14 and 15.
        let fields: Vec<_> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |field: usize| fields.get(field - 3).and_then(|text| text.parse::<u32>().ok()).unwrap_or_default();
        TICK * (ticks(14) + ticks(15))
    }

    /// Its resident memory, in bytes.
    pub fn resident(&self) -> u64 {
        resident(self.pid)
    }

    /// The bytes that it has logged so far.
    pub fn logged(&self) -> u64 {
        self.logged.load(Ordering::Relaxed)
    }

    /// The last lines of its log.
    pub fn tail(&self) -> Vec<String> {
        self.tail.lock().expect("no panic").clone()
    }

    /// Kills the process.
    pub async fn stop(mut self) {
        self.child.kill().await.expect("it ends");
    }
}

/// The functions that are built with the profile `release` for AWS. The others are built with `small`.
const FAST: [&str; 3] = ["deliver", "dispatch", "events"];

/// The path of a function's program: in this program's target folder, built with this profile, or as for AWS with
/// `release`. If `profile` is the path of a folder, the program is in that folder.
///
/// # Panics
/// When this program is not in cargo's target folder.
pub fn program(profile: &str, function: &str) -> PathBuf {
    if profile.contains('/') {
        return Path::new(profile).join(function);
    }
    let own = std::env::current_exe().expect("a path");
    let target = own.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists()).expect("cargo's target folder");
    let small = profile == "release" && !FAST.contains(&function);
    target.join(if small { "small" } else { profile }).join(function)
}

/// Counts the bytes that a function logs, and keeps the last lines.
fn keep(out: impl AsyncRead + Unpin + Send + 'static, logged: Arc<AtomicU64>, tail: Arc<Mutex<Vec<String>>>) {
    const KEPT: usize = 20;
    tokio::spawn(async move {
        let mut lines = BufReader::new(out).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            logged.fetch_add(line.len() as u64 + 1, Ordering::Relaxed);
            let mut tail = tail.lock().expect("no panic");
            if tail.len() == KEPT {
                tail.remove(0);
            }
            tail.push(line);
        }
    });
}

fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kibibytes.unwrap_or_default() * 1024
}

/// The processor time of a process's running threads, as the kernel counts it in nanoseconds: finer than [`Host::cpu`],
/// but without threads that have ended.
fn running_time(pid: u32) -> Duration {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let nanoseconds = threads.filter_map(|thread| {
        let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanoseconds.sum())
}

async fn next(State(api): State<Api>) -> Response {
    api.polled.send_if_modified(|first| first.is_none().then(|| *first = Some(Instant::now())).is_some());
    // Only one request waits at a time: a function polls again after it has answered.
    let Some(invocation) = api.events.lock().await.recv().await else { return StatusCode::GONE.into_response() };
    *api.open.lock().expect("no panic") = Some(invocation.answer);
    let deadline = SystemTime::now() + TIMEOUT;
    let deadline = deadline.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_millis();
    let headers = [
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned()),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:000000000000:function:bench".to_owned()),
        (
            "lambda-runtime-trace-id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0".to_owned(),
        ),
        ("content-type", "application/json".to_owned()),
    ];
    (headers, invocation.event).into_response()
}

async fn answered(State(api): State<Api>, Matched((_, what)): Matched<(String, String)>, body: Bytes) -> StatusCode {
    let result = if what == "response" { Ok(body) } else { Err(String::from_utf8_lossy(&body).into_owned()) };
    if let Some(open) = api.open.lock().expect("no panic").take() {
        let _ = open.send(result);
    }
    StatusCode::ACCEPTED
}

async fn not_started(State(api): State<Api>, body: Bytes) -> StatusCode {
    api.failed.send_replace(Some(String::from_utf8_lossy(&body).into_owned()));
    StatusCode::ACCEPTED
}
