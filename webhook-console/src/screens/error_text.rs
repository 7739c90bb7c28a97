//! The texts of errors that are stored with attempts.

/// An error without the prefix `attempt 3 of 15 failed: `, which dead letters have.
pub(crate) fn plain_error(error: &str) -> &str {
    let rest = error.strip_prefix("attempt ").and_then(|rest| rest.split_once(" failed: "));
    rest.map_or(error, |(_, rest)| rest)
}

/// The steps of an error's chain, outermost first.
pub(crate) fn steps_of(error: &str) -> Vec<&str> {
    let plain = plain_error(error);
    let without_status = plain.split_once(": ").filter(|(status, _)| {
        status.len() == 3 && status.bytes().all(|byte| byte.is_ascii_digit())
    });
    without_status.map_or(plain, |(_, rest)| rest).splitn(6, ": ").collect()
}

/// The first step of an error, cut to the length of a sentence.
pub(crate) fn outermost(error: &str) -> String {
    const MAX_LENGTH: usize = 120;
    let first = steps_of(error).first().copied().unwrap_or_default();
    let mut text: String = first.chars().take(MAX_LENGTH).collect();
    if text.len() < first.len() {
        text.push('…');
    }
    text
}
