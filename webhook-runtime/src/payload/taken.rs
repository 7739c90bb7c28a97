//! Asks a payload type what it takes, and any other type as well.

use std::{marker::PhantomData, ops::Deref};

use crate::{delivery::Takes, payload::Payload};

/// Asks a type what it takes. The method of [`Taken`] itself is there for payloads alone; for any
/// other type, the compiler goes on to what it derefs to.
#[doc(hidden)]
pub struct Taken<T>(PhantomData<T>, NotTaken);

#[doc(hidden)]
pub struct NotTaken;

impl<T> Taken<T> {
    #[must_use]
    #[allow(clippy::new_without_default, reason = "not for users")]
    pub const fn new() -> Self {
        Self(PhantomData, NotTaken)
    }
}

impl<'a, T: Payload<'a>> Taken<T> {
    #[must_use]
    pub fn takes(&self) -> Takes {
        T::TAKES
    }
}

impl<T> Deref for Taken<T> {
    type Target = NotTaken;

    fn deref(&self) -> &NotTaken {
        &self.1
    }
}

impl NotTaken {
    #[must_use]
    #[allow(clippy::unused_self, reason = "called as the one of `Taken` is")]
    pub fn takes(&self) -> Takes {
        Takes::DELIVERY
    }
}
