//! The parts of pages.

pub(crate) mod chart;
pub(crate) mod icons;
pub(crate) mod json;
pub(crate) mod layout;
pub(crate) mod notice;
pub(crate) mod parts;
pub(crate) mod table;
pub(crate) mod text;
