//! Overview: what is wrong first, then the counts, the last hour, causes, and all endpoints.

use std::time::SystemTime;

use axum::{Extension, response::Response};
use maud::{Markup, html};
use webhook_runtime::inbox::{CauseGroup, Count, Health};

use crate::{
    format,
    html::{
        chart::{chart, sparkline},
        icons::icon,
        layout::{Nav, Screen, as_of, heading},
        notice::{empty, unavailable},
        parts::{ago, figure, panel, pill, provider},
        text::shown,
    },
    kind::Kind,
    links::{endpoint_path, query, with_query},
    screens::{
        attention::{Attention, attention},
        refusal,
        survey::{Row, Survey},
        tiles::tiles,
        timeline::plain_error,
    },
    view::View,
};

/// The causes that are shown.
const CAUSES: usize = 5;

/// The idle endpoints that are asked for their last delivery.
const ASKED_IDLE: usize = 20;

pub(crate) async fn show(Extension(view): Extension<View>) -> Response {
    let (survey, info, health) =
        tokio::join!(Survey::take(&view), view.shared.figures.store(), view.shared.inbox.health(),);
    let survey = match survey {
        Ok(survey) => survey,
        Err(trouble) => return refusal::unreachable(&view, &trouble),
    };
    let engine = info.map(|info| info.engine).unwrap_or_default();
    let below = html! {
        (format::counted(survey.rows.len() as u64, "endpoint", "endpoints")) ", "
        (format::counted(survey.alive(view.now).count() as u64, "worker", "workers"))
        @if !engine.is_empty() { ", " (engine) }
    };
    let is_idle = |row: &&Row| survey.hour.is_ok() && row.hour.totals().is_idle();
    let idle = survey.rows.iter().filter(is_idle).take(ASKED_IDLE).map(|row| row.name.clone());
    let idle = view.shared.figures.last(idle.collect()).await;
    let (idle, is_known) = (idle.as_deref().unwrap_or_default(), idle.is_ok());
    let last =
        |row: &Row| idle.iter().find(|(name, _)| *name == row.name).and_then(|(_, last)| *last);
    let is_empty = |row: &Row| row.hour.totals().is_idle() && last(row).is_none();
    let is_known = is_known && survey.uncounted.is_none() && survey.hour.is_ok();
    let nothing_yet = is_known && survey.rows.iter().all(is_empty);
    let main = html! {
        (heading(&html! { "Overview" }, &below, &as_of(&view)))
        (wrong(&view, &survey, &health))
        (tiles(&view, &survey, None, survey.slots(view.now)))
        @if nothing_yet {
            div.panel {
                (empty("received", "No deliveries yet", &html! {
                    (format::counted(survey.rows.len() as u64, "endpoint is", "endpoints are"))
                    " ready. The first delivery shows up here by itself."
                }, &html! { a.button href="#endpoints" { "See the endpoints" } }))
            }
        }
        div.columns.wide-side {
            (panel("hour", "Last hour", &html! { "per minute" }, &match &survey.hour {
                Ok(hour) => html! { div.panel-body { (chart(hour, None)) } },
                Err(trouble) => unavailable(&trouble.to_string()),
            }))
            (causes(&view, &survey, None))
        }
        (endpoints(&view, &survey, &last))
    };
    Screen::new(title(&survey), Nav::Overview, main).live().render(&view)
}

/// The title, with the number of dead letters, so that it can be seen from another tab.
fn title(survey: &Survey) -> String {
    let dead: u64 = survey.rows.iter().map(|row| row.counts.dead.number).sum();
    if dead == 0 { "Overview".to_owned() } else { format!("({}) Overview", format::number(dead)) }
}

fn wrong(view: &View, survey: &Survey, health: &Health) -> Markup {
    let all: Vec<Attention> = attention(view, survey, health);
    let (shown_now, more) = all.split_at(all.len().min(5));
    html! {
        div #attention data-live {
            @if !all.is_empty() {
                section.attention aria-label="What is wrong" {
                    ul {
                        @for one in shown_now {
                            li.red[one.is_red] {
                                span class=(format!("s-{}", one.tone)) { (icon(one.symbol)) }
                                div.banner-text { strong { (one.sentence) } div { (one.explanation) } }
                                a.button href=(view.link(&one.link)) { (one.button) }
                            }
                        }
                        @if !more.is_empty() { li.more { (more.len()) " more" } }
                    }
                }
            }
        }
    }
}

/// Dead letters by cause, of one endpoint or of all.
pub(crate) fn causes(view: &View, survey: &Survey, endpoint: Option<&str>) -> Markup {
    let groups = match &survey.causes {
        Ok(groups) => groups,
        Err(trouble) => {
            let trouble = unavailable(&trouble.to_string());
            return panel("causes", "Dead letters by cause", &html! {}, &trouble);
        }
    };
    let of_this = |name: &str| endpoint.is_none_or(|endpoint| endpoint == name);
    let mut all = Count::default();
    for row in survey.rows.iter().filter(|row| of_this(&row.name)) {
        all.number += row.counts.dead.number;
        all.more |= row.counts.dead.more;
    }
    let groups: Vec<_> = groups.iter().filter(|group| of_this(&group.endpoint)).collect();
    let query = endpoint.map_or_else(
        || "state=dead".to_owned(),
        |endpoint| query(&[("state", "dead"), ("endpoint", endpoint)]),
    );
    let aside = html! {
        @if all.number > 0 {
            a href=(view.link(&with_query("deliveries", &query))) {
                "All " (format::number(all.number)) @if all.more { "+" }
            }
        }
    };
    let body = html! {
        @if groups.is_empty() {
            (empty("completed", "No dead letters", &html! { "No delivery has used up its attempts." }, &html! {}))
        } @else {
            ul.causes {
                @for group in groups.iter().take(CAUSES) {
                    li {
                        a.count.s-dead href=(view.link(&list_of(group)))
                            aria-label=(format!("{} dead letters of {} with this cause",
                                format::number(group.count), crate::html::text::plain(&group.endpoint))) {
                            (format::number(group.count))
                        }
                        div {
                            p.error { (shown(plain_error(&group.error))) }
                            p.second {
                                (shown(&group.endpoint)) ". First " (ago(view.now, group.first))
                                ", last " (ago(view.now, group.last))
                            }
                        }
                    }
                }
                @if groups.len() > CAUSES {
                    li.more { (groups.len() - CAUSES) " more causes" }
                }
            }
            @if all.number >= 10_000 { p.second.pad { "Of the newest 10,000 dead letters." } }
        }
    };
    panel("causes", "Dead letters by cause", &aside, &body)
}

/// The list of the dead letters of a cause.
pub(crate) fn list_of(group: &CauseGroup) -> String {
    let cause = group.cause.map(|cause| cause.to_string());
    let mut pairs = vec![("state", "dead"), ("endpoint", &*group.endpoint)];
    pairs.extend(cause.as_deref().map(|cause| ("cause", cause)));
    with_query("deliveries", &query(&pairs))
}

fn endpoints(view: &View, survey: &Survey, last: &impl Fn(&Row) -> Option<SystemTime>) -> Markup {
    let body = html! {
        @if let Some(trouble) = &survey.incomplete { (unavailable(&trouble.to_string())) }
        table.cards role="table" {
            caption.hidden { "Endpoints, problems first" }
            thead role="rowgroup" {
                tr role="row" {
                    th role="columnheader" scope="col" { "Endpoint" }
                    th role="columnheader" scope="col" { "State" }
                    @for kind in [Kind::Pending, Kind::Blocked, Kind::Running, Kind::Retrying] {
                        th.number role="columnheader" scope="col" { (kind.name()) }
                    }
                    th.number role="columnheader" scope="col" { "Dead" }
                    th.number role="columnheader" scope="col" { "Oldest" }
                    th role="columnheader" scope="col" { "Last hour" }
                    th.number role="columnheader" scope="col" { "Completed" }
                    th.number role="columnheader" scope="col" { "Failed" }
                }
            }
            tbody role="rowgroup" {
                @for row in &survey.rows { (endpoint_row(view, survey, row, last(row))) }
            }
        }
    };
    panel("endpoints", "Endpoints", &html! { "problems first" }, &body)
}

/// A count that leads to the list of what it counts.
fn linked(view: &View, row: &Row, kind: Kind, count: Count) -> Markup {
    let name = format!("{} of {}", kind.names(), crate::html::text::plain(&row.name));
    let list = with_query("deliveries", &query(&[("state", kind.word()), ("endpoint", &row.name)]));
    let class = if count.number == 0 { "number none" } else { "number" };
    html! {
        td role="cell" class=(class) {
            @if count.number == 0 { (figure(0)) } @else {
                a href=(view.link(&list)) class=[(kind == Kind::Dead).then_some("s-dead")] aria-label=(
                    format!("{}{} {name}", format::number(count.number), if count.more { " or more" } else { "" })
                ) {
                    (format::number(count.number)) @if count.more { "+" }
                }
            }
            span.label aria-hidden="true" { " " (kind.names()) }
        }
    }
}

fn endpoint_row(view: &View, survey: &Survey, row: &Row, last: Option<SystemTime>) -> Markup {
    let (totals, counts) = (row.hour.totals(), &row.counts);
    let linked = |kind, count| {
        if survey.uncounted.is_some() {
            return html! { td.number.none role="cell" { span.zero { "–" } } };
        }
        linked(view, row, kind, count)
    };
    html! {
        tr role="row" {
            th.name role="rowheader" scope="row" {
                a href=(view.link(&endpoint_path(&row.name))) { (shown(&row.name)) }
                div.second {
                    @if let Some(info) = &row.info {
                        @if let Some(of) = info.provider { (provider(of.name())) " " }
                        @if let Some(path) = info.path { code { (path) } }
                    } @else { "not in this process" }
                }
            }
            td.row-state role="cell" {
                @if survey.knows_state(row) { (state(row)) } @else { span.zero { "–" } }
                @if let Some(pause) = &row.pause {
                    div.second { "by " (shown(&pause.by)) ", " (ago(view.now, pause.since)) }
                } @else if let Some(last) = last {
                    div.second { "last one " (ago(view.now, last)) }
                }
            }
            (linked(Kind::Pending, counts.pending))
            (linked(Kind::Blocked, counts.blocked))
            (linked(Kind::Running, counts.running))
            (linked(Kind::Retrying, counts.retrying))
            (linked(Kind::Dead, counts.dead))
            td.number.none[counts.oldest.is_none()] role="cell" {
                @match counts.oldest {
                    Some(oldest) => (format::age(format::since(view.now, oldest))),
                    None => span.zero { "–" },
                }
                span.label aria-hidden="true" { " Oldest" }
            }
            td.row-chart role="cell" {
                @if survey.hour.is_err() { span.zero { "–" } }
                @else if totals.is_idle() { span.second { "no deliveries" } }
                @else { (sparkline(&row.hour)) }
            }
            td.number.row-line.none[totals.completed == 0] role="cell" {
                @if survey.hour.is_err() { span.zero { "–" } } @else { (figure(totals.completed)) }
                span.label aria-hidden="true" { " Completed, last hour" }
            }
            td.number.row-line.none[totals.failed == 0] role="cell" {
                @if survey.hour.is_err() { span.zero { "–" } } @else { (figure(totals.failed)) }
                @if totals.failed * 100 > totals.attempts() {
                    span.second.share { (format::percent(totals.failed, totals.attempts())) }
                }
                span.label aria-hidden="true" { " Attempts failed, last hour" }
            }
        }
    }
}

/// The state of an endpoint: its word and its name.
pub(crate) fn state_of(row: &Row) -> (&'static str, &'static str) {
    if row.pause.is_some() {
        ("paused", "Paused")
    } else if row.hour.totals().is_idle() && row.waiting() + row.counts.running.number == 0 {
        ("idle", "Idle")
    } else {
        ("running-endpoint", "Running")
    }
}

fn state(row: &Row) -> Markup {
    let (word, name) = state_of(row);
    let symbol = if word == "running-endpoint" { "running" } else { word };
    html! { span class=(format!("state s-{word}")) { (icon(symbol)) (name) } }
}

/// The state as a pill.
pub(crate) fn state_pill(row: &Row) -> Markup {
    match state_of(row) {
        ("running-endpoint", name) => pill("running", name),
        (word, name) => pill(word, name),
    }
}
