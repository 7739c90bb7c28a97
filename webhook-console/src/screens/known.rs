//! Everything that is known of one delivery.

use http::header::CONTENT_TYPE;
use maud::Markup;
use webhook_runtime::{
    Provider,
    inbox::{
        Attempt, Duplicates, EndpointInfo, Filter, Page, Record, StoredDelivery, Window,
        WorkerRecord,
    },
};

use crate::{
    fetch::{Trouble, ask},
    html::text::bytes,
    view::View,
};

/// The related deliveries that are shown.
const RELATED: u32 = 6;

/// Everything about one delivery.
pub(crate) struct Known {
    pub(crate) delivery: StoredDelivery,
    pub(crate) attempts: Vec<Attempt>,
    /// The reason why the attempts are missing.
    pub(crate) untold: Option<Trouble>,
    /// The reason why some that are related are missing.
    pub(crate) unrelated: Option<Trouble>,
    pub(crate) duplicates: Vec<Duplicates>,
    pub(crate) same_id: Vec<Record>,
    /// Those with its ordering key, the nearest ones before and after it.
    pub(crate) neighbours: Vec<Record>,
    /// Those with its ordering key that have not ended, in order.
    pub(crate) in_order: Vec<Record>,
    pub(crate) workers: Vec<WorkerRecord>,
    pub(crate) is_paused: bool,
    pub(crate) endpoint: Option<EndpointInfo>,
}

impl Known {
    /// Reads all of it; `None` if there is no such delivery.
    pub(crate) async fn read(view: &View, id: i64) -> Result<Option<Self>, Trouble> {
        let inbox = &view.shared.inbox;
        let Some(delivery) = ask(inbox.get(id)).await? else { return Ok(None) };
        let record = &delivery.record;
        let same = record.provider_id.as_ref().map(|id| Filter::all().provider_id(id));
        let same_id = async {
            match same {
                Some(same) => ask(inbox.page(&same, Window::newest_first(RELATED))).await,
                None => Ok(Page::default()),
            }
        };
        let (attempts, duplicates, workers, paused, in_order, neighbours, same_id) = tokio::join!(
            ask(inbox.attempts(id)),
            ask(inbox.duplicates(id)),
            view.shared.figures.workers(),
            view.shared.figures.paused(),
            ask(inbox.same_ordering_key(id)),
            ask(inbox.neighbours(id)),
            same_id,
        );
        let (attempts, untold) = match attempts {
            Ok(attempts) => (attempts, None),
            Err(Trouble::TookTooLong) => (Vec::new(), Some(Trouble::TookTooLong)),
            Err(failed) => return Err(failed),
        };
        let unrelated = (duplicates.as_ref().err()).or(neighbours.as_ref().err());
        let unrelated = unrelated.or(same_id.as_ref().err()).cloned();
        let paused = paused.unwrap_or_default();
        let endpoint = inbox.endpoints().into_iter().find(|of| of.name == record.endpoint);
        let mut same_id = same_id.map(|page| page.records).unwrap_or_default();
        same_id.retain(|other| other.id != id && other.endpoint == record.endpoint);
        Ok(Some(Self {
            is_paused: paused.iter().any(|pause| pause.endpoint == record.endpoint),
            attempts,
            untold,
            unrelated,
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
    /// The content type that the sender has written.
    pub(crate) fn content_type(&self) -> Option<Markup> {
        let of = self.delivery.head.headers.get(CONTENT_TYPE)?;
        Some(bytes(of.as_bytes()))
    }
}
