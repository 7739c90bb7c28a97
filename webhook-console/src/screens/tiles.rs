//! Six counts, each a link to the list of what it counts.

use std::time::{Duration, SystemTime};

use maud::{Markup, html};
use webhook_runtime::inbox::{CauseGroup, Count, EndpointCounts};

use crate::{
    filter::with_query,
    format,
    hour::Hour,
    html::icons::icon,
    kind::Kind,
    screens::{overview::query, survey::Row},
    view::View,
};

/// The tiles of these endpoints. `endpoint` is the one they are all of.
pub(crate) fn tiles(
    view: &View,
    rows: &[Row],
    endpoint: Option<&Row>,
    slots: u64,
    hour: Option<&Hour>,
) -> Markup {
    let rows: Vec<&Row> = endpoint.map_or_else(|| rows.iter().collect(), |row| vec![row]);
    let sum = |of: fn(&EndpointCounts) -> Count| {
        rows.iter().map(|row| of(&row.counts)).fold(Count::default(), |all, one| Count {
            number: all.number + one.number,
            more: all.more || one.more,
        })
    };
    let counts = || rows.iter().map(|row| &row.counts);
    let oldest = counts().filter_map(|counts| counts.oldest).min();
    let next = counts().filter_map(|counts| counts.next_due).min();
    let completed = hour.map_or(0, |hour| hour.totals().completed);
    let at_a_time = if endpoint.is_some() { "at a time" } else { "slots" };
    let tile = |kind: Kind, count: Count, note: String| {
        let mut pairs = vec![("state", kind.word())];
        pairs.extend(endpoint.map(|row| ("endpoint", &*row.name)));
        pairs.extend((kind == Kind::Completed).then_some(("since", "1h")));
        let list = with_query("deliveries", &query(&pairs));
        html! {
            a.tile href=(view.link(&list)) {
                span class=(format!("tile-name s-{}", kind.word())) { (icon(kind.word())) (kind.names()) }
                span.tile-figure.zero[count.number == 0] {
                    (format::number(count.number)) @if count.more { "+" }
                }
                span.second { (note) }
            }
        }
    };
    let age =
        |time: Option<SystemTime>| time.map(|time| format::age(format::since(view.now, time)));
    html! {
        section #tiles.tiles aria-label="Counts" data-live {
            (tile(Kind::Pending, sum(|of| of.pending),
                age(oldest).map_or_else(|| "nothing waits".to_owned(), |age| format!("oldest: {age}"))))
            (tile(Kind::Blocked, sum(|of| of.blocked), "behind another in order".to_owned()))
            (tile(Kind::Running, sum(|of| of.running), format!("of {} {at_a_time}", format::number(slots))))
            (tile(Kind::Retrying, sum(|of| of.retrying), next_in(view.now, next)))
            (tile(Kind::Dead, sum(|of| of.dead), dead_note(sum(|of| of.dead))))
            (tile(Kind::Completed, Count { number: completed, more: false }, "in the last hour".to_owned()))
        }
    }
}

fn next_in(now: SystemTime, next: Option<SystemTime>) -> String {
    match next.map(|next| next.duration_since(now)) {
        None => "nothing to try again".to_owned(),
        Some(Ok(wait)) if wait > Duration::ZERO => format!("next in {}", format::age(wait)),
        Some(_) => "next one now".to_owned(),
    }
}

fn dead_note(dead: Count) -> String {
    if dead.number == 0 { "none kept".to_owned() } else { "until retried or discarded".to_owned() }
}

/// The largest cause among these whose last dead letter is this new.
pub(crate) fn newest_cause(
    causes: &[CauseGroup],
    endpoint: &str,
    since: SystemTime,
) -> Option<CauseGroup> {
    let of_this = causes.iter().filter(|group| group.endpoint == endpoint && group.last >= since);
    of_this.max_by_key(|group| group.count).cloned()
}
