//! Charts of the last hour, drawn by the server. Completed attempts grow up from the axis, failed ones
//! grow down from it, and what was received is a step line: three forms, so that colour is not needed.

use std::{fmt::Write as _, time::SystemTime};

use maud::{Markup, html};

use crate::{
    format,
    hour::{Hour, MINUTES, Totals},
    html::{icons::icon, parts::figure, table},
};

/// The width of a column in the units of a drawing, and of the bar in it.
const COLUMN: u64 = 10;
const BAR: u64 = 8;

/// The heights of the drawings, in pixels.
const HEIGHT: f64 = 180.0;
const SMALL_HEIGHT: f64 = 30.0;

/// The least height of what is not zero.
const LEAST: f64 = 1.5;

/// One scale for both directions: an honest picture.
struct Scale {
    /// The place of the axis.
    axis: f64,
    /// The height of one.
    unit: f64,
}

impl Scale {
    #[allow(clippy::cast_precision_loss, reason = "a drawing is not that exact")]
    fn new(up: u64, down: u64, height: f64) -> Self {
        let unit = height / (up + down).max(1) as f64;
        Self { axis: unit * up as f64, unit }
    }

    #[allow(clippy::cast_precision_loss, reason = "a drawing is not that exact")]
    fn height(&self, value: u64) -> f64 {
        if value == 0 { 0.0 } else { (value as f64 * self.unit).max(LEAST) }
    }
}

/// The distance of ticks: 1, 2, 2.5 or 5 times a power of ten, so that there are at most four.
fn tick(most: u64) -> u64 {
    let mut power = 1_u64;
    loop {
        for tenths in [10, 20, 25, 50] {
            let tick = power * tenths / 10;
            if (power * tenths).is_multiple_of(10) && tick * 4 >= most {
                return tick;
            }
        }
        power *= 10;
    }
}

/// A number of a drawing.
fn n(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// The chart of an hour, its legend, and its figures as a table.
pub(crate) fn chart(hour: &Hour, paused_at: Option<SystemTime>) -> Markup {
    let totals = hour.totals();
    let most = |of: &[u64]| of.iter().copied().max().unwrap_or(0);
    let (up, down) = (most(&hour.completed).max(most(&hour.received)), most(&hour.failed));
    let tick = tick(up.max(1));
    let top = up.max(1).div_ceil(tick) * tick;
    let scale = Scale::new(top, down, HEIGHT);
    let paused_at = paused_at.filter(|at| *at >= hour.begin);
    html! {
        (legend(totals, paused_at))
        div.chart {
            svg.axis aria-hidden="true" width="44" height=(n(HEIGHT + 16.0)) {
                @for value in (0..=top / tick).map(|step| step * tick) {
                    text x="38" y=(n(scale.axis - scale.height(value) + 12.0)) text-anchor="end" {
                        (format::number(value))
                    }
                }
                @if scale.height(down) > 12.0 {
                    text x="38" y=(n(HEIGHT + 12.0)) text-anchor="end" { (format::number(down)) }
                }
            }
            div.plot {
                (drawing(hour, &scale, tick, top, paused_at))
                div.hours aria-hidden="true" {
                    @for quarter in 0..4 {
                        span { (format::hour(hour.begin + std::time::Duration::from_secs(quarter * 900))) }
                    }
                    span { "now" }
                }
            }
        }
        (figures(hour))
    }
}

fn legend(totals: Totals, paused_at: Option<SystemTime>) -> Markup {
    html! {
        ul.legend {
            li { span.key.k-completed aria-hidden="true" {} strong { (format::number(totals.completed)) } span { "completed" } }
            li { span.key-icon { (icon("step")) } strong { (format::number(totals.received)) } span { "received" } }
            li {
                span.key.k-failed aria-hidden="true" {}
                strong { (format::number(totals.failed)) } span { "attempts failed"
                @if totals.failed > 0 { ", " (format::percent(totals.failed, totals.attempts())) } }
            }
            @if let Some(at) = paused_at {
                li { span.key.k-paused aria-hidden="true" {} strong { (format::hour(at)) } span { "paused" } }
            }
        }
    }
}

/// The sentence of a chart.
fn sentence(totals: Totals) -> String {
    format!(
        "In the last hour: {} completed, {} received, {} failed.",
        format::number(totals.completed),
        format::number(totals.received),
        format::counted(totals.failed, "attempt", "attempts"),
    )
}

fn drawing(
    hour: &Hour,
    scale: &Scale,
    tick: u64,
    top: u64,
    paused_at: Option<SystemTime>,
) -> Markup {
    let width = COLUMN * MINUTES as u64;
    html! {
        svg.bars role="img" aria-label=(sentence(hour.totals())) width="100%" height=(n(HEIGHT))
            viewBox=(format!("0 0 {width} {}", n(HEIGHT))) preserveAspectRatio="none" {
            @for value in (1..=top / tick).map(|step| step * tick) {
                @let y = n((scale.axis - scale.height(value)).max(0.5));
                line.grid x1="0" x2=(width) y1=(y) y2=(y) {}
            }
            (columns(&hour.completed, &hour.failed, scale))
            line.zero-line x1="0" x2=(width) y1=(n(scale.axis)) y2=(n(scale.axis)) {}
            path.step d=(steps(&hour.received, scale)) {}
            @if let Some(at) = paused_at {
                @let x = COLUMN * format::since(at, hour.begin).as_secs() / 60;
                line.pause x1=(x) x2=(x) y1="0" y2=(n(HEIGHT)) {}
            }
        }
    }
}

fn columns(up: &[u64], down: &[u64], scale: &Scale) -> Markup {
    html! {
        @for (at, (up, down)) in up.iter().zip(down).enumerate() {
            @let x = at as u64 * COLUMN + 1;
            @if *up > 0 {
                @let height = scale.height(*up);
                rect.up x=(x) y=(n(scale.axis - height)) width=(BAR) height=(n(height)) {}
            }
            @if *down > 0 {
                rect.down x=(x) y=(n(scale.axis)) width=(BAR) height=(n(scale.height(*down))) {}
            }
        }
    }
}

fn steps(values: &[u64], scale: &Scale) -> String {
    let mut path = String::new();
    for (at, value) in values.iter().enumerate() {
        let y = n((scale.axis - scale.height(*value)).max(0.75));
        let _ = if at == 0 { write!(path, "M0 {y}") } else { write!(path, "V{y}") };
        let _ = write!(path, "H{}", (at as u64 + 1) * COLUMN);
    }
    path
}

/// The same figures in six rows of ten minutes.
fn figures(hour: &Hour) -> Markup {
    let sum = |of: &[u64], tenth: usize| of[tenth * 10..tenth * 10 + 10].iter().sum::<u64>();
    let from = |tenth: u64| hour.begin + std::time::Duration::from_secs(tenth * 600);
    html! {
        details.figures {
            summary { "Figures as a table" }
            (table::plain("plain", "Deliveries and attempts in the last hour, by ten minutes", &[("From", false), ("Received", true), ("Completed", true), ("Failed", true)], &html! { @for tenth in 0..6 {
                        tr {
                            th scope="row" { (format::hour(from(tenth as u64))) }
                            td.number { (figure(sum(&hour.received, tenth))) }
                            td.number { (figure(sum(&hour.completed, tenth))) }
                            td.number { (figure(sum(&hour.failed, tenth))) }
                        }
                    } }))
        }
    }
}

/// A small chart of an hour in columns of two minutes, with a scale of its own.
pub(crate) fn sparkline(hour: &Hour) -> Markup {
    let pairs = |of: &[u64]| of.chunks(2).map(|pair| pair.iter().sum()).collect::<Vec<u64>>();
    let (up, down) = (pairs(&hour.completed), pairs(&hour.failed));
    let most = |of: &[u64]| of.iter().copied().max().unwrap_or(0);
    let scale = Scale::new(most(&up).max(1), most(&down), SMALL_HEIGHT - 1.0);
    let width = COLUMN * up.len() as u64;
    html! {
        svg.spark role="img" aria-label=(sentence(hour.totals())) width="136" height=(n(SMALL_HEIGHT))
            viewBox=(format!("0 0 {width} {}", n(SMALL_HEIGHT))) preserveAspectRatio="none" {
            (columns(&up, &down, &scale))
            line.zero-line x1="0" x2=(width) y1=(n(scale.axis)) y2=(n(scale.axis)) {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn ticks_are_round() {
        for (most, expected) in [(1, 1), (4, 1), (5, 2), (9, 5), (21, 10), (92, 25), (841, 250)] {
            assert_eq!(tick(most), expected, "{most}");
        }
    }

    #[test]
    fn an_hour_is_drawn_with_its_figures() {
        let now = UNIX_EPOCH + Duration::from_secs(1_764_253_388);
        let mut hour = Hour::until(now);
        (hour.received[59], hour.completed[59], hour.failed[58]) = (1234, 1000, 1);
        let drawn = chart(&hour, Some(now)).into_string();
        assert!(
            drawn.contains("In the last hour: 1,000 completed, 1,234 received, 1 attempt failed.")
        );
        assert_eq!(
            (drawn.matches("class=\"up\"").count(), drawn.matches("class=\"down\"").count()),
            (1, 1)
        );
        assert!(drawn.contains("height=\"1.5\""), "what is not zero is seen: {drawn}");
        assert!(!drawn.contains("style="), "the policy of the page allows no styles");
        assert!(sparkline(&hour).into_string().contains("viewBox=\"0 0 300 30\""));
    }
}
