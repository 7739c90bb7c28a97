//! The way of a delivery: its attempts, newest first, and a strip that shows them at their true
//! time.

use std::time::{Duration, SystemTime};

use maud::{Markup, html};
use webhook_runtime::inbox::{Attempt, AttemptEnd, EndpointInfo, Record, WorkerRecord};

use crate::{
    format,
    html::{icons::icon, parts::both, text::shown},
    kind::Kind,
    links::delivery_path,
    view::View,
};

/// More attempts than these are shown in part.
const MANY: usize = 12;

/// The newest attempts that are shown of many.
const NEWEST: usize = 6;

/// The width of the strip in the units of its drawing, and of the smallest block.
const WIDTH: f64 = 1000.0;
const LEAST: f64 = 6.0;

/// Everything that is known about the way of a delivery.
pub(crate) struct Story<'s> {
    pub(crate) view: &'s View,
    pub(crate) record: &'s Record,
    pub(crate) attempts: &'s [Attempt],
    pub(crate) workers: &'s [WorkerRecord],
    pub(crate) endpoint: Option<&'s EndpointInfo>,
    pub(crate) is_paused: bool,
    /// The delivery that has to end before a blocked one can run.
    pub(crate) behind: Option<i64>,
}

impl Story<'_> {
    pub(crate) fn render(&self) -> Markup {
        let newest: Vec<&Attempt> = self.attempts.iter().rev().collect();
        let is_many = newest.len() > MANY;
        let (first_part, rest) = newest.split_at(if is_many { NEWEST } else { newest.len() });
        let (middle, oldest) = rest.split_at(rest.len().saturating_sub(1));
        html! {
            div.panel-body {
                (self.strip())
                ol.timeline {
                    (self.next())
                    @for (at, attempt) in first_part.iter().enumerate() {
                        (self.attempt(attempt, newest[..at].iter().copied(), newest.get(at + 1)))
                    }
                    @if !middle.is_empty() {
                        li.folded {
                            details {
                                summary { (middle.len()) " more attempts" }
                                ol.timeline {
                                    @for (at, attempt) in middle.iter().enumerate() {
                                        (self.attempt(attempt, newest[..NEWEST + at].iter().copied(), newest.get(NEWEST + at + 1)))
                                    }
                                }
                            }
                        }
                    }
                    @for attempt in oldest { (self.attempt(attempt, newest[..newest.len() - 1].iter().copied(), None)) }
                    (self.received())
                }
            }
        }
    }

    /// The next thing that happens, or the end.
    fn next(&self) -> Markup {
        let (now, record) = (self.view.now, self.record);
        let kind = Kind::of(record);
        let kept = self.endpoint.map(|of| match kind {
            Kind::Dead => of.dead_letter_retention,
            _ => of.completed_retention,
        });
        let until = record.finished_at.zip(kept).and_then(|(at, kept)| at.checked_add(kept));
        let (title, text) = match kind {
            Kind::Dead => (
                "Dead letter".to_owned(),
                html! {
                    @if self.is_used_up() { "All " (format::number(record.attempt)) " attempts are used up. " }
                    "It stays here until you retry or discard it"
                    @if let Some(until) = until { ", or until " (format::day(until)) }
                    "."
                },
            ),
            Kind::Cancelled => (
                "Cancelled".to_owned(),
                html! { "It does not run." @if let Some(until) = until { " It is kept until " (format::day(until)) "." } },
            ),
            Kind::Completed => (
                "Completed".to_owned(),
                html! { @if let Some(until) = until { "It is kept until " (format::day(until)) "." } },
            ),
            Kind::Running => ("Running".to_owned(), html! { "A worker has it." }),
            Kind::Blocked => (
                "Blocked".to_owned(),
                html! {
                    "Behind "
                    @match self.behind {
                        Some(id) => a href=(self.view.link(&delivery_path(id))) { (format::id(id)) },
                        None => "another delivery",
                    }
                    " with the same ordering key."
                },
            ),
            Kind::Pending | Kind::Retrying if self.is_paused => (
                "Paused".to_owned(),
                html! { "The endpoint is paused. It runs once the endpoint is resumed." },
            ),
            Kind::Pending | Kind::Retrying => {
                let wait = record.due_at.and_then(|due| due.duration_since(now).ok());
                let title = match wait {
                    Some(wait) => format!("Next attempt in {}", format::duration(wait)),
                    None => "Due now".to_owned(),
                };
                (title, html! { "As soon as a worker is free." })
            }
        };
        html! {
            li class=(format!("event s-{}", kind.word())) {
                (icon(if self.is_paused && kind.is_unfinished() { "paused" } else { kind.word() }))
                div.event-text {
                    div.event-head {
                        h3 { (title) }
                        @if let Some(at) = record.finished_at { (both(now, at)) }
                    }
                    p.second { (text) }
                }
            }
        }
    }

    fn is_used_up(&self) -> bool {
        self.endpoint.is_some_and(|of| self.record.attempt >= of.max_attempts)
    }

    /// One attempt. `newer` are those above it, `older` is the one before it.
    fn attempt<'a>(
        &self,
        attempt: &Attempt,
        newer: impl Iterator<Item = &'a Attempt>,
        older: Option<&&Attempt>,
    ) -> Markup {
        let details = &attempt.details;
        let same = attempt.error.as_ref().and_then(|error| {
            let newer: Vec<_> = newer.collect();
            newer
                .into_iter()
                .find(|other| other.error.as_deref().map(plain_error) == Some(plain_error(error)))
        });
        let (tone, symbol) = match attempt.end {
            None => ("running", "running"),
            Some(AttemptEnd::Completed) => ("completed", "completed"),
            Some(AttemptEnd::Snoozed) => ("pending", "pending"),
            Some(_) => ("retrying", "failed"),
        };
        let worker = details.worker.and_then(|id| self.workers.iter().find(|one| one.id == id));
        html! {
            li class=(format!("event s-{tone}")) {
                (icon(symbol))
                div.event-text {
                    div.event-head {
                        h3 { "Attempt " (format::number(attempt.number)) ": " (ending(attempt)) }
                        @if let Some(at) = ended(attempt).or(details.started_at) { (both(self.view.now, at)) }
                    }
                    p.second.notes {
                        @if let Some(took) = details.duration { span { "ran " (format::duration(took)) } }
                        @match (worker, details.worker) {
                            (Some(worker), _) => span { "on " (shown(&worker.name)) },
                            (None, Some(id)) => span { "on worker " (id) },
                            (None, None) => {}
                        }
                        @if let Some(before) = self.before(attempt, older.copied()) { span { (before) } }
                    }
                    @match (&attempt.error, same) {
                        (Some(_), Some(same)) if same.number > attempt.number => {
                            p.second { "Same error as attempt " (format::number(same.number)) }
                        }
                        (Some(_), Some(_)) => p.second { "Same error when it was run again" },
                        (Some(error), None) => (chain(error)),
                        (None, _) => {}
                    }
                }
            }
        }
    }

    /// The wait before an attempt.
    fn before(&self, attempt: &Attempt, older: Option<&Attempt>) -> Option<String> {
        let began = attempt.details.started_at?;
        if let Some(older) = older {
            let wait = began.duration_since(ended(older)?).ok()?;
            let wait = format::duration(rounded(wait));
            // Attempts are counted anew when somebody runs it again.
            Some(if attempt.number > older.number {
                format!("after {wait} backoff")
            } else {
                format!("run again {wait} later")
            })
        } else {
            let wait = began.duration_since(self.record.received_at).ok()?;
            Some(format!("started {} after it was stored", format::duration(rounded(wait))))
        }
    }

    fn received(&self) -> Markup {
        let status =
            self.endpoint.and_then(|of| of.provider).map(webhook_runtime::Provider::ack_status);
        html! {
            li.event.s-completed {
                (icon("received"))
                div.event-text {
                    div.event-head {
                        h3 { "Received, verified and stored" }
                        (both(self.view.now, self.record.received_at))
                    }
                    p.second.notes {
                        @if let Some(status) = status { span { "acknowledged with " (status) } }
                        @if let Some(name) = &self.record.secret_name { span { "signature matched " (shown(name)) } }
                    }
                }
            }
        }
    }

    /// The attempts as blocks at their true time and width.
    fn strip(&self) -> Markup {
        let begin = self.record.received_at;
        let spans: Vec<(SystemTime, SystemTime, &Attempt)> = self
            .attempts
            .iter()
            .filter_map(|attempt| Some((attempt.details.started_at?, ended(attempt)?, attempt)))
            .collect();
        let Some(last) = spans.iter().map(|(_, end, _)| *end).max() else { return html! {} };
        let whole = format::since(last, begin).max(Duration::from_millis(1));
        let place = |time| WIDTH * format::since(time, begin).as_secs_f64() / whole.as_secs_f64();
        html! {
            div.strip {
                svg aria-hidden="true" width="100%" height="16" viewBox="0 0 1000 16" preserveAspectRatio="none" {
                    @for (start, end, attempt) in &spans {
                        @let width = (place(*end) - place(*start)).max(LEAST);
                        @let x = place(*start).min(WIDTH - width).max(0.0);
                        rect class=(block(attempt)) x=(format!("{x:.1}")) y="0" width=(format!("{width:.1}")) height="14" {}
                    }
                    line.zero-line x1="0" x2="1000" y1="15" y2="15" {}
                }
                div.hours {
                    span { (format::clock(begin)) }
                    span { (format::counted(spans.len() as u64, "attempt", "attempts")) " in " (format::duration(rounded(whole))) }
                    span { (format::clock(last)) }
                }
            }
        }
    }
}

fn block(attempt: &Attempt) -> &'static str {
    match attempt.end {
        Some(AttemptEnd::Dead) => "b-dead",
        Some(AttemptEnd::Completed) => "b-completed",
        _ => "b-failed",
    }
}

/// The time at which an attempt ended.
fn ended(attempt: &Attempt) -> Option<SystemTime> {
    attempt.details.started_at?.checked_add(attempt.details.duration?)
}

/// Without fractions that tell nothing.
fn rounded(duration: Duration) -> Duration {
    if duration < Duration::from_secs(10) {
        duration
    } else {
        Duration::from_secs(duration.as_secs())
    }
}

/// The end of an attempt in words.
fn ending(attempt: &Attempt) -> Markup {
    let status = attempt.details.status;
    let error = attempt.error.as_deref().map(plain_error).unwrap_or_default();
    html! {
        @match attempt.end {
            None => "running",
            Some(AttemptEnd::Completed) => "completed",
            Some(AttemptEnd::Snoozed) => "asked for a later time",
            Some(AttemptEnd::Lost) => "lost its worker",
            Some(_) if error.contains("timed out") => "timed out",
            Some(_) if error.contains("panicked") => "panicked",
            Some(_) => {
                "failed" @if let Some(status) = status { " with " (status) }
            }
        }
    }
}

/// An error without what a dead letter says of its attempt.
pub(crate) fn plain_error(error: &str) -> &str {
    let rest = error.strip_prefix("attempt ").and_then(|rest| rest.split_once(" failed: "));
    rest.map_or(error, |(_, rest)| rest)
}

/// The steps of an error's chain, outermost first.
fn steps_of(error: &str) -> Vec<&str> {
    let plain = plain_error(error);
    let without_status = plain.split_once(": ").filter(|(status, _)| {
        status.len() == 3 && status.bytes().all(|byte| byte.is_ascii_digit())
    });
    without_status.map_or(plain, |(_, rest)| rest).splitn(6, ": ").collect()
}

/// The first step of an error, cut to the length of a sentence.
pub(crate) fn outermost(error: &str) -> String {
    const MOST: usize = 120;
    let first = steps_of(error).first().copied().unwrap_or_default();
    let mut text: String = first.chars().take(MOST).collect();
    if text.len() < first.len() {
        text.push('…');
    }
    text
}

/// An error as the steps of its chain.
fn chain(error: &str) -> Markup {
    let steps = steps_of(error);
    html! {
        ul.chain {
            @for (at, step) in steps.iter().enumerate() {
                li class=(format!("step-{at}")) {
                    @if at > 0 { span aria-hidden="true" { "└ " } }
                    @if at == 0 { strong { (shown(step)) } } @else { (shown(step)) }
                }
            }
        }
    }
}
