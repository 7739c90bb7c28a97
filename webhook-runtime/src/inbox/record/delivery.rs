//! A delivery to store, and the result of storing it.

use std::time::{Duration, SystemTime};

use bytes::Bytes;

use crate::{
    inbox::{http::head::StoredRequest, record::stored_text},
    support::hash::PartsHash,
};

/// A verified delivery to store.
#[derive(Clone)]
#[non_exhaustive]
pub struct NewDelivery {
    /// The name of the endpoint whose function will run.
    pub endpoint: String,
    /// The name of the provider.
    pub provider: String,
    /// The deduplication key: the signed id, or a digest of what was signed. Two deliveries of one
    /// endpoint and tenant ([`StoredRequest::tenant`]) with the same key are copies.
    pub dedup_key: Bytes,
    /// The time for which a copy of this delivery is recognised: as long as the provider may send it
    /// again. [`Inbox::enqueue`](crate::Inbox::enqueue) makes it at least as long as the inbox is
    /// configured to.
    pub dedup_retention: Duration,
    /// The ordering key: deliveries of one endpoint and tenant that share it run one after another.
    pub ordering_key: Option<Bytes>,
    /// A digest of the tenant, where tenants take turns: a store keeps it beside the delivery.
    /// [`Inbox::enqueue`](crate::Inbox::enqueue) makes it of [`StoredRequest::tenant`] if the inbox
    /// is configured [so](crate::inbox::InboxBuilder::fair_tenants).
    pub tenant_digest: Option<[u8; 16]>,
    /// The name of the event, if the provider names it.
    pub event: Option<String>,
    /// The provider's id of the delivery, if it has one.
    pub provider_id: Option<String>,
    /// The time at which the request was verified.
    pub received_at: SystemTime,
    /// The request without its body, to run the function as if it had just arrived.
    pub head: StoredRequest,
    /// The bytes that the provider signed.
    pub body: Bytes,
    /// The body as it will be stored, if a store has packed it ahead.
    #[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
    pub(crate) packed: Option<PackedBody>,
}

/// A body as it is stored.
#[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
#[derive(Clone)]
pub(crate) struct PackedBody {
    /// The body that was packed.
    pub(crate) of: Bytes,
    pub(crate) stored: Bytes,
    /// Its length before it was compressed; 0 if it is as it was sent.
    pub(crate) unpacked: i32,
}

impl NewDelivery {
    /// Creates a delivery of which nothing more is known. Set the other fields afterwards.
    #[must_use]
    pub fn new(
        endpoint: impl Into<String>,
        provider: impl Into<String>,
        dedup_key: impl Into<Bytes>,
        body: impl Into<Bytes>,
        received_at: SystemTime,
    ) -> Self {
        Self {
            endpoint: endpoint.into(),
            provider: provider.into(),
            dedup_key: dedup_key.into(),
            dedup_retention: Duration::ZERO,
            ordering_key: None,
            tenant_digest: None,
            event: None,
            provider_id: None,
            received_at,
            head: StoredRequest::default(),
            body: body.into(),
            #[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
            packed: None,
        }
    }

    /// The approximate size in a queue, for the limit of what may wait.
    pub(crate) fn weight(&self) -> usize {
        self.body.len() + self.head.weight() + 512
    }

    /// The tenant as a store keeps it for operators; `None` without one.
    #[must_use]
    pub fn tenant_name(&self) -> Option<String> {
        let tenant = &self.head.tenant;
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(tenant);
        (!tenant.is_empty()).then(|| stored_text(&form.finish()))
    }

    /// The name of the secret that matched, as a store keeps it.
    #[must_use]
    pub fn secret_name(&self) -> Option<String> {
        let name = &self.head.secret_name;
        (!name.is_empty()).then(|| stored_text(name))
    }

    /// Lets its tenant take turns with others. Deliveries without a tenant are those of one more.
    pub(crate) fn take_turns(&mut self) {
        let tenant = digest("", &self.head.tenant, b"");
        self.tenant_digest.get_or_insert(tenant);
    }

    /// A digest of the endpoint, the tenant and the [deduplication key](Self::dedup_key): two
    /// deliveries that have it in common are copies.
    #[must_use]
    pub fn dedup_digest(&self) -> [u8; 16] {
        digest(&self.endpoint, &self.head.tenant, &self.dedup_key)
    }

    /// A digest of the endpoint, the tenant and the [ordering key](Self::ordering_key): deliveries
    /// that have it in common run one after another.
    #[must_use]
    pub fn ordering_digest(&self) -> Option<[u8; 16]> {
        let key = self.ordering_key.as_ref()?;
        Some(digest(&self.endpoint, &self.head.tenant, key))
    }
}

/// A digest of fixed size, whatever a sender writes. Half of SHA-256 is as hard to hit as a UUID,
/// and keeps the index of keys small.
pub(crate) type Digest = [u8; 16];

fn digest(endpoint: &str, tenant: &[(String, String)], key: &[u8]) -> Digest {
    let mut hash = PartsHash::new();
    hash.part(endpoint.as_bytes());
    hash.part(&(tenant.len() as u64).to_be_bytes());
    for (name, value) in tenant {
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
pub enum EnqueueResult {
    /// The delivery is stored under this number.
    Stored(i64),
    /// The delivery was stored before, under this number. The record may have been pruned since.
    Duplicate(i64),
    /// The delivery was stored before, under this number, and was a dead letter. It runs again, with
    /// the head and the body of this copy.
    Revived(i64),
}

impl EnqueueResult {
    /// The number of the record.
    #[must_use]
    pub fn id(self) -> i64 {
        match self {
            Self::Stored(id) | Self::Duplicate(id) | Self::Revived(id) => id,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn tenant(params: &[(&str, &str)]) -> Vec<(String, String)> {
        params.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn keys_are_told_apart_by_endpoint_and_tenant() {
        let all = [
            digest("a", &[], b"key"),
            digest("b", &[], b"key"),
            digest("ak", &[], b"ey"),
            digest("a", &tenant(&[("tenant", "1")]), b"key"),
            digest("a", &tenant(&[("tenan", "t1")]), b"key"),
            digest("a", &tenant(&[("tenant", "2")]), b"key"),
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
        delivery.ordering_key = Some(Bytes::from_static(b"order"));
        assert_eq!(delivery.ordering_digest(), Some(digest("e", &[], b"order")));
        delivery.head.tenant = tenant(&[("tenant", "1")]);
        assert_eq!(delivery.dedup_digest(), digest("e", &delivery.head.tenant, b"key"));
        assert_eq!(delivery.ordering_digest(), Some(digest("e", &delivery.head.tenant, b"order")));
    }

    #[test]
    fn tenants_take_turns_by_their_parameters() {
        let of = |endpoint: &str, params: &[(&str, &str)]| {
            let mut delivery = NewDelivery::new(endpoint, "p", "key", "", UNIX_EPOCH);
            delivery.head.tenant = tenant(params);
            delivery.take_turns();
            delivery.tenant_digest
        };
        let one = of("e", &[("tenant", "1")]);
        assert_eq!(one, of("f", &[("tenant", "1")]));
        assert_ne!(one, of("e", &[("tenant", "2")]));
        assert_ne!(one, of("e", &[]));
        assert!(of("e", &[]).is_some());
        let mut own = NewDelivery::new("e", "p", "key", "", UNIX_EPOCH);
        own.tenant_digest = Some([7; 16]);
        own.take_turns();
        assert_eq!(own.tenant_digest, Some([7; 16]), "as the caller says");
    }

    #[test]
    fn stored_or_not_there_is_a_number() {
        assert_eq!((EnqueueResult::Stored(7).id(), EnqueueResult::Duplicate(8).id()), (7, 8));
    }
}
