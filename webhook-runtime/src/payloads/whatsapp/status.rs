//! Statuses of messages that a business sent.

use std::borrow::Cow;

use serde::Deserialize;

use crate::payloads::{lenient, open_enum, whatsapp::Error};

/// A [new status][docs] of a message that you sent. Statuses may arrive in another order.
///
/// [docs]: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Status<'a> {
    /// The message, `wamid.…`.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// The status.
    #[serde(borrow)]
    pub status: DeliveryStatus<'a>,
    /// The time at which it changed.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub timestamp: Option<Cow<'a, str>>,
    /// The phone number of the recipient, or the group; `None` if it is hidden.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub recipient_id: Option<Cow<'a, str>>,
    /// The id of the recipient for your business.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub recipient_user_id: Option<Cow<'a, str>>,
    /// `group`, for a message to one.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub recipient_type: Option<Cow<'a, str>>,
    /// The text that you sent with the message.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub biz_opaque_callback_data: Option<Cow<'a, str>>,
    /// The conversation that the message is a part of.
    #[serde(borrow)]
    pub conversation: Option<Conversation<'a>>,
    /// The reason why it costs something, or nothing.
    #[serde(borrow)]
    pub pricing: Option<Pricing<'a>>,
    /// The reason why it failed.
    #[serde(borrow, default, deserialize_with = "lenient::list")]
    pub errors: Vec<Error<'a>>,
}

open_enum! {
    /// The status of a message that you sent.
    DeliveryStatus {
        Delivered = "delivered",
        Failed = "failed",
        Played = "played",
        Read = "read",
        Sent = "sent",
    }
}

/// A conversation: messages within a day.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Conversation<'a> {
    /// Its id.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub id: Option<Cow<'a, str>>,
    /// The time at which it ends.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub expiration_timestamp: Option<Cow<'a, str>>,
    /// Its origin.
    #[serde(borrow)]
    pub origin: Option<Origin<'a>>,
}

/// The origin of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Origin<'a> {
    /// Its kind, such as `service` or `utility`.
    #[serde(borrow, rename = "type", default, deserialize_with = "lenient::text")]
    pub kind: Option<Cow<'a, str>>,
}

/// The price of a message.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Pricing<'a> {
    /// It costs something.
    pub billable: Option<bool>,
    /// The model, such as `PMP` for a price for each message.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub pricing_model: Option<Cow<'a, str>>,
    /// The kind, such as `regular` or `free_customer_service`.
    #[serde(borrow, rename = "type", default, deserialize_with = "lenient::text")]
    pub kind: Option<Cow<'a, str>>,
    /// The category, such as `marketing` or `service`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub category: Option<Cow<'a, str>>,
}
