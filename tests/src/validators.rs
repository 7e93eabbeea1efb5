//! Checks of messages to chat platforms by code that is not ours: child processes that run `tests/receivers/platforms.*`,
//! which hold a message to what the platform's own libraries and schemas say of it.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

/// The checks of all platforms. They begin when they are first asked, and end with it.
#[derive(Default)]
pub(crate) struct Validators {
    node: Option<Validator>,
    python: Option<Validator>,
}

impl Validators {
    /// Holds the JSON of a message to what the platform `kind` (`slack`, `teams`, `discord` or `google_chat`) takes.
    ///
    /// # Errors
    /// What is wrong with it.
    ///
    /// # Panics
    /// When the checks are not installed.
    pub(crate) fn check(&mut self, kind: &str, body: &Value) -> Result<(), Vec<String>> {
        let validator = match kind {
            "teams" | "discord" => self.node.get_or_insert_with(|| Validator::start("node", "platforms.mjs")),
            _ => self
                .python
                .get_or_insert_with(|| Validator::start("../../.local/venv-receivers/bin/python", "platforms.py")),
        };
        let answer = validator.ask(&json!({"kind": kind, "body": body}));
        let errors = answer["errors"].as_array().expect("a list of errors").iter();
        let errors = errors.map(|error| error.as_str().expect("text").to_owned()).collect();
        if answer["ok"] == true { Ok(()) } else { Err(errors) }
    }
}

/// A program that reads a message a line, and answers each with a line.
struct Validator {
    script: &'static str,
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Validator {
    fn start(program: &str, script: &'static str) -> Self {
        // This file is of two packages.
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = here.ancestors().map(|folder| folder.join("tests/receivers")).find(|folder| folder.exists());
        let folder = folder.expect("tests/receivers");
        // A name alone is found by the path, and a path is one from that folder.
        let program = if program.contains('/') { folder.join(program) } else { program.into() };
        let mut child = Command::new(program)
            .arg(script)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", missing(script)));
        let input = child.stdin.take().expect("an input");
        let output = BufReader::new(child.stdout.take().expect("an output"));
        Self { script, child, input, output }
    }

    fn ask(&mut self, question: &Value) -> Value {
        let mut answer = String::new();
        let asked = writeln!(self.input, "{question}").and_then(|()| self.output.read_line(&mut answer));
        // A program that lacks its packages has ended before it answers.
        match asked {
            Ok(1..) => serde_json::from_str(&answer).expect("JSON"),
            _ => panic!("{}", missing(self.script)),
        }
    }
}

impl Drop for Validator {
    fn drop(&mut self) {
        // Nothing to do where it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn missing(script: &str) -> String {
    format!("what tests/receivers/{script} needs is not installed: run `make receivers`, or the tests by `make test`")
}
