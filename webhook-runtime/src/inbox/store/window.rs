//! The part of a list that is read at a time.

use crate::inbox::record::Record;

/// The part of a list of records that is read at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Window {
    /// Only records with higher numbers; `None` is all.
    pub after: Option<i64>,
    /// Only records with lower numbers; `None` is all.
    pub before: Option<i64>,
    /// True if the highest numbers come first.
    pub newest_first: bool,
    /// The largest number of records.
    pub max: u32,
}

impl Window {
    /// The first records, oldest first.
    #[must_use]
    pub const fn oldest_first(max: u32) -> Self {
        Self { after: None, before: None, newest_first: false, max }
    }

    /// The last records, newest first.
    #[must_use]
    pub const fn newest_first(max: u32) -> Self {
        Self { after: None, before: None, newest_first: true, max }
    }

    /// Only records with numbers above this.
    #[must_use]
    pub const fn after(mut self, id: i64) -> Self {
        self.after = Some(id);
        self
    }

    /// Only records with numbers below this.
    #[must_use]
    pub const fn before(mut self, id: i64) -> Self {
        self.before = Some(id);
        self
    }

    /// The rest of it once everything up to this number has been looked at.
    #[must_use]
    pub const fn beyond(self, id: i64) -> Self {
        if self.newest_first { self.before(id) } else { self.after(id) }
    }

    /// The part before a number in the order of this window.
    pub(crate) const fn back_from(self, id: i64) -> Self {
        if self.newest_first { self.after(id) } else { self.before(id) }
    }

    /// The records of a store that has them at hand, in order of their numbers.
    #[must_use]
    pub fn of<'r>(&self, records: impl DoubleEndedIterator<Item = &'r Record> + 'r) -> ListResult {
        let (after, before) = (self.after, self.before);
        let within = records.filter(move |record| {
            after.is_none_or(|after| record.id > after)
                && before.is_none_or(|before| record.id < before)
        });
        let max = usize::try_from(self.max).unwrap_or(usize::MAX);
        let records: Vec<Record> = if self.newest_first {
            within.rev().take(max).cloned().collect()
        } else {
            within.take(max).cloned().collect()
        };
        let last = records.last().map(|record| record.id);
        ListResult { looked_to: last.filter(|_| records.len() >= max), records }
    }
}

/// A part of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListResult {
    /// The records, in the order of the window. There can be fewer than were asked for, or none, and
    /// more beyond them.
    pub records: Vec<Record>,
    /// The number up to which was looked, if there may be more [beyond](Window::beyond) it; `None` at
    /// the end.
    pub looked_to: Option<i64>,
}

impl ListResult {
    /// The records, and up to where was looked.
    #[must_use]
    pub const fn new(records: Vec<Record>, looked_to: Option<i64>) -> Self {
        Self { records, looked_to }
    }
}
