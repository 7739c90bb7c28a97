//! System: workers, recent changes, retention, health, store and program.

use std::time::Duration;

use axum::{Extension, response::Response};
use maud::{Markup, html};
use webhook_runtime::inbox::{Health, StoreInfo, WorkerRecord};

use crate::{
    changes::{Activity, Entry, Progress},
    estimate::Kept,
    fetch::FetchError,
    format,
    html::{
        icons::icon,
        layout::{Nav, Screen, as_of, heading},
        notice::{empty, unavailable},
        parts::{Facts, ago, panel},
        table,
        text::shown,
    },
    links::{delivery_path, endpoint_path},
    screens::{attention::TOO_LONG, refusal},
    view::View,
};

pub(crate) async fn show(Extension(view): Extension<View>) -> Response {
    let figures = &view.shared.figures;
    let (workers, info, health, kept) = tokio::join!(
        figures.workers(),
        figures.store(),
        view.shared.inbox.health(),
        figures.kept(),
    );
    if let Err(failed @ FetchError::Failed(_)) = &workers {
        return refusal::unreachable(&view, failed);
    }
    let running = workers.as_deref().unwrap_or_default();
    let main = html! {
        (heading(&html! { "System" }, &html! { "Workers, store and health" }, &as_of(&view)))
        div.columns {
            div.main-column {
                @match &workers {
                    Ok(workers) => (self::workers(&view, workers)),
                    Err(error) => (panel("workers", "Workers", &html! {}, &unavailable(&error.to_string()))),
                }
                (recent(&view))
                (retention(&view, &kept, info.as_ref().ok()))
            }
            div.side {
                (panel("health", "Health", &html! { "of this process" }, &self::health(&view, &health)))
                @match &info {
                    Ok(info) => (panel("store", "Store", &html! {}, &store(info).render())),
                    Err(error) => (panel("store", "Store", &html! {}, &unavailable(&error.to_string()))),
                }
                (panel("program", "Program", &html! {}, &program(running, &health).render()))
            }
        }
    };
    Screen::new("System", Nav::System, main).live().render(&view)
}

fn workers(view: &View, workers: &[WorkerRecord]) -> Markup {
    let mut workers: Vec<_> = workers.iter().collect();
    workers.sort_by_key(|worker| (worker.is_alive(view.now), worker.name.clone(), worker.id));
    let alive = workers.iter().filter(|worker| worker.is_alive(view.now)).count();
    let all_endpoints = workers.iter().map(|worker| worker.endpoints.len()).max().unwrap_or(0);
    let aside = html! { (alive) " alive, " (workers.len() - alive) " without heartbeat" };
    let body = html! {
        @if workers.is_empty() {
            (empty("warning", "No workers", &html! { "No process runs deliveries: they wait." }, &html! {}))
        } @else {
            (table::cards("cards", "Workers", &html! { (table::columns(&[("Worker", false), ("State", false), ("Running", true), ("Endpoints", false), ("Started", true), ("Last seen", true)])) }, &html! { @for worker in workers { (self::worker(view, worker, all_endpoints)) } }))
        }
    };
    panel("workers", "Workers", &aside, &body)
}

fn worker(view: &View, worker: &WorkerRecord, all_endpoints: usize) -> Markup {
    let state = if worker.is_alive(view.now) {
        html! { span.state.s-completed { (icon("completed")) "Alive" } }
    } else if worker.next_at.is_none() {
        html! { span.state.s-idle { (icon("idle")) "Stopped" } }
    } else {
        html! { span.state.s-dead { (icon("dead")) "No heartbeat" } }
    };
    html! {
        tr role="row" {
            th.name role="rowheader" scope="row" {
                (shown(&worker.name))
                div.second { "pid " (worker.pid) ", " (shown(&worker.program)) }
            }
            td role="cell" { (state) }
            td.number role="cell" {
                (worker.running) " of " (worker.slots) span.label aria-hidden="true" { " running" }
            }
            td role="cell" {
                @if worker.endpoints.len() == all_endpoints { "all " (all_endpoints) }
                @else { (shown(&worker.endpoints.join(", "))) }
                span.label aria-hidden="true" { " endpoints" }
            }
            td.number role="cell" { span.label aria-hidden="true" { "started " } (ago(view.now, worker.started_at)) }
            td.number role="cell" { span.label aria-hidden="true" { "seen " } (ago(view.now, worker.seen_at)) }
        }
    }
}

fn recent(view: &View) -> Markup {
    let entries = view.shared.changes.newest();
    let body = html! {
        @if entries.is_empty() {
            p.second.pad { "Nothing was changed since this console started." }
        } @else {
            (table::plain("plain wide", "Recent changes, newest first", &[("Change", false), ("By", false), ("Deliveries", true), ("When", true)], &html! { @for entry in &entries { (self::entry(view, entry)) } }))
        }
    };
    panel(
        "recent",
        "Recent changes",
        &html! { "since this console started, the log has all of them" },
        &body,
    )
}

fn entry(view: &View, entry: &Entry) -> Markup {
    let delivery = |id: i64| html! { a href=(view.link(&delivery_path(id))) { (format::id(id)) } };
    let endpoint =
        |name: &str| html! { a href=(view.link(&endpoint_path(name))) { (shown(name)) } };
    let (what, note, number) = match &entry.activity {
        Activity::One(action, id) => (
            html! { (format::capitalized(action.done())) " " (delivery(*id)) },
            None,
            html! { "1" },
        ),
        Activity::ShownBody(id) => {
            (html! { "Showed the body of " (delivery(*id)) }, None, html! {})
        }
        Activity::Paused(name, why) => {
            let why = (!why.is_empty()).then(|| html! { "“" (shown(why)) "”" });
            (html! { "Paused " (endpoint(name)) }, why, html! {})
        }
        Activity::Resumed(name) => (html! { "Resumed " (endpoint(name)) }, None, html! {}),
        Activity::Many(bulk) => {
            let (progress, _) = bulk.progress();
            let left = bulk.total.saturating_sub(bulk.changed());
            let note = match progress {
                Progress::Running => Some(html! { "goes on" }),
                Progress::Ended if left > 0 => Some(
                    html! { (format::number(left)) " had changed state and were left as they were" },
                ),
                Progress::Ended => None,
                Progress::Stopped => Some(html! { "stopped" }),
                Progress::Failed(_) => Some(html! { "the database failed" }),
            };
            let what = html! {
                a href=(view.link(&format!("changes/{}", bulk.number))) { (format::capitalized(bulk.action.done())) }
                " " (shown(&bulk.name))
            };
            let number =
                html! { (format::number(bulk.changed())) " of " (format::number(bulk.total)) };
            (what, note, number)
        }
    };
    html! {
        tr {
            th.name scope="row" { (what) @if let Some(note) = note { div.second { (note) } } }
            td { (shown(&entry.by)) }
            td.number { (number) }
            td.number { (ago(view.now, entry.at)) }
        }
    }
}

fn retention(
    view: &View,
    kept: &Result<[Kept; 2], FetchError>,
    info: Option<&StoreInfo>,
) -> Markup {
    let times = view.shared.inbox.retention();
    let row = |what: &str, time: Duration, at: usize| {
        let kept = kept.as_ref().map(|kept| kept[at]);
        html! {
            tr {
                th scope="row" { (what) }
                td.number { (format::duration(time)) }
                td.number {
                    @match kept {
                        Ok(Kept { number, is_estimate, .. }) => { @if is_estimate { "about " } (format::number(number)) }
                        Err(FetchError::TookTooLong) => "took too long",
                        Err(_) => span.zero { "–" },
                    }
                }
                td.number {
                    @match kept.ok().and_then(|kept| kept.oldest) {
                        Some(oldest) => (format::age(format::since(view.now, oldest))),
                        None => span.zero { "–" },
                    }
                }
            }
        }
    };
    let own = info.map(|info| &info.retentions[..]).unwrap_or_default();
    let body = html! {
        (table::plain("plain wide", "What is kept, and for how long", &[("What", false), ("Kept for", true), ("How many", true), ("Oldest", true)], &html! { (row("Completed and cancelled", times.completed, 0))
                (row("Dead letters", times.dead_letters, 1)) }))
        @if !own.is_empty() {
            ul.second.pad {
                @for of in own {
                    li {
                        a href=(view.link(&endpoint_path(&of.endpoint))) { (shown(&of.endpoint)) } " keeps "
                        @if let Some(time) = of.completed { "completed ones for " (format::duration(time)) }
                        @if of.completed.is_some() && of.dead_letters.is_some() { ", " }
                        @if let Some(time) = of.dead_letters { "dead letters for " (format::duration(time)) }
                    }
                }
            }
        }
    };
    let aside =
        if own.is_empty() { "of all endpoints" } else { "unless an endpoint says otherwise" };
    panel("retention", "Retention", &html! { (aside) }, &body)
}

fn health(view: &View, health: &Health) -> Markup {
    let line = |is_good: bool, title: Markup, text: Markup| {
        let (symbol, tone) =
            if is_good { ("completed", "completed") } else { ("warning", "paused") };
        html! { li { span class=(format!("s-{tone}")) { (icon(symbol)) } div { strong { (title) } div.second { (text) } } } }
    };
    let store = match &health.store {
        Ok(()) => {
            line(true, html! { "Store writable" }, html! { "something was written just now" })
        }
        Err(error) => line(false, html! { "Store not writable" }, html! { (error) }),
    };
    let paused: Vec<&str> = health.paused.iter().map(|pause| &*pause.endpoint).collect();
    let lag = line(
        health.lag <= TOO_LONG,
        html! {
            @match health.oldest_due {
                Some(due) => { "Oldest due " (format::age(format::since(view.now, due))) " ago" }
                None => "Nothing waits",
            }
        },
        html! {
            "the overview warns after " (format::duration(TOO_LONG)) "."
            @if !paused.is_empty() { " Paused endpoints do not count: " (shown(&paused.join(", "))) }
        },
    );
    let working = line(
        health.working,
        html! { @if health.working { "Workers run here" } @else { "No workers here" } },
        html! { (format::counted(health.running.into(), "delivery runs", "deliveries run")) " in this process" },
    );
    let draining = if health.draining {
        line(false, html! { "Shutting down" }, html! { "no new deliveries are to come here" })
    } else {
        line(true, html! { "Not shutting down" }, html! { "takes deliveries" })
    };
    html! { ul.health { (store) (lag) (working) (draining) } }
}

fn store(info: &StoreInfo) -> Facts {
    let mut facts = Facts::new().noted(
        "Engine",
        shown(&info.engine),
        html! { @if let Some(location) = &info.location { (shown(location)) } },
    );
    facts =
        facts.add_if("Tables", info.schema_version.map(|version| html! { "version " (version) }));
    if let Some(size) = info.size {
        let parts = [(info.bodies, "bodies"), (info.free, "free"), (info.log, "log beside it")];
        let parts = parts.into_iter().filter_map(|(bytes, what)| Some((bytes?, what)));
        let parts = parts.filter(|(bytes, _)| *bytes > 0);
        let parts = html! {
            @for (at, (bytes, what)) in parts.enumerate() {
                @if at > 0 { ", " }
                (format::size(bytes)) " " (what)
            }
        };
        facts = facts.noted("Size", html! { (format::size(size)) }, parts);
    }
    let clock = match (info.clock_ahead, info.clock_behind) {
        (Some(ahead), _) => {
            Some(html! { "this machine is " (format::duration(ahead)) " behind the database" })
        }
        (None, Some(behind)) => {
            Some(html! { "this machine is " (format::duration(behind)) " ahead of the database" })
        }
        (None, None) => None,
    };
    facts
        .add_if(
            "Connections",
            info.connections
                .zip(info.max_connections)
                .map(|(used, max)| html! { (used) " of " (max) " in use" }),
        )
        .add_if("Clock", clock)
}

fn program(workers: &[WorkerRecord], health: &Health) -> Facts {
    let versions: std::collections::BTreeSet<&str> =
        workers.iter().map(|worker| &*worker.version).collect();
    let versions: Vec<&str> = versions.into_iter().collect();
    Facts::new()
        .add_if("webhook-runtime", (!versions.is_empty()).then(|| shown(&versions.join(", "))))
        .add("webhook-console", html! { (env!("CARGO_PKG_VERSION")) })
        .add("Queue", html! { (format::number(health.queued as u64)) " waiting to be stored" })
}
