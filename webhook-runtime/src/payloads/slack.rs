//! Slack's [events](https://docs.slack.dev/apis/events-api/) and
//! [slash commands](https://docs.slack.dev/interactivity/implementing-slash-commands).
//!
//! The verification token that Slack still sends in both is left out: it is deprecated, and the
//! signature is what was checked.

use std::{borrow::Cow, fmt};

use serde::Deserialize;

use super::{open_enum, text};

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
///         println!("in {}: {}", mention.event.channel, mention.event.text);
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct EventCallback<'a, T> {
    /// The workspace, `T…`.
    #[serde(borrow)]
    pub team_id: Cow<'a, str>,
    /// The organization that the workspace is part of, `E…`.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub enterprise_id: Option<Cow<'a, str>>,
    /// The app that is told, `A…`.
    #[serde(borrow)]
    pub api_app_id: Cow<'a, str>,
    /// What happened.
    pub event: T,
    /// `Ev…`, the same when Slack sends the event again.
    #[serde(borrow)]
    pub event_id: Cow<'a, str>,
    /// When it was sent, in seconds since 1970.
    pub event_time: u64,
    /// Whether it is in a channel that is shared with another organization.
    #[serde(default)]
    pub is_ext_shared_channel: bool,
    /// One of the installations of the app that the event is visible to.
    #[serde(borrow, default)]
    pub authorizations: Vec<Authorization<'a>>,
}

/// An installation of the app.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Authorization<'a> {
    /// The organization, `E…`.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub enterprise_id: Option<Cow<'a, str>>,
    /// The workspace, `T…`.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub team_id: Option<Cow<'a, str>>,
    /// Who installed it, or the app's bot.
    #[serde(borrow)]
    pub user_id: Cow<'a, str>,
    /// Whether that is the bot.
    pub is_bot: bool,
    /// Whether the app is installed in the whole organization.
    #[serde(default)]
    pub is_enterprise_install: bool,
}

/// The event [`message`](https://docs.slack.dev/reference/events/message): somebody wrote, or what
/// was written has changed. With a subtype that changes a message, `ts` and `text` are not that
/// message's, which is not read here.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Message<'a> {
    /// What kind of message it is; none for what a person has written.
    #[serde(borrow)]
    pub subtype: Option<MessageSubtype<'a>>,
    /// Where, `C…`, `G…` or `D…`.
    #[serde(borrow)]
    pub channel: Cow<'a, str>,
    /// What kind of place that is.
    #[serde(borrow)]
    pub channel_type: Option<ChannelType<'a>>,
    /// Who, `U…` or `W…`.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub user: Option<Cow<'a, str>>,
    /// Which bot, `B…`. An app that answers messages has to pass over its own.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub bot_id: Option<Cow<'a, str>>,
    /// What was written, in Slack's markup.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub text: Option<Cow<'a, str>>,
    /// When, in seconds since 1970 with a fraction: within its channel, the id of the message.
    #[serde(borrow)]
    pub ts: Cow<'a, str>,
    /// The `ts` of the message that its thread begins with.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub thread_ts: Option<Cow<'a, str>>,
    /// When the event happened, written as `ts` is.
    #[serde(borrow)]
    pub event_ts: Cow<'a, str>,
}

open_enum! {
    /// What kind of [message](https://docs.slack.dev/reference/events/message#subtypes) it is.
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
    /// What kind of conversation a message is in.
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
    /// Where, `C…` or `G…`.
    #[serde(borrow)]
    pub channel: Cow<'a, str>,
    /// By whom, `U…` or `W…`.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub user: Option<Cow<'a, str>>,
    /// By which bot, `B…`.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub bot_id: Option<Cow<'a, str>>,
    /// What was written, in Slack's markup; the app is `<@U…>` in it.
    #[serde(borrow)]
    pub text: Cow<'a, str>,
    /// When, in seconds since 1970 with a fraction: within its channel, the id of the message.
    #[serde(borrow)]
    pub ts: Cow<'a, str>,
    /// The `ts` of the message that its thread begins with.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub thread_ts: Option<Cow<'a, str>>,
    /// When the event happened, written as `ts` is.
    #[serde(borrow)]
    pub event_ts: Cow<'a, str>,
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
    /// What was written behind it; often nothing.
    #[serde(borrow)]
    pub text: Cow<'a, str>,
    /// Who gave it, `U…` or `W…`.
    #[serde(borrow)]
    pub user_id: Cow<'a, str>,
    /// Their name. Slack advises to go by the id.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub user_name: Option<Cow<'a, str>>,
    /// Where, `C…`, `G…` or `D…`.
    #[serde(borrow)]
    pub channel_id: Cow<'a, str>,
    /// The name of the channel.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub channel_name: Option<Cow<'a, str>>,
    /// The workspace, `T…`.
    #[serde(borrow)]
    pub team_id: Cow<'a, str>,
    /// The workspace's part of its address.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub team_domain: Option<Cow<'a, str>>,
    /// The organization that the workspace is part of, `E…`.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub enterprise_id: Option<Cow<'a, str>>,
    /// The name of the organization.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub enterprise_name: Option<Cow<'a, str>>,
    /// Whether the app is installed in the whole organization.
    #[serde(default)]
    pub is_enterprise_install: bool,
    /// The app, `A…`.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub api_app_id: Option<Cow<'a, str>>,
    /// Where later answers go: five of them, within half an hour.
    #[serde(borrow)]
    pub response_url: Sensitive<'a>,
    /// What opens a dialogue, within three seconds.
    #[serde(borrow)]
    pub trigger_id: Sensitive<'a>,
}

/// Text with which anybody could answer in the app's place for a while: its `Debug` does not show
/// it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Sensitive<'a>(#[serde(borrow)] Cow<'a, str>);

impl Sensitive<'_> {
    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Sensitive<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sensitive(..)")
    }
}
