//! Every part of an enum of events may come out of a macro by example.

#![deny(warnings)]

use webhook_runtime::{Payload, UnknownEvent, WebhookEvent};

pub mod renamed {
    pub use webhook_runtime::*;
}

macro_rules! events {
    ($vis:vis $name:ident<$a:lifetime, $t:ident: $bound:path>, $other:ident: $rest:ty {
        $($event:literal => $variant:ident($payload:ty),)*
    }) => {
        #[derive(WebhookEvent)]
        #[event(crate = $crate::renamed)]
        $vis enum $name<$a, $t: $bound> {
            $(#[event($event)] $variant($payload),)*
            #[event("generic")]
            Generic($t),
            #[event(other)]
            $other($rest),
        }
    };
    (local) => {
        #[derive(WebhookEvent)]
        enum Local<'a> {
            #[event("push")]
            Push(Vec<u8>),
            #[event(other)]
            Other(UnknownEvent<'a>),
        }
    };
}

events! {
    pub Event<'a, T: Send>, Rest: UnknownEvent<'a> {
        "push" => Push(String),
        "ping" => Ping(Option<&'a str>),
    }
}
events!(local);

fn is_event<'a, E: WebhookEvent + Payload<'a>>() {}

fn main() {
    is_event::<Event<'_, u8>>();
    is_event::<Local<'_>>();
    assert_eq!(Event::<u8>::EVENTS, ["push", "ping", "generic"]);
    let _ = |event| match event {
        Local::Push(push) => push.len(),
        Local::Other(other) => other.bytes().len(),
    };
}
