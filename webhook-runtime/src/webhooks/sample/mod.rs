//! Sample deliveries: their bodies and headers, and the commands that send them.

#[cfg(feature = "serve")]
mod command;
mod content;
mod fill;

#[cfg(feature = "testing")]
pub(crate) use content::FORM;
pub(crate) use content::{Content, EventFields};
#[cfg(feature = "testing")]
pub(crate) use fill::{form, put};
