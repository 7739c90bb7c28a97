//! Releases and their files.

use std::borrow::Cow;

use serde::Deserialize;

use crate::payloads::{
    github::{Installation, Organization, Repository, User},
    lenient, open_enum,
};

/// The event [`release`][docs]: something happened to a release.
///
/// [docs]: https://docs.github.com/en/webhooks/webhook-events-and-payloads#release
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ReleaseEvent<'a> {
    /// The action.
    #[serde(borrow)]
    pub action: ReleaseAction<'a>,
    /// The release, as it is now.
    #[serde(borrow)]
    pub release: Release<'a>,
    /// The repository that it happened in.
    #[serde(borrow)]
    pub repository: Repository<'a>,
    /// Its organization, if it is in one.
    #[serde(borrow)]
    pub organization: Option<Organization<'a>>,
    /// The account that caused the event.
    #[serde(borrow)]
    pub sender: Option<User<'a>>,
    /// The installation of the GitHub App that receives the event, if there is one.
    pub installation: Option<Installation>,
}

open_enum! {
    /// The action on a release.
    ReleaseAction {
        Created = "created",
        Deleted = "deleted",
        Edited = "edited",
        Prereleased = "prereleased",
        Published = "published",
        Released = "released",
        Unpublished = "unpublished",
    }
}

/// A release.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Release<'a> {
    /// Its id.
    pub id: u64,
    /// Its page.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub html_url: Option<Cow<'a, str>>,
    /// Its tag.
    #[serde(borrow)]
    pub tag_name: Cow<'a, str>,
    /// The branch or commit that the tag is made at, if there is none yet.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub target_commitish: Option<Cow<'a, str>>,
    /// Its title.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub name: Option<Cow<'a, str>>,
    /// Its description.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub body: Option<Cow<'a, str>>,
    /// It is a draft, not published yet.
    pub draft: Option<bool>,
    /// It is a prerelease.
    pub prerelease: Option<bool>,
    /// The author; `None` if the account is deleted.
    #[serde(borrow)]
    pub author: Option<User<'a>>,
    /// Its files.
    #[serde(borrow, default, deserialize_with = "lenient::list")]
    pub assets: Vec<Asset<'a>>,
    /// The time of its commit.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub created_at: Option<Cow<'a, str>>,
    /// The time at which it was published.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub published_at: Option<Cow<'a, str>>,
}

/// A file of a release.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Asset<'a> {
    /// Its id.
    pub id: Option<u64>,
    /// Its name.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub name: Option<Cow<'a, str>>,
    /// Its label.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub label: Option<Cow<'a, str>>,
    /// The media type of the file.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub content_type: Option<Cow<'a, str>>,
    /// Its size, in bytes.
    pub size: Option<u64>,
    /// The URL to download it.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub browser_download_url: Option<Cow<'a, str>>,
}
