//! Copies everything from one database to another, such as from an SQLite file to PostgreSQL.

use std::{
    collections::HashSet,
    time::{Duration, SystemTime},
};

use crate::{
    inbox::{
        Inbox,
        error::InboxError,
        record::{Digest, millis, span},
        store::StoreFuture,
        tx::must_not_wait_for_itself,
    },
    support::hash::PartsHash,
};

/// For so long at least, the target knows what was copied, so that it is not copied again.
const MARK_RETENTION: Duration = Duration::from_secs(90 * 24 * 3600);

/// The keys without a delivery that are copied at a time.
const KEYS: usize = 1000;

/// The first columns of a delivery, which never change: endpoint and time of receipt.
const LASTING: usize = 2;

/// The most deliveries that a result names.
const NAMED: usize = 100;

/// The result of [`Inbox::copy_to`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CopyResult {
    /// The number of deliveries that were copied.
    pub copied: u64,
    /// The number of those that the target had already: from a copy before, or because they were sent
    /// to it.
    pub known: u64,
    /// The number of those that were left out because a value in their rows cannot be read.
    pub unreadable: u64,
    /// The numbers of the first hundred of them, in the database that was copied.
    pub unreadable_ids: Vec<i64>,
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Int(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

/// A key by which copies of a delivery are recognised.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownKey {
    /// The delivery's number in its database.
    pub(crate) delivery: i64,
    pub(crate) key: Digest,
    pub(crate) expires_at: i64,
}

/// A delivery with all that belongs to it, column by column.
#[derive(Clone, Debug)]
pub(crate) struct Exported {
    /// The number in the database that it comes from.
    pub(crate) id: i64,
    pub(crate) delivery: Vec<Cell>,
    pub(crate) line: Option<Digest>,
    pub(crate) body: Option<Vec<Cell>>,
    pub(crate) attempts: Vec<Vec<Cell>>,
    pub(crate) duplicates: Vec<Vec<Cell>>,
    /// The keys of the delivery, and the mark by which it is recognised if it is copied again.
    pub(crate) keys: Vec<KnownKey>,
}

/// The next deliveries of a database, and those among them that cannot be read.
#[derive(Debug, Default)]
pub(crate) struct Part {
    pub(crate) deliveries: Vec<Exported>,
    pub(crate) unreadable: Vec<i64>,
    /// The last number that was looked at; `None` at the end.
    pub(crate) last: Option<i64>,
}

/// A database that can be copied, and be copied to.
pub(crate) trait Copying: Send + Sync {
    /// What tells this database from others, by whatever name it was opened.
    fn place(&self) -> StoreFuture<'_, String>;

    /// The number of deliveries that a worker holds at the moment.
    fn held(&self) -> StoreFuture<'_, i64>;

    /// All keys.
    fn keys(&self) -> StoreFuture<'_, Vec<KnownKey>>;

    /// Reads deliveries with numbers above `after`, ordered by number.
    fn export(&self, after: i64) -> StoreFuture<'_, Part>;

    /// Stores those of which no key is known, and returns their number.
    fn import(&self, deliveries: Vec<Exported>) -> StoreFuture<'_, u64>;

    /// Stores keys whose delivery is gone.
    fn import_keys(&self, keys: Vec<KnownKey>) -> StoreFuture<'_, ()>;

    /// What is said of endpoints.
    fn endpoints(&self) -> StoreFuture<'_, Vec<Vec<Cell>>>;

    /// Stores what is said of endpoints, unless something is.
    fn import_endpoints(&self, endpoints: Vec<Vec<Cell>>) -> StoreFuture<'_, ()>;
}

/// A store that is one of the built-in databases, if it is one.
#[derive(Clone, Copy)]
#[doc(hidden)]
pub struct CopyingStore<'a>(pub(crate) &'a dyn Copying);

impl Inbox {
    /// Copies all deliveries to another inbox: from an SQLite file to PostgreSQL, or the other way.
    /// Bodies, states, attempts, ordering keys and the keys by which duplicates are detected are
    /// copied, in the order of the deliveries, and so are pauses of endpoints. The other inbox gives
    /// the deliveries new numbers. Workers of before are forgotten, and so are the sums of minutes.
    ///
    /// First stop the programs that work on this inbox. Let programs work on the other one only when
    /// this is done, and never on this one again: what is copied would run in both. If it fails or is
    /// interrupted, call it again: within 90 days, what was copied is not copied twice. A delivery
    /// that the other inbox has received itself is not copied either. What the other inbox has of an
    /// ordering key runs before what is copied.
    ///
    /// The keys are held in memory, at about 40 bytes each.
    ///
    /// # Errors
    /// If deliveries of this inbox are running, a store fails, or one is not built in. What was
    /// copied before the error stays.
    pub async fn copy_to(&self, other: &Self) -> Result<CopyResult, InboxError> {
        must_not_wait_for_itself()?;
        let unsupported = || InboxError::Unsupported("only SQLite and PostgreSQL can be copied");
        let CopyingStore(from) = self.shared.store.copying().ok_or_else(unsupported)?;
        let CopyingStore(to) = other.shared.store.copying().ok_or_else(unsupported)?;
        if self.is(other) || from.place().await? == to.place().await? {
            return Err(InboxError::Unsupported("an inbox cannot be copied to itself"));
        }
        if !self.shared.writer.pools().is_empty() || from.held().await? > 0 {
            return Err(InboxError::Unsupported(
                "deliveries are running: stop the programs that work on the inbox, and wait until \
                 the leases of those that were killed have ended",
            ));
        }
        let mut keys = from.keys().await?;
        keys.sort_unstable_by_key(|key| key.delivery);
        let (mut result, mut after) = (CopyResult::default(), i64::MIN);
        let mut there = HashSet::new();
        loop {
            let mut part = from.export(after).await?;
            result.unreadable += part.unreadable.len() as u64;
            let named = NAMED.saturating_sub(result.unreadable_ids.len());
            result.unreadable_ids.extend(part.unreadable.iter().take(named));
            there.extend(part.deliveries.iter().map(|one| one.id));
            there.extend(&part.unreadable);
            for exported in &mut part.deliveries {
                exported.keys = keys_of(&keys, exported);
            }
            let count = part.deliveries.len() as u64;
            let copied = to.import(part.deliveries).await?;
            result.copied += copied;
            result.known += count - copied;
            match part.last {
                Some(last) => after = last,
                None => break,
            }
        }
        keys.retain(|key| !there.contains(&key.delivery));
        for some in keys.chunks(KEYS) {
            to.import_keys(some.to_vec()).await?;
        }
        to.import_endpoints(from.endpoints().await?).await?;
        other.wake();
        Ok(result)
    }
}

/// The keys of a delivery, and its mark.
fn keys_of(all: &[KnownKey], exported: &Exported) -> Vec<KnownKey> {
    let begin = all.partition_point(|key| key.delivery < exported.id);
    let own = all[begin..].iter().take_while(|key| key.delivery == exported.id);
    let mut keys: Vec<KnownKey> = own.copied().collect();
    let forget = millis(SystemTime::now()) + span(MARK_RETENTION);
    let latest = keys.iter().map(|key| key.expires_at).fold(forget, i64::max);
    keys.push(KnownKey { delivery: exported.id, key: mark(exported), expires_at: latest });
    keys
}

/// Tells a delivery from all others, in whatever database it is, by what never changes.
fn mark(exported: &Exported) -> Digest {
    let mut hash = PartsHash::new();
    hash.part(b"copied");
    hash.part(&exported.id.to_be_bytes());
    for cell in &exported.delivery[..LASTING] {
        match cell {
            Cell::Text(Some(text)) => hash.part(text.as_bytes()),
            Cell::Int(Some(number)) => hash.part(&number.to_be_bytes()),
            _ => hash.part(b""),
        }
    }
    let mut mark = Digest::default();
    mark.copy_from_slice(&hash.finish()[..16]);
    mark
}
