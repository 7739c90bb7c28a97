//! Runs this program again under callgrind, and reads what it counted.

use std::{collections::HashMap, fs, path::Path, process::Command};

use webhook_benches::{Sample, Variant};

/// Instructions.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    pub(crate) all: u64,
    /// Those of SHA-256.
    pub(crate) hashing: u64,
}

impl Count {
    pub(crate) fn rest(self) -> u64 {
        self.all - self.hashing
    }
}

/// Counts while requests are answered, and not while they are made.
pub(crate) fn count(variant: Variant, sample: Sample, requests: u64) -> Count {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("callgrind.out");
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--toggle-collect=*counted_answer*"])
        .arg(format!("--callgrind-out-file={}", file.display()))
        .arg(std::env::current_exe().expect("this program has a path"))
        .args([variant.name(), sample.name(), &requests.to_string()])
        .output()
        .expect("valgrind has to be installed");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    read(&fs::read_to_string(&file).expect("valgrind wrote it"))
}

/// Adds up a profile of callgrind: `fn=(id) name` opens a function, `calls=` precedes a line that
/// belongs to the callee, and every other line that starts with a place ends with its cost.
fn read(profile: &str) -> Count {
    let mut count = Count::default();
    let mut known: HashMap<&str, bool> = HashMap::new();
    let mut in_hash = false;
    let mut lines = profile.lines();
    while let Some(line) = lines.next() {
        if let Some((kind @ ("fn" | "cfn"), function)) = line.split_once('=') {
            let (id, name) = function.split_once(' ').unwrap_or((function, ""));
            let hashing = *known
                .entry(id)
                .or_insert_with(|| name.contains("sha256") || name.contains("sha2"));
            if kind == "fn" {
                in_hash = hashing;
            }
        } else if line.starts_with("calls=") {
            lines.next();
        } else if line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first)) {
            let cost = line.rsplit(' ').next().and_then(|cost| cost.parse().ok()).unwrap_or(0);
            count.all += cost;
            if in_hash {
                count.hashing += cost;
            }
        }
    }
    count
}
