//! Pings, and the webhook that they are about.

use std::borrow::Cow;

use serde::Deserialize;

use crate::payloads::{
    github::{Organization, Repository, User},
    lenient,
};

/// The event [`ping`][docs]: the webhook was set up.
///
/// [docs]: https://docs.github.com/en/webhooks/webhook-events-and-payloads#ping
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Ping<'a> {
    /// A random saying.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub zen: Option<Cow<'a, str>>,
    /// The id of the webhook.
    pub hook_id: Option<u64>,
    /// The webhook.
    #[serde(borrow)]
    pub hook: Option<Hook<'a>>,
    /// The repository, if it is a repository's.
    #[serde(borrow)]
    pub repository: Option<Repository<'a>>,
    /// The organization, if it is in one.
    #[serde(borrow)]
    pub organization: Option<Organization<'a>>,
    /// The account that created it.
    #[serde(borrow)]
    pub sender: Option<User<'a>>,
}

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Hook<'a> {
    /// Its id.
    pub id: Option<u64>,
    /// The kind of owner, such as `Repository`, `Organization` or `App`.
    #[serde(borrow, rename = "type", default, deserialize_with = "lenient::text")]
    pub kind: Option<Cow<'a, str>>,
    /// It is active.
    pub active: Option<bool>,
    /// The events that it delivers; `*` for all.
    #[serde(borrow, default, deserialize_with = "lenient::texts")]
    pub events: Vec<Cow<'a, str>>,
    /// The configuration of its deliveries.
    #[serde(borrow)]
    pub config: Option<HookConfig<'a>>,
}

/// The configuration of a webhook's deliveries.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct HookConfig<'a> {
    /// The URL that it delivers to.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub url: Option<Cow<'a, str>>,
    /// As JSON, `json`, or in a form, `form`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub content_type: Option<Cow<'a, str>>,
}
