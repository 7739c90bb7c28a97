//! Meta's webhook [`messages`][reference] of the WhatsApp Cloud API: messages that people send to
//! you, and the statuses of your own.
//!
//! Meta sends batches inside of batches. A handler that takes an [`Entry`] runs once for each entry of
//! the body. An entry has changes. A change of the field `messages` has messages or statuses, maybe of
//! several people.
//!
//! A change always has a field, a message an id and a type, and a status an id and a word. Anything
//! else may be missing or `null`. This includes phone numbers: those of people
//! [with a user name][names] may be hidden. Then `user_id`, `from_user_id` and `recipient_user_id` say
//! who it is.
//!
//! Meta may send a message or a status again, in a batch with others. Make the handler idempotent by
//! the ids of messages, and by id and word of statuses.
//!
//! Times are the digits of seconds since 1970. Contact cards, orders, and the contents of edits are
//! left out.
//!
//! [reference]: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
//! [names]: https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids

mod entry;
mod message;
mod status;

pub use entry::{Change, Contact, Entry, Error, ErrorData, Messages, Metadata, Profile};
pub use message::{
    Button, Context, FormReply, Interactive, InteractiveKind, Location, Media, Message,
    MessageKind, Reaction, Referral, Reply, System, Text,
};
pub use status::{Conversation, DeliveryStatus, Origin, Pricing, Status};
