//! The server's record of a request: the application says in it who has sent the request, and that it
//! trusts it.

use std::sync::Arc;

use http::Extensions;

use super::peer::Peer;

/// The server's record of a request. The server puts it into the extensions of the request.
#[derive(Clone)]
pub(crate) struct RequestTrust(pub(crate) Arc<dyn Trustable>);

/// A request that can become trusted.
pub(crate) trait Trustable: Send + Sync {
    /// The request comes from another peer than the connection: a proxy has passed it on.
    fn sent_by(&self, peer: Peer);

    /// The application knows now who has sent the request: it is not put out for others any more.
    fn trust(&self);
}

/// Records the sender of a request that a proxy has passed on.
pub(crate) fn sent_by(extensions: &Extensions, peer: Peer) {
    if let Some(RequestTrust(request)) = extensions.get() {
        request.sent_by(peer);
    }
}

/// Marks the request as trusted.
pub(crate) fn trust(extensions: &Extensions) {
    if let Some(RequestTrust(request)) = extensions.get() {
        request.trust();
    }
}
