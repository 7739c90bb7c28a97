//! The body of a delivery, shown on demand. Who looks at it is logged.

use std::fmt::Write as _;

use axum::{
    Extension,
    extract::{Path, Request},
    response::Response,
};
use http::header::CONTENT_TYPE;
use maud::{Markup, html};
use webhook_runtime::inbox::StoredDelivery;

use crate::{
    changes::Done,
    form::{Form, Need},
    format,
    html::{
        icons::icon,
        json,
        text::{bytes, shown},
    },
    links::delivery_path,
    screens::{delivery::page, known::Known, refusal},
    view::View,
};

/// The bytes that are shown at most.
const MOST: usize = 64 * 1024;

/// The bytes in a row of a binary body.
const ROW: usize = 16;

pub(crate) async fn show(
    Extension(view): Extension<View>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    // Looking is no change: who may look may do this, and is logged.
    if let Err(refused) = Form::read(&view, request, Need::Look).await {
        return refused;
    }
    let Ok(id) = id.parse::<i64>() else { return refusal::nothing_here(&view) };
    let known = match Known::read(&view, id).await {
        Ok(Some(known)) => known,
        Ok(None) => return refusal::no_delivery(&view, id),
        Err(trouble) => return refusal::unreachable(&view, &trouble),
    };
    let by = &view.viewer.name;
    tracing::warn!(by, record_id = id, "an operator looks at the body of a delivery");
    view.has_done(Done::ShownBody(id));
    let body = body(&view, &known.delivery);
    page(&view, &known, "", &Markup::default(), &body).render(&view)
}

/// The body, which is not shown before it is asked for.
pub(crate) fn hidden(view: &View, known: &Known) -> Markup {
    let record = known.record();
    if known.delivery.body_dropped {
        return html! {
            p.pad.second {
                "The body was dropped when the delivery completed, as this endpoint is set up. It cannot be replayed."
            }
        };
    }
    html! {
        div.panel-body {
            div.locked {
                (icon("blocked"))
                p {
                    (format::size(record.body_len))
                    @if let Some(of) = known.content_type() { " of " (of) }
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

fn body(view: &View, delivery: &StoredDelivery) -> Markup {
    let hide = html! { a href=(view.link(&delivery_path(delivery.record.id))) { "Hide it" } };
    if delivery.body_dropped {
        return html! { p.pad.second { "The body was dropped when the delivery completed." } };
    }
    let (form, content) = formatted(delivery);
    let is_cut = delivery.body.len() > MOST;
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
    let part = &whole[..whole.len().min(MOST)];
    let content_type =
        delivery.head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    if whole.is_empty() {
        return ("Empty", html! { p.second { "The body is empty." } });
    }
    if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return ("A form, in its order", form(part));
    }
    if let Some(json) = json::pretty(whole, MOST) {
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
