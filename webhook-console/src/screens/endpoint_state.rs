//! The state of an endpoint: running, paused or idle.

use maud::{Markup, html};

use crate::{
    html::{icons::icon, parts},
    screens::survey::Row,
};

/// The class, the icon and the name of a state.
fn state_of(row: &Row) -> (&'static str, &'static str, &'static str) {
    if row.pause.is_some() {
        ("paused", "paused", "Paused")
    } else if row.hour.totals().is_idle() && row.waiting() + row.counts.running.number == 0 {
        ("idle", "idle", "Idle")
    } else {
        ("running-endpoint", "running", "Running")
    }
}

/// The state in a table.
pub(crate) fn state(row: &Row) -> Markup {
    let (class, symbol, name) = state_of(row);
    html! { span class=(format!("state s-{class}")) { (icon(symbol)) (name) } }
}

/// The state beside a heading.
pub(crate) fn pill(row: &Row) -> Markup {
    let (_, symbol, name) = state_of(row);
    parts::pill(symbol, name)
}
