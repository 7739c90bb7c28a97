//! One delivery: what happened, what comes next, and what was sent.

use axum::{
    Extension,
    extract::{Path, RawQuery, Request},
    response::Response,
};
use maud::{Markup, html};
use webhook_runtime::inbox::{DeliveryState, Record};

use crate::{
    action::Action,
    changes::Activity,
    filter::ListFilter,
    format,
    html::{
        layout::{Nav, Screen, as_of, back},
        notice::unavailable,
        parts::{ago, event_name, panel, pill, provider, tenant},
        text::{self, plain, shown},
    },
    kind::Kind,
    links::{delivery_path, parameter, query, with_query},
    screens::{
        body, curl,
        details::Details,
        error_text::outermost,
        facts,
        form::{Form, Need},
        headers, refusal, related,
        timeline::Timeline,
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
    match Details::read(&view, id).await {
        Ok(Some(details)) => {
            let body = body::hidden(&view, &details);
            page(&view, &details, &query, &as_of(&view), &body).live().render(&view)
        }
        Ok(None) => refusal::no_delivery(&view, id),
        Err(error) => refusal::unreachable(&view, &error),
    }
}

/// The page with its body, which is logged.
pub(crate) async fn show_body(
    Extension(view): Extension<View>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    // A read-only viewer may look at bodies, too.
    if let Err(refused) = Form::read(&view, request, Need::Look).await {
        return refused;
    }
    let Ok(id) = id.parse::<i64>() else { return refusal::nothing_here(&view) };
    let details = match Details::read(&view, id).await {
        Ok(Some(details)) => details,
        Ok(None) => return refusal::no_delivery(&view, id),
        Err(error) => return refusal::unreachable(&view, &error),
    };
    let by = &view.viewer.name;
    tracing::warn!(by, record_id = id, "an operator looks at the body of a delivery");
    view.record(Activity::ShownBody(id));
    let body = body::shown_body(&view, &details.delivery);
    page(&view, &details, "", &html! {}, &body).render(&view)
}

/// The page, with the time of its figures and its body as they are to be shown.
fn page(view: &View, details: &Details, query: &str, as_of: &Markup, body: &Markup) -> Screen {
    let record = details.record();
    let get = |wanted| parameter(query, wanted);
    let list = ListFilter::parse(&get("list").unwrap_or_default());
    let done = get("done").as_deref().and_then(Action::from_word);
    let event = event_name(record);
    let kind = Kind::of(record);
    let timeline = match &details.attempts_error {
        Some(error) => unavailable(&error.to_string()),
        None => Timeline { view, details }.render(),
    };
    let main = html! {
        (back(view, &with_query("deliveries", &list.query()), &shown(&list.name())))
        div.heading {
            div.heading-text #summary data-live {
                h1.with-pill {
                    span { (text::name(event)) " " span.number-of { (format::id(record.id)) } }
                    (pill(kind.word(), kind.name()))
                }
                p.below { (sentence(view, details)) }
            }
            div.beside { (as_of) (actions(view, record, kind, &list)) }
        }
        div.columns.three {
            (panel("story", "What happened", &html! { "newest first" }, &timeline))
            div.side {
                (panel("facts", "Delivery", &html! {}, &facts::facts(view, details).render()))
                (related::related(view, details))
            }
            div.main-column.rest {
                (panel("body", "Body", &html! {}, body))
                (headers::headers(&details.delivery.head.headers, details.provider()))
                (curl::again(details))
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

fn sentence(view: &View, details: &Details) -> Markup {
    let record = details.record();
    let failed = details.attempts.iter().filter(|one| one.error.is_some()).count();
    html! {
        "From " (provider(&record.provider))
        @if let Some(stored) = &record.tenant { " for " (shown(&tenant(stored))) }
        ", received " (ago(view.now, record.received_at)) "."
        @if failed > 0 {
            " " (failed) " of " (format::counted(details.attempts.len() as u64, "attempt", "attempts")) " failed"
            @match record.last_error.as_deref().map(outermost) {
                Some(error) => {
                    ", the last one: " (shown(&error)) @if !error.ends_with('…') { "." }
                }
                None => ".",
            }
        }
    }
}

fn actions(view: &View, record: &Record, kind: Kind, list: &ListFilter) -> Markup {
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
