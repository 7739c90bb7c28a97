//! People, bots, organizations, teams and apps.

use std::borrow::Cow;

use serde::Deserialize;

use crate::payloads::{lenient, open_enum};

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct User<'a> {
    /// Its id, which stays the same when it is renamed.
    pub id: Option<u64>,
    /// Its name in URLs.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub login: Option<Cow<'a, str>>,
    /// The kind of account.
    #[serde(borrow, rename = "type")]
    pub kind: Option<UserKind<'a>>,
    /// Its page.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub html_url: Option<Cow<'a, str>>,
}

open_enum! {
    /// The kind of an account.
    UserKind {
        Bot = "Bot",
        Mannequin = "Mannequin",
        Organization = "Organization",
        User = "User",
    }
}

/// An organization.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Organization<'a> {
    /// Its id.
    pub id: Option<u64>,
    /// Its name in URLs.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub login: Option<Cow<'a, str>>,
}

/// A team.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Team<'a> {
    /// Its id.
    pub id: Option<u64>,
    /// Its name.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub name: Option<Cow<'a, str>>,
    /// Its name in URLs.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub slug: Option<Cow<'a, str>>,
}

/// An installation of a GitHub App.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Installation {
    /// Its id, which the app needs to get a token.
    pub id: Option<u64>,
}
