//! The timeline of a delivery: its attempts, newest first, and a strip that shows them to scale.

use std::time::{Duration, SystemTime};

use maud::{Markup, html};
use webhook_runtime::{
    Provider,
    inbox::{Attempt, AttemptEnd},
};

use crate::{
    format,
    html::{icons::icon, parts::both, text::shown},
    kind::Kind,
    links::delivery_path,
    screens::{
        details::Details,
        error_text::{plain_error, steps_of},
    },
    view::View,
};

/// The number of attempts above which some are folded.
const FOLDED_ABOVE: usize = 12;

/// The newest attempts that are not folded.
const NEWEST: usize = 6;

/// The width of the strip in the units of its drawing, and of the smallest block.
const WIDTH: f64 = 1000.0;
const LEAST: f64 = 6.0;

/// The timeline of a delivery.
pub(crate) struct Timeline<'t> {
    pub(crate) view: &'t View,
    pub(crate) details: &'t Details,
}

impl Timeline<'_> {
    pub(crate) fn render(&self) -> Markup {
        let newest: Vec<&Attempt> = self.details.attempts.iter().rev().collect();
        let is_many = newest.len() > FOLDED_ABOVE;
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

    /// The next step, or the end.
    fn next(&self) -> Markup {
        let (now, record) = (self.view.now, self.details.record());
        let kind = Kind::of(record);
        let until = self.details.kept_until();
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
                    @match self.details.behind() {
                        Some(id) => a href=(self.view.link(&delivery_path(id))) { (format::id(id)) },
                        None => "another delivery",
                    }
                    " with the same ordering key."
                },
            ),
            Kind::Pending | Kind::Retrying if self.details.is_paused => (
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
                (icon(if self.details.is_paused && kind.is_unfinished() { "paused" } else { kind.word() }))
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
        let endpoint = self.details.endpoint.as_ref();
        endpoint.is_some_and(|of| self.details.record().attempt >= of.max_attempts)
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
        let worker =
            details.worker.and_then(|id| self.details.workers.iter().find(|one| one.id == id));
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
            let wait = began.duration_since(self.details.record().received_at).ok()?;
            Some(format!("started {} after it was stored", format::duration(rounded(wait))))
        }
    }

    fn received(&self) -> Markup {
        let record = self.details.record();
        let status = self.details.provider().map(Provider::ack_status);
        html! {
            li.event.s-completed {
                (icon("received"))
                div.event-text {
                    div.event-head {
                        h3 { "Received, verified and stored" }
                        (both(self.view.now, record.received_at))
                    }
                    p.second.notes {
                        @if let Some(status) = status { span { "acknowledged with " (status) } }
                        @if let Some(name) = &record.secret_name { span { "signature matched " (shown(name)) } }
                    }
                }
            }
        }
    }

    /// The attempts as blocks at their true time and width.
    fn strip(&self) -> Markup {
        let begin = self.details.record().received_at;
        let spans: Vec<(SystemTime, SystemTime, &Attempt)> = self
            .details
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

/// Rounds to seconds, from ten seconds on.
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
