//! Repositories.

use std::borrow::Cow;

use serde::Deserialize;

use crate::payloads::{github::User, lenient, open_enum};

/// A repository.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Repository<'a> {
    /// Its id, which stays the same when it is renamed.
    pub id: u64,
    /// Its name.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub name: Option<Cow<'a, str>>,
    /// Its name behind its owner's, as in `octocat/hello`.
    #[serde(borrow)]
    pub full_name: Cow<'a, str>,
    /// The owner.
    #[serde(borrow)]
    pub owner: Option<User<'a>>,
    /// Its page.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub html_url: Option<Cow<'a, str>>,
    /// Its description.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub description: Option<Cow<'a, str>>,
    /// The branch that it is shown at.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub default_branch: Option<Cow<'a, str>>,
    /// It is private.
    pub private: Option<bool>,
    /// Its visibility.
    #[serde(borrow)]
    pub visibility: Option<Visibility<'a>>,
    /// It is a fork.
    pub fork: Option<bool>,
    /// It is read-only.
    pub archived: Option<bool>,
}

open_enum! {
    /// The visibility of a repository.
    Visibility {
        Internal = "internal",
        Private = "private",
        Public = "public",
    }
}
