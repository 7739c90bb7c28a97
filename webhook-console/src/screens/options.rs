//! The options of an endpoint.

use std::time::Duration;

use maud::html;
use webhook_runtime::inbox::{EndpointInfo, EndpointOption, OptionOrigin};

use crate::{
    format,
    html::parts::{Facts, field},
};

/// The options, with the place that sets each.
pub(crate) fn options(info: &EndpointInfo) -> Facts {
    let note = |option| {
        let origin = match (info.origin(option), info.path) {
            (OptionOrigin::Inbox, _) => "set for all endpoints",
            (OptionOrigin::Endpoint, Some(_)) => "set in the attribute",
            (OptionOrigin::Endpoint, None) => "set in code",
            _ => "",
        };
        html! { (origin) }
    };
    let nothing = || html! { "none" };
    let time = |time: Duration| html! { (format::duration(time)) };
    let rate = info.rate.map_or_else(nothing, |rate| {
        html! { (format::number(rate.starts())) " in " (format::duration(rate.period())) }
    });
    let order = info.order_by.map_or_else(nothing, field);
    let backoff = html! {
        (format::duration(info.backoff.initial)) ", doubling to " (format::duration(info.backoff.max))
    };
    let mut facts = Facts::new()
        .noted(
            "Concurrency",
            html! { (format::number(info.concurrency as u64)) },
            note(EndpointOption::Concurrency),
        )
        .noted("Rate", rate, note(EndpointOption::Rate))
        .noted("Max attempts", html! { (info.max_attempts) }, note(EndpointOption::MaxAttempts))
        .noted("Backoff", backoff, note(EndpointOption::Backoff))
        .noted("Timeout", time(info.timeout), note(EndpointOption::Timeout))
        .noted("Max age", info.max_age.map_or_else(nothing, time), note(EndpointOption::MaxAge))
        .noted("Ordering key", order, note(EndpointOption::OrderBy))
        .add_if("Max body", info.max_body.map(|bytes| html! { (format::size(bytes as u64)) }))
        .noted("Completed retention", time(info.completed_retention), note(EndpointOption::Keep))
        .noted(
            "Dead letter retention",
            time(info.dead_letter_retention),
            note(EndpointOption::KeepDead),
        )
        .add("Deduplication", time(info.dedup_retention));
    if info.drop_body {
        facts =
            facts.noted("Body", html! { "dropped when completed" }, note(EndpointOption::DropBody));
    }
    facts.add_if("Replay window", info.tolerance.map(time)).add_if(
        "Secrets",
        (!info.secret_env.is_empty()).then(|| {
            html! { @for name in info.secret_env { div { code { (name) } } } }
        }),
    )
}
