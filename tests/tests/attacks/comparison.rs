//! Secrets are compared in constant time. The test reads the source, since a socket hides
//! nanoseconds.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Names of fields and variables that hold a secret, or are compared with one.
const WORDS: [&str; 11] = [
    "credential",
    "digest",
    "expected",
    "mac",
    "password",
    "secret",
    "sent",
    "signature",
    "signed",
    "tag",
    "token",
];

/// Harmless comparisons: with a field's name, and with a secret's place in a list.
const HARMLESS: [&str; 2] = ["key == signature", "secret == at"];

/// Elsewhere, tags and tokens were compared up to the first byte that differs (GHSA-f67f-2j6r-m4c9,
/// GHSA-86j9-25m2-9w97).
#[test]
fn secrets_are_compared_in_constant_time_only() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../webhook-runtime/src");
    let mut files = Vec::new();
    collect(&sources, &mut files);
    let (mut compared, mut wrong) = (0, Vec::new());
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("\n#[cfg(test)]\n").next().unwrap_or_default();
        for line in code.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
            compared += usize::from(line.contains("ct_eq"));
            if is_of_secrets(line) && !HARMLESS.iter().any(|known| line.contains(known)) {
                wrong.push(format!("{}: {line}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(compared > 4, "where they are compared, it is seen: {compared}");
    assert!(is_of_secrets("if sent == expected {") && is_of_secrets("a.b != self.token.c()"));
}

/// Tells whether a line compares a secret with `==` or `!=`, judged by the names.
fn is_of_secrets(line: &str) -> bool {
    let sides = line.split(" == ").zip(line.split(" == ").skip(1));
    let mut sides = sides.chain(line.split(" != ").zip(line.split(" != ").skip(1)));
    sides.any(|(left, right)| {
        let is_name = |mark: char| mark.is_ascii_alphanumeric() || matches!(mark, '_' | '.');
        let left = left.rsplit(|mark| !is_name(mark)).next().unwrap_or_default();
        let right = right.trim_start_matches(['&', '*']);
        let right = right.split(|mark| !is_name(mark)).next().unwrap_or_default();
        [left, right].iter().any(|side| side.split('.').any(|word| WORDS.contains(&word)))
    })
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // Secrets of tests may be compared.
        if path.file_stem().is_some_and(|name| name == "testing") {
            continue;
        }
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
