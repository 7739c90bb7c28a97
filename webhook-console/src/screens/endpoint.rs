//! One endpoint: its state, its figures, its options; pause and resume.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime},
};

use axum::{
    Extension,
    extract::{Path, Request},
    response::{IntoResponse as _, Redirect, Response},
};
use maud::{Markup, html};
use webhook_runtime::{
    Field, Provider,
    inbox::{DeliveryState, EndpointInfo, Filter, Record, Window},
};

use crate::{
    changes::Done,
    fetch::{ask, make},
    form::{Form, Need},
    format,
    html::{
        chart::chart,
        layout::{Nav, Screen, as_of, back},
        notice::{Tone, banner, unavailable},
        parts::{Facts, ago, figure, panel, provider},
        text::{plain, shown},
    },
    links::{endpoint_path, query, with_query},
    screens::{
        overview::{causes, state_pill},
        refusal,
        survey::{Row, Survey},
        tiles::tiles,
    },
    view::View,
};

/// The deliveries that events and secrets are counted in.
const NEWEST: u32 = 1000;

/// The events and the secrets that are shown.
const MOST: usize = 20;

/// The longest reason of a pause, in characters.
const MOST_REASON: usize = 200;

pub(crate) async fn show(Extension(view): Extension<View>, Path(name): Path<String>) -> Response {
    let of_it = Filter::all().endpoint(&name);
    let (survey, newest) = tokio::join!(
        Survey::take(&view),
        ask(view.shared.inbox.page(&of_it, Window::newest_first(NEWEST))),
    );
    let survey = match survey {
        Ok(survey) => survey,
        Err(trouble) => return refusal::unreachable(&view, &trouble),
    };
    let newest = newest.map(|page| page.records);
    let Some(row) = survey.rows.iter().find(|row| row.name == name) else {
        return unknown(&view, &survey);
    };
    let slots = row.info.as_ref().map_or(0, |info| info.concurrency as u64);
    let main = html! {
        (back(&view, "", &html! { "Overview" }))
        (head(&view, &survey, row))
        (paused(&view, row))
        (tiles(&view, &survey, Some(row), slots))
        div.columns {
            div.main-column {
                (panel("hour", "Last hour", &html! { "per minute" }, &match &survey.hour {
                    Ok(_) => html! { div.panel-body { (chart(&row.hour, row.pause.as_ref().map(|pause| pause.since))) } },
                    Err(trouble) => unavailable(&trouble.to_string()),
                }))
                @match &newest {
                    Ok(records) => { (events(&view, &name, records)) (secrets(&view, row.info.as_ref(), records)) }
                    Err(trouble) => (panel("events", "Events", &html! {}, &unavailable(&trouble.to_string()))),
                }
                @if row.counts.dead.number > 0 { (causes(&view, &survey, Some(&name))) }
            }
            div.side {
                @if let Some(info) = &row.info { (panel("options", "Options", &html! {}, &options(info).render())) }
            }
        }
    };
    Screen::new(plain(&name), Nav::Overview, main).live().render(&view)
}

fn head(view: &View, survey: &Survey, row: &Row) -> Markup {
    html! {
        div.heading {
            div.heading-text #summary data-live {
                h1.with-pill {
                    span { (shown(&row.name)) }
                    @if survey.knows_state(row) { (state_pill(row)) }
                }
                p.below {
                    @match &row.info {
                        Some(info) => {
                            @if let Some(of) = info.provider { (provider(of.name())) ", " code { (of.methods()) } " " }
                            @if let Some(path) = info.path { code { (path) } }
                        }
                        None => "This process does not handle it.",
                    }
                }
            }
            div.beside {
                (as_of(view))
                @if view.viewer.full && row.pause.is_none() {
                    a.button href=(view.link(&format!("{}/pause", endpoint_path(&row.name)))) { "Pause…" }
                }
            }
        }
    }
}

fn paused(view: &View, row: &Row) -> Markup {
    let Some(pause) = &row.pause else { return html! { div #pause data-live {} } };
    let title = html! {
        "Paused by " (shown(&pause.by)) " at " (format::exact(view.now, pause.since)) ", " (ago(view.now, pause.since))
    };
    let text = html! {
        @if !pause.why.is_empty() { "“" (shown(&pause.why)) "”. " }
        "Deliveries are verified, acknowledged and stored as always. "
        (format::counted(row.waiting(), "is pending", "are pending")) ". No worker runs them until you resume it."
    };
    let resume = html! {
        @if view.viewer.full {
            form method="post" action=(view.link(&format!("{}/resume", endpoint_path(&row.name)))) {
                input type="hidden" name="token" value=(view.token());
                button.button.ink type="submit" { "Resume" }
            }
        }
    };
    html! { div #pause data-live { (banner(Tone::Amber, "paused", &title, &text, &resume)) } }
}

/// The figures of one event.
#[derive(Default)]
struct Event {
    count: u64,
    failed: u64,
    took: Vec<Duration>,
}

fn events(view: &View, name: &str, records: &[Record]) -> Markup {
    if records.is_empty() {
        let none = html! { p.second.pad { "No deliveries are kept." } };
        return panel("events", "Events", &html! {}, &none);
    }
    let mut events: HashMap<&str, Event> = HashMap::new();
    for record in records {
        let event = events.entry(record.event.as_deref().unwrap_or_default()).or_default();
        event.count += 1;
        let completed = record.state == DeliveryState::Completed;
        event.failed += u64::from(record.attempt).saturating_sub(u64::from(completed));
        event.took.extend(record.last_attempt.duration);
    }
    let mut events: Vec<_> = events.into_iter().collect();
    events.sort_by(|(a, one), (b, other)| other.count.cmp(&one.count).then(a.cmp(b)));
    let more = events.len().saturating_sub(MOST);
    let body = html! {
        table.plain.wide {
            caption.hidden { "Events of the newest deliveries" }
            thead {
                tr {
                    th scope="col" { "Event" }
                    th.number scope="col" { "Deliveries" }
                    th.number scope="col" { "Failed attempts" }
                    th.number scope="col" { "Median run" }
                    th.number scope="col" { "95 % within" }
                }
            }
            tbody {
                @for (event, figures) in events.iter_mut().take(MOST) {
                    tr {
                        th scope="row" {
                            @if event.is_empty() { "no event" } @else {
                                a href=(view.link(&with_query("deliveries", &query(&[("endpoint", name), ("event", event)])))) { (shown(event)) }
                            }
                        }
                        td.number { (format::number(figures.count)) }
                        td.number { (figure(figures.failed)) }
                        td.number { (share(&mut figures.took, 50)) }
                        td.number { (share(&mut figures.took, 95)) }
                    }
                }
            }
        }
        @if more > 0 { p.second.pad { (more) " more events" } }
    };
    panel("events", "Events", &of_the_newest(records), &body)
}

fn of_the_newest(records: &[Record]) -> Markup {
    html! { "of the newest " (format::counted(records.len() as u64, "delivery", "deliveries")) }
}

/// The time within which so many percent ended.
fn share(took: &mut [Duration], percent: usize) -> Markup {
    took.sort_unstable();
    let at = (took.len() * percent).div_ceil(100).saturating_sub(1);
    html! { @match took.get(at) { Some(time) => (format::duration(*time)), None => span.zero { "–" } } }
}

fn secrets(view: &View, info: Option<&EndpointInfo>, records: &[Record]) -> Markup {
    let mut secrets: Vec<(&str, u64, SystemTime)> = Vec::new();
    for record in records {
        let Some(name) = record.secret_name.as_deref() else { continue };
        match secrets.iter_mut().find(|(known, ..)| *known == name) {
            Some((_, count, last)) => {
                *count += 1;
                *last = (*last).max(record.received_at);
            }
            None => secrets.push((name, 1, record.received_at)),
        }
    }
    if secrets.is_empty() {
        return html! {};
    }
    let newest = secrets.iter().map(|(.., last)| *last).max();
    let horizon = info.and_then(|info| info.provider).and_then(Provider::retry_period);
    let name = info.and_then(|info| info.provider).map(Provider::name);
    let body = html! {
        table.plain.wide {
            caption.hidden { "Secrets that matched the newest deliveries" }
            thead {
                tr {
                    th scope="col" { "Secret" }
                    th.number scope="col" { "Deliveries" }
                    th.number scope="col" { "Last seen" }
                    th scope="col" { "Meaning" }
                }
            }
            tbody {
                @for (secret, count, last) in secrets.iter().take(MOST) {
                    tr {
                        th scope="row" { code { (shown(secret)) } }
                        td.number { (format::number(*count)) }
                        td.number { (ago(view.now, *last)) }
                        td {
                            @if Some(*last) == newest { "In use." } @else {
                                "Unused for " (format::age(format::since(view.now, *last))) "."
                                @if let (Some(horizon), Some(name)) = (horizon, name) {
                                    " " (provider(name)) " retries for " (format::duration(horizon)) ": "
                                    @match last.checked_add(horizon) {
                                        Some(safe) if safe > view.now => { "safe to remove after " (format::exact(view.now, safe)) "." }
                                        _ => "safe to remove.",
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    panel("secrets", "Secrets that matched", &of_the_newest(records), &body)
}

fn options(info: &EndpointInfo) -> Facts {
    let note = |option: &str| {
        let place = match info.path {
            _ if info.is_default(option) => "",
            _ if !info.sets(option) => "set for all endpoints",
            Some(_) => "set in the attribute",
            None => "set in code",
        };
        html! { (place) }
    };
    let nothing = || html! { "none" };
    let time = |time: Duration| html! { (format::duration(time)) };
    let rate = info.rate.map_or_else(nothing, |rate| {
        html! { (format::number(rate.starts())) " in " (format::duration(rate.period())) }
    });
    let order = match info.order_by {
        Some(Field::Header(name)) => html! { code { (name) } },
        Some(Field::Pointer(pointer)) => html! { code { (pointer) } },
        _ => nothing(),
    };
    let backoff = html! {
        (format::duration(info.backoff.initial)) ", doubling to " (format::duration(info.backoff.max))
    };
    let mut facts = Facts::new()
        .noted(
            "Concurrency",
            html! { (format::number(info.concurrency as u64)) },
            note("concurrency"),
        )
        .noted("Rate", rate, note("rate"))
        .noted("Max attempts", html! { (info.max_attempts) }, note("max_attempts"))
        .noted("Backoff", backoff, note("backoff"))
        .noted("Timeout", time(info.timeout), note("timeout"))
        .noted("Max age", info.max_age.map_or_else(nothing, time), note("max_age"))
        .noted("Ordering key", order, note("order_by"))
        .add_if("Max body", info.max_body.map(|bytes| html! { (format::size(bytes as u64)) }))
        .noted("Completed retention", time(info.completed_retention), note("keep"))
        .noted("Dead letter retention", time(info.dead_letter_retention), note("keep_dead"))
        .add("Deduplication", time(info.dedup_retention));
    if info.drop_body {
        facts = facts.noted("Body", html! { "dropped when completed" }, note("drop_body"));
    }
    facts.add_if("Replay window", info.tolerance.map(time)).add_if(
        "Secrets",
        (!info.secret_env.is_empty()).then(|| {
            html! { @for name in info.secret_env { div { code { (name) } } } }
        }),
    )
}

/// The page that asks for a reason.
pub(crate) async fn ask_first(
    Extension(view): Extension<View>,
    Path(name): Path<String>,
) -> Response {
    if !view.viewer.full {
        return refusal::read_only(&view);
    }
    let main = html! {
        (back(&view, &endpoint_path(&name), &shown(&name)))
        h1 { "Pause " (shown(&name)) "?" }
        p.lead {
            "Deliveries are still verified, acknowledged and stored. No worker runs them until you resume it."
        }
        div.panel {
            form.panel-body.confirm method="post" action=(view.link(&format!("{}/pause", endpoint_path(&name)))) {
                input type="hidden" name="token" value=(view.token());
                label for="why" { "Reason, for others" }
                input #why type="text" name="why" maxlength=(MOST_REASON) autocomplete="off";
                div.buttons {
                    button.button.ink type="submit" { "Pause " (shown(&name)) }
                    a.quiet href=(view.link(&endpoint_path(&name))) { "Go back, change nothing" }
                }
                p.second { "Logged with your name (" (shown(&view.viewer.name)) ") and the reason." }
            }
        }
    };
    Screen::new(format!("Pause {}", plain(&name)), Nav::Overview, main).render(&view)
}

pub(crate) async fn pause(
    Extension(view): Extension<View>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let form = match Form::read(&view, request, Need::Change).await {
        Ok(form) => form,
        Err(refused) => return refused,
    };
    let why: String =
        form.get("why").unwrap_or_default().trim().chars().take(MOST_REASON).collect();
    if let Err(refused) = must_be_known(&view, &name).await {
        return refused;
    }
    let (by, path) = (view.clone(), endpoint_path(&name));
    // The inbox logs it.
    let pause = async move {
        by.shared.inbox.pause(&name, &by.viewer.name, &why).await?;
        by.has_done(Done::Paused(name, why));
        Ok(())
    };
    match make(pause).await {
        Ok(()) => Redirect::to(&view.link(&path)).into_response(),
        Err(trouble) => refusal::undecided(&view, &trouble),
    }
}

pub(crate) async fn resume(
    Extension(view): Extension<View>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    if let Err(refused) = Form::read(&view, request, Need::Change).await {
        return refused;
    }
    let (by, path) = (view.clone(), endpoint_path(&name));
    let resume = async move {
        if by.shared.inbox.resume(&name, &by.viewer.name).await? {
            by.has_done(Done::Resumed(name));
        }
        Ok(())
    };
    match make(resume).await {
        Ok(()) => Redirect::to(&view.link(&path)).into_response(),
        Err(trouble) => refusal::undecided(&view, &trouble),
    }
}

/// An endpoint that nobody has heard of is a mistake in an address.
async fn must_be_known(view: &View, name: &str) -> Result<(), Response> {
    let survey =
        Survey::take(view).await.map_err(|trouble| refusal::unreachable(view, &trouble))?;
    if survey.rows.iter().any(|row| row.name == name) {
        return Ok(());
    }
    Err(unknown(view, &survey))
}

/// The response for an endpoint that is not there, or could not be counted.
fn unknown(view: &View, survey: &Survey) -> Response {
    match &survey.uncounted {
        Some(trouble) => refusal::unreachable(view, trouble),
        None => refusal::nothing_here(view),
    }
}
