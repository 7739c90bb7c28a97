//! One delivery: what happened, what comes next, and what was sent.

use axum::{
    Extension,
    extract::{Path, RawQuery},
    response::Response,
};
use maud::{Markup, html};
use webhook_runtime::inbox::{DeliveryState, Record};

use crate::{
    action::Action,
    filter::Asked,
    format,
    html::{
        layout::{Nav, Screen, as_of, back},
        notice::unavailable,
        parts::{ago, panel, pill, provider, tenant},
        text::{self, plain, shown},
    },
    kind::Kind,
    links::{delivery_path, parameter, query, with_query},
    screens::{
        body, curl, facts, headers,
        known::Known,
        refusal, related,
        timeline::{Story, outermost},
    },
    view::View,
};

pub(crate) async fn show(
    Extension(view): Extension<View>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let Ok(id) = id.parse::<i64>() else { return refusal::nothing_here(&view) };
    let query = query.unwrap_or_default();
    match Known::read(&view, id).await {
        Ok(Some(known)) => {
            let body = body::hidden(&view, &known);
            page(&view, &known, &query, &as_of(&view), &body).live().render(&view)
        }
        Ok(None) => refusal::no_delivery(&view, id),
        Err(trouble) => refusal::unreachable(&view, &trouble),
    }
}

/// The page, with the time of its figures and its body as they are to be shown.
pub(crate) fn page(
    view: &View,
    known: &Known,
    query: &str,
    as_of: &Markup,
    body: &Markup,
) -> Screen {
    let record = known.record();
    let get = |wanted| parameter(query, wanted);
    let list = Asked::parse(&get("list").unwrap_or_default());
    let done = get("done").as_deref().and_then(Action::from_word);
    let event = record.event.as_deref().unwrap_or("no event");
    let kind = Kind::of(record);
    let story = Story {
        view,
        record,
        attempts: &known.attempts,
        workers: &known.workers,
        endpoint: known.endpoint.as_ref(),
        is_paused: known.is_paused,
        behind: known.in_order.first().filter(|first| first.id != record.id).map(|first| first.id),
    };
    let told = match &known.untold {
        Some(trouble) => unavailable(&trouble.to_string()),
        None => story.render(),
    };
    let main = html! {
        (back(view, &with_query("deliveries", &list.query()), &shown(&list.name())))
        div.heading {
            div.heading-text #summary data-live {
                h1.with-pill {
                    span { (text::name(event)) " " span.number-of { (format::id(record.id)) } }
                    (pill(kind.word(), kind.name()))
                }
                p.below { (sentence(view, known)) }
            }
            div.beside { (as_of) (actions(view, record, kind, &list)) }
        }
        div.columns.three {
            (panel("story", "What happened", &html! { "newest first" }, &told))
            div.side {
                (panel("facts", "Delivery", &html! {}, &facts::facts(view, known).render()))
                (related::related(view, known))
            }
            div.main-column.rest {
                (panel("body", "Body", &html! {}, body))
                (headers::headers(&known.delivery.head.headers, known.provider()))
                (curl::again(known))
            }
        }
    };
    let title = format!("{} {}", plain(event), format::id(record.id));
    let toast = done.and_then(|done| toast(record, done));
    Screen::new(title, Nav::Deliveries, main).toast(toast)
}

/// A sentence about what was just done, if it was.
fn toast(record: &Record, done: Action) -> Option<Markup> {
    let is_so = match done {
        Action::Retry | Action::Replay => !matches!(record.state, DeliveryState::Cancelled),
        Action::Cancel | Action::Discard => record.state == DeliveryState::Cancelled,
    };
    is_so.then(|| {
        html! {
            // No word of its state, which goes on while this is read.
            "Delivery " (format::id(record.id)) " was " (done.done()) "."
        }
    })
}

fn sentence(view: &View, known: &Known) -> Markup {
    let record = known.record();
    let failed = known.attempts.iter().filter(|one| one.error.is_some()).count();
    html! {
        "From " (provider(&record.provider))
        @if let Some(stored) = &record.tenant { " for " (shown(&tenant(stored))) }
        ", received " (ago(view.now, record.received_at)) "."
        @if failed > 0 {
            " " (failed) " of " (format::counted(known.attempts.len() as u64, "attempt", "attempts")) " failed"
            @match record.last_error.as_deref().map(outermost) {
                Some(error) => {
                    ", the last one: " (shown(&error)) @if !error.ends_with('…') { "." }
                }
                None => ".",
            }
        }
    }
}

fn actions(view: &View, record: &Record, kind: Kind, list: &Asked) -> Markup {
    if !view.viewer.full {
        return html! {};
    }
    html! {
        div.actions #actions data-live {
            @for action in Action::of(kind) {
                @let asks = matches!(action, Action::Replay | Action::Discard);
                form method="post" action=(view.link(&if asks {
                    "changes/confirm".to_owned()
                } else {
                    format!("{}/{}", delivery_path(record.id), action.word())
                })) {
                    input type="hidden" name="token" value=(view.token());
                    input type="hidden" name="list" value=(list.query());
                    @if asks {
                        input type="hidden" name="scope" value="ticked";
                        input type="hidden" name="tick" value=(record.id);
                        input type="hidden" name="action" value=(action.word());
                        button.button.danger[action == Action::Discard] type="submit" { (action.verb()) "…" }
                    } @else {
                        button.button.ink[action == Action::Retry] type="submit" { (action.verb()) }
                    }
                }
            }
        }
    }
}

/// The query of a page with the way back to its list.
pub(crate) fn with_list(id: i64, list: &str, done: Action) -> String {
    let mut pairs = vec![("done", done.word())];
    if !list.is_empty() {
        pairs.push(("list", list));
    }
    with_query(&delivery_path(id), &query(&pairs))
}
