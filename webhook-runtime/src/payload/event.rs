//! Typed events: the variant of an enum for a delivery, and the variant for all others.

use std::{borrow::Cow, fmt};

use crate::{
    delivery::{RawEvent, Rejection},
    payload::{Decode, Payload},
};

/// An enum of the events that a handler knows, by name. The derive macro of the same name implements
/// this trait and [`Payload`].
///
/// ```
/// use std::borrow::Cow;
///
/// use serde::Deserialize;
/// use webhook_runtime::{UnknownEvent, WebhookEvent, providers::GITHUB, webhook};
///
/// #[derive(Deserialize)]
/// struct Push<'a> {
///     #[serde(borrow, rename = "ref")]
///     reference: Cow<'a, str>,
/// }
///
/// #[derive(Deserialize)]
/// struct Issue {
///     number: u64,
/// }
///
/// #[derive(Deserialize)]
/// struct Issues {
///     issue: Issue,
/// }
///
/// #[derive(WebhookEvent)]
/// enum Event<'a> {
///     #[event("push")]
///     Push(Push<'a>),
///     #[event("issues.opened")] // the event `issues`, if its action is `opened`
///     Opened(Issues),
///     #[event("issues", "issue_comment")] // the other actions
///     Talk,
///     #[event(other)]
///     Other(UnknownEvent<'a>),
/// }
///
/// #[webhook(path = "/github", provider = GITHUB, secret_env = "GITHUB_SECRET")]
/// async fn github(event: Event<'_>) {
///     match event {
///         Event::Push(push) => println!("pushed to {}", push.reference),
///         Event::Opened(opened) => println!("opened issue {}", opened.issue.number),
///         Event::Talk => {}
///         Event::Other(other) => println!("passed over {other:?}"),
///     }
/// }
/// ```
pub trait WebhookEvent {
    /// The names that have a variant, in the order of the enum.
    const EVENTS: &'static [&'static str];
}

/// An event that no variant of an enum takes, or whose body does not fit the type of its variant. It
/// keeps the whole delivery.
#[derive(Clone)]
pub struct UnknownEvent<'a> {
    encoded: RawEvent<'a>,
    name: Cow<'a, str>,
    error: Option<Rejection>,
}

impl<'a> UnknownEvent<'a> {
    /// The name of the event, empty if the delivery has none.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The action of the event, such as `opened`, if the provider sends one.
    #[must_use]
    pub fn action(&self) -> Option<Cow<'a, str>> {
        // Searched only on demand: most handlers ignore these events.
        self.encoded.action()
    }

    /// The raw bytes of the item in a batch, or of the whole body.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.encoded.bytes()
    }

    /// The reason why the body does not fit, if the event has a variant.
    #[must_use]
    pub fn error(&self) -> Option<&Rejection> {
        self.error.as_ref()
    }

    /// The text of the event, with its id and its delivery.
    #[must_use]
    pub fn raw_event(&self) -> RawEvent<'a> {
        self.encoded
    }

    /// Decodes the event as another type.
    ///
    /// # Errors
    /// Returns the answer to give, as [`Delivery::decode`](crate::Delivery::decode) does.
    pub fn decode<T: Payload<'a>>(&self) -> Result<T, Rejection> {
        self.encoded.decode()
    }
}

/// Shows the name and the action, and nothing of the body.
impl fmt::Debug for UnknownEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnknownEvent")
            .field("name", &self.name)
            .field("action", &self.action())
            .field("len", &self.bytes().len())
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

/// The type that the variant for all other events holds.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the variant for all other events holds `UnknownEvent<'_>`, not `{Self}`",
    label = "write `UnknownEvent<'a>`",
    note = "an `UnknownEvent` has the event's name, action and bytes, and `unknown.decode()` decodes it"
)]
pub trait CatchAll<'de>: Sized {
    fn catch_all(unknown: UnknownEvent<'de>) -> Self;
}

impl<'a, 'de: 'a> CatchAll<'de> for UnknownEvent<'a> {
    fn catch_all(unknown: UnknownEvent<'de>) -> Self {
        unknown
    }
}

/// The event of an enum that a delivery matches. The derived code needs nothing else.
#[doc(hidden)]
pub struct MatchedEvent<'a> {
    encoded: RawEvent<'a>,
    name: Option<Cow<'a, str>>,
    /// The index among the names of the enum.
    at: Option<usize>,
    error: Option<Rejection>,
}

impl<'a> MatchedEvent<'a> {
    /// Finds the most specific of the names that fits: `name.action` goes before `name`.
    #[must_use]
    pub fn among(events: &[&str], encoded: RawEvent<'a>) -> Self {
        let name = encoded.event();
        let at = name.as_deref().and_then(|name| place(events, name, encoded));
        Self { encoded, name, at, error: None }
    }

    /// The index of the matched name, or `usize::MAX` without a match.
    #[must_use]
    pub fn at(&self) -> usize {
        self.at.unwrap_or(usize::MAX)
    }

    /// Decodes the payload of the variant. [`catch_all`](Self::catch_all) reports a failure.
    pub fn payload<T: Decode<'a>>(&mut self) -> Option<T> {
        match self.encoded.decode() {
            Ok(payload) => Some(payload),
            Err(error) => {
                self.error = Some(error);
                None
            }
        }
    }

    /// The value for the variant that takes all other events.
    ///
    /// # Errors
    /// Fails if the body is not what its content type says or, with `strict`, does not fit the type of
    /// its event.
    #[allow(clippy::result_large_err, reason = "not for users")]
    pub fn catch_all<R: CatchAll<'a>>(self, strict: bool) -> Result<R, Rejection> {
        match self.unknown(strict) {
            Ok(unknown) => Ok(R::catch_all(unknown)),
            Err(rejection) => Err(rejection),
        }
    }

    fn unknown(self, strict: bool) -> Result<UnknownEvent<'a>, Rejection> {
        let Self { encoded, name, mut error, .. } = self;
        let counts = |error: &mut Rejection| strict || !matches!(error, Rejection::Mismatch { .. });
        if let Some(error) = error.take_if(counts) {
            return Err(error);
        }
        match &error {
            Some(error) => {
                #[cfg(feature = "testing")]
                if let Some(observer) = encoded.delivery().observer() {
                    observer.event_mismatched(error);
                }
                let delivery = encoded.delivery();
                let (endpoint, delivery_id) = (delivery.endpoint(), delivery.traced_id());
                let event = name.as_deref();
                let reason = error.explained().to_string();
                tracing::warn!(endpoint, delivery_id, event, reason, "a known event does not fit");
            }
            // The name may be missing because the body is malformed.
            None if name.is_none() => encoded.check()?,
            None => tracing::debug!(event = name.as_deref(), "an event that no variant takes"),
        }
        Ok(UnknownEvent { encoded, name: name.unwrap_or_default(), error })
    }
}

/// The index of the most specific name that fits.
fn place(events: &[&str], name: &str, encoded: RawEvent<'_>) -> Option<usize> {
    // The action may be anywhere in the body, so it is searched only if a name depends on it.
    if events.iter().any(|event| action_in(event, name).is_some())
        && let Some(action) = encoded.action()
        && let Some(at) = events.iter().position(|event| action_in(event, name) == Some(&*action))
    {
        return Some(at);
    }
    if claims_an_action(name, encoded) {
        return None;
    }
    events.iter().position(|event| *event == name)
}

/// The `opened` of `issues.opened`, for `issues`.
fn action_in<'e>(event: &'e str, name: &str) -> Option<&'e str> {
    event.strip_prefix(name)?.strip_prefix('.')
}

/// True for an unsigned name with an action, if the provider sends the action elsewhere. An attacker
/// who changes the header `issues` into `issues.opened` must not choose the action.
fn claims_an_action(name: &str, encoded: RawEvent<'_>) -> bool {
    let provider = encoded.delivery().sent_by();
    name.contains('.')
        && provider.action().is_some()
        && provider.event().is_some_and(|source| !provider.signs(source))
}
