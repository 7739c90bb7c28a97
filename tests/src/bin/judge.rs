//! Reads the requests of `tests/tools/cases` from standard input, one a line, and prints where the
//! verdicts differ:
//!
//! ```text
//! python3 tests/tools/cases body 1000000 | cargo run --release -p webhook-tests --bin judge
//! ```

use std::{
    collections::BTreeMap,
    io::{self, BufRead as _, Write as _},
    process::ExitCode,
    time::{Duration, UNIX_EPOCH},
};

use base64ct::{Base64, Encoding as _};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use webhook_runtime::{
    Provider, Secret,
    providers::ALL,
    scheme::{Scheme, SignedRequest},
};

/// The number of differences to print before giving up.
const MOST_TOLD: usize = 20;

/// No provider has this one.
const SHA512_RAW: Provider =
    Provider::new("sha512-raw", Scheme::hmac_sha512().header("x-signature").base64());

/// A line: provider, secrets, method, URL, headers, body, the present, whether it is genuine, why.
#[derive(Deserialize)]
struct Case(String, Vec<String>, String, String, Vec<(String, String)>, String, u64, bool, String);

#[derive(Default)]
struct Tally {
    accepted: usize,
    refused: usize,
}

fn main() -> ExitCode {
    let mut tally: BTreeMap<String, Tally> = BTreeMap::new();
    let mut differ = 0;
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line.expect("lines of text");
        let case: Case = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"));
        let verdict = judge(&case);
        if verdict.is_ok() != case.7 {
            differ += 1;
            writeln!(out, "{}, {verdict:?}: {line}", case.8).expect("somebody who reads");
            if differ == MOST_TOLD {
                break;
            }
        }
        let tally = tally.entry(case.0).or_default();
        *(if case.7 { &mut tally.accepted } else { &mut tally.refused }) += 1;
    }
    let mut all = Tally::default();
    for (provider, tally) in tally {
        let Tally { accepted, refused } = tally;
        writeln!(out, "{provider}: {accepted} genuine, {refused} not").expect("a reader");
        all.accepted += accepted;
        all.refused += refused;
    }
    let Tally { accepted, refused } = all;
    let cases = accepted + refused;
    writeln!(out, "{cases} cases, {accepted} genuine, {refused} not: {differ} differ")
        .expect("one");
    // An empty input means that the other tool failed.
    if differ == 0 && cases > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn judge(Case(name, secrets, method, url, sent, body, now, ..): &Case) -> Result<(), String> {
    let provider = ALL.iter().copied().chain([&SHA512_RAW]).find(|known| known.name() == name);
    let provider = provider.unwrap_or_else(|| panic!("{name} is not there"));
    let mut headers = HeaderMap::new();
    for (name, value) in sent {
        let name = HeaderName::try_from(name).map_err(|error| error.to_string())?;
        // Every character is a byte.
        let value: Vec<u8> =
            value.chars().map(|mark| u8::try_from(mark).expect("a byte")).collect();
        headers.append(name, HeaderValue::from_bytes(&value).map_err(|error| error.to_string())?);
    }
    let body = Base64::decode_vec(body).expect("base64");
    let request = SignedRequest {
        method,
        url,
        headers: &headers,
        query: url.split_once('?').map_or("", |(_, query)| query),
        body: &body,
    };
    let secrets: Vec<_> = secrets.iter().map(Secret::new).collect();
    let now = UNIX_EPOCH + Duration::from_millis(*now);
    provider.verify(&secrets, &request, None, now).map(drop).map_err(|error| error.to_string())
}
