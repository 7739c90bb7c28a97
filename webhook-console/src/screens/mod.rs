//! The screens.

mod attention;
pub(crate) mod body;
mod bulk_bar;
pub(crate) mod change;
pub(crate) mod confirm;
mod curl;
pub(crate) mod deliveries;
pub(crate) mod delivery;
pub(crate) mod endpoint;
pub(crate) mod events;
mod facts;
mod filter_form;
mod headers;
mod known;
pub(crate) mod overview;
mod pace;
pub(crate) mod refusal;
mod related;
mod rows;
pub(crate) mod single;
mod sorted;
mod survey;
pub(crate) mod system;
mod tiles;
mod timeline;
