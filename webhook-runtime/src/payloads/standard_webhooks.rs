//! The payload that the [Standard Webhooks specification][spec] recommends. Senders that use Svix,
//! such as Clerk and Resend, often send it too.
//!
//! Senders are free to send any other. Some put the fields of `data` beside `type`, which is not
//! this shape: `type` and `data` are always there.
//!
//! [spec]: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#payload-structure

use std::borrow::Cow;

use serde::Deserialize;

use super::lenient;

/// An event with the sender's own `data`.
///
/// One endpoint can take several types of data, chosen by the type of the event:
///
/// ```
/// use serde::Deserialize;
/// use webhook_runtime::{
///     UnknownEvent, WebhookEvent, payloads::standard_webhooks::Event, providers::SVIX, webhook,
/// };
///
/// #[derive(Deserialize)]
/// struct User {
///     id: String,
/// }
///
/// #[derive(Deserialize)]
/// struct Invoice {
///     amount: u64,
/// }
///
/// #[derive(WebhookEvent)]
/// enum Notification<'a> {
///     #[event("user.created", "user.updated")]
///     User(Event<'a, User>),
///     #[event("invoice.paid")]
///     Paid(Event<'a, Invoice>),
///     #[event(other)]
///     Other(UnknownEvent<'a>),
/// }
///
/// #[webhook(path = "/svix", provider = SVIX, secret_env = "SVIX_SECRET")]
/// async fn notified(notification: Notification<'_>) {
///     match notification {
///         Notification::User(event) => println!("{}: {}", event.kind, event.data.id),
///         Notification::Paid(event) => println!("{} was paid", event.data.amount),
///         Notification::Other(other) => println!("skipped {}", other.name()),
///     }
/// }
/// ```
///
/// If all types have the same data, the event itself is the payload:
///
/// ```
/// use serde::Deserialize;
/// use webhook_runtime::{providers::STANDARD_WEBHOOKS, payloads::standard_webhooks::Event, webhook};
///
/// #[derive(Deserialize)]
/// struct Contact {
///     id: u64,
/// }
///
/// #[webhook(path = "/hooks", provider = STANDARD_WEBHOOKS, secret_env = "SECRET")]
/// async fn contact(event: Event<'_, Contact>) {
///     println!("{}: {}", event.kind, event.data.id);
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Event<'a, T> {
    /// The type of the event, such as `user.created`: words from the general to the special, with full
    /// stops in between.
    #[serde(borrow, rename = "type")]
    pub kind: Cow<'a, str>,
    /// The time of the event, which may be long before it was sent, as the sender writes it: in RFC
    /// 3339, as in the specification's example, or the digits of a number of seconds or
    /// milliseconds. Not all senders say it.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub timestamp: Option<Cow<'a, str>>,
    /// The data of the event.
    pub data: T,
}
