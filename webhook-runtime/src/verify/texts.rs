//! Comparisons of texts in constants, where `==` is not allowed.

/// True if both texts are the same.
pub(crate) const fn equal(left: &str, right: &str) -> bool {
    left.len() == right.len() && begins_with(left, right)
}

/// True if `text` is one of `names`.
#[cfg(feature = "axum")]
pub(crate) const fn is_one_of(text: &str, names: &[&str]) -> bool {
    let mut at = 0;
    while at < names.len() {
        if equal(text, names[at]) {
            return true;
        }
        at += 1;
    }
    false
}

/// True if `text` is one of `names` with a dot and more behind it.
#[cfg(feature = "axum")]
pub(crate) const fn refines_one_of(text: &str, names: &[&str]) -> bool {
    let mut at = 0;
    while at < names.len() {
        let end = names[at].len();
        if begins_with(text, names[at]) && text.len() > end && text.as_bytes()[end] == b'.' {
            return true;
        }
        at += 1;
    }
    false
}

/// True if `text` begins with `start`.
pub(crate) const fn begins_with(text: &str, start: &str) -> bool {
    let (text, start) = (text.as_bytes(), start.as_bytes());
    if text.len() < start.len() {
        return false;
    }
    let mut at = 0;
    while at < start.len() {
        if text[at] != start[at] {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_compares_whole_texts() {
        assert!(equal("", "") && equal("push", "push"));
        for other in ["", "pus", "pushy", "pusj", "Push"] {
            assert!(!equal("push", other) && !equal(other, "push"), "{other}");
        }
    }

    #[test]
    fn begins_with_compares_the_start() {
        assert!(begins_with("abc", "ab") && begins_with("a", ""));
        assert!(!begins_with("a", "ab") && !begins_with("ba", "a"));
    }

    #[cfg(feature = "axum")]
    #[test]
    fn a_name_is_found_alone_or_with_an_action() {
        const NAMES: &[&str] = &["issue", "issues"];
        assert!(is_one_of("issues", NAMES) && !is_one_of("issues.opened", NAMES));
        assert!(refines_one_of("issues.opened", NAMES));
        for other in ["issues", "issues_opened", "ssues.opened", ".opened", ""] {
            assert!(!refines_one_of(other, NAMES), "{other}");
        }
    }
}
