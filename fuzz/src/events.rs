//! What is read from a JSON body without a tree: ids, events and actions at their pointers, the items
//! of batches, the path of what does not fit. Beside it, a tree of everything.

use std::{borrow::Cow, cell::RefCell, fmt};

use axum::Router;
use http::{HeaderMap, HeaderValue};
use serde::{
    Deserialize,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use webhook_runtime::{
    Batch, BatchLayout, Delivery, Field, Provider, Rejection, Secret, Webhooks, scheme::Scheme,
    webhook,
};

use crate::{input::Input, wire::Wire};

const TOKEN: Scheme = Scheme::token().header("x-token");

const HMAC_SHA256_HEX: Provider = Provider::new("hmac-sha256-hex", TOKEN)
    .with_id(Field::pointer("/id"))
    .with_event(Field::pointer("/a/b"))
    .with_action(Field::pointer("/a/0"));

/// Keys with the marks of a pointer, and none at all.
const ODD: Provider = Provider::new("odd", TOKEN)
    .with_id(Field::pointer("/~1/~0"))
    .with_event(Field::pointer("/0/1/2"))
    .with_action(Field::pointer("//"));

const FORM: Provider = HMAC_SHA256_HEX.with_json_form_field("payload");

const BATCH: Provider = Provider::new("batch", TOKEN).with_batch(
    BatchLayout::at("/items")
        .with_inner("/in")
        .with_id("/id")
        .with_id_parts(&["/a"])
        .with_event("/a/b"),
);

const WHOLE: Provider =
    Provider::new("whole", TOKEN).with_batch(BatchLayout::at("").with_id("/id").with_event("/a"));

#[derive(Deserialize, Debug)]
#[allow(dead_code, reason = "for its Debug")]
struct Outer {
    id: u64,
    a: Vec<Inner>,
    b: Option<Box<Outer>>,
    pair: Option<(u8, String)>,
}

#[derive(Deserialize, Debug)]
#[allow(dead_code, reason = "for its Debug")]
struct Inner {
    n: i32,
    name: Option<String>,
}

/// What a delivery says: id, event, action.
type Said = [Option<String>; 3];

#[derive(Debug, PartialEq)]
enum Seen {
    Said(Said),
    Items(Vec<(usize, Said)>),
    Fits(String),
    Misfit(String),
    Malformed,
}

thread_local! {
    static SEEN: RefCell<Option<Seen>> = RefCell::default();
    static WIRE: Wire = Wire::new(router());
}

#[webhook(path = "/plain", provider = HMAC_SHA256_HEX)]
async fn plain(delivery: &Delivery) {
    see(delivery);
}

#[webhook(path = "/odd", provider = ODD)]
async fn odd(delivery: &Delivery) {
    see(delivery);
}

#[webhook(path = "/form", provider = FORM)]
async fn form(delivery: &Delivery) {
    see(delivery);
}

#[webhook(path = "/batch", provider = BATCH)]
async fn batch(batch: Batch<'_, IgnoredAny>) {
    see_items(&batch);
}

#[webhook(path = "/whole", provider = WHOLE)]
async fn whole(batch: Batch<'_, IgnoredAny>) {
    see_items(&batch);
}

#[webhook(path = "/typed", provider = HMAC_SHA256_HEX)]
async fn typed(delivery: &Delivery) {
    SEEN.set(Some(match delivery.decode::<Outer>() {
        Ok(outer) => Seen::Fits(format!("{outer:?}")),
        Err(Rejection::Mismatch { path, .. }) => Seen::Misfit(path),
        Err(_) => Seen::Malformed,
    }));
}

fn see(delivery: &Delivery) {
    let said = [delivery.id(), delivery.event(), delivery.action()];
    SEEN.set(Some(Seen::Said(said.map(|text| text.map(Cow::into_owned)))));
}

fn see_items(batch: &Batch<'_, IgnoredAny>) {
    let items = batch.iter().map(|item| {
        let encoded = item.raw_event;
        assert!(item.decoded.is_ok(), "whatever is JSON can be ignored");
        let said = [encoded.id(), encoded.event(), encoded.action()];
        (encoded.bytes().len(), said.map(|text| text.map(Cow::into_owned)))
    });
    SEEN.set(Some(Seen::Items(items.collect())));
}

fn router() -> Router {
    macro_rules! mount {
        ($($endpoint:ident)*) => {
            Webhooks::new()$(.mount::<$endpoint>().secrets::<$endpoint>([Secret::new("t0ken")]))*
        };
    }
    mount!(plain odd form batch whole typed).into_router().expect("they can be mounted")
}

/// Judges what endpoints read from a body: the first byte says which, the rest is the body.
pub fn judge(data: &[u8]) {
    let input = &mut Input::new(data);
    let path = input.one_of(&["/plain", "/odd", "/form", "/batch", "/whole", "/typed"]);
    let json = input.rest();
    let mut headers = HeaderMap::new();
    headers.insert("x-token", HeaderValue::from_static("t0ken"));
    let mut body = json.to_vec();
    if path == "/form" {
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert("content-type", form);
        let text = String::from_utf8_lossy(json);
        body = form_urlencoded::Serializer::new(String::new())
            .append_pair("payload", &text)
            .finish()
            .into_bytes();
    }
    SEEN.set(None);
    let answer = WIRE.with(|wire| wire.post(path, headers, body));
    let seen = SEEN.take();
    let text = if path == "/form" {
        Some(String::from_utf8_lossy(json))
    } else {
        std::str::from_utf8(json).ok().map(Cow::Borrowed)
    };
    let json = text.as_deref().map(|text| (text, serde_json::from_str::<Tree>(text)));
    match path {
        "/plain" | "/odd" | "/form" => {
            assert_eq!(answer.status, 200, "{answer:?}");
            let pointers = if path == "/odd" {
                [&["/", "~"][..], &["0", "1", "2"], &["", ""]]
            } else {
                [&["id"][..], &["a", "b"], &["a", "0"]]
            };
            match json {
                // Nothing is said by what is no text.
                None => assert_eq!(seen, Some(Seen::Said([None, None, None]))),
                Some((_, Ok(tree))) => {
                    let said = pointers.map(|pointer| tree.at(pointer).and_then(Tree::scalar));
                    assert_eq!(seen, Some(Seen::Said(said)));
                }
                // The beginning of what breaks off later may say something.
                Some((_, Err(_))) => assert!(matches!(seen, Some(Seen::Said(_)))),
            }
        }
        "/typed" => {
            assert_eq!(answer.status, 200, "{answer:?}");
            let expected = json.map_or(Seen::Malformed, |(text, _)| fit(text));
            match (seen, expected) {
                // Where a key is that is wrong by itself, opinions differ.
                (Some(Seen::Misfit(_)), Seen::Misfit(path)) if path == UNSURE => {}
                (seen, expected) => assert_eq!(seen, Some(expected)),
            }
        }
        _ => {
            let Some((text, tree)) = json else { return assert_eq!(answer.status, 400) };
            if serde_json::from_str::<IgnoredAny>(text).is_err() {
                return assert_eq!((answer.status.as_u16(), seen), (400, None));
            }
            let Ok(tree) = tree else {
                return assert!(matches!(answer.status.as_u16(), 200 | 422), "{answer:?}");
            };
            let says_items = path == "/batch";
            let array = if says_items { tree.at(&["items"]) } else { Some(&tree) };
            let Some(array) = array else {
                return assert_eq!((answer.status.as_u16(), seen), (422, None), "{answer:?}");
            };
            let items = match array {
                Tree::Array(items) => items.iter().collect(),
                Tree::Null => Vec::new(),
                other => vec![other],
            };
            let expected: Vec<_> = items.into_iter().map(|item| said(item, says_items)).collect();
            assert_eq!(answer.status, 200, "{answer:?}");
            let Some(Seen::Items(items)) = seen else { panic!("{seen:?}") };
            let items: Vec<_> = items.into_iter().map(|(_, said)| said).collect();
            assert_eq!(items, expected);
        }
    }
}

fn said(item: &Tree, says_items: bool) -> Said {
    let at = |item: &Tree, pointer| item.at(pointer).and_then(Tree::scalar);
    if !says_items {
        return [at(item, &["id"]), at(item, &["a"]), None];
    }
    let item = item.at(&["in"]).unwrap_or(item);
    let id = at(item, &["id"]);
    let id = id.map(|id| format!("{id}:{}", at(item, &["a"]).unwrap_or_default()));
    [id, at(item, &["a", "b"]), None]
}

/// Stands for a path that need not be the same.
const UNSURE: &str = "?";

/// What `serde_path_to_error` says.
fn fit(text: &str) -> Seen {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let error = match serde_path_to_error::deserialize::<_, Outer>(&mut deserializer) {
        Ok(outer) => match deserializer.end() {
            Ok(()) => return Seen::Fits(format!("{outer:?}")),
            Err(_) => return Seen::Malformed,
        },
        Err(error) => error,
    };
    if !error.inner().is_data() {
        return Seen::Malformed;
    }
    let message = error.inner().to_string();
    let mut path = error.path().to_string();
    if message.starts_with("duplicate field") {
        return Seen::Misfit(UNSURE.to_owned());
    }
    if path == "." {
        path.clear();
    }
    if let Some(rest) = message.strip_prefix("missing field `") {
        let field = rest.split('`').next().unwrap_or_default();
        path = if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") };
    }
    // What is longer is shortened.
    Seen::Misfit(if path.chars().count() > 200 { UNSURE.to_owned() } else { path })
}

/// A JSON text as it is, with every key as often as it is there.
enum Tree {
    Null,
    Bool,
    Scalar(String),
    Array(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

impl Tree {
    fn at(&self, pointer: &[&str]) -> Option<&Self> {
        let Some((token, rest)) = pointer.split_first() else { return Some(self) };
        match self {
            Self::Array(items) => items.get(token.parse::<usize>().ok()?)?.at(rest),
            // The first one counts.
            Self::Object(fields) => fields.iter().find(|(key, _)| key == token)?.1.at(rest),
            _ => None,
        }
    }

    fn scalar(&self) -> Option<String> {
        match self {
            Self::Scalar(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Tree, E> {
        Ok(Tree::Bool)
    }

    fn visit_str<E>(self, text: &str) -> Result<Tree, E> {
        Ok(Tree::Scalar(text.to_owned()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Tree, E> {
        Ok(Tree::Scalar(number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Tree, E> {
        Ok(Tree::Scalar(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Tree, E> {
        Ok(Tree::Scalar(number.to_string()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Tree::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Tree::Object(fields))
    }
}
