//! The layers around messages and statuses.

use std::borrow::Cow;

use serde::Deserialize;

use crate::payloads::{
    lenient,
    whatsapp::{Message, Status},
};

/// One of the entries of a body: changes at one business account.
///
/// ```
/// use webhook_runtime::{
///     payloads::whatsapp::{Entry, MessageKind},
///     providers::META,
///     webhook,
/// };
///
/// #[webhook(
///     path = "/whatsapp",
///     provider = META,
///     secret_env = "META_APP_SECRET",
///     verify_token_env = "META_VERIFY_TOKEN",
/// )]
/// async fn whatsapp(entry: Entry<'_>) {
///     for change in entry.changes.into_iter().filter(|change| change.field == "messages") {
///         let Some(value) = change.value else { continue };
///         for message in value.messages {
///             match message.kind {
///                 MessageKind::Text => println!("{}: {:?}", message.id, message.text),
///                 other => println!("{}: something of the kind {}", message.id, other.as_str()),
///             }
///         }
///         for status in value.statuses {
///             println!("{} is {}", status.id, status.status.as_str());
///         }
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Entry<'a> {
    /// The WhatsApp business account.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub id: Option<Cow<'a, str>>,
    /// The changes. There are none in an entry of another product of Meta.
    #[serde(borrow, default, deserialize_with = "lenient::list")]
    pub changes: Vec<Change<'a>>,
}

/// A change of one of the fields that the app subscribed to.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Change<'a> {
    /// The name of the field, most often `messages`. Check it: calls, for one, have statuses, too.
    #[serde(borrow)]
    pub field: Cow<'a, str>,
    /// Its value, read as that of `messages`.
    #[serde(borrow)]
    pub value: Option<Messages<'a>>,
}

/// The value of the field `messages`, for one of your phone numbers.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Messages<'a> {
    /// Your phone number.
    #[serde(borrow)]
    pub metadata: Option<Metadata<'a>>,
    /// The people who wrote the messages, or got yours.
    #[serde(borrow, default, deserialize_with = "lenient::list")]
    pub contacts: Vec<Contact<'a>>,
    /// Messages that people sent to you.
    #[serde(borrow, default, deserialize_with = "lenient::list")]
    pub messages: Vec<Message<'a>>,
    /// New statuses of messages that you sent.
    #[serde(borrow, default, deserialize_with = "lenient::list")]
    pub statuses: Vec<Status<'a>>,
    /// Errors of the account or the app.
    #[serde(borrow, default, deserialize_with = "lenient::list")]
    pub errors: Vec<Error<'a>>,
}

/// One of your phone numbers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Metadata<'a> {
    /// The number, as it is shown.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub display_phone_number: Option<Cow<'a, str>>,
    /// Its id: send replies from it.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub phone_number_id: Option<Cow<'a, str>>,
}

/// A user of WhatsApp.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Contact<'a> {
    /// The names that the user chose.
    #[serde(borrow)]
    pub profile: Option<Profile<'a>>,
    /// The phone number, without signs in it; `None` if it is hidden.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub wa_id: Option<Cow<'a, str>>,
    /// The id of the user for your business, which stays while the phone number does.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub user_id: Option<Cow<'a, str>>,
}

/// The names that a user chose.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Profile<'a> {
    /// The name, which anybody may have.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub name: Option<Cow<'a, str>>,
    /// The user name, if there is one.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub username: Option<Cow<'a, str>>,
}

/// An error.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Error<'a> {
    /// Its [code][codes].
    ///
    /// [codes]: https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
    pub code: Option<u64>,
    /// Its title.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub title: Option<Cow<'a, str>>,
    /// The message, most often the title.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub message: Option<Cow<'a, str>>,
    /// More about it.
    #[serde(borrow)]
    pub error_data: Option<ErrorData<'a>>,
}

/// More about an error.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ErrorData<'a> {
    /// The reason.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub details: Option<Cow<'a, str>>,
}
