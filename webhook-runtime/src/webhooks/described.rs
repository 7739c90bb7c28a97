//! The mounted endpoints with all that the builder adds to them, for a document about them.

use std::time::Duration;

use super::{Webhooks, find_for};
use crate::endpoint::Endpoint;

/// One mounted endpoint, with all that the builder adds to it.
pub(crate) struct DescribedEndpoint {
    pub(crate) endpoint: Endpoint,
    pub(crate) body_timeout: Duration,
    /// True if each tenant has secrets of its own.
    pub(crate) has_secret_source: bool,
    pub(crate) has_key_source: bool,
    pub(crate) peer_quota: Option<DescribedQuota>,
    pub(crate) endpoint_quota: Option<DescribedQuota>,
    /// The inbox, if the endpoint is marked `inbox`.
    pub(crate) inbox: Option<DescribedInbox>,
}

/// A number of requests in a time.
#[derive(Clone, Copy)]
pub(crate) struct DescribedQuota {
    pub(crate) requests: u32,
    pub(crate) period: Duration,
    pub(crate) burst: u32,
}

/// The rules of an inbox for one endpoint. A rule that is not known is `None`.
#[derive(Clone, Copy, Default)]
pub(crate) struct DescribedInbox {
    pub(crate) dedup_retention: Option<Duration>,
    pub(crate) max_attempts: Option<u32>,
}

impl<S, const HAS_STATE: bool> Webhooks<S, HAS_STATE> {
    /// The mounted endpoints, in their order.
    pub(crate) fn described(&self) -> Vec<DescribedEndpoint> {
        self.endpoints().map(|endpoint| self.describe(endpoint)).collect()
    }

    fn describe(&self, endpoint: &Endpoint) -> DescribedEndpoint {
        DescribedEndpoint {
            endpoint: endpoint.clone(),
            body_timeout: self.body_limits.timeout,
            has_secret_source: find_for(&self.secret_sources, endpoint).is_some(),
            has_key_source: self.key_ring.is_some(),
            peer_quota: self.described_peer_quota(),
            endpoint_quota: self.described_quota_of(endpoint),
            inbox: endpoint.inbox.then(|| self.described_inbox_of(endpoint)),
        }
    }
}

#[cfg(feature = "inbox")]
impl<S, const HAS_STATE: bool> Webhooks<S, HAS_STATE> {
    fn described_inbox_of(&self, endpoint: &Endpoint) -> DescribedInbox {
        let Some(inbox) = self.inboxes.of(endpoint) else { return DescribedInbox::default() };
        let in_code = find_for(&self.inboxes.options, endpoint).copied().unwrap_or_default();
        let own = in_code.or(endpoint.inbox_options);
        let info = inbox.info_of(endpoint.name.to_owned(), own, Some(endpoint));
        DescribedInbox {
            dedup_retention: Some(info.dedup_retention),
            max_attempts: Some(info.max_attempts),
        }
    }
}

#[cfg(not(feature = "inbox"))]
impl<S, const HAS_STATE: bool> Webhooks<S, HAS_STATE> {
    #[allow(clippy::unused_self, reason = "has the signature of the method with an inbox")]
    fn described_inbox_of(&self, _: &Endpoint) -> DescribedInbox {
        DescribedInbox::default()
    }
}

#[cfg(feature = "rate-limit")]
impl<S, const HAS_STATE: bool> Webhooks<S, HAS_STATE> {
    fn described_peer_quota(&self) -> Option<DescribedQuota> {
        self.quotas.per_peer.map(DescribedQuota::from)
    }

    fn described_quota_of(&self, endpoint: &Endpoint) -> Option<DescribedQuota> {
        find_for(&self.quotas.endpoints, endpoint).copied().map(DescribedQuota::from)
    }
}

#[cfg(feature = "rate-limit")]
impl From<crate::receive::Quota> for DescribedQuota {
    fn from(quota: crate::receive::Quota) -> Self {
        Self { requests: quota.requests, period: quota.period, burst: quota.burst }
    }
}

#[cfg(not(feature = "rate-limit"))]
#[allow(clippy::unused_self, reason = "have the signatures of the methods with quotas")]
impl<S, const HAS_STATE: bool> Webhooks<S, HAS_STATE> {
    fn described_peer_quota(&self) -> Option<DescribedQuota> {
        None
    }

    fn described_quota_of(&self, _: &Endpoint) -> Option<DescribedQuota> {
        None
    }
}
