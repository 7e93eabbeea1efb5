//! Test servers that follow a script on each connection. They run on their own threads, so that a test can block its
//! runtime meanwhile, as when a Lambda function is frozen.
#![allow(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex},
    thread,
};

/// An answer without a body that keeps the connection open.
pub const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/// One step of a connection's script. The connection is closed after the last one.
#[derive(Debug, Clone)]
pub enum Step {
    /// Reads a request, then writes these bytes.
    Answer(String),
    /// Reads a request, then waits for the client to close the connection.
    Hang,
    /// Waits for the test to call [`Server::close_and_block`].
    Wait,
}

impl Step {
    /// Reads a request, then writes these bytes.
    pub fn answer(bytes: impl Into<String>) -> Self {
        Self::Answer(bytes.into())
    }
}

/// A server on a free port of this machine.
pub struct Server {
    address: SocketAddr,
    record: Arc<Record>,
}

#[derive(Default)]
struct Record {
    seen: Mutex<Seen>,
    changed: Condvar,
}

#[derive(Default)]
struct Seen {
    requests: Vec<(usize, String)>,
    closed: usize,
    go_on: bool,
}

impl Record {
    fn note(&self, note: impl FnOnce(&mut Seen)) {
        note(&mut self.seen.lock().expect("no panic"));
        self.changed.notify_all();
    }

    fn wait(&self, until: impl Fn(&Seen) -> bool) {
        let seen = self.seen.lock().expect("no panic");
        drop(self.changed.wait_while(seen, |seen| !until(seen)).expect("no panic"));
    }
}

impl Server {
    /// Starts a server that accepts one connection for each script, and no more.
    pub fn start<const N: usize>(scripts: [Vec<Step>; N]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let record = Arc::<Record>::default();
        let noted = record.clone();
        let mut listener = (N > 0).then_some(listener);
        thread::spawn(move || {
            for (connection, script) in scripts.into_iter().enumerate() {
                let Some(Ok((stream, _))) = listener.as_ref().map(TcpListener::accept) else { return };
                // After this, the port refuses connections.
                listener.take_if(|_| connection + 1 == N);
                let noted = noted.clone();
                thread::spawn(move || {
                    serve(connection, stream, script, &noted);
                    noted.note(|seen| seen.closed += 1);
                });
            }
        });
        Self { address, record }
    }

    /// The address that the server listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The server's root URL.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Returns the full requests so far, each with the number of its connection, starting at 0.
    pub fn requests(&self) -> Vec<(usize, String)> {
        self.record.seen.lock().expect("no panic").requests.clone()
    }

    /// Returns the connections of the requests so far, numbered from 0.
    pub fn connections(&self) -> Vec<usize> {
        self.requests().into_iter().map(|(connection, _)| connection).collect()
    }

    /// Blocks this thread, with its runtime, until the server has read this many requests. A test whose clock is paused
    /// may be ahead of the server.
    pub fn block_until_requested(&self, count: usize) {
        self.record.wait(|seen| seen.requests.len() >= count);
    }

    /// Blocks this thread, with its runtime, until the server has closed this many connections.
    pub fn block_until_closed(&self, count: usize) {
        self.record.wait(|seen| seen.closed >= count);
    }

    /// Ends the [`Step::Wait`]s, and blocks this thread, with its runtime, until the server has closed this many
    /// connections.
    pub fn close_and_block(&self, count: usize) {
        self.record.note(|seen| seen.go_on = true);
        self.block_until_closed(count);
    }
}

fn serve(connection: usize, mut stream: TcpStream, script: Vec<Step>, record: &Record) {
    for step in script {
        if matches!(step, Step::Wait) {
            record.wait(|seen| seen.go_on);
            continue;
        }
        let Some(request) = read_request(&mut stream) else { return };
        record.note(|seen| seen.requests.push((connection, request)));
        match step {
            Step::Answer(bytes) if stream.write_all(bytes.as_bytes()).is_ok() => {}
            Step::Answer(_) => return,
            Step::Hang => drop(stream.read(&mut [0])),
            Step::Wait => {}
        }
    }
}

/// Reads one request. Returns `None` when the client has closed the connection.
fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = vec![];
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if length.is_none_or(|length| body.len() >= length.parse().expect("a length")) {
                return Some(text.into_owned());
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}
