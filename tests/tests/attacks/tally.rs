//! Counts of bad inputs and checks of their answers, over all tests of this program.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

use crate::wire::Answer;

/// The number of bad inputs by family of schemes.
static SENT: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());

/// Headers and body of an answer.
type Shown = (Vec<(String, String)>, Vec<u8>);

/// The 401, which must be the same for all.
static REFUSAL: OnceLock<Shown> = OnceLock::new();

fn sent() -> MutexGuard<'static, BTreeMap<String, usize>> {
    SENT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts a bad input, and checks the rules that hold for every answer to one.
#[track_caller]
pub(crate) fn note(family: &str, what: &str, answer: &Answer) {
    *sent().entry(family.to_owned()).or_default() += 1;
    let Answer { status, headers, body, .. } = answer;
    assert!((400..500).contains(status), "{family}: {what}: {answer:?}");
    if *status != 401 {
        return;
    }
    // The date changes by itself, and keep-alive depends on the unread body.
    let told = |name: &str| !matches!(name, "date" | "connection");
    let headers: Vec<_> = headers.iter().filter(|(name, _)| told(name)).cloned().collect();
    let (one, same) = REFUSAL.get_or_init(|| (headers.clone(), body.clone()));
    assert_eq!((&headers, body), (one, same), "{family}: {what}: one refusal is like another");
}

/// Counts bad inputs without a readable answer, such as those that are not HTTP.
pub(crate) fn note_unanswered(family: &str) {
    *sent().entry(family.to_owned()).or_default() += 1;
}

/// Prints the number of bad inputs by family. The last such line covers all tests.
pub(crate) fn tell() {
    let sent = sent();
    let mut line = String::new();
    for (family, count) in &*sent {
        let _ = write!(line, "{family} {count}, ");
    }
    let all: usize = sent.values().sum();
    println!("bad inputs so far: {line}{all} in all, none answered by 2xx or 5xx");
}
