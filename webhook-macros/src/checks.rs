//! Checks of paths and names that need no compiler.

/// The mistakes in a path, by the rules of axum's router (matchit 0.8).
pub(crate) fn path_mistakes(path: &str) -> Vec<String> {
    let mut mistakes = Vec::new();
    if path.contains("://") {
        return vec!["write the path alone, without scheme and host: `path = \"/webhook\"`".into()];
    }
    if !path.starts_with('/') {
        mistakes.push(format!("a path starts with `/`: `path = \"/{path}\"`"));
    }
    if path.contains(['?', '#']) {
        mistakes.push(
            "a path has no query and no fragment: remove everything from the `?` or `#` on".into(),
        );
    }
    if path.contains(char::is_whitespace) {
        mistakes.push("a path has no spaces: no request could match it".into());
    }

    let segments: Vec<_> = path.split('/').collect();
    for (i, segment) in segments.iter().enumerate() {
        if let Some(mistake) = segment_mistake(segment, i + 1 == segments.len()) {
            mistakes.push(mistake);
        }
    }
    mistakes
}

fn segment_mistake(segment: &str, last: bool) -> Option<String> {
    if let Some(name) = segment.strip_prefix(':') {
        return Some(format!("write `{{{name}}}` instead of `:{name}`"));
    }
    if let Some(name) = segment.strip_prefix('*') {
        let name = if name.is_empty() { "rest" } else { name };
        return Some(format!("write `{{*{name}}}` instead of `{segment}`"));
    }

    // `{{` and `}}` are escaped braces.
    let plain = segment.replace("{{", "").replace("}}", "");
    let Some((before, rest)) = plain.split_once('{') else {
        return plain.contains('}').then(|| format!("`{segment}` has a `}}` without a `{{`"));
    };
    if before.contains('}') {
        return Some(format!("`{segment}` has a `}}` without a `{{`"));
    }
    let Some((name, after)) = rest.split_once('}') else {
        return Some(format!("`{segment}` has a `{{` without a `}}`"));
    };
    let plain_name = name.strip_prefix('*').unwrap_or(name);
    if plain_name.is_empty() {
        return Some(format!("a path parameter needs a name: `{{id}}` instead of `{{{name}}}`"));
    }
    if plain_name.contains(['*', '{']) {
        return Some(format!("`{name}` is not the name of a path parameter"));
    }
    if !after.is_empty() {
        return Some(format!("a path parameter must end its segment, unlike in `{segment}`"));
    }
    if name.starts_with('*') && !last {
        return Some(format!("`{{{name}}}` takes the rest of the path: it must come last"));
    }
    None
}

/// The prefixes of secrets that providers issue.
const SECRET_PREFIXES: [&str; 6] = ["whsec_", "whpk_", "whsk_", "sk_", "v1,", "v1a,"];

pub(crate) fn env_name(name: &str) -> Result<(), &'static str> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    // A long mix of letters and digits is probably a secret: hex, base64, a UUID.
    let random = name.len() >= 20
        && name.contains(|c: char| c.is_ascii_digit())
        && name.contains(|c: char| c.is_ascii_lowercase());

    if name.trim().is_empty() {
        Err(
            "the name of an environment variable cannot be empty: `secret_env = \"WEBHOOK_SECRET\"`",
        )
    } else if random || SECRET_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
        Err("this looks like the secret itself: keep it out of the source code, put it in an \
             environment variable and write the name of the variable: `secret_env = \"WEBHOOK_SECRET\"`")
    } else if !name.chars().all(word) || name.starts_with(|c: char| c.is_ascii_digit()) {
        Err("not the name of an environment variable: `secret_env = \"WEBHOOK_SECRET\"`\n\
             a name has letters, digits and `_` only; if this is the secret itself, keep it out of \
             the source code")
    } else {
        Ok(())
    }
}

/// The longest name of an endpoint, in characters.
const MAX_NAME: usize = 100;

/// Checks the name of an endpoint, which is stored, traced and used as a label of metrics.
pub(crate) fn endpoint_name(name: &str) -> Result<(), String> {
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
            assert_eq!(endpoint_name(name), Ok(()), "{name}");
        }
        let too_long = "n".repeat(101);
        for name in ["", " ", "a b", "a\n", "a\0b", "\u{200b}", "a\u{202e}b", "--", &too_long] {
            assert!(endpoint_name(name).is_err(), "{name:?}");
        }
    }
}
