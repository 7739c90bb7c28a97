//! Slack's [events](https://docs.slack.dev/apis/events-api/) and
//! [slash commands](https://docs.slack.dev/interactivity/implementing-slash-commands).
//!
//! The event in its wrapper and the name of a command are always there. Anything else may be missing
//! or `null`, such as `team_id` if an app is installed in a whole organization.
//!
//! The verification token that Slack still sends in both is left out: it is deprecated, and the
//! signature is what was checked.

use std::borrow::Cow;

use serde::Deserialize;

pub use super::sensitive::Sensitive;
use super::{lenient, open_enum};

/// An event of the Events API, in its
/// [wrapper](https://docs.slack.dev/apis/events-api/#callback-field). Which one it is,
/// [`Delivery::event`](crate::Delivery::event) says.
///
/// ```
/// use webhook_runtime::{
///     Delivery, Rejection,
///     providers::SLACK,
///     payloads::slack::{AppMention, EventCallback},
///     webhook,
/// };
///
/// #[webhook(path = "/slack", provider = SLACK, secret_env = "SLACK_SIGNING_SECRET")]
/// async fn slack(delivery: &Delivery) -> Result<(), Rejection> {
///     if delivery.event().as_deref() == Some("app_mention") {
///         let mention: EventCallback<'_, AppMention<'_>> = delivery.decode()?;
///         let AppMention { channel, text, .. } = mention.event;
///         println!("in {channel:?}: {text:?}");
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct EventCallback<'a, T> {
    /// The workspace, `T…`; `None` for some events of a whole organization.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub team_id: Option<Cow<'a, str>>,
    /// The organization that the workspace is part of, `E…`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub enterprise_id: Option<Cow<'a, str>>,
    /// The app that receives the event, `A…`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub api_app_id: Option<Cow<'a, str>>,
    /// The event.
    pub event: T,
    /// `Ev…`, the same when Slack sends the event again.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub event_id: Option<Cow<'a, str>>,
    /// The time at which it was sent, in seconds since 1970.
    pub event_time: Option<u64>,
    /// The channel is shared with another organization.
    pub is_ext_shared_channel: Option<bool>,
    /// One of the installations of the app that the event is visible to.
    #[serde(borrow, default, deserialize_with = "lenient::list")]
    pub authorizations: Vec<Authorization<'a>>,
}

/// An installation of the app.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Authorization<'a> {
    /// The organization, `E…`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub enterprise_id: Option<Cow<'a, str>>,
    /// The workspace, `T…`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub team_id: Option<Cow<'a, str>>,
    /// The user who installed it, or the app's bot; `None` in some authorizations.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub user_id: Option<Cow<'a, str>>,
    /// `user_id` is the bot.
    pub is_bot: Option<bool>,
    /// The app is installed in the whole organization.
    pub is_enterprise_install: Option<bool>,
}

/// The event [`message`](https://docs.slack.dev/reference/events/message): somebody wrote, or what
/// was written has changed. With a subtype that changes a message, `ts` and `text` are not that
/// message's, which is not read here.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Message<'a> {
    /// The kind of message; `None` for one that a person has written.
    #[serde(borrow)]
    pub subtype: Option<MessageSubtype<'a>>,
    /// The channel, `C…`, `G…` or `D…`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub channel: Option<Cow<'a, str>>,
    /// The kind of conversation.
    #[serde(borrow)]
    pub channel_type: Option<ChannelType<'a>>,
    /// The user, `U…` or `W…`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub user: Option<Cow<'a, str>>,
    /// The bot, `B…`. An app that replies to messages must ignore its own.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub bot_id: Option<Cow<'a, str>>,
    /// The text, in Slack's markup.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub text: Option<Cow<'a, str>>,
    /// The time in seconds since 1970 with a fraction: within its channel, the id of the message.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub ts: Option<Cow<'a, str>>,
    /// The `ts` of the first message of the thread.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub thread_ts: Option<Cow<'a, str>>,
    /// The time of the event, in the form of `ts`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub event_ts: Option<Cow<'a, str>>,
}

open_enum! {
    /// The kind of a [message](https://docs.slack.dev/reference/events/message#subtypes).
    MessageSubtype {
        BotMessage = "bot_message",
        ChannelArchive = "channel_archive",
        ChannelJoin = "channel_join",
        ChannelLeave = "channel_leave",
        ChannelName = "channel_name",
        ChannelPostingPermissions = "channel_posting_permissions",
        ChannelPurpose = "channel_purpose",
        ChannelTopic = "channel_topic",
        ChannelUnarchive = "channel_unarchive",
        EkmAccessDenied = "ekm_access_denied",
        FileShare = "file_share",
        MeMessage = "me_message",
        MessageChanged = "message_changed",
        MessageDeleted = "message_deleted",
        MessageReplied = "message_replied",
        ThreadBroadcast = "thread_broadcast",
    }
}

open_enum! {
    /// The kind of conversation of a message.
    ChannelType {
        Channel = "channel",
        Group = "group",
        Im = "im",
        Mpim = "mpim",
        AppHome = "app_home",
    }
}

/// The event [`app_mention`](https://docs.slack.dev/reference/events/app_mention): the app was
/// spoken to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct AppMention<'a> {
    /// The channel, `C…` or `G…`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub channel: Option<Cow<'a, str>>,
    /// The user, `U…` or `W…`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub user: Option<Cow<'a, str>>,
    /// The bot, `B…`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub bot_id: Option<Cow<'a, str>>,
    /// The text, in Slack's markup, with the app as `<@U…>`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub text: Option<Cow<'a, str>>,
    /// The time in seconds since 1970 with a fraction: within its channel, the id of the message.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub ts: Option<Cow<'a, str>>,
    /// The `ts` of the first message of the thread.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub thread_ts: Option<Cow<'a, str>>,
    /// The time of the event, in the form of `ts`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub event_ts: Option<Cow<'a, str>>,
}

/// A [slash command][docs], which Slack sends as a form.
///
/// [docs]: https://docs.slack.dev/interactivity/implementing-slash-commands#app_command_handling
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct SlashCommand<'a> {
    /// The command, slash and all.
    #[serde(borrow)]
    pub command: Cow<'a, str>,
    /// The text after the command, often empty.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub text: Option<Cow<'a, str>>,
    /// The user, `U…` or `W…`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub user_id: Option<Cow<'a, str>>,
    /// The name of the user. Slack recommends the id instead.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub user_name: Option<Cow<'a, str>>,
    /// The channel, `C…`, `G…` or `D…`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub channel_id: Option<Cow<'a, str>>,
    /// The name of the channel.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub channel_name: Option<Cow<'a, str>>,
    /// The workspace, `T…`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub team_id: Option<Cow<'a, str>>,
    /// The workspace's part of its address.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub team_domain: Option<Cow<'a, str>>,
    /// The organization that the workspace is part of, `E…`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub enterprise_id: Option<Cow<'a, str>>,
    /// The name of the organization.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub enterprise_name: Option<Cow<'a, str>>,
    /// The app is installed in the whole organization.
    pub is_enterprise_install: Option<bool>,
    /// The app, `A…`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub api_app_id: Option<Cow<'a, str>>,
    /// The URL for later responses: up to five, within half an hour.
    #[serde(borrow)]
    pub response_url: Option<Sensitive<'a>>,
    /// The id that opens a dialogue, within three seconds.
    #[serde(borrow)]
    pub trigger_id: Option<Sensitive<'a>>,
}
