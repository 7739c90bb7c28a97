//! From a verified delivery to the answer: the handler, called once or once an event of a batch,
//! within the time that the sender waits.

pub(crate) mod background;
mod batch;
mod handler;
pub(crate) mod layers;
mod payload;

pub use background::BackgroundHandlers;
pub(crate) use handler::{HandlerService, run_handler};
pub use layers::EndpointLayer;
