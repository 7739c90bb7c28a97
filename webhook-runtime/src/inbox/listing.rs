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
    store::InboxStore,
};

/// The number of records that are read at a time.
const PAGE: u32 = 200;

type Page = Pin<Box<dyn Future<Output = Result<Vec<Record>, InboxError>> + Send>>;

/// A stream of records, ordered by number and read from the store page by page. Records that are
/// added or changed meanwhile may be missing; none comes twice.
pub struct Listing {
    store: Arc<dyn InboxStore>,
    filter: Filter,
    after: i64,
    ready: VecDeque<Record>,
    reading: Option<Page>,
    ended: bool,
}

impl Listing {
    pub(crate) fn new(store: Arc<dyn InboxStore>, filter: Filter) -> Self {
        let ready = VecDeque::new();
        Self { store, filter, after: i64::MIN, ready, reading: None, ended: false }
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
            let (store, filter, after) = (&this.store, &this.filter, this.after);
            let reading = this.reading.get_or_insert_with(|| {
                let (store, filter) = (Arc::clone(store), filter.clone());
                Box::pin(async move { store.list(&filter, after, PAGE).await })
            });
            let page = ready!(reading.as_mut().poll(context));
            this.reading = None;
            match page {
                Ok(page) => {
                    this.ended = page.len() < PAGE as usize;
                    this.after = page.last().map_or(this.after, |record| record.id);
                    this.ready.extend(page);
                }
                Err(error) => {
                    this.ended = true;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }
}
