//! Random requests, judged by the runtime and by `tests/tools/cases`, which shares no code with it.
//!
//! `WEBHOOK_CASES=1000000 cargo test --release -p webhook-tests --test judged -- --nocapture`
//! judges that many of each family.

mod runner;

use std::{
    env,
    process::{Command, Stdio},
};

use runner::tell;

/// The variable with the number of requests for each family.
const VARIABLE: &str = "WEBHOOK_CASES";

/// The families, and the default number of requests.
const FAMILIES: [(&str, u64); 8] = [
    ("body", 2000),
    ("list", 2000),
    ("time", 2000),
    ("standard", 2000),
    ("url", 2000),
    ("token", 2000),
    ("concat", 2000),
    ("jwt", 2000),
];

/// The families that need Python's package `cryptography`. Their signatures are slow, so there are
/// fewer requests.
const ASYMMETRIC: [(&str, u64); 3] = [("ed25519", 500), ("ecdsa", 200), ("rsa", 200)];

#[test]
fn random_requests_agree_with_python() {
    if !runs("import sys; assert sys.version_info >= (3, 9)") {
        tell("NOT RUN: the families of schemes, as there is no python3 of 3.9 or newer");
        return;
    }
    judge(&FAMILIES);
    if !runs("import cryptography") {
        tell("NOT RUN: the families with public keys, as python3 has no `cryptography`");
        return;
    }
    judge(&ASYMMETRIC);
}

fn runs(program: &str) -> bool {
    let python = Command::new("python3").args(["-c", program]).stderr(Stdio::null()).status();
    python.is_ok_and(|status| status.success())
}

fn judge(families: &[(&str, u64)]) {
    for (family, usual) in families {
        let count =
            env::var(VARIABLE).ok().map_or(*usual, |count| count.parse().expect("a number"));
        let mut cases = Command::new("python3")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tools/cases"))
            .args([family, &*count.to_string(), &env::var("WEBHOOK_SEED").unwrap_or_default()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("it ran before");
        let judge = Command::new(env!("CARGO_BIN_EXE_judge"))
            .stdin(cases.stdout.take().expect("a pipe"))
            .output()
            .expect("it was built");
        let told = String::from_utf8_lossy(&judge.stdout);
        let made = cases.wait().expect("it was started");
        tell(&format!("{family}: {}", told.lines().last().unwrap_or("nothing")));
        assert!(judge.status.success() && made.success(), "{family}:\n{told}");
        let all: u64 =
            told.lines().last().and_then(|line| line.split(' ').next()?.parse().ok()).unwrap_or(0);
        assert_eq!(all, count, "{family}");
    }
}
