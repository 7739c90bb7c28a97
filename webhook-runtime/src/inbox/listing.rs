//! A stream of records.

use std::{
    collections::VecDeque,
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures_core::Stream;

use crate::inbox::{
    error::InboxError,
    record::{Filter, Record},
    store::{InboxStore, ListResult, Window},
};

/// The number of records that are read at a time.
const PAGE: u32 = 200;

type Page = Pin<Box<dyn Future<Output = Result<ListResult, InboxError>> + Send>>;

/// A stream of records, ordered by number, the oldest first unless [asked
/// otherwise](Self::newest_first), and read from the store page by page. Records that are
/// added or changed meanwhile may be missing; none comes twice.
pub struct Listing {
    store: Arc<dyn InboxStore>,
    filter: Filter,
    window: Window,
    ready: VecDeque<Record>,
    reading: Option<Page>,
    ended: bool,
}

impl Listing {
    pub(crate) fn new(store: Arc<dyn InboxStore>, filter: Filter) -> Self {
        let ready = VecDeque::new();
        let window = Window::oldest_first(PAGE);
        Self { store, filter, window, ready, reading: None, ended: false }
    }

    /// Lists the newest records first.
    #[must_use]
    pub fn newest_first(mut self) -> Self {
        self.window = Window::newest_first(PAGE);
        self
    }

    /// Returns the next record, without a stream extension trait.
    ///
    /// # Errors
    /// If the store fails. The listing ends with the error.
    pub async fn next(&mut self) -> Option<Result<Record, InboxError>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Reads all remaining records.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn collect(mut self) -> Result<Vec<Record>, InboxError> {
        let mut records = Vec::new();
        while let Some(record) = self.next().await {
            records.push(record?);
        }
        Ok(records)
    }
}

impl Stream for Listing {
    type Item = Result<Record, InboxError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(record) = this.ready.pop_front() {
                return Poll::Ready(Some(Ok(record)));
            }
            if this.ended {
                return Poll::Ready(None);
            }
            let (store, filter, window) = (&this.store, &this.filter, this.window);
            let reading = this.reading.get_or_insert_with(|| {
                let (store, filter) = (Arc::clone(store), filter.clone());
                Box::pin(async move { store.list(&filter, window).await })
            });
            let page = ready!(reading.as_mut().poll(context));
            this.reading = None;
            match page {
                Ok(page) => {
                    match page.looked_to {
                        Some(id) => this.window = this.window.beyond(id),
                        None => this.ended = true,
                    }
                    this.ready.extend(page.records);
                }
                Err(error) => {
                    this.ended = true;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }
}
