//! What an application would decode of each sample: one shape, with texts that are borrowed from
//! the body or owned.
//!
//! What is decoded and never looked at is decoded all the same: see [`handled`].

mod advisory;
mod comment;
mod common;
mod review;

use std::{borrow::Cow, hint::black_box};

use serde::Deserialize;

pub use self::{advisory::Advisory, comment::Comment, review::Review};

/// A text borrowed from the body, unless an escape in it has to be undone.
#[derive(Deserialize)]
#[serde(transparent)]
#[expect(dead_code, reason = "decoding is what is measured")]
pub struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// What every handler does, however it was written: enough that no field can be left out.
pub fn handled<T>(payload: &T) -> &'static str {
    black_box(payload);
    "OK"
}
