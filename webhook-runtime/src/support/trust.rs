//! The mark of a trusted request, which the application gives and the server respects.

use std::sync::Arc;

use http::Extensions;

/// The server's record of a request. The server puts it into the extensions of the request.
#[derive(Clone)]
pub(crate) struct RequestTrust(pub(crate) Arc<dyn Trustable>);

/// A request that can become trusted.
pub(crate) trait Trustable: Send + Sync {
    /// The application knows now who has sent the request: it is not put out for others any more.
    fn trust(&self);
}

/// Marks the request as trusted.
pub(crate) fn trust(extensions: &Extensions) {
    if let Some(RequestTrust(request)) = extensions.get() {
        request.trust();
    }
}
