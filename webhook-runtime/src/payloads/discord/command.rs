//! Commands.

use std::borrow::Cow;

use serde::Deserialize;

use crate::payloads::{
    discord::{InputValue, Resolved},
    lenient, open_number,
};

/// The data of a [command][docs] that was given, or that the user is typing: for an interaction of
/// the kind `Autocomplete`, complete the focused option.
///
/// [docs]: https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object-application-command-data-structure
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Command<'a> {
    /// Its id.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub id: Option<Cow<'a, str>>,
    /// Its name, without the slash.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: Option<CommandKind>,
    /// The options that the user gave.
    #[serde(borrow, default, deserialize_with = "lenient::list")]
    pub options: Vec<CommandOption<'a>>,
    /// More about the ids in it.
    #[serde(borrow)]
    pub resolved: Option<Resolved<'a>>,
    /// The server that it is registered in; `None` if it is so everywhere.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub guild_id: Option<Cow<'a, str>>,
    /// The user or the message that it was chosen for.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub target_id: Option<Cow<'a, str>>,
}

impl<'a> Command<'a> {
    /// The option of this name.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&CommandOption<'a>> {
        self.options.iter().find(|option| option.name == name)
    }
}

open_number! {
    /// The kind of a command.
    CommandKind {
        ChatInput = 1,
        User = 2,
        Message = 3,
        PrimaryEntryPoint = 4,
    }
}

/// An option of a command: a value, a command inside of it, or a group of those.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct CommandOption<'a> {
    /// Its name.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: Option<OptionKind>,
    /// Its value: an id for a user, a channel, a role or a file.
    #[serde(borrow)]
    pub value: Option<InputValue<'a>>,
    /// The options of a command, or the commands of a group.
    #[serde(borrow, default, deserialize_with = "lenient::list")]
    pub options: Vec<CommandOption<'a>>,
    /// The user is typing it.
    pub focused: Option<bool>,
}

impl<'a> CommandOption<'a> {
    /// The option of this name, of a command inside of another.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&CommandOption<'a>> {
        self.options.iter().find(|option| option.name == name)
    }
}

open_number! {
    /// The kind of an option.
    OptionKind {
        Subcommand = 1,
        SubcommandGroup = 2,
        Text = 3,
        Integer = 4,
        Boolean = 5,
        User = 6,
        Channel = 7,
        Role = 8,
        Mentionable = 9,
        Number = 10,
        Attachment = 11,
    }
}
