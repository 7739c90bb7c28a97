//! From a verified delivery to the deliveries that are stored.

use std::{borrow::Cow, ops::Range};

use axum::{
    extract::{NestedPath, OriginalUri},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, Uri, request::Parts, uri::PathAndQuery};
use tracing::{Level, Span, enabled};

use crate::{
    delivery::{Delivery, PayloadKind, RawEvent, Rejection},
    endpoint::Endpoint,
    inbox::{
        Inbox,
        error::InboxError,
        http::{
            dedup_key::dedup_key,
            head::{BatchItemRef, StoredRequest},
            kept_headers::KeptHeaders,
        },
        record::{EnqueueResult, Filter, NewDelivery},
    },
    support::{console, metrics::Outcome, text::truncate, trace},
    verify::Deduplication,
};

/// The number of events of one request in the queue at a time, so that a large batch leaves room
/// for others.
const AT_A_TIME: usize = 128;

/// The maximum length of an event name in a log, in characters.
const MAX_LOGGED: usize = 200;

impl Inbox {
    /// Stores all of these. After an error some may be stored, and are recognised when they come
    /// again.
    async fn enqueue_all(
        &self,
        records: Vec<NewDelivery>,
    ) -> Result<Vec<EnqueueResult>, InboxError> {
        let mut results = Vec::with_capacity(records.len());
        let mut records = records.into_iter();
        loop {
            let some: Vec<_> = records.by_ref().take(AT_A_TIME).collect();
            if some.is_empty() {
                return Ok(results);
            }
            results.extend(self.shared.writer.enqueue_all(some).await?);
        }
    }

    /// Logs what became of copies: a stranger who sends a recorded delivery under another event name
    /// can be seen. The sender does not wait for it.
    fn log_copies(&self, endpoint: &Endpoint, delivery: &Delivery, results: &[EnqueueResult]) {
        let provider = endpoint.provider;
        // Where names count as variants, another name is no sign of a stranger, and the events of a
        // batch have names of their own.
        let decides_nothing = provider.batch().is_none()
            && provider.deduplication() == Deduplication::SignedBytes
            && provider.event().is_some_and(|source| !provider.signs(source));
        for result in results {
            match *result {
                EnqueueResult::Revived(id) => {
                    let event = delivery.event();
                    let event = event.as_deref().map(|event| truncate(event, MAX_LOGGED));
                    tracing::warn!(record_id = id, event, "a copy revives a dead letter");
                }
                EnqueueResult::Duplicate(id) if decides_nothing && enabled!(Level::WARN) => {
                    let event =
                        delivery.event().map(|event| truncate(&event, MAX_LOGGED).to_owned());
                    let inbox = self.clone();
                    tokio::spawn(async move { inbox.log_other_name(id, event).await });
                }
                EnqueueResult::Stored(_) | EnqueueResult::Duplicate(_) => {}
            }
        }
    }

    /// Logs that a copy came under another event name than the first.
    async fn log_other_name(&self, id: i64, event: Option<String>) {
        // Without its body.
        let Some(Ok(known)) = self.list(Filter::all().ids([id])).next().await else { return };
        let name = known.event.as_deref().map(|event| truncate(event, MAX_LOGGED));
        if name != event.as_deref() {
            tracing::warn!(
                record_id = id,
                known = name,
                event,
                "a copy came under another event name, which is not signed: it does not run"
            );
        }
    }

    /// Stores a delivery, and responds when it is safe. A copy gets the same response as the first.
    pub(crate) async fn acknowledge(
        &self,
        endpoint: &Endpoint,
        delivery: &Delivery,
        parts: &Parts,
    ) -> (Response, Outcome) {
        // A content type that the handler would reject is rejected now, and nothing is stored. The
        // content type is hardly ever signed, so a stranger may have written it.
        if endpoint.payload_shape.kind != PayloadKind::Delivery
            && let Err(rejection) = delivery.check_content_type()
        {
            let outcome = Outcome::Refused(rejection.name());
            return (rejection.into_response(), outcome);
        }
        let kept = &self.shared.settings.kept_headers;
        let records = records(endpoint, delivery, parts, kept);
        let outcome = match self.enqueue_all(records).await {
            Ok(results) => {
                self.log_copies(endpoint, delivery, &results);
                let is_copy =
                    |result: &EnqueueResult| matches!(result, EnqueueResult::Duplicate(_));
                let are_copies = !results.is_empty() && results.iter().all(is_copy);
                if are_copies { Outcome::Duplicate } else { Outcome::Accepted }
            }
            Err(error) => {
                tracing::error!(%error, "the delivery could not be stored");
                let (name, id) = (endpoint.name, delivery.traced_id());
                console::failure(format_args!(
                    "{name}: {} could not be stored: {error}",
                    console::named(id.as_deref())
                ));
                let outcome = Outcome::Failed(Rejection::NotStored.name());
                return (Rejection::NotStored.into_response(), outcome);
            }
        };
        let status = endpoint.provider.ack_status();
        if console::shows_all() {
            let (name, id) = (endpoint.name, delivery.traced_id());
            let named = console::named(id.as_deref());
            console::success(format_args!("{status} {name}: {named} is stored"));
        }
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::ACCEPTED);
        (status.into_response(), outcome)
    }
}

/// The deliveries to store: the delivery itself, or each event of a batch whose handler takes
/// events one by one. A batch that cannot be split is stored whole and becomes a dead letter, so
/// that nothing that was signed is lost.
fn records(
    endpoint: &Endpoint,
    delivery: &Delivery,
    parts: &Parts,
    kept: &KeptHeaders,
) -> Vec<NewDelivery> {
    let head = head(delivery, parts, kept);
    let items =
        delivery.batch_layout().filter(|_| endpoint.payload_shape.kind == PayloadKind::Item);
    let items = items.and_then(|says| Some((says, delivery.items(says).ok()?)));
    let credentials = delivery.sent_by().credentials(delivery.body());
    let stored = masked(delivery.body(), &credentials);
    let Some((says, places)) = items else {
        return vec![record(endpoint, delivery.raw_event(), stored, head)];
    };
    let whole = delivery.raw_event();
    let (event, action) = (whole.event(), whole.action());
    let (event, action) = (event.map(Into::into), action.map(Into::into));
    let texts = places.into_iter().filter_map(|place| Some((delivery.part(&place)?, place)));
    let records = texts.enumerate().map(|(index, (json, place))| {
        let batch_item =
            BatchItemRef { index: index as u64, event: event.clone(), action: action.clone() };
        let head = StoredRequest { batch_item: Some(batch_item), ..head.clone() };
        // A part of the body needs no memory of its own.
        let body = delivery.body().get(place.clone()).filter(|part| *part == json.as_bytes());
        let body = match body {
            Some(_) => stored.slice(place),
            None => masked_item(json, &place, &credentials),
        };
        record(endpoint, RawEvent::item(delivery, says, index, json), body, head)
    });
    records.collect()
}

/// The body, with asterisks in place of the secret. The length is the same, so that every event
/// keeps its place.
fn masked(body: &Bytes, credentials: &[Range<usize>]) -> Bytes {
    if credentials.is_empty() {
        return body.clone();
    }
    let mut body = body.to_vec();
    for place in credentials {
        body.get_mut(place.clone()).unwrap_or_default().fill(b'*');
    }
    body.into()
}

/// The same for the text of one item that differs from the body, but has the same place in it.
fn masked_item(json: &str, place: &Range<usize>, credentials: &[Range<usize>]) -> Bytes {
    let mut item = json.as_bytes().to_vec();
    for found in credentials {
        let start = found.start.saturating_sub(place.start);
        let end = found.end.saturating_sub(place.start);
        item.get_mut(start..end).unwrap_or_default().fill(b'*');
    }
    item.into()
}

fn record(
    endpoint: &Endpoint,
    encoded: RawEvent<'_>,
    body: Bytes,
    head: StoredRequest,
) -> NewDelivery {
    let provider = endpoint.provider;
    let received_at = encoded.delivery().received_at();
    let key = dedup_key(encoded, endpoint.payload_shape, &head.uri);
    let mut new = NewDelivery::new(endpoint.name, provider.name(), key, body, received_at);
    new.dedup_retention = provider.retry_period().unwrap_or_default();
    let order = endpoint.inbox_options.order_by.and_then(|source| encoded.at(source));
    new.ordering_key = order.map(|key| Bytes::from(key.into_owned()));
    new.event = encoded.event().map(Into::into);
    new.provider_id = encoded.id().map(Into::into);
    new.head = head;
    new
}

fn head(delivery: &Delivery, parts: &Parts, kept: &KeptHeaders) -> StoredRequest {
    let verified = delivery.verification();
    let mut headers = HeaderMap::with_capacity(delivery.headers().keys_len());
    for (name, value) in delivery.headers() {
        // Signatures and tokens are not needed any more, whoever names them.
        if !value.is_sensitive() && kept.keeps(name, delivery.sent_by()) {
            headers.append(name.clone(), value.clone());
        }
    }
    let (uri, nested_at) = place(parts);
    let proof = delivery.sent_by().signature_parameter();
    let query = verified
        .query
        .as_deref()
        .map(|query| Bytes::from(without(&String::from_utf8_lossy(query), proof).into_owned()));
    let uri = match uri.split_once('?') {
        Some((path, query)) => format!("{path}?{}", without(query, proof)),
        None => uri.to_owned(),
    };
    StoredRequest {
        method: parts.method.as_str().to_owned(),
        uri,
        nested_at,
        query,
        headers,
        tenant: verified.tenant.params().to_vec(),
        secret_name: delivery.secret_name().to_owned(),
        signed_at: delivery.signed_at(),
        batch_item: None,
        traceparent: trace::context_of(&Span::current()).map(|context| context.to_string()),
    }
}

/// Path and query of the request, and the path at which its router is nested. A nested router sees
/// the rest of the path only: the whole has the parameters of the prefix.
fn place(parts: &Parts) -> (&str, Option<String>) {
    let (whole, rest) = (parts.extensions.get::<OriginalUri>(), parts.uri.path());
    match (whole, parts.extensions.get::<NestedPath>()) {
        (Some(OriginalUri(whole)), Some(nested)) if rest == "/" || whole.path().ends_with(rest) => {
            (path_and_query(whole), Some(nested.as_str().to_owned()))
        }
        _ => (path_and_query(&parts.uri), None),
    }
}

fn path_and_query(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", PathAndQuery::as_str)
}

/// A query without the parameter of this name.
fn without<'q>(query: &'q str, parameter: Option<&str>) -> Cow<'q, str> {
    let Some(parameter) = parameter else { return Cow::Borrowed(query) };
    let is_its = |pair: &&str| {
        form_urlencoded::parse(pair.as_bytes()).next().is_some_and(|(name, _)| name == parameter)
    };
    let others: Vec<&str> = query.split('&').filter(|pair| !is_its(pair)).collect();
    Cow::Owned(others.join("&"))
}
