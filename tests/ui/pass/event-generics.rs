//! Enums of events with every kind of generics, and what may stand in their variants.

#![deny(warnings)]

use std::borrow::Cow;

use serde::Deserialize;
use webhook_runtime::{
    Delivery, Payload, UnknownEvent, WebhookEvent, Webhooks, providers::STANDARD_WEBHOOKS, webhook,
};

#[derive(Deserialize)]
struct Push<'a> {
    #[serde(borrow)]
    _reference: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Envelope<T> {
    _data: T,
}

/// Not all of these variants borrow for as long.
#[derive(WebhookEvent)]
enum Lifetimes<'a, 'b: 'a, 'c>
where
    'c: 'b,
{
    #[event("push")]
    Push(Push<'a>),
    #[event("raw")]
    Raw(&'b Delivery),
    #[event("text")]
    Text(Cow<'c, str>),
    #[event(other)]
    Other(UnknownEvent<'b>),
}

/// The derive's own code has an `AT`, too.
#[derive(WebhookEvent)]
enum Typed<'a, T, U = u64, const AT: usize = 2>
where
    U: Default,
{
    #[event("one")]
    One(Envelope<T>),
    #[event("two")]
    Two(Vec<U>),
    #[event("three")]
    Three([u8; 3]),
    #[event("nothing")]
    Nothing,
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[derive(WebhookEvent)]
#[event(strict)]
enum Bounded<'a, T: Clone + for<'x> From<&'x str>> {
    #[event("borrowed")]
    Borrowed(&'a str),
    #[event("whole")]
    Whole(T),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

/// An enum in an enum: the outer one sorts by event, the inner one by action.
#[derive(WebhookEvent)]
enum Nested<'a> {
    #[event("issues")]
    Issues(Issues<'a>),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[derive(WebhookEvent)]
enum Issues<'a> {
    #[event("issues.opened")]
    Opened(Push<'a>),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[derive(WebhookEvent)]
enum OnlyOther<'a> {
    #[event(other)]
    Other(UnknownEvent<'a>),
}

type Rest<'a> = UnknownEvent<'a>;

#[derive(WebhookEvent)]
enum Alias<'a> {
    #[event(other)]
    Other(Rest<'a>),
    #[event("push")]
    Push,
}

fn is_event<'a, E: WebhookEvent + Payload<'a>>() {}

fn for_every_type<'a, T: Payload<'a> + Deserialize<'a>>() {
    is_event::<Typed<'a, T>>();
}

#[webhook(path = "/typed", provider = STANDARD_WEBHOOKS)]
async fn typed(event: Typed<'_, Push<'_>>) {
    match event {
        Typed::One(one) => drop(one),
        Typed::Two(two) => drop(two),
        Typed::Three(_) | Typed::Nothing => {}
        Typed::Other(other) => drop(other),
    }
}

#[webhook(path = "/lifetimes", provider = STANDARD_WEBHOOKS)]
async fn lifetimes(event: Lifetimes<'_, '_, '_>) {
    match event {
        Lifetimes::Push(_) | Lifetimes::Text(_) => {}
        Lifetimes::Raw(delivery) => drop(delivery.clone()),
        Lifetimes::Other(other) => drop(other),
    }
    std::future::ready(()).await;
}

#[webhook(path = "/nested", provider = STANDARD_WEBHOOKS)]
async fn nested(event: Nested<'_>) -> String {
    match event {
        Nested::Issues(Issues::Opened(_)) => "opened".to_owned(),
        Nested::Issues(Issues::Other(other)) | Nested::Other(other) => other.name().to_owned(),
    }
}

fn main() {
    is_event::<Bounded<'_, String>>();
    is_event::<OnlyOther<'_>>();
    is_event::<Alias<'_>>();
    for_every_type::<u8>();
    assert_eq!(Bounded::<'_, String>::EVENTS, ["borrowed", "whole"]);
    let unused = |event: Bounded<'_, String>| match event {
        Bounded::Borrowed(text) => text.len(),
        Bounded::Whole(text) => text.len(),
        Bounded::Other(other) => other.bytes().len(),
    };
    let _ = unused;
    let rest = |event| match event {
        OnlyOther::Other(other) => Alias::Other(other),
    };
    let _ = |event| match rest(event) {
        Alias::Other(other) => other.bytes().len(),
        Alias::Push => 0,
    };
    let _: Webhooks =
        Webhooks::new().mount::<typed>().mount::<lifetimes>().mount::<nested>();
}
