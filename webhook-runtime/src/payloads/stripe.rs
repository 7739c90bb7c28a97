//! Stripe's [event object](https://docs.stripe.com/api/events/object), which Stripe calls a
//! snapshot event. Its *thin events*, of version 2 of the API, are of another shape, and not here.
//!
//! The id of an event, its type and its object are always there. Anything else may be missing or
//! `null`.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{self, IgnoredAny, MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::lenient;

/// An event with its object.
///
/// The object is yours: it is one of a hundred, and how it is written depends on the API version
/// that the webhook is set to. `P` is what to read the previous values into.
///
/// ```
/// use std::borrow::Cow;
///
/// use serde::Deserialize;
/// use webhook_runtime::{providers::STRIPE, payloads::stripe::Event, webhook};
///
/// #[derive(Deserialize)]
/// struct PaymentIntent<'a> {
///     #[serde(borrow)]
///     id: Cow<'a, str>,
///     amount: u64,
/// }
///
/// #[webhook(path = "/stripe", provider = STRIPE, secret_env = "STRIPE_SECRET")]
/// async fn paid(event: Event<'_, PaymentIntent<'_>>) {
///     let intent = &event.data.object;
///     println!("{}: {} paid {}", event.id, intent.id, intent.amount);
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Event<'a, T, P = IgnoredAny> {
    /// `evt_…`, the same when Stripe sends the event again.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// The type of the event, such as `payment_intent.succeeded`.
    #[serde(borrow, rename = "type")]
    pub kind: Cow<'a, str>,
    /// The time of the event, in seconds since 1970.
    pub created: Option<u64>,
    /// It is about real money, and not a test.
    pub livemode: Option<bool>,
    /// The version of the API that `data` is written in.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub api_version: Option<Cow<'a, str>>,
    /// The connected account, `acct_…`; `None` for your own.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub account: Option<Cow<'a, str>>,
    /// The object.
    pub data: Data<T, P>,
    /// The request to Stripe's API that caused it, where one did.
    #[serde(borrow, default, deserialize_with = "request")]
    pub request: Option<Request<'a>>,
}

/// The object of an event.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Data<T, P = IgnoredAny> {
    /// The object right after the event.
    pub object: T,
    /// The previous values of changed fields, only in events named `*.updated`.
    pub previous_attributes: Option<P>,
}

/// A request to Stripe's API. API versions before 2017-05-25 send its `id` alone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Request<'a> {
    /// `req_…`; `None` if Stripe acted by itself.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub id: Option<Cow<'a, str>>,
    /// The idempotency key that it was sent with.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub idempotency_key: Option<Cow<'a, str>>,
}

/// For a request: an object or, in API versions before 2017-05-25, the text of its id.
fn request<'de: 'a, 'a, D>(from: D) -> Result<Option<Request<'a>>, D::Error>
where
    D: Deserializer<'de>,
{
    let request = Option::<ObjectOrId<'a>>::deserialize(from)?;
    Ok(request.map(|ObjectOrId(request)| request))
}

struct ObjectOrId<'a>(Request<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for ObjectOrId<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(RequestVisitor).map(Self)
    }
}

struct RequestVisitor;

impl<'de> Visitor<'de> for RequestVisitor {
    type Value = Request<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a request, or the text of its id")
    }

    fn visit_borrowed_str<E: de::Error>(self, id: &'de str) -> Result<Self::Value, E> {
        Ok(Request { id: Some(Cow::Borrowed(id)), idempotency_key: None })
    }

    fn visit_str<E: de::Error>(self, id: &str) -> Result<Self::Value, E> {
        Ok(Request { id: Some(Cow::Owned(id.to_owned())), idempotency_key: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Request::deserialize(MapAccessDeserializer::new(map))
    }
}
