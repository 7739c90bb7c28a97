//! What the inbox has to know of a scheme: what makes two requests one delivery, and where the secret
//! itself is sent.

use std::borrow::Cow;

use super::{Scheme, grammar::Placement, timestamp::Place};
use crate::json;

impl Scheme {
    /// What is signed of a body but for the time of signing: senders sign anew what they send again.
    pub(crate) fn identity<'b>(&self, body: &'b [u8]) -> Cow<'b, [u8]> {
        let time = self.time_pointer().and_then(|pointer| {
            let body = std::str::from_utf8(body).ok()?;
            Some(json::place(json::text(body, pointer)?, body))
        });
        match time {
            Some(time) => Cow::Owned([&body[..time.start], &body[time.end..]].concat()),
            None => Cow::Borrowed(body),
        }
    }

    /// The query parameter that carries the credential.
    pub(crate) fn parameter(&self) -> Option<&'static str> {
        match self.placement {
            Placement::Query { name } => Some(name),
            _ => None,
        }
    }

    /// Where in the body the time of the signature has to be.
    pub(crate) fn time_pointer(&self) -> Option<&'static str> {
        match self.timestamp?.place {
            Place::Pointer(pointer) => Some(pointer),
            Place::Header(_) | Place::Field(_) => None,
        }
    }
}
