//! Deliveries by what they have in common.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use maud::{Markup, html};
use tokio::time::timeout;
use webhook_runtime::inbox::{Filter, Record};

use crate::{
    format,
    html::{parts::tenant, text::shown},
    view::View,
};

/// The deliveries that are sorted.
const MOST: usize = 2000;

/// The longest time of that.
const LONGEST: Duration = Duration::from_millis(500);

/// The number of deliveries by what they have in common.
#[derive(Default)]
pub(crate) struct Sorted {
    pub(crate) number: usize,
    pub(crate) is_all: bool,
    pub(crate) events: HashMap<String, u64>,
    pub(crate) causes: HashMap<(String, Option<i64>), (u64, String)>,
    pub(crate) tenants: HashMap<String, u64>,
}

impl Sorted {
    /// Sorts the newest ones that a filter matches.
    pub(crate) async fn read(view: &View, filter: &Filter) -> Self {
        let (mut sorted, begun) = (Self { is_all: true, ..Self::default() }, Instant::now());
        let mut listing = view.shared.inbox.list(filter.clone()).newest_first();
        loop {
            let left = LONGEST.saturating_sub(begun.elapsed());
            match timeout(left, listing.next()).await {
                Ok(Some(Ok(record))) if sorted.number < MOST => sorted.add(record),
                Ok(None) => return sorted,
                _ => break,
            }
        }
        sorted.is_all = false;
        sorted
    }

    fn add(&mut self, record: Record) {
        self.number += 1;
        *self.events.entry(record.event.unwrap_or_else(|| "no event".to_owned())).or_default() += 1;
        let of = record.tenant.as_deref().map_or_else(|| "no tenant".to_owned(), tenant);
        *self.tenants.entry(of).or_default() += 1;
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
