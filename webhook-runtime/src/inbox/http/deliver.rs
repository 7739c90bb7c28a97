//! From a verified delivery to the deliveries that are stored.

use std::{
    borrow::Cow,
    hash::{BuildHasher as _, RandomState},
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    extract::{NestedPath, OriginalUri},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, Uri, header, request::Parts, uri::PathAndQuery};
use tracing::Level;

use crate::{
    delivery::{Delivery, PayloadKind, RawEvent, Rejection},
    endpoint::Endpoint,
    inbox::{
        Inbox,
        error::InboxError,
        http::head::{BatchItemRef, StoredRequest},
        record::{EnqueueResult, NewDelivery},
    },
    support::{console, hash::PartsHash, text::truncate},
    verify::{BatchLayout, Deduplication, scheme::Identity},
};

/// Headers that are not stored: those of the connection, and credentials.
const NOT_KEPT: [header::HeaderName; 11] = [
    header::AUTHORIZATION,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::COOKIE,
    header::EXPECT,
    header::HOST,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

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
    /// can be seen.
    async fn log_copies(
        &self,
        endpoint: &Endpoint,
        delivery: &Delivery,
        results: &[EnqueueResult],
    ) {
        let provider = endpoint.provider;
        // The events of a batch have names of their own.
        let unsigned = provider.batch().is_none()
            && provider.event().is_some_and(|source| !provider.signs(source));
        for result in results {
            match result {
                EnqueueResult::Revived(id) => {
                    tracing::info!(record_id = id, "a copy revives a dead letter");
                }
                EnqueueResult::Duplicate(id) if unsigned && tracing::enabled!(Level::WARN) => {
                    let Ok(Some(known)) = self.get(*id).await else { continue };
                    let event = delivery.event();
                    if known.record.event.as_deref() != event.as_deref() {
                        tracing::warn!(
                            record_id = id,
                            known = known.record.event,
                            event = event.as_deref().map(|event| truncate(event, MAX_LOGGED)),
                            "a copy came under another event name, which is not signed: it does \
                             not run"
                        );
                    }
                }
                EnqueueResult::Stored(_) | EnqueueResult::Duplicate(_) => {}
            }
        }
    }

    /// Stores a delivery, and responds when it is safe. A copy gets the same response as the first.
    pub(crate) async fn acknowledge(
        &self,
        endpoint: &Endpoint,
        delivery: &Delivery,
        parts: &Parts,
    ) -> Response {
        // A content type that the handler would reject is rejected now, and nothing is stored. The
        // content type is hardly ever signed, so a stranger may have written it.
        if endpoint.payload_shape.kind != PayloadKind::Delivery
            && let Err(rejection) = delivery.content()
        {
            return rejection.into_response();
        }
        let records = records(endpoint, delivery, parts);
        match self.enqueue_all(records).await {
            Ok(results) => self.log_copies(endpoint, delivery, &results).await,
            Err(error) => {
                tracing::error!(%error, "the delivery could not be stored");
                let (name, id) = (endpoint.name, delivery.traced_id());
                console::failure(format_args!(
                    "{name}: {} could not be stored: {error}",
                    console::named(id.as_deref())
                ));
                return Rejection::NotStored.into_response();
            }
        }
        let status = endpoint.provider.ack_status();
        if console::shows_all() {
            let (name, id) = (endpoint.name, delivery.traced_id());
            let named = console::named(id.as_deref());
            console::success(format_args!("{status} {name}: {named} is stored"));
        }
        StatusCode::from_u16(status).unwrap_or(StatusCode::ACCEPTED).into_response()
    }
}

/// The deliveries to store: the delivery itself, or each event of a batch whose handler takes
/// events one by one. A batch that cannot be split is stored whole and becomes a dead letter, so
/// that nothing that was signed is lost.
fn records(endpoint: &Endpoint, delivery: &Delivery, parts: &Parts) -> Vec<NewDelivery> {
    let head = head(delivery, parts);
    let items =
        delivery.batch_layout().filter(|_| endpoint.payload_shape.kind == PayloadKind::Item);
    let items = items.and_then(|says| Some((says, delivery.items(says).ok()?)));
    let stored = without_credentials(delivery);
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
            None => Bytes::copy_from_slice(json.as_bytes()),
        };
        record(endpoint, RawEvent::item(delivery, says, index, json), body, head)
    });
    records.collect()
}

/// The body, with asterisks in place of the secret. The length is the same, so that every event
/// keeps its place.
fn without_credentials(delivery: &Delivery) -> Bytes {
    let places = delivery.sent_by().credentials(delivery.body());
    if places.is_empty() {
        return delivery.body().clone();
    }
    let mut body = delivery.body().to_vec();
    for place in places {
        body.get_mut(place).unwrap_or_default().fill(b'*');
    }
    body.into()
}

fn record(
    endpoint: &Endpoint,
    encoded: RawEvent<'_>,
    body: Bytes,
    head: StoredRequest,
) -> NewDelivery {
    let provider = endpoint.provider;
    let received_at = encoded.delivery().received_at();
    let key = key(encoded, endpoint, &head.uri);
    let mut new = NewDelivery::new(endpoint.name, provider.name(), key, body, received_at);
    new.dedup_retention = provider.retry_period().unwrap_or_default();
    let order = endpoint.order_by.and_then(|source| encoded.at(source));
    new.ordering_key = order.map(|key| Bytes::from(key.into_owned()));
    new.event = encoded.event().map(Into::into);
    new.provider_id = encoded.id().map(Into::into);
    new.head = head;
    new
}

/// The deduplication key. It is made of what was signed, as the verifier read it: what is not signed
/// does not count, headers included, or else a recorded delivery could be turned into another one.
fn key(event: RawEvent<'_>, endpoint: &Endpoint, uri: &str) -> Bytes {
    let delivery = event.delivery();
    let provider = delivery.sent_by();
    let mut hash = PartsHash::new();
    let in_query = delivery.verification().query.is_some();
    match delivery.verification().proof.identity {
        // A signature that does not cover the query covers nothing of a delivery in it.
        _ if in_query && !provider.scheme_info().signs_url => {
            hash_everything(event, uri, &mut hash);
        }
        Some(Identity::SignedText(text)) if !hash_signed_id(event, &mut hash) => {
            // Items are known again in any other batch.
            if let Some(item) = event.item_json() {
                hash.part(b"item");
                hash.part(provider.signed_item(item).as_bytes());
            } else {
                hash.part(b"text");
                hash.part(&text);
            }
        }
        Some(Identity::SignedText(_)) => {}
        // If nothing is signed at all, everything counts: who knows the secret can make others
        // anyway.
        Some(Identity::Unsigned) | None => hash_everything(event, uri, &mut hash),
    }
    match provider.deduplication() {
        Deduplication::SignedBytesAndEvent => {
            let name = event.event().unwrap_or_default();
            hash.part(endpoint.payload_shape.known_event(&name).as_bytes());
        }
        // No other delivery has the same bytes, not even in another process.
        Deduplication::Disabled => hash.part(&unique()),
        Deduplication::SignedBytes => {}
    }
    Bytes::copy_from_slice(&hash.finish())
}

/// Hashes the id, if a signature over the whole body or a header covers it. Senders that change a
/// part of a delivery when they send it again keep its id.
fn hash_signed_id(event: RawEvent<'_>, hash: &mut PartsHash) -> bool {
    let provider = event.delivery().sent_by();
    if !provider.scheme_info().signs_body {
        return false;
    }
    let items = provider.batch();
    if !event.signs(items.and_then(BatchLayout::id), provider.id()) {
        return false;
    }
    let Some(id) = event.id().filter(|id| !id.is_empty()) else { return false };
    hash.part(b"id");
    hash.part(id.as_bytes());
    // Some providers number the subject of an event, not the event.
    let name = items.and_then(BatchLayout::event);
    let action = items.and_then(BatchLayout::action);
    for (said, pointer, source) in
        [(event.event(), name, provider.event()), (event.action(), action, provider.action())]
    {
        let said = said.filter(|_| event.signs(pointer, source));
        hash.part(said.as_deref().unwrap_or_default().as_bytes());
    }
    true
}

/// Hashes all that tells deliveries of a provider apart whose requests contain a credential and no
/// signature.
fn hash_everything(event: RawEvent<'_>, uri: &str, hash: &mut PartsHash) {
    if let Some(id) = event.id().filter(|id| !id.is_empty()) {
        hash.part(b"id");
        hash.part(id.as_bytes());
        for said in [event.event(), event.action()] {
            hash.part(said.as_deref().unwrap_or_default().as_bytes());
        }
        return;
    }
    hash.part(b"bytes");
    if event.delivery().verification().query.is_some() {
        hash.part(uri.split_once('?').map_or("", |(_, query)| query).as_bytes());
    }
    hash.part(event.bytes());
}

/// Unique bytes.
fn unique() -> [u8; 24] {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let mut bytes = [0; 24];
    // The standard library hashes with random keys.
    let random = RandomState::new().hash_one(now);
    bytes[..8].copy_from_slice(&random.to_be_bytes());
    bytes[8..16].copy_from_slice(&LAST.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    bytes[16..].copy_from_slice(&RandomState::new().hash_one(random).to_be_bytes());
    bytes
}

fn head(delivery: &Delivery, parts: &Parts) -> StoredRequest {
    let verified = delivery.verification();
    let mut headers = HeaderMap::with_capacity(delivery.headers().keys_len());
    for (name, value) in delivery.headers() {
        // Signatures and tokens are not needed any more.
        if !value.is_sensitive() && !NOT_KEPT.contains(name) {
            headers.append(name.clone(), value.clone());
        }
    }
    let (uri, nested_at) = place(parts);
    let secret = delivery.sent_by().secret_parameter();
    let query = verified
        .query
        .as_deref()
        .map(|query| Bytes::from(without(&String::from_utf8_lossy(query), secret).into_owned()));
    let uri = match uri.split_once('?') {
        Some((path, query)) => format!("{path}?{}", without(query, secret)),
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
