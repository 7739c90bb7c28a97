//! Requests as the inbox stores them, and as it makes them again.

pub(crate) mod deliver;
pub(crate) mod head;
pub(crate) mod run;
