//! The part that all interactions share.

use std::borrow::Cow;

use serde::Deserialize;

use crate::payloads::{
    discord::{Member, Message, Sensitive, User},
    lenient, open_number,
};

/// An [interaction][docs] with its data.
///
/// `T` is [`Command`](super::Command), [`Component`](super::Component), [`Modal`](super::Modal), or
/// a type of yours.
///
/// The name of the event is the number of the interaction's kind. Discord waits three seconds for
/// the response.
///
/// [docs]: https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object
///
/// ```
/// use axum::{http::header::CONTENT_TYPE, response::IntoResponse};
/// use serde_json::json;
/// use webhook_runtime::{
///     UnknownEvent, WebhookEvent,
///     payloads::discord::{Command, Component, Interaction},
///     providers::DISCORD,
///     webhook,
/// };
///
/// #[derive(WebhookEvent)]
/// enum Event<'a> {
///     #[event("2")]
///     Command(Interaction<'a, Command<'a>>),
///     #[event("3")]
///     Component(Interaction<'a, Component<'a>>),
///     #[event(other)]
///     Other(UnknownEvent<'a>),
/// }
///
/// #[webhook(path = "/discord", provider = DISCORD, secret_env = "DISCORD_PUBLIC_KEY")]
/// async fn discord(event: Event<'_>) -> impl IntoResponse {
///     let text = match &event {
///         Event::Command(command) => format!("you said /{}", command.data.name),
///         Event::Component(pressed) => format!("you pressed {}", pressed.data.custom_id),
///         Event::Other(_) => "I do not know that".to_owned(),
///     };
///     let answer = json!({ "type": 4, "data": { "content": text } });
///     ([(CONTENT_TYPE, "application/json")], answer.to_string())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Interaction<'a, T> {
    /// Its id.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: InteractionKind,
    /// The application.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub application_id: Option<Cow<'a, str>>,
    /// The command, the component or the modal.
    pub data: T,
    /// The server; `None` in a direct message.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub guild_id: Option<Cow<'a, str>>,
    /// The channel.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub channel_id: Option<Cow<'a, str>>,
    /// The user, in a server.
    #[serde(borrow)]
    pub member: Option<Member<'a>>,
    /// The user, outside of a server.
    #[serde(borrow)]
    pub user: Option<User<'a>>,
    /// The token for later responses, within a quarter of an hour.
    #[serde(borrow)]
    pub token: Option<Sensitive<'a>>,
    /// The message with the component.
    #[serde(borrow)]
    pub message: Option<Message<'a>>,
    /// The permissions of the app there, as the digits of a set of bits.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub app_permissions: Option<Cow<'a, str>>,
    /// The language of the user.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub locale: Option<Cow<'a, str>>,
    /// The language of the server.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub guild_locale: Option<Cow<'a, str>>,
    /// The kind of place.
    pub context: Option<InteractionContext>,
}

impl<'a, T> Interaction<'a, T> {
    /// The user who caused it, in a server or outside of one.
    #[must_use]
    pub fn invoked_by(&self) -> Option<&User<'a>> {
        self.member.as_ref().and_then(|member| member.user.as_ref()).or(self.user.as_ref())
    }
}

open_number! {
    /// The kind of an interaction.
    InteractionKind {
        Ping = 1,
        Command = 2,
        Component = 3,
        Autocomplete = 4,
        Modal = 5,
    }
}

open_number! {
    /// The kind of place of an interaction.
    InteractionContext {
        Guild = 0,
        BotDm = 1,
        PrivateChannel = 2,
    }
}
