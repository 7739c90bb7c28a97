//! The time that a change of many deliveries takes, by what was measured.

use std::time::Duration;

use maud::{Markup, html};

use crate::{
    action::Action, changes::CHUNK, format, hour::Hour, screens::change_request::ChangeRequest,
    view::View,
};

/// The time to change so many, and the time after which all of them have run.
pub(crate) async fn how_long(view: &View, wanted: &ChangeRequest, count: u64) -> (Markup, Markup) {
    let times = u32::try_from(count).unwrap_or(u32::MAX);
    let changing = view.shared.changes.pace().map(|each| each.saturating_mul(times));
    let time = html! {
        @if let Some(time) = changing { "about " (about(time)) " to change, " }
        (format::number(CHUNK)) " at a time"
        @if count > u64::from(CHUNK) { ", and can be stopped between two pieces" }
    };
    let running = running(view, wanted, count).await;
    let note = html! {
        @if let Some(time) = running {
            "At the pace of the last hour, "
            (if count == 1 { "it has run" } else { "all of them have run" })
            " within about " (about(time)) "."
        }
    };
    (time, note)
}

/// An estimate, which is at least a second.
fn about(time: Duration) -> String {
    format::age(time.max(Duration::from_secs(1)))
}

/// The time in which as many completed in the last hour, if the change lets them run and some did.
async fn running(view: &View, wanted: &ChangeRequest, count: u64) -> Option<Duration> {
    if !matches!(wanted.action, Action::Retry | Action::Replay) {
        return None;
    }
    let mut hour = Hour::until(view.now);
    let sums = view.shared.figures.sums(hour.begin).await.ok()?;
    let is_asked = |name: &str| wanted.asked.endpoint.as_deref().is_none_or(|asked| asked == name);
    sums.iter().filter(|sum| is_asked(&sum.endpoint)).for_each(|sum| hour.add(sum));
    let seconds = count.saturating_mul(3600).checked_div(hour.totals().completed)?;
    Some(Duration::from_secs(seconds))
}
