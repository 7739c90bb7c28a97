//! The bound of what a list has shown, which forms carry as the field `seen`.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use webhook_runtime::inbox::Page;

use crate::{filter::ListFilter, format};

/// The highest number and the time of a list. A change touches nothing later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ListBound {
    /// `i64::MAX` if the page is not the first one, and does not have the newest delivery.
    pub(crate) id: i64,
    pub(crate) at: SystemTime,
}

impl ListBound {
    pub(crate) fn of(asked: &ListFilter, page: &Page, at: SystemTime) -> Self {
        let is_first = asked.before.is_none() && asked.after.is_none();
        let newest = page.records.iter().map(|record| record.id).max().filter(|_| is_first);
        Self { id: newest.unwrap_or(i64::MAX), at }
    }

    /// Reads the text of a form. Its time has milliseconds.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (id, millis) = text.split_once('.')?;
        let at = UNIX_EPOCH.checked_add(Duration::from_millis(millis.parse().ok()?))?;
        Some(Self { id: id.parse().ok()?, at })
    }
}

impl fmt::Display for ListBound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.id, format::since(self.at, UNIX_EPOCH).as_millis())
    }
}
