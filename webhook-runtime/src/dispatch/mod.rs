//! From a verified delivery to the response: calls the handler, once or for each item of a batch,
//! within the time that the provider waits.

pub(crate) mod background;
mod batch;
mod every_method;
mod handler;
pub(crate) mod in_flight;
pub(crate) mod layers;
mod payload;
mod returned;

pub use background::BackgroundHandlers;
pub(crate) use every_method::every_method;
pub(crate) use handler::{HandlerService, run_handler};
pub use layers::EndpointLayer;
pub use returned::{Respond, Returned};
