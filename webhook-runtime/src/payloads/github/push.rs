//! Pushes.

use std::borrow::Cow;

use serde::Deserialize;

use crate::payloads::{
    github::{Installation, Organization, Repository, User},
    lenient,
};

/// The event [`push`][docs]: commits or a tag were pushed, or a branch or a tag was deleted.
///
/// [docs]: https://docs.github.com/en/webhooks/webhook-events-and-payloads#push
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Push<'a> {
    /// The reference that was pushed to, such as `refs/heads/main`.
    #[serde(borrow, rename = "ref")]
    pub reference: Cow<'a, str>,
    /// The commit that it was at before; all zeros if it is new.
    #[serde(borrow)]
    pub before: Cow<'a, str>,
    /// The commit that it is at now; all zeros if it is deleted.
    #[serde(borrow)]
    pub after: Cow<'a, str>,
    /// The reference that a new one was made from.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub base_ref: Option<Cow<'a, str>>,
    /// It is new.
    pub created: Option<bool>,
    /// It is deleted.
    pub deleted: Option<bool>,
    /// It was a force push: commits may be gone.
    pub forced: Option<bool>,
    /// A page that shows the difference.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub compare: Option<Cow<'a, str>>,
    /// The commits, oldest first; of a large push, not all of them.
    #[serde(borrow, default, deserialize_with = "lenient::list")]
    pub commits: Vec<Commit<'a>>,
    /// The last one; none if the reference is deleted.
    #[serde(borrow)]
    pub head_commit: Option<Commit<'a>>,
    /// The Git identity that pushed.
    #[serde(borrow)]
    pub pusher: Option<Author<'a>>,
    /// The repository that it happened in.
    #[serde(borrow)]
    pub repository: Repository<'a>,
    /// Its organization, if it is in one.
    #[serde(borrow)]
    pub organization: Option<Organization<'a>>,
    /// The GitHub account that pushed.
    #[serde(borrow)]
    pub sender: Option<User<'a>>,
    /// The installation of the GitHub App that receives the event, if there is one.
    pub installation: Option<Installation>,
}

/// A commit that was pushed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Commit<'a> {
    /// Its hash.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub id: Option<Cow<'a, str>>,
    /// The hash of its tree.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub tree_id: Option<Cow<'a, str>>,
    /// It was not in any branch before.
    pub distinct: Option<bool>,
    /// Its description.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub message: Option<Cow<'a, str>>,
    /// The time of its creation.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub timestamp: Option<Cow<'a, str>>,
    /// Its page.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub url: Option<Cow<'a, str>>,
    /// The author.
    #[serde(borrow)]
    pub author: Option<Author<'a>>,
    /// The committer.
    #[serde(borrow)]
    pub committer: Option<Author<'a>>,
    /// Files that it added.
    #[serde(borrow, default, deserialize_with = "lenient::texts")]
    pub added: Vec<Cow<'a, str>>,
    /// Files that it removed.
    #[serde(borrow, default, deserialize_with = "lenient::texts")]
    pub removed: Vec<Cow<'a, str>>,
    /// Files that it changed.
    #[serde(borrow, default, deserialize_with = "lenient::texts")]
    pub modified: Vec<Cow<'a, str>>,
}

/// A Git identity.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Author<'a> {
    /// The name.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub name: Option<Cow<'a, str>>,
    /// The mail address.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub email: Option<Cow<'a, str>>,
    /// The GitHub account, if there is one.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub username: Option<Cow<'a, str>>,
}
