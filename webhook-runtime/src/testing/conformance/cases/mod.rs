//! The cases, by what they change about a genuine delivery.

pub(super) mod body;
pub(super) mod genuine;
pub(super) mod handshake;
pub(super) mod header;
pub(super) mod http;
pub(super) mod secret;
pub(super) mod signature;
pub(super) mod tenant;
pub(super) mod time;

use super::{failure::Failure, subject::Subject};

/// What a case comes to.
type Verdict = Result<(), Failure>;
