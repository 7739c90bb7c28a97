//! The cases, by what they change about a genuine delivery.

pub(super) mod body;
pub(super) mod detour;
pub(super) mod endless;
pub(super) mod genuine;
pub(super) mod handshake;
pub(super) mod header;
pub(super) mod hostile;
pub(super) mod http;
pub(super) mod replay;
pub(super) mod secret;
pub(super) mod sender;
pub(super) mod signature;
pub(super) mod tenant;
pub(super) mod time;

use super::{Verdict, failure::Failure, target::Target};

/// The result of a case.
type CaseResult = Result<Verdict, Failure>;

/// Discards an outcome that was expected.
fn passed<T>(_: T) -> Verdict {
    Verdict::Passed
}

#[allow(clippy::unnecessary_wraps, reason = "cases return results")]
fn not_applicable(reason: &'static str) -> CaseResult {
    Ok(Verdict::NotApplicable(reason))
}

const NOT_ALL_SIGNED: &str = "the signature does not cover every byte of the body";
const NO_PLACE: &str = "the signature is not a separate value in the request";
const NO_TIME: &str = "no time is signed";
const TOO_LARGE: &str = "the body would be larger than the receiver's limit";
const NOT_STRICT: &str = "lenient parsing is allowed to a target that is not `strict`";
const NO_HEADER: &str = "no header has a signature";
const KEY_PAIR: &str = "the scheme has a pair of keys instead of a shared secret";
const NOT_DATA: &str = "the scheme is code, which cannot sign invalid requests";
