//! Types that are payloads.

use std::{borrow::Cow, collections::HashMap, path::Path as FilePath, rc::Rc};

use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Map, Value, value::RawValue};
use webhook_runtime::{Delivery, webhook};

use crate::right;

#[derive(Deserialize)]
struct Order<'a> {
    #[serde(borrow)]
    note: Cow<'a, str>,
}

/// Owns its text, so that `'static` is as right as any lifetime.
#[derive(Deserialize)]
struct Owned<'a> {
    note: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Envelope<T> {
    data: T,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Either {
    Number(u8),
    Text(String),
}

mod deep {
    pub(crate) mod down {
        pub(crate) type Text<'a> = super::super::Order<'a>;
    }
}

macro_rules! payloads {
    ($($handler:ident($payload:pat, $ty:ty) $shown:expr;)*) => { $(
        #[webhook(path = "/payload")]
        async fn $handler($payload: $ty) -> String {
            $shown.to_string()
        }
    )* };
}

payloads! {
    number(n, u64) n;
    nothing((), ()) "nothing";
    text(text, &str) text;
    explicit_reference(text, &'_ str) text;
    copy_on_write(text, Cow<'_, str>) text;
    boxed(text, Box<str>) text;
    json(value, Value) value["a"];
    object(map, Map<String, Value>) map.len();
    raw(raw, &RawValue) raw.get();
    boxed_raw(raw, Box<RawValue>) raw.get();
    file(path, &FilePath) path.display();
    map(map, HashMap<&str, Vec<u8>>) map["a"].len();
    tuple((a, b), (u8, &str)) format!("{a} {b}");
    array([a, b], [i8; 2]) a + b;
    any(_, IgnoredAny) "any";
    optional(n, Option<u8>) n.is_none();
    result(n, Result<u8, String>) n.is_ok();
    borrowed(order, Order<'_>) order.note;
    for_ever(order, Owned<'static>) order.note;
    list(orders, Vec<Order<'_>>) orders[0].note;
    envelope(envelope, Envelope<Order<'_>>) envelope.data.note;
    envelopes(envelope, Envelope<Option<Envelope<Vec<u8>>>>) envelope.data.is_some();
    alias(order, deep::down::Text<'_>) order.note;
    qualified(n, core::primitive::u8) n;
    delivery(delivery, &Delivery) delivery.body().len();
    delivery_by_path(delivery, &::webhook_runtime::Delivery) delivery.endpoint();
    projected(n, <Vec<u8> as IntoIterator>::Item) n;
}

#[webhook(path = "/untagged")]
async fn untagged(either: Either) -> String {
    match either {
        Either::Number(n) => n.to_string(),
        Either::Text(text) => text,
    }
}

/// Not `Send`, and not held across an `await`.
#[webhook(path = "/local")]
async fn not_send_for_a_moment(n: u8) -> String {
    let shown = { Rc::new(n).to_string() };
    std::future::ready(shown).await
}

right! { payloads_of_every_kind, 29:
    number: 1 => "1",
    nothing: null => "nothing",
    text: "text" => "text",
    explicit_reference: "text" => "text",
    copy_on_write: "a\"b" => "a\"b",
    boxed: "boxed" => "boxed",
    json: {"a": 1} => "1",
    object: {"a": 1} => "1",
    raw: [1] => "[1]",
    boxed_raw: [1, 2] => "[1,2]",
    file: "/a/b" => "/a/b",
    map: {"a": [1, 2]} => "2",
    tuple: [1, "b"] => "1 b",
    array: [1, -2] => "-1",
    any: {"x": [null]} => "any",
    optional: null => "true",
    result: {"Ok": 1} => "true",
    borrowed: {"note": "a\nb"} => "a\nb",
    for_ever: {"note": "for ever"} => "for ever",
    list: [{"note": "first"}] => "first",
    envelope: {"data": {"note": "in"}} => "in",
    envelopes: {"data": {"data": [1]}} => "true",
    alias: {"note": "alias"} => "alias",
    qualified: 7 => "7",
    delivery: [1] => "3",
    delivery_by_path: [1] => "delivery_by_path",
    projected: 8 => "8",
    untagged: "x" => "x",
    not_send_for_a_moment: 9 => "9",
}
