//! The table in `docs/providers.md` of what a signature covers, and for how
//! long a recorded delivery can be replayed.

use std::time::Duration;

use webhook_runtime::{BatchLayout, Deduplication, Provider, scheme::ReplayWindow};

/// The text before the table.
pub(crate) const INTRODUCTION: &str = "
## What a signature covers

An attacker in transit, or one who replays a recorded delivery, can change whatever is not covered.
[`SECURITY.md`](../SECURITY.md) explains the consequences, and the exceptions.

* **body**: *all* of its bytes, the listed JSON pointers, or nothing of it. Of a form, some providers
  sign one field, and `delivery.body()` is that field; others sign the fields without anything between
  them, so that the end of one can be made to look like the start of the next.
* **method**, **URL**, **time**: *yes* if they are signed. The URL is the public one.
* **id** and **event**: *yes* if the value at its location in the table above is signed; empty if
  there is none. Other headers are not signed, except those that Contentful lists, and PayPal's
  transmission id. Of PayPal's body only a checksum is signed, which does not protect the body.
* **recorded**: the time for which a recorded delivery can be replayed. Without an inbox, the
  function must detect the duplicate. `tolerance` in the attribute sets another window if a time is
  signed.
* **duplicates**: the value by which an inbox detects duplicates. *The signed text* is everything that
  is signed, less the time of signing, as it was signed: all spellings of it are one delivery.

| name | body | method | URL | time | id | event | recorded | duplicates |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
";

/// One line of it.
pub(crate) fn row(provider: &Provider, time: fn(Duration) -> String) -> String {
    let info = provider.scheme_info();
    let items = provider.batch();
    let id = items.and_then(BatchLayout::id);
    let event = items.and_then(BatchLayout::event);
    let cells = [
        provider.name().to_owned(),
        match info.signed_pointers {
            _ if info.signs_body => match info.signed_form_field {
                Some(field) => format!("all; of a form, the field `{field}`"),
                None if info.joins_form_fields => "all, but no borders of a form".to_owned(),
                None => "all".to_owned(),
            },
            [] => "no".to_owned(),
            some => some.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", "),
        },
        yes_or_no(info.signs_method),
        yes_or_no(info.signs_url),
        match info.replay_window {
            ReplayWindow::UntilOptionalExpiry => "if the token has one".to_owned(),
            _ => yes_or_no(info.signs_time),
        },
        signed_id(provider).map(yes_or_no).unwrap_or_default(),
        match (event, provider.event()) {
            (Some(pointer), _) => yes_or_no(is_signed_in_item(provider, pointer)),
            (None, Some(source)) => yes_or_no(provider.signs(source)),
            (None, None) => String::new(),
        },
        recorded(provider, time),
        duplicates(provider, id.is_some() || provider.id().is_some()),
    ];
    format!("| {} |\n", cells.join(" | "))
}

fn yes_or_no(is_signed: bool) -> String {
    if is_signed { "yes" } else { "no" }.to_owned()
}

/// Tells whether the id is signed. `None` if there is no id.
fn signed_id(provider: &Provider) -> Option<bool> {
    match provider.batch().and_then(BatchLayout::id) {
        Some(pointer) => Some(is_signed_in_item(provider, pointer)),
        None => provider.id().map(|source| provider.signs(source)),
    }
}

/// Tells whether the signature covers this pointer in every event of a batch.
pub(crate) fn is_signed_in_item(provider: &Provider, pointer: &str) -> bool {
    let Some(items) = provider.batch() else { return false };
    let (array, inner) = (items.array(), items.inner().unwrap_or_default());
    let info = provider.scheme_info();
    let first = format!("{array}/0{inner}{pointer}");
    info.signs_body || info.signed_pointers.contains(&first.as_str())
}

/// Tells whether the signature covers nothing of the body.
fn signs_nothing(provider: &Provider) -> bool {
    let info = provider.scheme_info();
    !info.signs_body && info.signed_pointers.is_empty()
}

fn recorded(provider: &Provider, time: fn(Duration) -> String) -> String {
    let info = provider.scheme_info();
    let how_long = match info.replay_window {
        ReplayWindow::Limited(window) => time(window),
        ReplayWindow::UntilExpiry => "until the token expires".to_owned(),
        ReplayWindow::UntilOptionalExpiry => "until the token expires, if it does".to_owned(),
        ReplayWindow::Unlimited if info.signs_time => {
            "forever, unless `tolerance` is set".to_owned()
        }
        ReplayWindow::Unlimited => "forever".to_owned(),
        other => panic!("a word for {other:?} is missing here"),
    };
    let also = if signs_nothing(provider) { ", and with any other body" } else { "" };
    format!("{how_long}{also}")
}

fn duplicates(provider: &Provider, has_id: bool) -> String {
    let unsigned = signs_nothing(provider);
    match provider.deduplication() {
        _ if signed_id(provider) == Some(true) && provider.scheme_info().signs_body => "the id",
        _ if !provider.scheme_info().signed_headers.is_empty() => "the signed text",
        _ if provider.scheme().is_some_and(|it| !it.signed_values().is_empty()) => {
            "the signed text"
        }
        _ if has_id && unsigned => "the id, which is not signed",
        Deduplication::Disabled => "nothing: no delivery is a duplicate",
        Deduplication::SignedBytesAndEvent => {
            "the signed text, and an event's name with a variant, which is not signed"
        }
        Deduplication::SignedBytes if unsigned => "the body, which is not signed",
        Deduplication::SignedBytes => "the signed text",
        other => panic!("a word for {other:?} is missing here"),
    }
    .to_owned()
}
