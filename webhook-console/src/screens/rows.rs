//! The rows of a list of deliveries.

use std::time::SystemTime;

use maud::{Markup, html};
use webhook_runtime::inbox::{EndpointInfo, Page, Record, WorkerRecord};

use crate::{
    action::Action,
    fetch::fetch,
    filter::ListFilter,
    format,
    html::{
        parts::{ago, badge, event_name, exact, tenant_name},
        table,
        text::{name, plain, shown},
    },
    kind::Kind,
    links::{delivery_path, query, with_query},
    screens::error_text::plain_error,
    view::View,
};

/// The largest number of blocked deliveries of a page that say what they wait for.
const ASKED: usize = 20;

/// The pauses, workers and blocking deliveries that the notes of rows name.
pub(crate) struct RowContext {
    /// The endpoints that are paused.
    paused: Vec<String>,
    workers: Vec<WorkerRecord>,
    /// The number of each blocked delivery, and of the one that it waits for.
    behind: Vec<(i64, i64)>,
}

impl RowContext {
    pub(crate) async fn read(view: &View, page: &Page) -> Self {
        let blocked = page.records.iter().filter(|record| Kind::of(record) == Kind::Blocked);
        let behind = async {
            let mut behind = Vec::new();
            for record in blocked.take(ASKED) {
                let same = view.shared.inbox.same_ordering_key(record.id).await?;
                behind.extend(same.first().map(|first| (record.id, first.id)));
            }
            Ok(behind)
        };
        let figures = &view.shared.figures;
        let (behind, paused, workers) =
            tokio::join!(fetch(behind), figures.paused(), figures.workers());
        Self {
            paused: paused.unwrap_or_default().into_iter().map(|pause| pause.endpoint).collect(),
            workers: workers.unwrap_or_default(),
            behind: behind.unwrap_or_default(),
        }
    }
}

/// The table of a page.
pub(crate) fn table(
    view: &View,
    asked: &ListFilter,
    endpoints: &[EndpointInfo],
    page: &Page,
    context: &RowContext,
) -> Markup {
    let ticks = view.viewer.full;
    html! {
            (table::cards("cards deliveries", "Deliveries, newest first", &html! { @if ticks {
                            th.tick role="columnheader" scope="col" {
                                span.hidden { "Select" }
                                input #tick-all type="checkbox" aria-label="Select all on this page" hidden;
                            }
                        }
    (table::columns(&[("State", false), ("Event, number", false), ("Endpoint, tenant", false), ("Provider id", false), ("Attempts", true), ("Last error", false), ("Received", true)])) }, &html! { @for record in &page.records {
                        @let of = endpoints.iter().find(|of| of.name == record.endpoint);
                        (row(view, asked, record, of, context, ticks))
                    } }))
        }
}

fn row(
    view: &View,
    asked: &ListFilter,
    record: &Record,
    endpoint: Option<&EndpointInfo>,
    context: &RowContext,
    ticks: bool,
) -> Markup {
    let kind = Kind::of(record);
    let actions: Vec<_> = Action::of(kind).map(Action::word).collect();
    let event = event_name(record);
    html! {
        tr role="row" data-row=(record.id) data-kind=(kind.word()) {
            @if ticks {
                td.tick role="cell" {
                    input type="checkbox" name="tick" value=(record.id) data-actions=(actions.join(" "))
                        aria-label=(format!("Select {} {}", plain(event), format::id(record.id)));
                }
            }
            td.c-state role="cell" {
                (badge(kind))
                @if let Some(note) = note(view.now, record, kind, context) { div.second { (note) } }
            }
            th.c-event role="rowheader" scope="row" {
                a href=(view.link(&path(record.id, asked))) {
                    (name(event)) span.hidden { " " (format::id(record.id)) }
                }
                div.second aria-hidden="true" { (format::id(record.id)) }
            }
            td.c-endpoint role="cell" {
                span { (shown(&record.endpoint)) }
                div.second {
                    (shown(&tenant_name(record)))
                }
            }
            td.c-provider-id role="cell" {
                @match &record.provider_id {
                    Some(id) => code.cut title=(plain(id)) { (shown(id)) },
                    None => span.zero { "–" },
                }
            }
            td.number.c-attempts role="cell" {
                (format::number(record.attempt))
                @if let Some(of) = endpoint { " of " (format::number(of.max_attempts)) }
                span.label { " attempts" }
            }
            td.c-error role="cell" {
                @match &record.last_error {
                    Some(error) => span.two-lines { (shown(plain_error(error))) },
                    None => span.zero { "–" },
                }
            }
            td.number.c-received role="cell" {
                (ago(view.now, record.received_at))
                div.second { (exact(view.now, record.received_at)) }
            }
        }
    }
}

/// The path of a delivery's page, with the way back to the list.
pub(crate) fn path(id: i64, asked: &ListFilter) -> String {
    let list = asked.query();
    let list = if list.is_empty() { String::new() } else { query(&[("list", &list)]) };
    with_query(&delivery_path(id), &list)
}

/// The note on a state: the next step, or the worker.
fn note(now: SystemTime, record: &Record, kind: Kind, context: &RowContext) -> Option<Markup> {
    let is_paused = context.paused.contains(&record.endpoint);
    match kind {
        Kind::Pending | Kind::Retrying if is_paused => Some(html! { "paused" }),
        Kind::Pending | Kind::Retrying => {
            let wait = record.due_at?.duration_since(now).unwrap_or_default();
            Some(html! { "next in " (format::age(wait)) })
        }
        Kind::Blocked => {
            let first = context.behind.iter().find(|(id, _)| *id == record.id);
            Some(html! {
                "behind " @match first { Some((_, first)) => (format::id(*first)), None => "another" }
            })
        }
        Kind::Running => {
            let started = record.last_attempt.started_at?;
            let name = record.last_attempt.worker.and_then(|id| {
                let worker = context.workers.iter().find(|worker| worker.id == id)?;
                Some(shown(&worker.name))
            });
            let time = format::duration(format::since(now, started));
            Some(
                html! { @match name { Some(name) => { "on " (name) ", " (time) }, None => { "for " (time) } } },
            )
        }
        Kind::Dead | Kind::Completed | Kind::Cancelled => None,
    }
}
