//! Requests without quotas: what the feature `rate-limit` replaces.

use std::marker::PhantomData;

use crate::{delivery::Rejection, receive::Received, support::peer::Peer};

/// The limiters of one endpoint, which has none.
#[derive(Clone, Default)]
pub(crate) struct Limiters;

/// One request, and the peer that has sent it.
pub(crate) struct RequestQuota<'a>(Peer, PhantomData<&'a Limiters>);

#[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "the feature uses them")]
impl Limiters {
    pub(super) fn of_request(&self, peer: Peer) -> RequestQuota<'_> {
        RequestQuota(peer, PhantomData)
    }

    pub(super) fn spend(&self) -> Result<(), Rejection> {
        Ok(())
    }
}

#[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "the feature uses them")]
impl RequestQuota<'_> {
    pub(super) fn peer(&self) -> Peer {
        self.0
    }

    pub(super) fn admit(&self) -> Result<(), Rejection> {
        Ok(())
    }

    pub(super) fn await_body(&mut self) {}

    #[allow(clippy::unused_async, reason = "the feature waits")]
    pub(super) async fn reserve(&mut self) -> Result<(), Rejection> {
        Ok(())
    }

    pub(super) fn pay_for_handshake(&mut self) -> Result<(), Rejection> {
        Ok(())
    }

    pub(super) fn settle(self, _: &Received) {}
}
