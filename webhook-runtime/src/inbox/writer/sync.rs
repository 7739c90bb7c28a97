//! The lock of the queue. The model checker replaces this file with its own lock.

pub(crate) use std::sync::Mutex;
