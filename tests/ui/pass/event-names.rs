//! Variants may have the names that the generated code uses, and raw ones.

#![deny(warnings)]
#![allow(non_camel_case_types)]

use webhook_runtime::{UnknownEvent, WebhookEvent};

macro_rules! option {
    ($name:ident) => {
        struct $name;
    };
}

option!(MatchedEvent);
option!(PayloadShape);
option!(RawEvent);

#[derive(WebhookEvent)]
enum r#type<'r#fn> {
    #[event("Push Hook")]
    Ok,
    #[event("Err")]
    Err(u8),
    #[event("some")]
    Some(Option<u8>),
    #[event("none")]
    None,
    #[event("option")]
    Option(u8),
    #[event(r"raw", r#"r"aw"#)]
    r#match(u8),
    #[event("self")]
    Self_(u8),
    #[event("EVENTS")]
    EVENTS(u8),
    #[event("chosen")]
    chosen,
    #[event("encoded")]
    #[event("payload")]
    encoded(u8),
    #[event(other)]
    Result(UnknownEvent<'r#fn>),
}

#[derive(WebhookEvent)]
#[event(strict)]
pub(crate) enum Event<'a> {
    /// Said of the variant.
    #[cfg(false)]
    #[event("absent")]
    Absent(ThereIsNoSuchType),
    #[cfg_attr(all(), event("push"))]
    Push(
        /// Said of the field.
        #[cfg(true)]
        u8,
        #[cfg(false)] u8,
    ),
    #[deprecated]
    #[event("old")]
    Old(u8),
    #[cfg(true)]
    #[event(other)]
    Other(UnknownEvent<'a>),
    #[cfg(false)]
    #[event(other)]
    Another(UnknownEvent<'a>),
}

fn main() {
    let _ = (MatchedEvent, PayloadShape, RawEvent);
    assert_eq!(Event::EVENTS, ["push", "old"]);
    assert_eq!(
        <r#type<'_> as WebhookEvent>::EVENTS,
        [
            "Push Hook", "Err", "some", "none", "option", "raw", "r\"aw", "self", "EVENTS", "chosen",
            "encoded", "payload"
        ]
    );
}
