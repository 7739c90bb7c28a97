//! The parameters in the path of an endpoint.

/// Fills the parameters of a path. `value` gets the name of each one, and true for the rest of the
/// path (`{*rest}`).
///
/// # Errors
/// The first error of `value`.
pub(crate) fn fill_path<E>(
    path: &str,
    mut value: impl FnMut(&str, bool) -> Result<String, E>,
) -> Result<String, E> {
    let mut filled = String::new();
    let mut rest = path;
    while let Some(at) = rest.find(['{', '}']) {
        filled.push_str(&rest[..at]);
        let mark = &rest[at..=at];
        if rest[at + 1..].starts_with(mark) {
            // A doubled brace stands for one.
            filled.push_str(mark);
            rest = &rest[at + 2..];
            continue;
        }
        let (name, behind) = rest[at + 1..].split_once('}').unwrap_or((&rest[at + 1..], ""));
        let plain = name.trim_start_matches('*');
        filled.push_str(&value(plain, name.starts_with('*'))?);
        rest = behind;
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_filled_in_their_order() {
        let mut names = Vec::new();
        let filled = fill_path("/a/{x}/{{b}}/{*rest}", |name, is_rest| {
            names.push((name.to_owned(), is_rest));
            Ok::<_, ()>(name.to_uppercase())
        });
        assert_eq!(filled.as_deref(), Ok("/a/X/{b}/REST"));
        assert_eq!(names, [("x".to_owned(), false), ("rest".to_owned(), true)]);
        assert_eq!(fill_path("/{x}", |_, _| Err("no value")), Err("no value"));
    }
}
