//! Counts the instructions of a program with callgrind.
//!
//! `CALLGRIND_FOLDER` keeps callgrind's files in that folder, for `callgrind_annotate`.

use std::{
    collections::HashSet,
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

/// The compression function of SHA-256. The processors of Lambda have instructions for it, which callgrind does not know:
/// it would count the portable code, thousands of instructions for each 64 bytes.
const IN_HARDWARE: &str = "sha2::sha256::compress256";

/// The instructions in a file, without those of [`IN_HARDWARE`]. `None` if the file is not callgrind's.
/// Its format: <https://valgrind.org/docs/manual/cl-format.html>.
fn instructions(text: &str) -> Option<u64> {
    let (mut excluded, mut skipped) = (HashSet::new(), false);
    let (mut counts, mut inclusive, mut sum) = (true, false, None);
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("fn=").or_else(|| line.strip_prefix("cfn=")) {
            // The first mention of a function gives its name: `(12) name`. Later ones are `(12)`.
            let (id, name) = name.split_once(' ').unwrap_or((name, ""));
            if name.contains(IN_HARDWARE) {
                excluded.insert(id);
                skipped = true;
            }
            counts = if line.starts_with("fn=") { !excluded.contains(id) } else { counts };
        } else if line.starts_with("calls=") {
            // The next line has the cost of the call, which the called function's own lines also have.
            inclusive = true;
        } else if line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first)) {
            let cost: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
            if counts && !inclusive {
                sum = Some(sum.unwrap_or(0) + cost);
            }
            inclusive = false;
        }
    }
    assert!(skipped, "the program has no symbols: {IN_HARDWARE} is not found");
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_functions_own_instructions_count_and_not_those_of_sha_256() {
        let text = "positions: line\nevents: Ir\nsummary: 1175\n\nfn=(1) main\n16 100\ncfn=(2) work\ncalls=2 50\n\
                    16 1070\n+3 5\n\nfn=(2)\n50 70\ncfn=(3) sha2::sha256::compress256::h1\ncalls=1 9\n* 1000\n\n\
                    fn=(3)\n9 1000\n";
        assert_eq!(instructions(text), Some(175));
    }
}
