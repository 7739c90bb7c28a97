//! The conditions of a filter, as arguments.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::ValueEnum;
use webhook_runtime::inbox::{DeliveryState, Filter, Record, Window};

use crate::{inbox::moment::moment, output::Tone};

/// A time after all others: a century from now.
const CENTURY: Duration = Duration::from_secs(36_525 * 86_400);

/// The state of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StateName {
    Pending,
    Running,
    Blocked,
    Completed,
    Dead,
    Cancelled,
}

impl From<StateName> for DeliveryState {
    fn from(name: StateName) -> Self {
        match name {
            StateName::Pending => Self::Pending,
            StateName::Running => Self::Running,
            StateName::Blocked => Self::Blocked,
            StateName::Completed => Self::Completed,
            StateName::Dead => Self::Dead,
            StateName::Cancelled => Self::Cancelled,
        }
    }
}

/// The name of a state.
pub(crate) fn name_of(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Pending => "pending",
        DeliveryState::Running => "running",
        DeliveryState::Blocked => "blocked",
        DeliveryState::Completed => "completed",
        DeliveryState::Dead => "dead",
        DeliveryState::Cancelled => "cancelled",
        _ => "unknown",
    }
}

/// The colour of a state.
pub(crate) fn tone_of(state: DeliveryState) -> Tone {
    match state {
        DeliveryState::Completed => Tone::Good,
        DeliveryState::Dead => Tone::Bad,
        _ => Tone::Neutral,
    }
}

/// The conditions, which all have to hold.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Filters")]
pub(crate) struct Filters {
    /// Of this endpoint, by its name
    #[arg(long, value_name = "NAME")]
    endpoint: Option<String>,
    /// Of this event
    #[arg(long, value_name = "NAME")]
    event: Option<String>,
    /// In this state (repeatable)
    #[arg(long, value_name = "STATE")]
    state: Vec<StateName>,
    /// Of this tenant, as it is stored: `shop=acme`
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,
    /// With this id of the provider
    #[arg(long, value_name = "ID")]
    provider_id: Option<String>,
    /// With this text in the last error; ASCII letters match in either case
    #[arg(long, value_name = "TEXT")]
    error: Option<String>,
    /// With this cause of the last error, a number that `webhook inbox stats` shows
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    cause: Option<i64>,
    /// Pending after an attempt that failed
    #[arg(long, conflicts_with_all = ["state", "attempted"])]
    retrying: bool,
    /// With an attempt, or without one (`false`)
    #[arg(long, value_name = "BOOL")]
    attempted: Option<bool>,
    /// Received since then: `2h` ago, or `2026-11-28T09:30:00Z`
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<SystemTime>,
    /// Received before then
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<SystemTime>,
    /// With a number above this one
    #[arg(long, value_name = "NUMBER")]
    after: Option<i64>,
    /// With a number below this one
    #[arg(long, value_name = "NUMBER")]
    before: Option<i64>,
}

impl Filters {
    /// The filter, of these numbers if there are any.
    pub(crate) fn filter(&self, ids: &[i64]) -> Filter {
        let mut filter = Filter::all();
        if !ids.is_empty() {
            filter = filter.ids(ids.iter().copied());
        }
        if let Some(name) = &self.endpoint {
            filter = filter.endpoint(name);
        }
        if let Some(name) = &self.event {
            filter = filter.event(name);
        }
        if let Some(tenant) = &self.tenant {
            filter = filter.tenant(tenant);
        }
        if let Some(id) = &self.provider_id {
            filter = filter.provider_id(id);
        }
        if let Some(text) = &self.error {
            filter = filter.error(text);
        }
        if let Some(cause) = self.cause {
            filter = filter.cause(cause);
        }
        if let Some(attempted) = self.attempted {
            filter = filter.attempted(attempted);
        }
        if self.since.is_some() || self.until.is_some() {
            let end = SystemTime::now().checked_add(CENTURY).unwrap_or(UNIX_EPOCH);
            filter = filter.received(self.since.unwrap_or(UNIX_EPOCH)..self.until.unwrap_or(end));
        }
        for state in &self.state {
            filter = filter.state((*state).into());
        }
        if self.retrying { filter.retrying() } else { filter }
    }

    /// The part of a list that the bounds of numbers leave.
    pub(crate) fn window(&self, mut window: Window) -> Window {
        (window.after, window.before) = (self.after, self.before);
        window
    }

    /// True without any condition.
    pub(crate) fn are_none(&self) -> bool {
        self.filter(&[]) == Filter::all() && self.after.is_none() && self.before.is_none()
    }

    /// The lower bound of numbers.
    pub(crate) fn after(&self) -> Option<i64> {
        self.after
    }

    /// True if a record is within the bounds of numbers.
    pub(crate) fn bounds(&self, record: &Record) -> bool {
        self.after.is_none_or(|after| record.id > after)
            && self.before.is_none_or(|before| record.id < before)
    }
}
