//! What is compared.

use axum::Router;

use crate::{generated, handwritten};

/// One way to write the endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// By the attribute, the payload borrowed from the body.
    Generated,
    /// By hand, the payload of the same type.
    HandWritten,
    /// By the attribute, every text of the payload a `String`.
    GeneratedOwned,
    /// By hand, every text of the payload a `String`.
    HandWrittenOwned,
    /// By hand: the body is read, and that is all.
    Bare,
}

impl Variant {
    /// Every variant.
    pub const ALL: [Self; 5] = [
        Self::Generated,
        Self::HandWritten,
        Self::GeneratedOwned,
        Self::HandWrittenOwned,
        Self::Bare,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Generated => "generated",
            Self::HandWritten => "hand-written",
            Self::GeneratedOwned => "generated, owned",
            Self::HandWrittenOwned => "hand-written, owned",
            Self::Bare => "bare",
        }
    }

    /// Its place in [`ALL`](Self::ALL).
    #[must_use]
    pub const fn at(self) -> usize {
        self as usize
    }

    /// The variant of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|variant| variant.name() == name)
    }

    /// An application with an endpoint for every sample.
    pub fn router(self) -> Router {
        match self {
            Self::Generated => generated::borrowed(),
            Self::HandWritten => handwritten::borrowed(),
            Self::GeneratedOwned => generated::owned(),
            Self::HandWrittenOwned => handwritten::owned(),
            Self::Bare => handwritten::bare(),
        }
    }
}
