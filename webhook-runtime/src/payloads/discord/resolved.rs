//! The objects behind the ids in a command, a component or a modal.

use std::{borrow::Cow, collections::BTreeMap};

use serde::Deserialize;

use crate::payloads::{
    discord::{Member, User},
    lenient,
};

/// Objects, by their ids.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Resolved<'a> {
    /// Users.
    #[serde(borrow, default, deserialize_with = "lenient::map")]
    pub users: BTreeMap<Cow<'a, str>, User<'a>>,
    /// The same users, in the server.
    #[serde(borrow, default, deserialize_with = "lenient::map")]
    pub members: BTreeMap<Cow<'a, str>, Member<'a>>,
    /// Roles.
    #[serde(borrow, default, deserialize_with = "lenient::map")]
    pub roles: BTreeMap<Cow<'a, str>, Role<'a>>,
    /// Channels.
    #[serde(borrow, default, deserialize_with = "lenient::map")]
    pub channels: BTreeMap<Cow<'a, str>, Channel<'a>>,
    /// Messages.
    #[serde(borrow, default, deserialize_with = "lenient::map")]
    pub messages: BTreeMap<Cow<'a, str>, Message<'a>>,
    /// Files.
    #[serde(borrow, default, deserialize_with = "lenient::map")]
    pub attachments: BTreeMap<Cow<'a, str>, Attachment<'a>>,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Role<'a> {
    /// Its id.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub id: Option<Cow<'a, str>>,
    /// Its name.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub name: Option<Cow<'a, str>>,
}

/// A channel.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Channel<'a> {
    /// Its id.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub id: Option<Cow<'a, str>>,
    /// Its name.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub name: Option<Cow<'a, str>>,
    /// The number of its [type][types].
    ///
    /// [types]: https://docs.discord.com/developers/resources/channel#channel-object-channel-types
    #[serde(rename = "type")]
    pub kind: Option<u64>,
    /// The category, or the channel of a thread.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub parent_id: Option<Cow<'a, str>>,
    /// The permissions of the user there, as the digits of a set of bits.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub permissions: Option<Cow<'a, str>>,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Message<'a> {
    /// Its id.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub id: Option<Cow<'a, str>>,
    /// The channel.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub channel_id: Option<Cow<'a, str>>,
    /// The author.
    #[serde(borrow)]
    pub author: Option<User<'a>>,
    /// The text. Apps without the intent for it get an empty one.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub content: Option<Cow<'a, str>>,
    /// The time at which it was written.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub timestamp: Option<Cow<'a, str>>,
    /// Its files.
    #[serde(borrow, default, deserialize_with = "lenient::list")]
    pub attachments: Vec<Attachment<'a>>,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Attachment<'a> {
    /// Its id.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub id: Option<Cow<'a, str>>,
    /// Its name.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub filename: Option<Cow<'a, str>>,
    /// Its media type, if Discord knows it.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub content_type: Option<Cow<'a, str>>,
    /// Its size, in bytes.
    pub size: Option<u64>,
    /// The address of the file.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub url: Option<Cow<'a, str>>,
}
