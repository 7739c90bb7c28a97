//! The lock of the queue: the model checker puts its own in this place.

pub(crate) use std::sync::Mutex;
