//! Everything that is wrong, the most serious first.

use std::time::{Duration, SystemTime};

use maud::{Markup, html};
use webhook_runtime::inbox::{CauseGroup, Count, EndpointCounts, Health};

use crate::{
    format,
    html::text::shown,
    links::{endpoint_path, query, with_query},
    screens::{
        error_text::plain_error,
        survey::{Row, Survey},
    },
    view::View,
};

/// The wait of a due delivery that is too long.
pub(crate) const TOO_LONG: Duration = Duration::from_secs(5 * 60);

/// One thing that is wrong, and a way to what can be done.
pub(crate) struct Attention {
    pub(crate) symbol: &'static str,
    pub(crate) tone: &'static str,
    pub(crate) is_red: bool,
    pub(crate) sentence: Markup,
    pub(crate) explanation: Markup,
    pub(crate) link: String,
    pub(crate) button: String,
}

/// All that is wrong.
pub(crate) fn attention(view: &View, survey: &Survey, health: &Health) -> Vec<Attention> {
    let mut all: Vec<Attention> = unwritable(health).into_iter().collect();
    all.extend(survey.rows.iter().filter_map(|row| dead_letters(view, survey, row)));
    all.extend(survey.rows.iter().filter_map(|row| paused(view, row)));
    all.extend(waiting(health));
    all.extend(silent(view, survey));
    // Dead letters say more than failed attempts.
    let has_new = |row: &Row| dead_letters(view, survey, row).is_some();
    all.extend(survey.rows.iter().filter(|row| row.is_failing() && !has_new(row)).map(failing));
    all
}

fn unwritable(health: &Health) -> Option<Attention> {
    let error = health.store.as_ref().err()?;
    Some(Attention {
        symbol: "plug",
        tone: "dead",
        is_red: true,
        sentence: html! { "The database does not take new deliveries" },
        explanation: html! {
            (error) ". New deliveries are answered with 503, and the providers send them again."
        },
        link: "system".to_owned(),
        button: "See health".to_owned(),
    })
}

/// An endpoint with dead letters in the last hour.
fn dead_letters(view: &View, survey: &Survey, row: &Row) -> Option<Attention> {
    let dead_letters = survey.new_dead_letters.as_ref().ok()?.in_hour.iter();
    let new = dead_letters.filter(|of| of.endpoint == row.name).map(|of| of.count).next()?;
    // All of them, if they could be counted.
    let dead = match row.counts.dead {
        dead if dead.number < new => Count { number: new, more: true },
        dead => dead,
    };
    let since = view.now.checked_sub(Duration::from_secs(3600))?;
    let causes = survey.causes.as_ref().map(Vec::as_slice).unwrap_or_default();
    let cause = newest_cause(causes, &row.name, since);
    let count = format::count(dead);
    let retrying = row.counts.retrying.number;
    let word = if dead.number == 1 { "dead letter" } else { "dead letters" };
    Some(Attention {
        symbol: "dead",
        tone: "dead",
        is_red: true,
        sentence: html! { (shown(&row.name)) " has " (count) " " (word) },
        explanation: html! {
            @match cause {
                Some(cause) => {
                    @if dead.more || cause.count != dead.number {
                        (format::number(cause.count)) " of them since "
                    } @else {
                        "Since "
                    }
                    (format::exact(view.now, cause.first)) ": " (shown(plain_error(&cause.error))) "."
                }
                None => { (format::number(new)) " in the last hour." }
            }
            @if retrying > 0 {
                " " (format::number(retrying)) " more " (if retrying == 1 { "is" } else { "are" }) " retrying."
            }
        },
        link: with_query("deliveries", &query(&[("state", "dead"), ("endpoint", &row.name)])),
        button: format!("Review {count}"),
    })
}

/// The largest cause among these whose last dead letter is this new.
fn newest_cause(causes: &[CauseGroup], endpoint: &str, since: SystemTime) -> Option<CauseGroup> {
    let of_this = causes.iter().filter(|group| group.endpoint == endpoint && group.last >= since);
    of_this.max_by_key(|group| group.count).cloned()
}

fn paused(view: &View, row: &Row) -> Option<Attention> {
    let pause = row.pause.as_ref().filter(|_| row.waiting() > 0)?;
    Some(Attention {
        symbol: "paused",
        tone: "paused",
        is_red: false,
        sentence: html! { (shown(&row.name)) " is paused, " (format::number(row.waiting())) " pending" },
        explanation: html! {
            "Paused by " (shown(&pause.by)) " "
            (format::age(format::since(view.now, pause.since))) " ago"
            @if !pause.why.is_empty() { ": “" (shown(&pause.why)) "”" }
            ". Deliveries are still accepted and stored."
        },
        link: endpoint_path(&row.name),
        button: "Open endpoint".to_owned(),
    })
}

fn waiting(health: &Health) -> Option<Attention> {
    (health.lag > TOO_LONG).then(|| Attention {
        symbol: "warning",
        tone: "paused",
        is_red: false,
        sentence: html! { "The oldest due delivery waits for " (format::duration(health.lag)) },
        explanation: html! {
            "That is longer than " (format::duration(TOO_LONG)) ". More workers or faster handlers are needed."
        },
        link: "system".to_owned(),
        button: "See workers".to_owned(),
    })
}

fn silent(view: &View, survey: &Survey) -> Vec<Attention> {
    let silent = survey
        .workers
        .iter()
        .filter(|worker| worker.next_at.is_some() && !worker.is_alive(view.now));
    let attention = silent.map(|worker| Attention {
        symbol: "warning",
        tone: "paused",
        is_red: false,
        sentence: html! {
            "Worker " (shown(&worker.name)) ": no heartbeat for "
            (format::age(format::since(view.now, worker.seen_at)))
        },
        explanation: html! {
            "Its leases expire. Other workers run the "
            (format::counted(worker.running.into(), "delivery", "deliveries")) " that it had."
        },
        link: "system".to_owned(),
        button: "See workers".to_owned(),
    });
    attention.collect()
}

fn failing(row: &Row) -> Attention {
    let totals = row.hour.totals();
    let EndpointCounts { retrying, .. } = &row.counts;
    Attention {
        symbol: "failed",
        tone: "retrying",
        is_red: false,
        sentence: html! {
            (format::percent(totals.failed, totals.attempts())) " of the attempts at "
            (shown(&row.name)) " failed"
        },
        explanation: html! {
            (format::number(totals.failed)) " of " (format::number(totals.attempts()))
            " in the last hour."
            @if retrying.number > 0 {
                " " (format::counted(retrying.number, "delivery is", "deliveries are")) " retrying."
            }
        },
        link: endpoint_path(&row.name),
        button: "Open endpoint".to_owned(),
    }
}
