//! Deliveries grouped by event, cause and tenant.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use maud::{Markup, html};
use tokio::time::timeout;
use webhook_runtime::inbox::{Filter, Record};

use crate::{
    format,
    html::{
        parts::{event_name, tenant_name},
        text::shown,
    },
    view::View,
};

/// The largest number of deliveries that are read.
const MAX_RECORDS: usize = 2000;

/// The longest time of reading them.
const TIMEOUT: Duration = Duration::from_millis(500);

/// The numbers of deliveries by event, cause and tenant.
#[derive(Default)]
pub(crate) struct Breakdown {
    pub(crate) number: usize,
    /// False if a filter matches more than were read.
    pub(crate) is_all: bool,
    pub(crate) events: HashMap<String, u64>,
    pub(crate) causes: HashMap<(String, Option<i64>), (u64, String)>,
    pub(crate) tenants: HashMap<String, u64>,
}

impl Breakdown {
    /// Reads the newest deliveries that a filter matches.
    pub(crate) async fn read(view: &View, filter: &Filter) -> Self {
        let (mut breakdown, begun) = (Self { is_all: true, ..Self::default() }, Instant::now());
        let mut listing = view.shared.inbox.list(filter.clone()).newest_first();
        loop {
            let left = TIMEOUT.saturating_sub(begun.elapsed());
            match timeout(left, listing.next()).await {
                Ok(Some(Ok(record))) if breakdown.number < MAX_RECORDS => breakdown.add(record),
                Ok(None) => return breakdown,
                _ => break,
            }
        }
        breakdown.is_all = false;
        breakdown
    }

    fn add(&mut self, record: Record) {
        self.number += 1;
        *self.events.entry(event_name(&record).to_owned()).or_default() += 1;
        *self.tenants.entry(tenant_name(&record)).or_default() += 1;
        if let Some(error) = record.last_error {
            let cause = (record.endpoint, record.cause);
            self.causes.entry(cause).or_insert((0, error)).0 += 1;
        }
    }

    /// The largest cause.
    pub(crate) fn largest_cause(&self) -> Option<(&str, i64)> {
        let largest = self.causes.iter().max_by_key(|(_, (count, _))| *count);
        largest.and_then(|((endpoint, cause), _)| Some((&**endpoint, (*cause)?)))
    }
}

/// The largest of these, and the rest together.
pub(crate) fn top(of: &HashMap<String, u64>) -> Markup {
    let mut all: Vec<_> = of.iter().collect();
    all.sort_by(|(a, one), (b, other)| other.cmp(one).then(a.cmp(b)));
    let rest: u64 = all.iter().skip(3).map(|(_, count)| **count).sum();
    html! {
        @for (at, (name, count)) in all.iter().take(3).enumerate() {
            @if at > 0 { ", " }
            (shown(name)) " " (format::number(**count))
        }
        @if all.len() > 3 { ", " (all.len() - 3) " others " (format::number(rest)) }
    }
}
