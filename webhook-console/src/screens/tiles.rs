//! Six counts, each a link to the list of what it counts.

use std::time::{Duration, SystemTime};

use maud::{Markup, html};
use webhook_runtime::inbox::{Count, RecentDeadLetters};

use crate::{
    counts, format,
    html::{icons::icon, notice::unavailable},
    kind::Kind,
    links::{query, with_query},
    screens::survey::{Row, Survey},
    view::View,
};

/// The limit of the inbox for recent dead letters.
const MAX_RECENT: u64 = 10_000;

/// The tiles of all endpoints, or of one.
pub(crate) fn tiles(view: &View, survey: &Survey, endpoint: Option<&Row>, slots: u64) -> Markup {
    if let Some(error) = &survey.counts_error {
        let error = unavailable(&error.to_string());
        return html! { section #tiles.tiles aria-label="Counts" data-live { (error) } };
    }
    let rows: Vec<&Row> = endpoint.map_or_else(|| survey.rows.iter().collect(), |row| vec![row]);
    let hour = survey.hour.as_ref().ok().map(|all| endpoint.map_or(all, |row| &row.hour));
    let recent = |of: &[RecentDeadLetters]| {
        let of_it = of.iter().filter(|of| endpoint.is_none_or(|row| row.name == of.endpoint));
        of_it.map(|of| of.count).sum()
    };
    let new = survey.new_dead_letters.as_ref().ok();
    let new = new.map(|new| (recent(&new.in_ten_minutes), recent(&new.in_hour)));
    let sum = |kind: Kind| {
        counts::total(rows.iter().filter_map(|row| counts::of_kind(&row.counts, kind)))
    };
    let oldest = rows.iter().filter_map(|row| row.counts.oldest).min();
    let next = rows.iter().filter_map(|row| row.counts.next_due).min();
    let pending = sum(Kind::Pending);
    // Retries have a tile of their own.
    let oldest = if pending.number == 0 { None } else { oldest };
    let running = sum(Kind::Running);
    let claimed = if running.number > slots { ", more are claimed" } else { "" };
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
                    (format::count(count))
                }
                span.second { (note) }
            }
        }
    };
    let age =
        |time: Option<SystemTime>| time.map(|time| format::age(format::since(view.now, time)));
    html! {
        section #tiles.tiles aria-label="Counts" data-live {
            (tile(Kind::Pending, pending,
                age(oldest).map_or_else(|| "nothing waits".to_owned(), |age| format!("oldest: {age}"))))
            (tile(Kind::Blocked, sum(Kind::Blocked), "behind another in order".to_owned()))
            (tile(Kind::Running, running, format!("of {} {at_a_time}{claimed}", format::number(slots))))
            (tile(Kind::Retrying, sum(Kind::Retrying), next_in(view.now, next)))
            (tile(Kind::Dead, sum(Kind::Dead), dead_note(sum(Kind::Dead), new)))
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

/// The dead letters of the last ten minutes and of the last hour, if they are known.
fn dead_note(dead: Count, recent: Option<(u64, u64)>) -> String {
    let number = |number| format::count(Count { number, more: number >= MAX_RECENT });
    match recent {
        _ if dead.number == 0 => "none kept".to_owned(),
        None => "until retried or discarded".to_owned(),
        Some((0, 0)) => "none in the last hour".to_owned(),
        Some((0, in_hour)) => format!("{} in the last hour", number(in_hour)),
        Some((new, _)) => format!("{} in the last ten minutes", number(new)),
    }
}
