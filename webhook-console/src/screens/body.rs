//! The body of a delivery, hidden or shown.

use std::fmt::Write as _;

use maud::{Markup, html};
use webhook_runtime::inbox::StoredDelivery;

use crate::{
    format,
    html::{
        icons::icon,
        json,
        text::{bytes, shown},
    },
    links::delivery_path,
    screens::{details::Details, form::is_form},
    view::View,
};

/// The largest number of bytes that are shown.
const MAX_SHOWN: usize = 64 * 1024;

/// The bytes in a row of a binary body.
const ROW: usize = 16;

/// The body before it is asked for: its size, and a button.
pub(crate) fn hidden(view: &View, details: &Details) -> Markup {
    let record = details.record();
    if details.delivery.body_dropped {
        return html! {
            p.pad.second {
                "The endpoint drops bodies of completed deliveries. This one cannot be replayed."
            }
        };
    }
    html! {
        div.panel-body {
            div.locked {
                (icon("blocked"))
                p {
                    (format::size(record.body_len))
                    @if let Some(of) = details.content_type() { " of " (of) }
                    ". It may contain personal data. Showing it is logged under your name, "
                    (shown(&view.viewer.name)) "."
                }
                form method="post" action=(view.link(&format!("{}/body#body", delivery_path(record.id)))) {
                    input type="hidden" name="token" value=(view.token());
                    button.button type="submit" { (icon("eye")) "Show the body" }
                }
            }
        }
    }
}

/// The body, shown.
pub(crate) fn shown_body(view: &View, delivery: &StoredDelivery) -> Markup {
    let hide = html! { a href=(view.link(&delivery_path(delivery.record.id))) { "Hide it" } };
    if delivery.body_dropped {
        return html! { p.pad.second { "The body was dropped when the delivery completed." } };
    }
    let (form, content) = formatted(delivery);
    let is_cut = delivery.body.len() > MAX_SHOWN;
    html! {
        div.panel-body {
            (content)
            p.second {
                (form) ": " @if is_cut { "the first 64 KiB of " (format::size(delivery.body.len() as u64)) ", " }
                "control characters shown by their code. " (hide)
            }
        }
    }
}

/// The name of the form in which the body is shown, and the body.
fn formatted(delivery: &StoredDelivery) -> (&'static str, Markup) {
    let whole = &delivery.body[..];
    let part = &whole[..whole.len().min(MAX_SHOWN)];
    if whole.is_empty() {
        return ("Empty", html! { p.second { "The body is empty." } });
    }
    if is_form(&delivery.head.headers) {
        return ("A form, in its order", form(part));
    }
    if let Some(json) = json::pretty(whole, MAX_SHOWN) {
        let label = "Formatted for reading, the order of fields kept";
        return (label, html! { pre.code tabindex="0" aria-label="Body" { (json) } });
    }
    let readable =
        part.utf8_chunks().map(|chunk| chunk.invalid().len()).sum::<usize>() * 20 < part.len();
    if readable && !part.contains(&0) {
        return (
            "As it was sent",
            html! { pre.code tabindex="0" aria-label="Body" { (bytes(part)) } },
        );
    }
    ("Bytes in hexadecimal", html! { pre.code tabindex="0" aria-label="Body" { (hex(part)) } })
}

fn form(part: &[u8]) -> Markup {
    html! {
        dl.headers {
            @for (name, value) in form_urlencoded::parse(part) {
                div { dt { code { (shown(&name)) } } dd { code { (shown(&value)) } } }
            }
        }
    }
}

fn hex(part: &[u8]) -> String {
    let mut text = String::with_capacity(part.len() * 4);
    for (at, row) in part.chunks(ROW).enumerate() {
        let _ = write!(text, "{:08x} ", at * ROW);
        for byte in row {
            let _ = write!(text, " {byte:02x}");
        }
        text.push('\n');
    }
    text
}
