//! Checks of messages to chat platforms with the platforms' own libraries and schemas. They run in child processes, one
//! for each language: `tests/receivers/platforms.*`.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

/// The checks of all platforms. Each process starts with its first check and ends when this is dropped.
#[derive(Default)]
pub struct Validators {
    node: Option<Validator>,
    python: Option<Validator>,
}

impl Validators {
    /// Checks the JSON of a message to the platform with this name, with the file of that name in
    /// `tests/receivers/checks`.
    ///
    /// # Errors
    /// The reasons why the platform would refuse the message.
    ///
    /// # Panics
    /// If the platform has no check, or the packages that the checks use are not installed.
    pub fn check(&mut self, name: &str, body: &Value) -> Result<(), Vec<String>> {
        let checks = folder().join("checks");
        let validator = if checks.join(name).with_extension("mjs").exists() {
            self.node.get_or_insert_with(|| Validator::start("node", "platforms.mjs"))
        } else {
            assert!(checks.join(name).with_extension("py").exists(), "add a check to {}", checks.display());
            self.python
                .get_or_insert_with(|| Validator::start("../../.local/venv-receivers/bin/python", "platforms.py"))
        };
        let answer = validator.ask(&json!({"kind": name, "body": body}));
        let errors = answer["errors"].as_array().expect("a list of errors").iter();
        let errors = errors.map(|error| error.as_str().expect("text").to_owned()).collect();
        if answer["ok"] == true { Ok(()) } else { Err(errors) }
    }
}

/// `tests/receivers`.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/receivers")
}

/// A program that reads one message per line and answers each with one line.
struct Validator {
    script: &'static str,
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Validator {
    fn start(program: &str, script: &'static str) -> Self {
        let folder = folder();
        // A bare name is found in PATH. A path is relative to the folder.
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
        // A program without its packages ends before it answers.
        match asked {
            Ok(1..) => serde_json::from_str(&answer).expect("JSON"),
            _ => panic!("{}", missing(self.script)),
        }
    }
}

impl Drop for Validator {
    fn drop(&mut self) {
        // Both fail if the process has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn missing(script: &str) -> String {
    format!("the packages of tests/receivers/{script} are not installed: run `make receivers`, or `make test`")
}
