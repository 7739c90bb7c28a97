//! A scheme made at random, twice: as a constant of the runtime would describe it, and as a second
//! opinion that renders, signs and judges by itself.

mod judge;
mod runtime;
mod sign;
mod time;

use http::HeaderMap;

use crate::input::Input;

pub(crate) use self::{
    sign::put,
    time::{Time, Unit},
};

pub(crate) const NAMES: [&str; 6] =
    ["x-signature", "x-other", "authorization", "x-sig-1", "stripe-signature", "a"];
const PREFIXES: [&str; 5] = ["", "sha256=", "v0=", "Basic ", "="];
const SEPARATORS: [&str; 6] = [",", ";", ", ", "&", " ", ",,"];
const KEYS: [&str; 4] = ["v1", "s", "h1", "t1"];
const PAIR: [&str; 2] = ["x-primary", "x-secondary"];
const NUMBERED: &str = "x-sig-";
pub(crate) const TIME: &str = "x-time";
pub(crate) const ID: &str = "x-id";
const FIELD: &str = "t";
const QUERY: &str = "code";
const REQUIRED: [&[(&str, &str)]; 3] =
    [&[], &[("x-version", "1")], &[("x-version", "1"), ("x-algorithm", "HmacSHA256")]];
const LITERALS: [&str; 8] = [".", ":", "\n", "v0:", "é", "|", "-", "a="];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    HmacSha1,
    HmacSha256,
    HmacSha512,
    Sha256,
    Token,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grammar {
    Bare { name: &'static str, prefix: &'static str },
    Fields { name: &'static str, separator: &'static str, key: &'static str },
    Versions { name: &'static str, version: &'static str },
    Numbered,
    Paired,
    Query,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Encoding {
    Hex,
    Base64,
    Base64Url,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Literal(&'static str),
    Id,
    Time,
    Method,
    Url,
    Body,
    Secret,
}

/// How a made-up provider signs.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) algorithm: Algorithm,
    pub(crate) grammar: Grammar,
    encoding: Encoding,
    pub(crate) parts: Vec<Part>,
    pub(crate) time: Option<Time>,
    pub(crate) has_id: bool,
    pub(crate) required: &'static [(&'static str, &'static str)],
}

/// A request as it stands before the verifier.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) query: String,
    pub(crate) body: Vec<u8>,
}

/// What the parts of a signed text stand for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Values<'a> {
    pub(crate) id: &'a str,
    pub(crate) time: &'a str,
    pub(crate) method: &'a str,
    pub(crate) url: &'a str,
    pub(crate) body: &'a [u8],
}

impl Plan {
    /// Any scheme that does not contradict itself.
    pub(crate) fn any(input: &mut Input<'_>) -> Self {
        let algorithm = input.one_of(&[
            Algorithm::HmacSha256,
            Algorithm::HmacSha1,
            Algorithm::HmacSha512,
            Algorithm::Sha256,
            Algorithm::Token,
        ]);
        let name = input.one_of(&NAMES);
        let grammar = match input.below(6) {
            0 => Grammar::Bare { name, prefix: input.one_of(&PREFIXES) },
            1 => Grammar::Fields {
                name,
                separator: input.one_of(&SEPARATORS),
                key: input.one_of(&KEYS),
            },
            2 => Grammar::Versions { name, version: input.one_of(&["v1", "v1a", ""]) },
            3 => Grammar::Numbered,
            4 => Grammar::Paired,
            _ => Grammar::Query,
        };
        // A signature in the query needs no escapes there, and is not part of what it signs.
        let is_in_query = grammar == Grammar::Query && algorithm != Algorithm::Token;
        let encoding = match input.one_of(&[Encoding::Hex, Encoding::Base64, Encoding::Base64Url]) {
            Encoding::Base64 if is_in_query => Encoding::Base64Url,
            encoding => encoding,
        };
        let time = input.is().then(|| Time::any(input, matches!(grammar, Grammar::Fields { .. })));
        let has_id = input.is();
        let mut parts = vec![Part::Body];
        if time.is_some() {
            parts.insert(0, Part::Time);
        }
        if has_id {
            // Behind the body, an id could be cut in two ways: see `templates`.
            parts.insert(input.below(parts.len()), Part::Id);
        }
        if algorithm == Algorithm::Sha256 {
            parts.insert(input.below(parts.len() + 1), Part::Secret);
        }
        for _ in 0..input.below(3) {
            let extra = match input.one_of(&[Part::Method, Part::Url]) {
                Part::Url if is_in_query => Part::Method,
                extra => extra,
            };
            parts.insert(input.below(parts.len() + 1), extra);
        }
        for _ in 0..input.below(4) {
            let at = input.below(parts.len() + 1);
            parts.insert(at, Part::Literal(input.one_of(&LITERALS)));
        }
        let mut plan = Self { algorithm, grammar, encoding, parts, time, has_id, required: &[] };
        if has_id && !plan.is_parted(|part| part == Part::Time) {
            // Such a scheme is refused by the compiler.
            let id = plan.parts.iter().position(|part| *part == Part::Id).expect("an id");
            plan.parts.insert(id + 1, Part::Literal(input.one_of(&LITERALS)));
        }
        if input.is_rarely() {
            plan.required = input.one_of(&REQUIRED);
        }
        plan
    }

    /// Time and body, as most sign them.
    pub(crate) fn timed(time: Time) -> Self {
        let name = NAMES[0];
        Self {
            algorithm: Algorithm::HmacSha256,
            grammar: if time.in_field {
                Grammar::Fields { name, separator: ",", key: "v1" }
            } else {
                Grammar::Bare { name, prefix: "" }
            },
            encoding: Encoding::Hex,
            parts: vec![Part::Time, Part::Literal("."), Part::Body],
            time: Some(time),
            has_id: false,
            required: &[],
        }
    }

    /// Keys that no two secrets share.
    pub(crate) fn keys(&self, input: &mut Input<'_>) -> Vec<Vec<u8>> {
        let most = if self.grammar == Grammar::Paired { PAIR.len() } else { 3 };
        (0..=input.below(most))
            .map(|at| {
                // One that is longer than the block of its hash is hashed first.
                let long = if input.is_rarely() { 200 } else { 0 };
                format!("k3y-{at}-{}", "x".repeat(long)).into_bytes()
            })
            .collect()
    }
}
