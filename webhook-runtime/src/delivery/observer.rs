//! The place where a test watches a delivery.

use std::sync::Arc;

use crate::delivery::Rejection;

/// Watches what becomes of a delivery. The test kit puts one into the request, from where it goes
/// into the delivery: a layer may build another request, but no other delivery.
pub(crate) trait DeliveryObserver: Send + Sync {
    /// A handler is about to be called.
    fn handler_called(&self);

    /// A known event does not fit its variant, though the handler is called.
    fn event_mismatched(&self, error: &Rejection);
}

/// The observer of a request, among its extensions.
#[derive(Clone)]
pub(crate) struct Observer(pub(crate) Arc<dyn DeliveryObserver>);
