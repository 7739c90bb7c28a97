//! Sample deliveries: their bodies and headers, and the commands that send them.

#[cfg(feature = "serve")]
mod command;
mod content;
mod fill;

#[cfg(any(feature = "openapi", feature = "testing"))]
pub(crate) use content::FORM;
#[cfg(feature = "openapi")]
pub(crate) use content::signed_time;
#[cfg(any(feature = "serve", feature = "testing"))]
pub(crate) use content::{Content, EventFields};
#[cfg(any(feature = "openapi", feature = "testing"))]
pub(crate) use fill::{form, put};
