//! Forms: what a handler is given of one, beside what their fields say when they are read one by one.

use std::{borrow::Cow, cell::RefCell, str::FromStr};

use axum::Router;
use http::{HeaderMap, HeaderValue};
use serde::Deserialize;
use webhook_runtime::{Provider, Rejection, Secret, Webhooks, scheme::Scheme, webhook};

use crate::wire::Wire;

const TOKEN: Provider = Provider::new("token", Scheme::token().header("x-token"));

#[derive(Clone, Debug, Deserialize, PartialEq)]
struct Command<'a> {
    #[serde(borrow)]
    text: Cow<'a, str>,
    count: u8,
    big: Option<i64>,
    ratio: Option<f64>,
    silent: Option<bool>,
    #[serde(default)]
    tags: Vec<Cow<'a, str>>,
    #[serde(default)]
    counts: Vec<u16>,
    kind: Option<Kind>,
    mark: Option<char>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Slash,
    Button,
}

thread_local! {
    static SEEN: RefCell<Option<String>> = RefCell::default();
    static WIRE: Wire = Wire::new(router());
}

#[webhook(path = "/", provider = TOKEN)]
async fn form(command: Command<'_>) -> Result<(), Rejection> {
    SEEN.set(Some(format!("{command:?}")));
    Ok(())
}

fn router() -> Router {
    Webhooks::new()
        .mount::<form>()
        .secrets::<form>([Secret::new("t0ken")])
        .into_router()
        .expect("it can be mounted")
}

/// Judges how the whole input is read as a form.
pub fn judge(data: &[u8]) {
    let mut headers = HeaderMap::new();
    headers.insert("x-token", HeaderValue::from_static("t0ken"));
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    headers.insert("content-type", form);
    SEEN.set(None);
    let answer = WIRE.with(|wire| wire.post("/", headers, data.to_vec()));
    let seen = SEEN.take();
    if matches!(data.trim_ascii_start().first(), Some(b'{' | b'[')) {
        assert_eq!((answer.status.as_u16(), seen), (400, None), "JSON is no form");
        return;
    }
    if let Some(expected) = expected(data) {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(seen, Some(format!("{expected:?}")));
    } else {
        assert_eq!((answer.status.as_u16(), seen), (422, None), "{answer:?}");
        serde_json::from_slice::<serde_json::Value>(&answer.body).expect("a problem in JSON");
    }
}

fn expected(data: &[u8]) -> Option<Command<'static>> {
    let fields: Vec<(String, String)> = form_urlencoded::parse(data).into_owned().collect();
    let all = |name: &str| -> Vec<String> {
        fields.iter().filter(|field| field.0 == name).map(|field| field.1.clone()).collect()
    };
    // Given more than once, it is no single value.
    let only = |name: &str| match &all(name)[..] {
        [] => Ok(None),
        [value] => Ok(Some(value.clone())),
        _ => Err(()),
    };
    let kind = match only("kind").ok()?.as_deref() {
        None => None,
        Some("slash") => Some(Kind::Slash),
        Some("button") => Some(Kind::Button),
        Some(_) => return None,
    };
    Some(Command {
        text: only("text").ok()??.into(),
        count: read(only("count")).ok()??,
        big: read(only("big")).ok()?,
        ratio: read(only("ratio")).ok()?,
        silent: read(only("silent")).ok()?,
        tags: all("tags").into_iter().map(Cow::Owned).collect(),
        counts: all("counts").iter().map(|count| count.parse().ok()).collect::<Option<_>>()?,
        kind,
        mark: read(only("mark")).ok()?,
    })
}

/// What a field is, if it is there.
fn read<T: FromStr>(value: Result<Option<String>, ()>) -> Result<Option<T>, ()> {
    value?.map(|value| value.parse().map_err(drop)).transpose()
}
