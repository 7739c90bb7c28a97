//! Messages that people send.

use std::borrow::Cow;

use serde::Deserialize;

use crate::payloads::{lenient, open_enum, whatsapp::Error};

/// A message to one of your phone numbers. Its content is in the field with the name of its kind.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Message<'a> {
    /// `wamid.…`, the same when Meta sends the message again.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// Its kind.
    #[serde(borrow, rename = "type")]
    pub kind: MessageKind<'a>,
    /// The phone number of the sender; `None` if it is hidden.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub from: Option<Cow<'a, str>>,
    /// The id of the sender for your business.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub from_user_id: Option<Cow<'a, str>>,
    /// The group, for a message in one.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub group_id: Option<Cow<'a, str>>,
    /// The time at which it was sent.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub timestamp: Option<Cow<'a, str>>,
    /// The message that it replies to, and if it was forwarded.
    #[serde(borrow)]
    pub context: Option<Context<'a>>,
    /// The text.
    #[serde(borrow)]
    pub text: Option<Text<'a>>,
    /// The recording.
    #[serde(borrow)]
    pub audio: Option<Media<'a>>,
    /// The document.
    #[serde(borrow)]
    pub document: Option<Media<'a>>,
    /// The image.
    #[serde(borrow)]
    pub image: Option<Media<'a>>,
    /// The sticker.
    #[serde(borrow)]
    pub sticker: Option<Media<'a>>,
    /// The video.
    #[serde(borrow)]
    pub video: Option<Media<'a>>,
    /// The place.
    #[serde(borrow)]
    pub location: Option<Location<'a>>,
    /// The reaction to a message.
    #[serde(borrow)]
    pub reaction: Option<Reaction<'a>>,
    /// The choice among buttons or in a list, or a filled form.
    #[serde(borrow)]
    pub interactive: Option<Interactive<'a>>,
    /// The button of a template that was pressed.
    #[serde(borrow)]
    pub button: Option<Button<'a>>,
    /// The advertisement that made the user write.
    #[serde(borrow)]
    pub referral: Option<Referral<'a>>,
    /// The change of a user's number or id.
    #[serde(borrow)]
    pub system: Option<System<'a>>,
    /// The reason why the message is not here.
    #[serde(borrow, default, deserialize_with = "lenient::list")]
    pub errors: Vec<Error<'a>>,
}

open_enum! {
    /// The kind of a message.
    MessageKind {
        Audio = "audio",
        Button = "button",
        Contacts = "contacts",
        Document = "document",
        Edit = "edit",
        Image = "image",
        Interactive = "interactive",
        Location = "location",
        Order = "order",
        Reaction = "reaction",
        Revoke = "revoke",
        Sticker = "sticker",
        System = "system",
        Text = "text",
        Unsupported = "unsupported",
        Video = "video",
    }
}

/// The history of a message.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Context<'a> {
    /// The message that it replies to.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub id: Option<Cow<'a, str>>,
    /// The author of that message.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub from: Option<Cow<'a, str>>,
    /// It was forwarded.
    pub forwarded: Option<bool>,
    /// It was forwarded more than five times.
    pub frequently_forwarded: Option<bool>,
}

/// A text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Text<'a> {
    /// The text.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub body: Option<Cow<'a, str>>,
}

/// A file, which has to be fetched by its id.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Media<'a> {
    /// Its id.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub id: Option<Cow<'a, str>>,
    /// Its type, such as `image/jpeg`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub mime_type: Option<Cow<'a, str>>,
    /// Its hash.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub sha256: Option<Cow<'a, str>>,
    /// The text below it.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub caption: Option<Cow<'a, str>>,
    /// The name of a document.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub filename: Option<Cow<'a, str>>,
    /// It is a voice message.
    pub voice: Option<bool>,
    /// It is a sticker that moves.
    pub animated: Option<bool>,
}

/// A place.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Location<'a> {
    /// The latitude, in degrees.
    pub latitude: Option<f64>,
    /// The longitude, in degrees.
    pub longitude: Option<f64>,
    /// The name.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub name: Option<Cow<'a, str>>,
    /// The address.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub address: Option<Cow<'a, str>>,
}

/// A reaction.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Reaction<'a> {
    /// The message.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub message_id: Option<Cow<'a, str>>,
    /// The emoji; `None` or empty if the reaction was taken back.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub emoji: Option<Cow<'a, str>>,
}

/// A choice, or a filled form.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Interactive<'a> {
    /// Its kind.
    #[serde(borrow, rename = "type")]
    pub kind: Option<InteractiveKind<'a>>,
    /// The button that was pressed.
    #[serde(borrow)]
    pub button_reply: Option<Reply<'a>>,
    /// The item that was chosen.
    #[serde(borrow)]
    pub list_reply: Option<Reply<'a>>,
    /// The form, of a WhatsApp Flow.
    #[serde(borrow)]
    pub nfm_reply: Option<FormReply<'a>>,
}

open_enum! {
    /// The kind of a choice.
    InteractiveKind {
        ButtonReply = "button_reply",
        ListReply = "list_reply",
        NfmReply = "nfm_reply",
    }
}

/// A button or an item of a list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Reply<'a> {
    /// The id that you gave it.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub id: Option<Cow<'a, str>>,
    /// The title.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub title: Option<Cow<'a, str>>,
    /// The description of an item.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub description: Option<Cow<'a, str>>,
}

/// A filled form.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct FormReply<'a> {
    /// The kind of form, such as `flow`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub name: Option<Cow<'a, str>>,
    /// The text that the user sees.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub body: Option<Cow<'a, str>>,
    /// The entries: text that holds JSON. The user's device wrote it.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub response_json: Option<Cow<'a, str>>,
}

/// A button of a template.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Button<'a> {
    /// The payload that you gave it.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub payload: Option<Cow<'a, str>>,
    /// The text on it.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub text: Option<Cow<'a, str>>,
}

/// An advertisement.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Referral<'a> {
    /// Its id.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub source_id: Option<Cow<'a, str>>,
    /// Its kind, such as `ad` or `post`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub source_type: Option<Cow<'a, str>>,
    /// Its page.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub source_url: Option<Cow<'a, str>>,
    /// Its headline.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub headline: Option<Cow<'a, str>>,
    /// Its text.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub body: Option<Cow<'a, str>>,
    /// The id of the click.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub ctwa_clid: Option<Cow<'a, str>>,
}

/// A change of a user's number or id.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct System<'a> {
    /// The kind of change, such as `user_changed_number`.
    #[serde(borrow, rename = "type", default, deserialize_with = "lenient::text")]
    pub kind: Option<Cow<'a, str>>,
    /// The change, in words.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub body: Option<Cow<'a, str>>,
    /// The new phone number.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub wa_id: Option<Cow<'a, str>>,
    /// The new id of the user for your business.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub user_id: Option<Cow<'a, str>>,
}
