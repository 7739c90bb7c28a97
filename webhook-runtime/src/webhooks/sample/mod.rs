//! Sample deliveries: their bodies and headers, and the commands that send them.

#[cfg(feature = "serve")]
mod command;
mod content;
mod fill;

pub(crate) use content::{Content, EventFields, FORM};
pub(crate) use fill::{form, put};
