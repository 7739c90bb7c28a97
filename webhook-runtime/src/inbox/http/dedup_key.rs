//! The deduplication key of a delivery: what tells it from any other one.

use std::{
    borrow::Cow,
    hash::{BuildHasher as _, RandomState},
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;

use crate::{
    delivery::{PayloadShape, RawEvent},
    support::hash::PartsHash,
    verify::{BatchLayout, Deduplication, scheme::Identity},
};

/// The part of a delivery that identifies it.
enum Basis<'a> {
    /// The provider's id, with the name and the action that the id may not tell apart: some providers
    /// number the subject of an event, not the event.
    Id([Cow<'a, str>; 3]),
    /// The signed text of one item, so that it is known again in any other batch.
    Item(Cow<'a, str>),
    /// The signed text of the whole.
    Text([u8; 32]),
    /// The query, if it is the payload, and the body.
    Everything([&'a [u8]; 2]),
}

/// The deduplication key. It is made of what was signed, as the verifier read it: what is not signed
/// does not count, headers included, or else a recorded delivery could be turned into another one.
pub(super) fn dedup_key<'a>(event: RawEvent<'a>, shape: PayloadShape, uri: &'a str) -> Bytes {
    let provider = event.delivery().sent_by();
    let mut hash = PartsHash::new();
    match Basis::of(event, uri) {
        // An id tells deliveries apart by itself.
        Basis::Id(parts) => {
            hash.part(b"id");
            for part in &parts {
                hash.part(part.as_bytes());
            }
            return Bytes::copy_from_slice(&hash.finish());
        }
        Basis::Item(item) => {
            hash.part(b"item");
            hash.part(item.as_bytes());
        }
        Basis::Text(text) => {
            hash.part(b"text");
            hash.part(&text);
        }
        Basis::Everything(parts) => {
            hash.part(b"bytes");
            for part in parts {
                hash.part(part);
            }
        }
    }
    match provider.deduplication() {
        Deduplication::SignedBytesAndEvent => {
            let name = event.event().unwrap_or_default();
            hash.part(shape.known_event(&name, provider.action().is_some()).as_bytes());
        }
        // No other delivery has the same bytes, not even in another process.
        Deduplication::Disabled => hash.part(&unique()),
        Deduplication::SignedBytes => {}
    }
    Bytes::copy_from_slice(&hash.finish())
}

impl<'a> Basis<'a> {
    fn of(event: RawEvent<'a>, uri: &'a str) -> Self {
        let delivery = event.delivery();
        let info = delivery.sent_by().scheme_info();
        let in_query = delivery.verification().query.is_some();
        match delivery.verification().proof.identity {
            // A signature that does not cover the query covers nothing of a payload in it.
            Some(Identity::SignedText(text)) if !in_query || info.signs_url => {
                // An id in a body that is signed in part may be spelled in other ways.
                let id = if info.signs_body { Self::id(event, true) } else { None };
                id.unwrap_or_else(|| match event.item_json() {
                    Some(item) => Self::Item(delivery.sent_by().signed_item(item)),
                    None => Self::Text(text),
                })
            }
            // If nothing is signed at all, everything counts: who knows the secret can make others
            // anyway.
            _ => Self::id(event, false).unwrap_or_else(|| {
                let query = uri.split_once('?').filter(|_| in_query).map_or("", |(_, query)| query);
                Self::Everything([query.as_bytes(), event.bytes()])
            }),
        }
    }

    /// The id, if there is one, and only what is signed if `signed` says so.
    fn id(event: RawEvent<'a>, signed: bool) -> Option<Self> {
        let provider = event.delivery().sent_by();
        let layout = provider.batch();
        let counts = |in_item, in_whole| !signed || event.signs(in_item, in_whole);
        if !counts(layout.and_then(BatchLayout::id), provider.id()) {
            return None;
        }
        let id = event.id().filter(|id| !id.is_empty())?;
        let name =
            event.event().filter(|_| counts(layout.and_then(BatchLayout::event), provider.event()));
        let action = event
            .action()
            .filter(|_| counts(layout.and_then(BatchLayout::action), provider.action()));
        Some(Self::Id([id, name.unwrap_or_default(), action.unwrap_or_default()]))
    }
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
