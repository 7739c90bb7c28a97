//! The cases, by what they change about a genuine delivery.

pub(super) mod body;
pub(super) mod detour;
pub(super) mod genuine;
pub(super) mod handshake;
pub(super) mod header;
pub(super) mod http;
pub(super) mod secret;
pub(super) mod sender;
pub(super) mod signature;
pub(super) mod tenant;
pub(super) mod time;

use super::{Verdict, failure::Failure, target::Target};

/// What a case comes to.
type CaseResult = Result<Verdict, Failure>;

/// What is left of an answer that was right.
fn passed<T>(_: T) -> Verdict {
    Verdict::Passed
}

#[allow(clippy::unnecessary_wraps, reason = "that is what cases return")]
fn not_applicable(reason: &'static str) -> CaseResult {
    Ok(Verdict::NotApplicable(reason))
}

const NOT_ALL_SIGNED: &str = "the signature does not cover every byte of the body";
const NO_PLACE: &str = "the signature does not stand by itself anywhere in the request";
const NO_TIME: &str = "no time is signed";
const TOO_LARGE: &str = "it would be more than the receiver takes";
const NOT_STRICT: &str = "lenient readings are forgiven to a target that is not `strict`";
const NO_HEADER: &str = "no header proves anything";
const KEY_PAIR: &str = "there is no shared secret, but a pair of keys";
const NOT_DATA: &str = "the scheme is code, which signs nothing but what is right";
