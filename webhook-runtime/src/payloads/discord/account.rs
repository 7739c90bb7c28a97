//! Users, and users in a server.

use std::borrow::Cow;

use serde::Deserialize;

use crate::payloads::lenient;

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct User<'a> {
    /// Its id.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// The name, which no other user has. The user can change it.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub username: Option<Cow<'a, str>>,
    /// The name that is shown, if the user chose one.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub global_name: Option<Cow<'a, str>>,
    /// It is a bot.
    pub bot: Option<bool>,
    /// The hash of the picture.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub avatar: Option<Cow<'a, str>>,
}

/// A user in a server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Member<'a> {
    /// The user; `None` in [`Resolved`](super::Resolved).
    #[serde(borrow)]
    pub user: Option<User<'a>>,
    /// The name in this server, if the user has one.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub nick: Option<Cow<'a, str>>,
    /// The ids of the roles.
    #[serde(borrow, default, deserialize_with = "lenient::texts")]
    pub roles: Vec<Cow<'a, str>>,
    /// The permissions in the channel, as the digits of a set of bits.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub permissions: Option<Cow<'a, str>>,
    /// The time at which the user joined.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub joined_at: Option<Cow<'a, str>>,
}
