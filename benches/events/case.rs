//! One delivery, and everybody who decodes it.

use webhook_benches::Contestant;

/// What is decoded, by whom.
pub(crate) struct Case<'a> {
    pub(crate) name: &'static str,
    pub(crate) bytes: usize,
    /// In the order of [`CONTESTANTS`].
    pub(crate) contestants: Vec<Contestant<'a>>,
}

/// Ours first.
pub(crate) const CONTESTANTS: [&str; 4] = ["derived", BY_HAND, "serde's tag", "a tree"];

pub(crate) const BY_HAND: &str = "by hand";

/// Four ways to decode the same; each says whether it has decoded what it should have.
pub(crate) fn contestants<'a>(
    derived: impl FnMut() -> bool + 'a,
    by_hand: impl FnMut() -> bool + 'a,
    tagged: impl FnMut() -> bool + 'a,
    tree: impl FnMut() -> bool + 'a,
) -> Vec<Contestant<'a>> {
    let [ours, hand, tag, value] = CONTESTANTS;
    vec![
        Contestant::succeeding(ours, derived),
        Contestant::succeeding(hand, by_hand),
        Contestant::succeeding(tag, tagged),
        Contestant::succeeding(value, tree),
    ]
}
