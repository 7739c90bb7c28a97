//! Changes of many deliveries: they are counted again, made piece by piece, and told of.

use std::time::Duration;

use axum::{
    Extension,
    extract::{Path, Request},
    response::{IntoResponse as _, Redirect, Response},
};
use http::StatusCode;
use maud::{Markup, html};

use crate::{
    action::Action,
    changes::{BulkChange, ConfirmedChange, MAX_DELIVERIES, Progress},
    fetch::fetch,
    filter::ListFilter,
    format,
    html::{
        layout::{Nav, Screen, as_of, back},
        notice::{Tone, banner},
        text::shown,
    },
    links::with_query,
    screens::{
        change_request::ChangeRequest,
        confirm,
        form::{Form, Need},
        refusal,
    },
    view::View,
};

/// The time in which a short change ends before its page is shown.
const SHORT: Duration = Duration::from_millis(1500);

pub(crate) async fn begin(Extension(view): Extension<View>, request: Request) -> Response {
    let form = match Form::read(&view, request, Need::Change).await {
        Ok(form) => form,
        Err(refused) => return refused,
    };
    let wanted = match ChangeRequest::read(&view, &form) {
        Ok(wanted) => wanted,
        Err(refused) => return refused,
    };
    let Some(confirmed) = form.get("confirmed").and_then(|number| number.parse::<u64>().ok())
    else {
        return refusal::bad_request(&view, "The form does not say what was confirmed.");
    };
    let typed = form.get("typed").unwrap_or_default().trim();
    let digits: String = typed.chars().filter(|c| !matches!(c, ',' | ' ' | '\u{a0}')).collect();
    if wanted.is_typed(confirmed) && digits.parse() != Ok(confirmed) {
        return confirm::page(&view, &wanted, Some(typed)).await;
    }
    let inbox = &view.shared.inbox;
    let now = match fetch(inbox.count(&wanted.filter, confirmed.min(MAX_DELIVERIES))).await {
        Ok(now) => now,
        Err(error) => return refusal::unreachable(&view, &error),
    };
    if now.more || confirmed > MAX_DELIVERIES {
        return more_than_confirmed(&view, &wanted, confirmed).await;
    }
    let begun = ConfirmedChange {
        action: wanted.action,
        kinds: wanted.kinds(),
        query: wanted.asked.query(),
        name: wanted.name(),
        filter: wanted.filter,
        total: confirmed,
    };
    let bulk = view.shared.changes.begin(inbox, &view.viewer.name, view.now, begun);
    view.shared.figures.invalidate();
    let mut spent = Duration::ZERO;
    while bulk.progress().0 == Progress::Running && spent < SHORT {
        let step = Duration::from_millis(10);
        tokio::time::sleep(step).await;
        spent += step;
    }
    Redirect::to(&view.link(&format!("changes/{}", bulk.number))).into_response()
}

async fn more_than_confirmed(view: &View, wanted: &ChangeRequest, confirmed: u64) -> Response {
    let now = fetch(view.shared.inbox.count(&wanted.filter, MAX_DELIVERIES)).await;
    let now = now.map(|count| {
        format!("{}{}", if count.more { "more than " } else { "" }, format::number(count.number))
    });
    let why = html! {
        "You confirmed " (format::number(confirmed)) ", but "
        (now.unwrap_or_else(|_| "more".to_owned())) " match now. Check the list and confirm again."
    };
    let open = refusal::button(view, &wanted.list(), "See the list");
    refusal::unchanged(view, StatusCode::CONFLICT, &why, &open)
}

fn find(view: &View, number: &str) -> Option<std::sync::Arc<BulkChange>> {
    view.shared.changes.find(number.parse().ok()?)
}

pub(crate) async fn show(Extension(view): Extension<View>, Path(number): Path<String>) -> Response {
    let Some(bulk) = find(&view, &number) else { return refusal::nothing_here(&view) };
    let asked = ListFilter::parse(&bulk.query);
    let subject = bulk.action.subject(bulk.total, &bulk.kinds);
    let (progress, took) = bulk.progress();
    let title = if progress == Progress::Running {
        format!("{} {subject}", bulk.action.doing())
    } else {
        format!("{} {subject}", bulk.action.verb())
    };
    let main = html! {
        (back(&view, &with_query("deliveries", &asked.query()), &shown(&asked.name())))
        div.heading {
            div.heading-text { h1 { (title) } p.below { "By " (shown(&bulk.by)) ": " (shown(&bulk.name)) } }
            div.beside { @if progress == Progress::Running { (as_of(&view)) } }
        }
        div #result data-live role="status" { (result(&view, &bulk, &progress, took)) }
    };
    let screen = Screen::new(title, Nav::Deliveries, main);
    if progress == Progress::Running { screen.live().render(&view) } else { screen.render(&view) }
}

fn result(view: &View, bulk: &BulkChange, progress: &Progress, took: Duration) -> Markup {
    let (changed, total) = (bulk.changed(), bulk.total);
    let left = total.saturating_sub(changed);
    let of = format!("{} of {}", format::number(changed), format::number(total));
    let list = refusal::button(view, &with_query("deliveries", &bulk.query), "See the list");
    match progress {
        Progress::Running => {
            let meter =
                html! { progress max=(total) value=(changed) aria-label="Progress" { (of) } };
            let stop = html! {
                @if view.viewer.full {
                    form method="post" action=(view.link(&format!("changes/{}/stop", bulk.number))) {
                        input type="hidden" name="token" value=(view.token());
                        button.button type="submit" { "Stop" }
                    }
                }
            };
            let heading = html! { (bulk.action.doing()) ": " (of) };
            banner(Tone::Blue, "running", &heading, &meter, &stop)
        }
        Progress::Ended => {
            let heading =
                html! { (of) (if total == 1 { " was " } else { " were " }) (bulk.action.done()) };
            let text = html! {
                @if left > 0 { (format::number(left)) " " (stayed(bulk.action)) " and stayed as they were. " }
                "It took " (format::duration(took)) "."
            };
            banner(Tone::Green, "completed", &heading, &text, &list)
        }
        Progress::Stopped => {
            let heading = html! { "Stopped after " (of) };
            banner(
                Tone::Amber,
                "warning",
                &heading,
                &html! { "What was changed stays changed." },
                &list,
            )
        }
        Progress::Failed(error) => {
            let heading = html! { "The database failed after " (of) };
            let text = html! { (error) ". What was changed stays changed." };
            banner(Tone::Red, "dead", &heading, &text, &list)
        }
    }
}

const fn stayed(action: Action) -> &'static str {
    match action {
        Action::Retry | Action::Discard => "were no longer dead letters",
        Action::Replay => "had no body any more or ran already",
        Action::Cancel => "had ended meanwhile",
    }
}

pub(crate) async fn stop(
    Extension(view): Extension<View>,
    Path(number): Path<String>,
    request: Request,
) -> Response {
    if let Err(refused) = Form::read(&view, request, Need::Change).await {
        return refused;
    }
    let Some(bulk) = find(&view, &number) else { return refusal::nothing_here(&view) };
    bulk.stop();
    tracing::warn!(by = view.viewer.name, number = bulk.number, "an operator stops a change");
    Redirect::to(&view.link(&format!("changes/{}", bulk.number))).into_response()
}
