//! Checks of the name of an endpoint.

/// The longest name of an endpoint, in characters.
const MAX_NAME: usize = 100;

/// Checks a name, which is stored, traced and used as a label of metrics.
pub(crate) fn check(name: &str) -> Result<(), String> {
    let is_word = |c: char| c.is_alphanumeric() || "_-.:/".contains(c);
    if name.trim().is_empty() {
        return Err("the name of an endpoint cannot be empty: `name = \"orders\"`".to_owned());
    }
    if let Some(other) = name.chars().find(|c| !is_word(*c)) {
        return Err(format!(
            "a name has letters, digits and `_`, `-`, `.`, `:`, `/` only, and no {other:?}: \
             `name = \"orders\"`"
        ));
    }
    if !name.contains(char::is_alphanumeric) {
        return Err("a name has a letter or a digit: `name = \"orders\"`".to_owned());
    }
    if name.chars().count() > MAX_NAME {
        return Err(format!("a name has at most {MAX_NAME} characters"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words() {
        let longest = "n".repeat(100);
        for name in ["orders", "orders.v1", "shop/orders:paid-2", "größe", "7", &longest] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
        let too_long = "n".repeat(101);
        for name in ["", " ", "a b", "a\n", "a\0b", "\u{200b}", "a\u{202e}b", "--", &too_long] {
            assert!(check(name).is_err(), "{name:?}");
        }
    }
}
