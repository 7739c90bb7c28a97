//! From a verified delivery to the answer: the handler, called once or once an event of a batch,
//! within the time that the sender waits.

mod batch;
mod handler;
pub(crate) mod late;
pub(crate) mod layers;
mod payload;

pub(crate) use handler::{HandlerService, unless_it_panics};
pub use late::BackgroundHandlers;
pub use layers::EndpointLayer;
