//! A delivery to store, and the result of storing it.

use std::time::{Duration, SystemTime};

use bytes::Bytes;

use crate::{inbox::http::head::Head, support::hash::PartsHash};

/// A verified delivery to store.
#[derive(Clone)]
#[non_exhaustive]
pub struct NewDelivery {
    /// The name of the endpoint whose function will run.
    pub endpoint: String,
    /// The name of the provider.
    pub provider: String,
    /// The deduplication key: the signed id, or a digest of what was signed. Two deliveries of one
    /// endpoint and tenant ([`Head::scope`]) with the same key are copies.
    pub key: Bytes,
    /// How long a copy of this delivery has to be recognised: as long as the provider may send it
    /// again. [`Inbox::enqueue`](crate::Inbox::enqueue) makes it at least as long as the inbox is
    /// configured to.
    pub keep_key_for: Duration,
    /// The ordering key: deliveries of one endpoint and tenant that share it run one after another.
    pub order_key: Option<Bytes>,
    /// The name of the event, if the provider names it.
    pub event: Option<String>,
    /// The provider's id of the delivery, if it has one.
    pub provider_id: Option<String>,
    /// The time at which the request was verified.
    pub received_at: SystemTime,
    /// The request without its body, to run the function as if it had just arrived.
    pub head: Head,
    /// The bytes that the provider signed.
    pub body: Bytes,
}

impl NewDelivery {
    /// Creates a delivery of which nothing more is known. Set the other fields afterwards.
    #[must_use]
    pub fn new(
        endpoint: impl Into<String>,
        provider: impl Into<String>,
        key: impl Into<Bytes>,
        body: impl Into<Bytes>,
        received_at: SystemTime,
    ) -> Self {
        Self {
            endpoint: endpoint.into(),
            provider: provider.into(),
            key: key.into(),
            keep_key_for: Duration::ZERO,
            order_key: None,
            event: None,
            provider_id: None,
            received_at,
            head: Head::default(),
            body: body.into(),
        }
    }

    /// The approximate size in a queue, for the limit of what may wait.
    pub(crate) fn weight(&self) -> usize {
        self.body.len() + self.head.weight() + 512
    }

    /// A digest of the endpoint, the tenant and the [key](Self::key): two deliveries that have it
    /// in common are copies.
    #[must_use]
    pub fn dedup_digest(&self) -> [u8; 16] {
        digest(&self.endpoint, &self.head.scope, &self.key)
    }

    /// A digest of the endpoint, the tenant and the [ordering key](Self::order_key): deliveries
    /// that have it in common run one after another.
    #[must_use]
    pub fn ordering_digest(&self) -> Option<[u8; 16]> {
        let key = self.order_key.as_ref()?;
        Some(digest(&self.endpoint, &self.head.scope, key))
    }
}

/// A digest of fixed size, whatever a sender writes. Half of SHA-256 is as hard to hit as a UUID,
/// and keeps the index of keys small.
pub(crate) type Digest = [u8; 16];

fn digest(endpoint: &str, scope: &[(String, String)], key: &[u8]) -> Digest {
    let mut hash = PartsHash::new();
    hash.part(endpoint.as_bytes());
    hash.part(&(scope.len() as u64).to_be_bytes());
    for (name, value) in scope {
        hash.part(name.as_bytes());
        hash.part(value.as_bytes());
    }
    hash.part(key);
    let mut digest = Digest::default();
    digest.copy_from_slice(&hash.finish()[..16]);
    digest
}

/// The result of storing a delivery. Either way it is safe and can be acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Enqueued {
    /// The delivery is stored under this number.
    Stored(i64),
    /// The delivery was stored before, under this number. The record may have been pruned since.
    Duplicate(i64),
}

impl Enqueued {
    /// The number of the record.
    #[must_use]
    pub fn id(self) -> i64 {
        match self {
            Self::Stored(id) | Self::Duplicate(id) => id,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn scope(params: &[(&str, &str)]) -> Vec<(String, String)> {
        params.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn keys_are_told_apart_by_endpoint_and_tenant() {
        let all = [
            digest("a", &[], b"key"),
            digest("b", &[], b"key"),
            digest("ak", &[], b"ey"),
            digest("a", &scope(&[("tenant", "1")]), b"key"),
            digest("a", &scope(&[("tenan", "t1")]), b"key"),
            digest("a", &scope(&[("tenant", "2")]), b"key"),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[at + 1..].contains(one), "{at}");
        }
        assert_eq!(all[0], digest("a", &[], b"key"));
    }

    #[test]
    fn a_delivery_weighs_what_it_holds() {
        let mut delivery = NewDelivery::new("e", "p", "key", "0123456789", UNIX_EPOCH);
        assert_eq!(delivery.weight(), 522);
        delivery.head.uri = String::from("/hooks");
        assert_eq!(delivery.weight(), 528);
    }

    #[test]
    fn a_line_is_of_one_endpoint_and_tenant() {
        let mut delivery = NewDelivery::new("e", "p", "key", "", UNIX_EPOCH);
        assert_eq!(delivery.dedup_digest(), digest("e", &[], b"key"));
        assert_eq!(delivery.ordering_digest(), None);
        delivery.order_key = Some(Bytes::from_static(b"order"));
        assert_eq!(delivery.ordering_digest(), Some(digest("e", &[], b"order")));
        delivery.head.scope = scope(&[("tenant", "1")]);
        assert_eq!(delivery.dedup_digest(), digest("e", &delivery.head.scope, b"key"));
        assert_eq!(delivery.ordering_digest(), Some(digest("e", &delivery.head.scope, b"order")));
    }

    #[test]
    fn stored_or_not_there_is_a_number() {
        assert_eq!((Enqueued::Stored(7).id(), Enqueued::Duplicate(8).id()), (7, 8));
    }
}
