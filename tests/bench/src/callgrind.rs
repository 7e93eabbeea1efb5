//! Counts the instructions of a program with callgrind.
//!
//! `CALLGRIND_FOLDER` keeps callgrind's files in that folder, for `callgrind_annotate`.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicUsize, Ordering},
};

use tokio::process::Command;

/// A program under callgrind, which writes the instructions of each part of its run into a file.
pub(crate) struct Callgrind {
    /// The folder of these files, removed at the end.
    folder: PathBuf,
    /// How many files were written.
    dumps: AtomicUsize,
}

impl Callgrind {
    /// The command that runs a program, which takes the program's arguments and environment.
    pub(crate) fn of(program: &Path) -> (Command, Option<Self>) {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        let folder = folder().join(format!("callgrind-{}-{number}-{name}", process::id()));
        fs::create_dir_all(&folder).expect("a temporary folder");
        let mut command = Command::new("valgrind");
        command.arg("--tool=callgrind").arg("--quiet");
        command.arg(format!("--callgrind-out-file={}", folder.join(OUT).display())).arg(program);
        (command, Some(Self { folder, dumps: AtomicUsize::new(0) }))
    }

    /// Returns the instructions since the last call, or since the start.
    pub(crate) async fn dump(&self, pid: u32) -> u64 {
        let answer = Command::new("callgrind_control").args(["--dump", &pid.to_string()]).output().await;
        let answer = answer.expect("callgrind_control, which comes with valgrind");
        let number = self.dumps.fetch_add(1, Ordering::Relaxed) + 1;
        let path = self.folder.join(format!("{OUT}.{number}"));
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}: {answer:?}", path.display()));
        instructions(&text).unwrap_or_else(|| panic!("no sum in {}", path.display()))
    }
}

impl Drop for Callgrind {
    fn drop(&mut self) {
        if env::var_os(FOLDER).is_none() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

const FOLDER: &str = "CALLGRIND_FOLDER";

fn folder() -> PathBuf {
    env::var_os(FOLDER).map_or_else(env::temp_dir, PathBuf::from)
}

const OUT: &str = "out";

/// The sum of a file: `summary:` or `totals:`.
fn instructions(text: &str) -> Option<u64> {
    let sum = |line: &str| line.strip_prefix("summary: ").or_else(|| line.strip_prefix("totals: ")).map(str::to_owned);
    text.lines().find_map(sum)?.trim().parse().ok()
}
