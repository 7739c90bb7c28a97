//! The observer of a test.

use std::sync::Arc;

use crate::delivery::Rejection;

/// Observes how a delivery is handled. The test kit puts one into the request, and the delivery
/// takes it: a layer may build another request, but not another delivery.
pub(crate) trait DeliveryObserver: Send + Sync {
    /// A handler is about to be called.
    fn handler_called(&self);

    /// A known event does not fit its variant, and the handler is called with `UnknownEvent`.
    fn event_mismatched(&self, error: &Rejection);
}

/// The observer of a request, among its extensions.
#[derive(Clone)]
pub(crate) struct Observer(pub(crate) Arc<dyn DeliveryObserver>);
