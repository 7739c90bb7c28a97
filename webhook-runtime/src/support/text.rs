//! Texts from senders, cut to a length.

/// The first `max` characters of a text.
pub(crate) fn truncate(text: &str, max: usize) -> &str {
    text.char_indices().nth(max).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_at_characters() {
        for (text, max, cut) in [
            ("", 0, ""),
            ("", 2, ""),
            ("ab", 2, "ab"),
            ("abc", 2, "ab"),
            ("abc", 0, ""),
            ("üöä", 2, "üö"),
            ("üöä", 3, "üöä"),
            ("🦀🦀", 1, "🦀"),
        ] {
            assert_eq!(truncate(text, max), cut);
        }
    }
}
