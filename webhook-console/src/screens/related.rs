//! The deliveries that have something in common with one.

use maud::{Markup, html};
use webhook_runtime::inbox::Record;

use crate::{
    format,
    html::{
        icons::icon,
        notice::unavailable,
        parts::{ago, badge, event_name, panel},
        text::shown,
    },
    kind::Kind,
    links::delivery_path,
    screens::details::Details,
    view::View,
};

/// The minutes with duplicates that are shown.
const DUPLICATES: usize = 6;

/// The panel of what is related, if there is anything.
pub(crate) fn related(view: &View, details: &Details) -> Markup {
    let id = details.record().id;
    let again = details.attempts.iter().skip(1).filter(|attempt| attempt.number == 1).count();
    let rows = html! {
        @for other in details.neighbours.iter().rev() { (relative(view, other, order(id, other))) }
        @for other in &details.same_id { (relative(view, other, "same provider id")) }
        @if again > 0 {
            li {
                div.related-head {
                    span { "Run again by an operator" }
                    span.state.s-retrying { (icon("retrying")) (format::counted(again as u64, "time", "times")) }
                }
                p.second { "the attempts of each run are above" }
            }
        }
        @for copies in details.duplicates.iter().rev().take(DUPLICATES) {
            li {
                div.related-head {
                    span { (format::counted(copies.count, "duplicate", "duplicates")) " of this one" }
                    span.state.s-cancelled { (icon("cancelled")) "Not stored" }
                }
                p.second { "recognised, the last " (ago(view.now, copies.last)) }
            }
        }
    };
    if rows.0.is_empty() && details.related_error.is_none() {
        return html! {};
    }
    let body = html! {
        @if let Some(error) = &details.related_error { (unavailable(&error.to_string())) }
        @if !rows.0.is_empty() { ul.related { (rows) } }
    };
    panel("related", "Related", &html! {}, &body)
}

/// The place of another delivery with the same ordering key.
fn order(id: i64, other: &Record) -> &'static str {
    match (other.id < id, other.state.is_finished()) {
        (true, true) => "same ordering key, ran before this one",
        (true, false) => "same ordering key, runs before this one",
        (false, true) => "same ordering key, ran after this one",
        (false, false) => "same ordering key, runs after this one",
    }
}

/// A related delivery.
fn relative(view: &View, other: &Record, how: &str) -> Markup {
    html! {
        li {
            div.related-head {
                span {
                    a href=(view.link(&delivery_path(other.id))) { (format::id(other.id)) }
                    " " (shown(event_name(other)))
                }
                (badge(Kind::of(other)))
            }
            p.second { (how) ", " (ago(view.now, other.received_at)) }
        }
    }
}
