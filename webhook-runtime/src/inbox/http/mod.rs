//! From a request to what is stored of it, and back.

pub(crate) mod deliver;
pub(crate) mod head;
pub(crate) mod run;
