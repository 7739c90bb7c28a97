//! The page that asks before many deliveries are changed, or one is changed in a way that cannot be
//! taken back.

use std::time::Duration;

use axum::{Extension, extract::Request, response::Response};
use http::StatusCode;
use maud::{Markup, html};
use webhook_runtime::inbox::{Filter, Page, Record, Window};

use crate::{
    action::Action,
    changes::MAX_DELIVERIES,
    fetch::{FetchError, fetch},
    format,
    html::{
        icons::icon,
        layout::{Nav, Screen, back},
        notice::{Tone, banner},
        parts::{Facts, ago, event_name, panel, tenant_name},
        text::shown,
    },
    kind::Kind,
    links::delivery_path,
    screens::{
        breakdown::{Breakdown, top},
        change_request::ChangeRequest,
        error_text::plain_error,
        form::{Form, Need},
        pace, refusal,
    },
    view::View,
};

pub(crate) async fn show(Extension(view): Extension<View>, request: Request) -> Response {
    let form = match Form::read(&view, request, Need::Change).await {
        Ok(form) => form,
        Err(refused) => return refused,
    };
    match ChangeRequest::read(&view, &form) {
        Ok(wanted) => page(&view, &wanted, None).await,
        Err(refused) => refused,
    }
}

/// The page. `typed` is the wrong number that was typed, if there was one.
pub(crate) async fn page(view: &View, wanted: &ChangeRequest, typed: Option<&str>) -> Response {
    let inbox = &view.shared.inbox;
    let (count, newest, oldest, breakdown) = tokio::join!(
        fetch(inbox.count(&wanted.filter, MAX_DELIVERIES)),
        fetch(inbox.page(&wanted.filter, Window::newest_first(3))),
        fetch(inbox.page(&wanted.filter, Window::oldest_first(3))),
        Breakdown::read(view, &wanted.filter),
    );
    let count = match count {
        Ok(count) if count.more => return too_many(view, wanted),
        Ok(count) if count.number == 0 => return nothing(view, wanted),
        Ok(count) => count.number,
        Err(error) => return refusal::unreachable(view, &error),
    };
    let question = format!("{} {}?", wanted.action.verb(), wanted.subject(count));
    let (still_there, how_long) =
        tokio::join!(still_there(view, wanted, &breakdown), pace::how_long(view, wanted, count));
    let main = html! {
        (back(view, &wanted.list(), &shown(&wanted.asked.name())))
        h1 { (question) }
        p.lead { (meaning(view, wanted.action, count == 1)) }
        div.columns {
            div.main-column {
                (panel("changes", "What changes", &html! {}, &what(view, wanted, &breakdown, count, how_long).render()))
                @if let Some(warning) = still_there { (warning) }
                (confirmation(view, wanted, count, typed))
            }
            div.side {
                (examples(view, "newest", "Newest", newest.as_ref()))
                @if count > 3 { (examples(view, "oldest", "Oldest", oldest.as_ref())) }
            }
        }
    };
    let status = if typed.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Screen::new(question, Nav::Deliveries, main).with_status(status).render(view)
}

fn meaning(view: &View, action: Action, is_one: bool) -> String {
    if action != Action::Discard {
        return action.meaning(is_one).to_owned();
    }
    let kept = format::duration(view.shared.inbox.retention().completed);
    if is_one {
        format!(
            "It leaves this list as cancelled and is deleted after {kept}. Until then it can be replayed."
        )
    } else {
        format!(
            "They leave this list as cancelled and are deleted after {kept}. Until then they can be replayed."
        )
    }
}

fn what(
    view: &View,
    wanted: &ChangeRequest,
    breakdown: &Breakdown,
    count: u64,
    (time, run): (Markup, Markup),
) -> Facts {
    let error = breakdown.causes.values().next().map(|(_, error)| plain_error(error));
    let which = match &wanted.ticks {
        Some(ticks) => html! {
            (format::counted(ticks.len() as u64, "delivery", "deliveries")) " that you have selected"
            @if ticks.len() as u64 > count { ", of which this applies to " strong { (format::number(count)) } }
        },
        None => wanted.asked.clone().with_cause_of(error).words(),
    };
    let mut facts = Facts::new().add("Which", which);
    if let (None, Some(bound)) = (&wanted.ticks, wanted.bound) {
        let up_to = html! {
            @if bound.id != i64::MAX { (format::id(bound.id)) ", " }
            "as of " (format::exact(view.now, bound.at))
        };
        facts = facts.noted("Up to", up_to, html! { "Later ones are not touched." });
    }
    let mut causes: Vec<_> = breakdown.causes.values().collect();
    causes.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    let by_cause = (!causes.is_empty()).then(|| html! {
        @for (count, error) in causes.iter().take(3) {
            div { strong { (format::number(*count)) } " " span.second { (shown(plain_error(error))) } }
        }
        @if causes.len() > 3 { div.second { (causes.len() - 3) " other causes" } }
    });
    facts = facts
        .add("By event", top(&breakdown.events))
        .add_if("By cause", by_cause)
        .add("By tenant", top(&breakdown.tenants))
        .noted("How long", time, run);
    if !breakdown.is_all {
        let note = html! { "the newest " (format::number(breakdown.number as u64)) };
        facts = facts.add("Breakdown are", note);
    }
    facts
}

/// A warning if the largest cause has occurred within the last minute.
async fn still_there(view: &View, wanted: &ChangeRequest, breakdown: &Breakdown) -> Option<Markup> {
    if wanted.action != Action::Retry {
        return None;
    }
    let (endpoint, cause) = breakdown.largest_cause()?;
    let same = Filter::all().endpoint(endpoint).cause(cause);
    let page = fetch(view.shared.inbox.page(&same, Window::newest_first(50))).await.ok()?;
    let failed = |record: &Record| {
        let attempt = &record.last_attempt;
        attempt.started_at.and_then(|at| at.checked_add(attempt.duration.unwrap_or_default()))
    };
    let last = page.records.iter().filter_map(failed).max()?;
    let age = format::since(view.now, last);
    if age > Duration::from_secs(60) {
        return None;
    }
    let retrying = page.records.iter().filter(|record| Kind::of(record) == Kind::Retrying).count();
    let text = html! {
        (shown(endpoint)) " failed with the same error " (format::age(age)) " ago"
        @if retrying > 0 { ", and " (format::counted(retrying as u64, "delivery is", "deliveries are")) " retrying" }
        ". Retried now, these will probably fail again."
    };
    Some(banner(
        Tone::Amber,
        "warning",
        &html! { "The cause may still be there" },
        &text,
        &html! {},
    ))
}

fn confirmation(view: &View, wanted: &ChangeRequest, count: u64, typed: Option<&str>) -> Markup {
    let is_typed = wanted.is_typed(count);
    let wrong = typed.is_some();
    html! {
        section.panel aria-label="Confirm" {
            form.panel-body.confirm method="post" action=(view.link("changes")) {
                input type="hidden" name="token" value=(view.token());
                input type="hidden" name="action" value=(wanted.action.word());
                input type="hidden" name="list" value=(wanted.asked.query());
                input type="hidden" name="confirmed" value=(count);
                @match &wanted.ticks {
                    Some(ticks) => {
                        input type="hidden" name="scope" value="ticked";
                        @for id in ticks { input type="hidden" name="tick" value=(id); }
                    }
                    None => input type="hidden" name="scope" value="all";,
                }
                @if let Some(bound) = wanted.bound { input type="hidden" name="seen" value=(bound); }
                @if is_typed {
                    label for="typed" { "To confirm, type how many: " (count) }
                    @if let Some(typed) = typed {
                        p.field-problem #typed-problem {
                            (icon("dead"))
                            span {
                                @if typed.is_empty() { "Type the number. It is " (count) "." }
                                @else { "You typed " (shown(typed)) ". The number is " (count) "." }
                            }
                        }
                    }
                    input #typed type="text" name="typed" inputmode="numeric" autocomplete="off" maxlength="20"
                        value=(crate::html::text::plain(typed.unwrap_or_default()))
                        aria-invalid=[wrong.then_some("true")] aria-describedby=[wrong.then_some("typed-problem")]
                        autofocus[wrong];
                    p.second { "Required for more than 1,000 deliveries, for replays and for discards." }
                }
                div.buttons {
                    button.button.ink type="submit" { (wanted.action.verb()) " " (wanted.subject(count)) }
                    a.quiet href=(view.link(&wanted.list())) { "Go back, change nothing" }
                }
                p.second {
                    "Logged with your name (" (shown(&view.viewer.name)) "), the filter and the number."
                }
            }
        }
    }
}

fn examples(view: &View, id: &str, heading: &str, page: Result<&Page, &FetchError>) -> Markup {
    let records = page.map(|page| &page.records[..]).unwrap_or_default();
    let body = html! {
        ul.related {
            @for record in records {
                li {
                    div.related-head {
                        span {
                            a href=(view.link(&delivery_path(record.id))) { (format::id(record.id)) }
                            " " (shown(event_name(record)))
                        }
                        span.second { (ago(view.now, record.received_at)) }
                    }
                    p.second {
                        (shown(&tenant_name(record)))
                    }
                }
            }
        }
    };
    panel(id, heading, &html! {}, &body)
}

fn too_many(view: &View, wanted: &ChangeRequest) -> Response {
    let why = html! {
        "More than " (format::number(MAX_DELIVERIES)) " match. Narrow the filter: one change takes that many at most."
    };
    let open = refusal::button(view, &wanted.list(), "Back to the list");
    refusal::unchanged(view, StatusCode::CONFLICT, &why, &open)
}

fn nothing(view: &View, wanted: &ChangeRequest) -> Response {
    let why = html! { "None of these can be " (wanted.action.done()) " now." };
    let open = refusal::button(view, &wanted.list(), "Back to the list");
    refusal::unchanged(view, StatusCode::CONFLICT, &why, &open)
}
