//! Overview: what is wrong first, then the counts, the last hour, causes, and all endpoints.

use std::time::SystemTime;

use axum::{Extension, response::Response};
use maud::{Markup, html};
use webhook_runtime::inbox::{Count, Health};

use crate::{
    format,
    html::{
        chart::{chart, sparkline},
        icons::icon,
        layout::{Nav, Screen, as_of, heading},
        notice::{empty, unavailable},
        parts::{ago, figure, panel, provider},
        table,
        text::shown,
    },
    kind::Kind,
    links::{endpoint_path, query, with_query},
    screens::{
        attention::{Attention, attention},
        causes::causes,
        endpoint_state::state,
        refusal,
        survey::{Row, Survey},
        tiles::tiles,
    },
    view::View,
};

/// The largest number of idle endpoints that show their last delivery.
const ASKED_IDLE: usize = 20;

pub(crate) async fn show(Extension(view): Extension<View>) -> Response {
    let (survey, info, health) =
        tokio::join!(Survey::take(&view), view.shared.figures.store(), view.shared.inbox.health(),);
    let survey = match survey {
        Ok(survey) => survey,
        Err(error) => return refusal::unreachable(&view, &error),
    };
    let engine = info.map(|info| info.engine).unwrap_or_default();
    let below = html! {
        (format::counted(survey.rows.len() as u64, "endpoint", "endpoints")) ", "
        (format::counted(survey.alive(view.now).count() as u64, "worker", "workers"))
        @if !engine.is_empty() { ", " (engine) }
    };
    let is_idle = |row: &&Row| survey.hour.is_ok() && row.hour.totals().is_idle();
    let idle = survey.rows.iter().filter(is_idle).take(ASKED_IDLE).map(|row| row.name.clone());
    let idle = view.shared.figures.last_received(idle.collect()).await;
    let idle = idle.unwrap_or_default();
    let last =
        |row: &Row| idle.iter().find(|(name, _)| *name == row.name).and_then(|(_, last)| *last);
    let nothing_yet = view.shared.figures.is_empty().await == Ok(true);
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
                Err(error) => unavailable(&error.to_string()),
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

fn endpoints(view: &View, survey: &Survey, last: &impl Fn(&Row) -> Option<SystemTime>) -> Markup {
    let body = html! {
        @if let Some(error) = &survey.partial_error { (unavailable(&error.to_string())) }
        (table::cards("cards", "Endpoints, problems first", &html! { (table::columns(&[("Endpoint", false), ("State", false)])) @for kind in [Kind::Pending, Kind::Blocked, Kind::Running, Kind::Retrying] { (table::columns(&[(kind.name(), true)])) } (table::columns(&[("Dead", true), ("Oldest", true), ("Last hour", false), ("Completed", true), ("Failed", true)])) }, &html! { @for row in &survey.rows { (endpoint_row(view, survey, row, last(row))) } }))
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
                    (format::count(count))
                }
            }
            span.label aria-hidden="true" { " " (kind.names()) }
        }
    }
}

fn endpoint_row(view: &View, survey: &Survey, row: &Row, last: Option<SystemTime>) -> Markup {
    let (totals, counts) = (row.hour.totals(), &row.counts);
    let linked = |kind, count| {
        if survey.counts_error.is_some() {
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
