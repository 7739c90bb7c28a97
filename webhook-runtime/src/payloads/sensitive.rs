//! Text that must not be shown.

use std::{borrow::Cow, fmt};

use serde::Deserialize;

/// Text with which anybody could answer in the app's place for a while: its `Debug` does not show
/// it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Sensitive<'a>(#[serde(borrow)] Cow<'a, str>);

impl Sensitive<'_> {
    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Sensitive<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sensitive(..)")
    }
}
