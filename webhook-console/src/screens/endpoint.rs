//! One endpoint: its state, its figures, its options; pause and resume.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime},
};

use axum::{Extension, extract::Path, response::Response};
use maud::{Markup, html};
use webhook_runtime::{
    Provider,
    inbox::{DeliveryState, EndpointInfo, Filter, Record, Window},
};

use crate::{
    fetch::fetch,
    format,
    html::{
        chart::chart,
        layout::{Nav, Screen, as_of, back},
        notice::{Tone, banner, unavailable},
        parts::{ago, figure, panel, provider},
        table,
        text::{self, plain, shown},
    },
    links::{endpoint_path, query, with_query},
    screens::{
        causes::causes,
        endpoint_state,
        options::options,
        refusal,
        survey::{Row, Survey},
        tiles::tiles,
    },
    view::View,
};

/// The deliveries that events and secrets are counted in.
const SAMPLE: u32 = 1000;

/// The events and the secrets that are shown.
const MAX_ROWS: usize = 20;

pub(crate) async fn show(Extension(view): Extension<View>, Path(name): Path<String>) -> Response {
    let of_it = Filter::all().endpoint(&name);
    let (survey, newest) = tokio::join!(
        Survey::take(&view),
        fetch(view.shared.inbox.page(&of_it, Window::newest_first(SAMPLE))),
    );
    let survey = match survey {
        Ok(survey) => survey,
        Err(error) => return refusal::unreachable(&view, &error),
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
                    Err(error) => unavailable(&error.to_string()),
                }))
                @match &newest {
                    Ok(records) => { (events(&view, &name, records)) (secrets(&view, row.info.as_ref(), records)) }
                    Err(error) => (panel("events", "Events", &html! {}, &unavailable(&error.to_string()))),
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
                    @if survey.knows_state(row) { (endpoint_state::pill(row)) }
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
    let more = events.len().saturating_sub(MAX_ROWS);
    let body = html! {
        (table::plain("plain wide", "Events of the newest deliveries", &[("Event", false), ("Deliveries", true), ("Failed attempts", true), ("Median run", true), ("95 % within", true)], &html! { @for (event, figures) in events.iter_mut().take(MAX_ROWS) {
                    tr {
                        th scope="row" {
                            @if event.is_empty() { "no event" } @else {
                                a href=(view.link(&with_query("deliveries", &query(&[("endpoint", name), ("event", event)])))) { (text::name(event)) }
                            }
                        }
                        td.number { (format::number(figures.count)) }
                        td.number { (figure(figures.failed)) }
                        td.number { (share(&mut figures.took, 50)) }
                        td.number { (share(&mut figures.took, 95)) }
                    }
                } }))
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
        (table::plain("plain wide", "Secrets that matched the newest deliveries", &[("Secret", false), ("Deliveries", true), ("Last seen", true), ("Meaning", false)], &html! { @for (secret, count, last) in secrets.iter().take(MAX_ROWS) {
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
                } }))
    };
    panel("secrets", "Secrets that matched", &of_the_newest(records), &body)
}

/// The response for an endpoint that does not exist, or could not be counted.
pub(crate) fn unknown(view: &View, survey: &Survey) -> Response {
    match &survey.counts_error {
        Some(error) => refusal::unreachable(view, error),
        None => refusal::nothing_here(view),
    }
}
