//! Stripe: the name of the event is in the body, behind everything else.
//!
//! The bodies have the fields that Stripe documents, in its order and indented as it sends them; their
//! values are made up. The last one but one has its name in front, where serde's tag is cheapest.

use std::{borrow::Cow, str};

use serde::Deserialize;
use serde_json::Value;
use webhook_runtime::{Delivery, UnknownEvent, WebhookEvent};

use crate::{
    case::{Case, contestants},
    delivery,
};

#[derive(WebhookEvent)]
#[expect(dead_code, reason = "decoding is what is measured")]
enum Event<'a> {
    #[event("charge.succeeded")]
    Charge(Snapshot<'a, Charge<'a>>),
    #[event("invoice.paid")]
    Invoice(Snapshot<'a, Invoice<'a>>),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

/// The same for serde, and for those who write it by hand.
#[derive(Deserialize)]
#[serde(tag = "type")]
#[expect(dead_code, reason = "decoding is what is measured")]
enum Tagged<'a> {
    #[serde(rename = "charge.succeeded", borrow)]
    Charge(Snapshot<'a, Charge<'a>>),
    #[serde(rename = "invoice.paid", borrow)]
    Invoice(Snapshot<'a, Invoice<'a>>),
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Tag<'a> {
    #[serde(borrow, rename = "type")]
    name: Cow<'a, str>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "decoding is what is measured")]
struct Snapshot<'a, T> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    created: u64,
    livemode: bool,
    data: Data<T>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "decoding is what is measured")]
struct Data<T> {
    object: T,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "decoding is what is measured")]
struct Charge<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    amount: u64,
    #[serde(borrow)]
    currency: Cow<'a, str>,
    #[serde(borrow)]
    customer: Option<Cow<'a, str>>,
    paid: bool,
    #[serde(borrow)]
    status: Cow<'a, str>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "decoding is what is measured")]
struct Invoice<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    amount_paid: u64,
    #[serde(borrow)]
    currency: Cow<'a, str>,
    #[serde(borrow)]
    customer: Cow<'a, str>,
    #[serde(borrow)]
    lines: Lines<'a>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "decoding is what is measured")]
struct Lines<'a> {
    #[serde(borrow)]
    data: Vec<Line<'a>>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "decoding is what is measured")]
struct Line<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    amount: i64,
    #[serde(borrow)]
    description: Option<Cow<'a, str>>,
    quantity: Option<u64>,
}

/// What is delivered.
pub(crate) struct Sent {
    name: &'static str,
    delivery: Delivery,
    is_known: bool,
}

impl Sent {
    pub(crate) fn all() -> Vec<Self> {
        let charge = include_str!("stripe/charge.json");
        let invoice = invoice(20);
        let (members, tag) =
            invoice.rsplit_once(",\n").expect("an object whose last member is the tag");
        let (tag, _) = tag.split_once('\n').expect("the tag");
        let front = format!("{{\n{tag},{}\n}}", &members[1..]);
        vec![
            Self::new("charge", charge),
            Self::new("invoice", &invoice),
            Self::new("invoice, tag first", &front),
            Self::new("unknown", &invoice.replace("invoice.paid", "invoice.voided")),
        ]
    }

    fn new(name: &'static str, body: &str) -> Self {
        Self { name, delivery: delivery::of_stripe(body), is_known: name != "unknown" }
    }

    pub(crate) fn case(&self) -> Case<'_> {
        let is_known = self.is_known;
        let body = self.delivery.body();
        let fits = move |event: Option<Tagged<'_>>| {
            event.is_some_and(|event| matches!(event, Tagged::Other) != is_known)
        };
        let contestants = contestants(
            move || {
                let event = self.delivery.decode::<Event<'_>>();
                event.is_ok_and(|event| matches!(event, Event::Other(_)) != is_known)
            },
            move || fits(by_hand(body)),
            move || fits(text(body).and_then(|body| serde_json::from_str(body).ok())),
            move || {
                let tree = text(body).and_then(|body| serde_json::from_str(body).ok());
                tree.is_some_and(|tree| fits(from_tree(&tree)))
            },
        );
        Case { name: self.name, bytes: body.len(), contestants }
    }
}

/// Checked once as a whole, which is cheaper for everybody than string by string.
fn text(body: &[u8]) -> Option<&str> {
    str::from_utf8(body).ok()
}

fn by_hand(body: &[u8]) -> Option<Tagged<'_>> {
    let body = text(body)?;
    let Tag { name } = serde_json::from_str(body).ok()?;
    Some(match &*name {
        "charge.succeeded" => Tagged::Charge(serde_json::from_str(body).ok()?),
        "invoice.paid" => Tagged::Invoice(serde_json::from_str(body).ok()?),
        _ => Tagged::Other,
    })
}

/// Borrowed from the tree, which costs less than to take it apart by `from_value`.
fn from_tree(tree: &Value) -> Option<Tagged<'_>> {
    Some(match tree["type"].as_str()? {
        "charge.succeeded" => Tagged::Charge(Deserialize::deserialize(tree).ok()?),
        "invoice.paid" => Tagged::Invoice(Deserialize::deserialize(tree).ok()?),
        _ => Tagged::Other,
    })
}

/// An invoice of so many lines.
fn invoice(lines: usize) -> String {
    let line = include_str!("stripe/line.json").trim_end();
    include_str!("stripe/invoice.json").replace("\"a line\"", &vec![line; lines].join(",\n"))
}
