//! Labels and milestones, of issues and of pull requests.

use std::borrow::Cow;

use serde::Deserialize;

use crate::payloads::{lenient, open_enum};

open_enum! {
    /// The state of an issue, a pull request or a milestone.
    State {
        Open = "open",
        Closed = "closed",
    }
}

/// A label.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Label<'a> {
    /// Its id.
    pub id: Option<u64>,
    /// Its name.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub name: Option<Cow<'a, str>>,
    /// Its colour, as six hexadecimal digits.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub color: Option<Cow<'a, str>>,
    /// The purpose of the label.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub description: Option<Cow<'a, str>>,
}

/// A milestone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Milestone<'a> {
    /// Its id.
    pub id: Option<u64>,
    /// Its number in the repository.
    pub number: Option<u64>,
    /// Its title.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub title: Option<Cow<'a, str>>,
    /// Open or closed.
    #[serde(borrow)]
    pub state: Option<State<'a>>,
    /// Its due date.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub due_on: Option<Cow<'a, str>>,
}
