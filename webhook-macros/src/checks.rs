//! Mistakes in paths and names that can be found without the compiler.

/// The rules of axum's router (matchit 0.8), and that only a path is there.
pub(crate) fn path_mistakes(path: &str) -> Vec<String> {
    let mut mistakes = Vec::new();
    if path.contains("://") {
        return vec!["write the path alone, without scheme and host: `path = \"/webhook\"`".into()];
    }
    if !path.starts_with('/') {
        mistakes.push(format!("a path starts with `/`: `path = \"/{path}\"`"));
    }
    if path.contains(['?', '#']) {
        mistakes.push("a path has no query and no fragment: end it before the `?` or `#`".into());
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

    // `{{` and `}}` stand for the braces themselves.
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
        return Some(format!(
            "nothing can follow a path parameter within its segment: `{segment}`"
        ));
    }
    if name.starts_with('*') && !last {
        return Some(format!("`{{{name}}}` takes the rest of the path: it must come last"));
    }
    None
}

/// Prefixes that providers give to the secrets they hand out.
const SECRET_PREFIXES: [&str; 6] = ["whsec_", "whpk_", "whsk_", "sk_", "v1,", "v1a,"];

pub(crate) fn env_name(name: &str) -> Result<(), &'static str> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    // Long, and of letters and digits without any structure: hex, base64, a UUID.
    let random = name.len() >= 20
        && name.contains(|c: char| c.is_ascii_digit())
        && name.contains(|c: char| c.is_ascii_lowercase());

    if name.trim().is_empty() {
        Err(
            "the name of an environment variable cannot be empty: `secret_env = \"WEBHOOK_SECRET\"`",
        )
    } else if random || SECRET_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
        Err("this looks like the secret itself: keep it out of the source code, put it in an \
             environment variable and write the name of that: `secret_env = \"WEBHOOK_SECRET\"`")
    } else if !name.chars().all(word) || name.starts_with(|c: char| c.is_ascii_digit()) {
        Err("not the name of an environment variable: `secret_env = \"WEBHOOK_SECRET\"`\n\
             it is made of letters, digits and `_`; if this is the secret itself, keep it out of \
             the source code")
    } else {
        Ok(())
    }
}
