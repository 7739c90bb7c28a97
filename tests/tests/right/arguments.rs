//! Extractors, and the patterns of arguments.

use std::{borrow::Cow, sync::Arc};

use axum::extract::{OriginalUri, Path, RawQuery, State};
use axum::http::{self, HeaderMap, Method, Uri};
use webhook_runtime::{Delivery, webhook};

use crate::{App, Measure, right};

#[webhook(path = "/higher-ranked")]
async fn higher_ranked(
    State(measure): State<Arc<dyn Fn(Cow<'_, str>) -> usize + Send + Sync>>,
    text: String,
) -> String {
    measure(text.into()).to_string()
}

#[webhook(path = "/alias")]
async fn by_alias(State(measure): State<Measure>, text: Cow<'_, str>) -> String {
    measure(text).to_string()
}

#[webhook(path = "/pointer")]
async fn function_pointer(_: Option<axum::Extension<fn(&str) -> &str>>, n: u8) -> String {
    n.to_string()
}

#[webhook(path = "/static")]
async fn static_part(State(name): State<&'static str>, n: u8) -> String {
    format!("{name} {n}")
}

#[webhook(path = "/{team}/{id}")]
async fn two_parameters(Path((team, id)): Path<(String, u64)>, n: u8) -> String {
    format!("{team} {id} {n}")
}

#[webhook(path = "/rest/{*rest}")]
async fn the_rest(Path(rest): Path<String>, n: u8) -> String {
    format!("{rest} {n}")
}

#[webhook(path = "/optional/{id}")]
async fn optional_extractor(path: Option<Path<u64>>, n: u8) -> String {
    format!("{} {n}", path.is_some())
}

#[webhook(path = "/fallible/{id}")]
async fn fallible_extractor(
    path: Result<Path<u64>, axum::extract::rejection::PathRejection>,
    n: u8,
) -> String {
    format!("{} {n}", path.is_err())
}

#[webhook(path = "/many")]
#[allow(clippy::too_many_arguments, reason = "all of them are what is tested")]
async fn many(
    State(App { name, .. }): State<App>,
    State(_): State<App>,
    method: Method,
    uri: Uri,
    OriginalUri(_): OriginalUri,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    delivery: Delivery,
    n: u8,
) -> String {
    assert_eq!((uri.path(), query), ("/many", None));
    assert!(headers.len() > 1);
    format!("{name} {method} {} {n}", delivery.body().len())
}

#[webhook(path = "/by-path")]
async fn by_path(
    _: axum::extract::State<crate::App>,
    _: http::HeaderMap,
    delivery: webhook_runtime::Delivery,
    payload: &webhook_runtime::Delivery,
) -> String {
    format!("{}", delivery.body() == payload.body())
}

#[webhook(path = "/mutable")]
async fn mutable(mut list: Vec<u8>) -> String {
    list.push(9);
    list.len().to_string()
}

#[webhook(path = "/pattern")]
async fn pattern((first, [second, ..]): (u8, [u8; 3])) -> String {
    format!("{first} {second}")
}

#[webhook(path = "/allowed")]
async fn attribute_on_an_argument(#[allow(unused_variables)] unused: HeaderMap, n: u8) -> String {
    n.to_string()
}

right! { arguments_of_every_kind, 13:
    higher_ranked: "four" => "4",
    by_alias: "fives" => "5",
    function_pointer: 3 => "3",
    static_part: 4 => "app 4",
    two_parameters ["team" = "blue", "id" = "7"]: 5 => "blue 7 5",
    the_rest ["rest" = "a/b"]: 6 => "a/b 6",
    optional_extractor ["id" = "7"]: 7 => "true 7",
    fallible_extractor ["id" = "x"]: 8 => "true 8",
    many: 9 => "app POST 1 9",
    by_path: {} => "true",
    mutable: [1, 2] => "3",
    pattern: [1, [2, 3, 4]] => "1 2",
    attribute_on_an_argument: 5 => "5",
}
