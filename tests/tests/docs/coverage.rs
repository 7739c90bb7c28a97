//! The second table of `docs/providers.md`: what a signature covers, and what a recorded delivery
//! is good for.

use std::time::Duration;

use webhook_runtime::{BatchLayout, Deduplication, Provider, scheme::ReplayWindow};

/// The text before the table.
pub(crate) const INTRODUCTION: &str = "
## What a signature covers

What is not covered can be changed by whoever is on the way, and by whoever sends a recorded delivery
again. [`SECURITY.md`](../SECURITY.md) says what follows from that, and where a provider is not what
it seems.

* **body**: *all* of its bytes, the listed JSON pointers, or nothing of it.
* **method**, **URL**, **time**: whether they are signed. The URL is the public one.
* **id** and **event**: whether what stands where the first table says is signed; empty where the
  provider says none. Other headers are signed by nobody, but those that Contentful lists, and the
  transmission's id of PayPal, of whose body a checksum is signed, which is no protection.
* **recorded**: how long a delivery that somebody has recorded is genuine. Within that time it can be
  sent again; without an inbox, the function has to recognise it. `tolerance` in the attribute sets
  another window where a time is signed.
* **copies**: by what an inbox recognises a copy.

| name | body | method | URL | time | id | event | recorded | copies |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
";

/// One line of it.
pub(crate) fn row(provider: &Provider, time: fn(Duration) -> String) -> String {
    let traits = provider.scheme_info();
    let items = provider.batch();
    let id = items.and_then(BatchLayout::id);
    let event = items.and_then(BatchLayout::event);
    let cells = [
        provider.name().to_owned(),
        match traits.signed_pointers {
            _ if traits.signs_body => "all".to_owned(),
            [] => "no".to_owned(),
            some => some.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", "),
        },
        said(traits.signs_method),
        said(traits.signs_url),
        match traits.replay_window {
            ReplayWindow::UntilOptionalExpiry => "if the token says one".to_owned(),
            _ => said(traits.signs_time),
        },
        signed_id(provider).map(said).unwrap_or_default(),
        match (event, provider.event()) {
            (Some(pointer), _) => said(is_signed_in_item(provider, pointer)),
            (None, Some(source)) => said(provider.signs(source)),
            (None, None) => String::new(),
        },
        recorded(provider, time),
        copies(provider, id.is_some() || provider.id().is_some()),
    ];
    format!("| {} |\n", cells.join(" | "))
}

fn said(is_signed: bool) -> String {
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
    let (array, inside) = (items.array(), items.inner().unwrap_or_default());
    let traits = provider.scheme_info();
    let first = format!("{array}/0{inside}{pointer}");
    traits.signs_body || traits.signed_pointers.contains(&first.as_str())
}

/// Tells whether the signature covers nothing of the body.
fn signs_nothing(provider: &Provider) -> bool {
    let traits = provider.scheme_info();
    !traits.signs_body && traits.signed_pointers.is_empty()
}

fn recorded(provider: &Provider, time: fn(Duration) -> String) -> String {
    let traits = provider.scheme_info();
    let how_long = match traits.replay_window {
        ReplayWindow::Limited(window) => time(window),
        ReplayWindow::UntilExpiry => "until the token expires".to_owned(),
        ReplayWindow::UntilOptionalExpiry => "until the token expires, if it says when".to_owned(),
        ReplayWindow::Unlimited if traits.signs_time => {
            "for good, unless `tolerance` is set".to_owned()
        }
        ReplayWindow::Unlimited => "for good".to_owned(),
        other => panic!("a word for {other:?} is missing here"),
    };
    let also = if signs_nothing(provider) { ", and with any other body" } else { "" };
    format!("{how_long}{also}")
}

fn copies(provider: &Provider, has_id: bool) -> String {
    let unsigned = signs_nothing(provider);
    match provider.deduplication() {
        _ if has_id && unsigned => "the id, which nobody signs",
        _ if signed_id(provider) == Some(true) => "the id",
        Deduplication::Disabled => "nothing: none is taken for a copy",
        Deduplication::SignedBytesAndEvent => "the body, and the event's name, which nobody signs",
        Deduplication::SignedBytes if unsigned => "the body, which nobody signs",
        Deduplication::SignedBytes if provider.scheme_info().signs_body => "the body",
        Deduplication::SignedBytes => "what is signed of the body",
        other => panic!("a word for {other:?} is missing here"),
    }
    .to_owned()
}
