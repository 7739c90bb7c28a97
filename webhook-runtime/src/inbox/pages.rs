//! Pages of records, for a screen.

use std::time::Duration;

use tokio::time::Instant;

use crate::inbox::{
    Inbox,
    error::InboxError,
    record::{Filter, Record, Seen},
    store::{ListResult, Window},
};

/// The time after which a page is returned as far as it was found.
const LONGEST_LOOK: Duration = Duration::from_secs(2);

/// A page of records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// The records, in the order of the window.
    pub records: Vec<Record>,
    /// The window of what comes before this page, in the same order; `None` at the beginning.
    pub previous: Option<Window>,
    /// The window of what comes after this page; `None` at the end. After two seconds a page ends,
    /// with fewer records than asked for or none, and there may be more.
    pub next: Option<Window>,
}

impl Page {
    /// The upper bound of what this page shows, for a [filter](Filter::seen): nothing that came after its
    /// newest record, or ended after its last one. `None` without records.
    #[must_use]
    pub fn seen(&self) -> Option<Seen> {
        let id = self.records.iter().map(|record| record.id).max()?;
        let times = self.records.iter().map(|one| one.finished_at.unwrap_or(one.received_at));
        Some(Seen::new(id, times.max()?))
    }
}

impl Inbox {
    /// Reads a page of the records that a filter matches. Pages are by number: what comes or goes
    /// meanwhile shifts none.
    ///
    /// ```
    /// # use webhook_runtime::{Inbox, inbox::{DeliveryState, Filter, InboxError, store::Window}};
    /// # async fn show(inbox: &Inbox) -> Result<(), InboxError> {
    /// let dead = Filter::all().state(DeliveryState::Dead);
    /// let newest = inbox.page(&dead, Window::newest_first(50)).await?;
    /// if let Some(older) = newest.next {
    ///     let older = inbox.page(&dead, older).await?;
    ///     assert_eq!(inbox.page(&dead, older.previous.unwrap()).await?.records, newest.records);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the store fails.
    pub async fn page(&self, filter: &Filter, window: Window) -> Result<Page, InboxError> {
        let Window { after, before, newest_first, .. } = window;
        // The page before another one is read from its end, and turned round.
        let (onward, back) = if newest_first { (before, after) } else { (after, before) };
        let backwards = back.is_some() && onward.is_none();
        let window = Window { max: window.max.max(1), ..window };
        let max = usize::try_from(window.max).unwrap_or(usize::MAX);
        // One more, to know whether there are more.
        let more = window.max.saturating_add(1);
        let reading = Window { newest_first: newest_first != backwards, max: more, ..window };
        let ListResult { mut records, mut looked_to } = self.look_through(filter, reading).await?;
        if records.len() > max {
            records.truncate(max);
            looked_to = records.last().map(|record| record.id);
        }
        if backwards {
            records.reverse();
        }
        let open = Window { after: None, before: None, ..window };
        let (first, last) = (records.first().map(|one| one.id), records.last().map(|one| one.id));
        // What was at the bound of an empty page is not on this page: the way back begins with it.
        let step = if newest_first { -1 } else { 1 };
        let (previous, next) = if backwards {
            (looked_to, last.or(back.map(|id| id.saturating_sub(step))))
        } else {
            (onward.map(|id| first.unwrap_or(id.saturating_add(step))), looked_to)
        };
        let previous = previous.map(|id| open.back_from(id));
        Ok(Page { records, previous, next: next.map(|id| open.beyond(id)) })
    }

    /// Lists until the window is full, everything has been looked at, or it has taken too long.
    async fn look_through(
        &self,
        filter: &Filter,
        mut window: Window,
    ) -> Result<ListResult, InboxError> {
        let begun = Instant::now();
        let mut found = ListResult::default();
        loop {
            let listed = self.shared.store.list(filter, window).await?;
            window.max =
                window.max.saturating_sub(u32::try_from(listed.records.len()).unwrap_or(u32::MAX));
            found.records.extend(listed.records);
            found.looked_to = listed.looked_to;
            match listed.looked_to {
                Some(id) if window.max > 0 && begun.elapsed() < LONGEST_LOOK => {
                    window = window.beyond(id);
                }
                _ => return Ok(found),
            }
        }
    }
}
