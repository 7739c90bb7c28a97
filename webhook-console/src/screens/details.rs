//! The details of one delivery, read from the inbox.

use std::time::{Duration, SystemTime};

use http::header::CONTENT_TYPE;
use maud::Markup;
use webhook_runtime::{
    Provider,
    inbox::{
        Attempt, DeliveryState, Duplicates, EndpointInfo, Filter, Page, Record, StoredDelivery,
        Window, WorkerRecord,
    },
};

use crate::{
    fetch::{FetchError, fetch},
    html::text::bytes,
    view::View,
};

/// The largest number of deliveries with its provider id that are shown.
const RELATED: u32 = 6;

/// The details of one delivery.
pub(crate) struct Details {
    pub(crate) delivery: StoredDelivery,
    pub(crate) attempts: Vec<Attempt>,
    /// The reason why the attempts are missing.
    pub(crate) attempts_error: Option<FetchError>,
    /// The reason why related deliveries are missing.
    pub(crate) related_error: Option<FetchError>,
    pub(crate) duplicates: Vec<Duplicates>,
    pub(crate) same_id: Vec<Record>,
    /// The nearest deliveries with its ordering key, before and after it.
    pub(crate) neighbours: Vec<Record>,
    /// The unfinished deliveries with its ordering key, in the order in which they run.
    pub(crate) in_order: Vec<Record>,
    pub(crate) workers: Vec<WorkerRecord>,
    pub(crate) is_paused: bool,
    pub(crate) endpoint: Option<EndpointInfo>,
}

impl Details {
    /// Reads all of it; `None` if there is no such delivery.
    pub(crate) async fn read(view: &View, id: i64) -> Result<Option<Self>, FetchError> {
        let inbox = &view.shared.inbox;
        let Some(delivery) = fetch(inbox.get(id)).await? else { return Ok(None) };
        let record = &delivery.record;
        let same = record.provider_id.as_ref().map(|id| Filter::all().provider_id(id));
        let same_id = async {
            match same {
                Some(same) => fetch(inbox.page(&same, Window::newest_first(RELATED))).await,
                None => Ok(Page::default()),
            }
        };
        let (attempts, duplicates, workers, paused, in_order, neighbours, same_id) = tokio::join!(
            fetch(inbox.attempts(id)),
            fetch(inbox.duplicates(id)),
            view.shared.figures.workers(),
            view.shared.figures.paused(),
            fetch(inbox.same_ordering_key(id)),
            fetch(inbox.neighbours(id)),
            same_id,
        );
        let (attempts, attempts_error) = match attempts {
            Ok(attempts) => (attempts, None),
            Err(FetchError::TookTooLong) => (Vec::new(), Some(FetchError::TookTooLong)),
            Err(failed) => return Err(failed),
        };
        let related_error = (duplicates.as_ref().err()).or(neighbours.as_ref().err());
        let related_error = related_error.or(same_id.as_ref().err()).cloned();
        let paused = paused.unwrap_or_default();
        let endpoint = inbox.endpoints().into_iter().find(|of| of.name == record.endpoint);
        let mut same_id = same_id.map(|page| page.records).unwrap_or_default();
        same_id.retain(|other| other.id != id && other.endpoint == record.endpoint);
        Ok(Some(Self {
            is_paused: paused.iter().any(|pause| pause.endpoint == record.endpoint),
            attempts,
            attempts_error,
            related_error,
            neighbours: neighbours.unwrap_or_default(),
            duplicates: duplicates.unwrap_or_default(),
            same_id,
            workers: workers.unwrap_or_default(),
            in_order: in_order.unwrap_or_default(),
            endpoint,
            delivery,
        }))
    }

    pub(crate) fn record(&self) -> &Record {
        &self.delivery.record
    }

    pub(crate) fn provider(&self) -> Option<&'static Provider> {
        self.endpoint.as_ref().and_then(|of| of.provider)
    }

    /// The delivery that has to end before this one can run.
    pub(crate) fn behind(&self) -> Option<i64> {
        self.in_order.first().map(|first| first.id).filter(|first| *first != self.record().id)
    }

    /// The time that it is kept at its endpoint once it has ended.
    pub(crate) fn retention(&self) -> Option<Duration> {
        self.endpoint.as_ref().map(|of| match self.record().state {
            DeliveryState::Dead => of.dead_letter_retention,
            _ => of.completed_retention,
        })
    }

    /// The time until which it is kept, if it has ended.
    pub(crate) fn kept_until(&self) -> Option<SystemTime> {
        self.record().finished_at?.checked_add(self.retention()?)
    }

    /// The content type that the sender has written.
    pub(crate) fn content_type(&self) -> Option<Markup> {
        let of = self.delivery.head.headers.get(CONTENT_TYPE)?;
        Some(bytes(of.as_bytes()))
    }
}
