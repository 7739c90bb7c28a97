//! Checks of the path: by the rules of axum's router (matchit 0.8), and by what clients send.

use std::collections::HashSet;

/// A part of a path.
enum Piece<'p> {
    Literal(&'p str),
    /// The text between braces.
    Parameter(&'p str),
}

/// The mistakes in a path, each with its remedy.
pub(crate) fn mistakes(path: &str) -> Vec<String> {
    if path.contains("://") {
        return vec!["write the path alone, without scheme and host: `path = \"/webhook\"`".into()];
    }
    let mut mistakes = Vec::new();
    if !path.starts_with('/') {
        let path = path.trim_start_matches('\\');
        mistakes.push(format!("a path starts with `/`: `path = \"/{path}\"`"));
    }
    let pieces = match pieces(path) {
        Ok(pieces) => pieces,
        Err(mistake) => {
            mistakes.push(mistake);
            return mistakes;
        }
    };
    let has_query = pieces
        .iter()
        .any(|piece| matches!(piece, Piece::Literal(text) if text.contains(['?', '#'])));
    if has_query {
        mistakes.push(
            "a path has no query and no fragment: remove everything from the `?` or `#` on".into(),
        );
    }
    let foreign: Vec<String> = path.split('/').filter_map(of_another_router).collect();
    if foreign.is_empty() && !has_query {
        mistakes.extend(parameters(path, &pieces));
        mistakes.extend(not_as_sent(path, &pieces).filter(|_| path.starts_with('/')));
    }
    mistakes.extend(foreign);
    mistakes
}

/// Cuts a path at the braces of its parameters. A doubled brace is text.
fn pieces(path: &str) -> Result<Vec<Piece<'_>>, String> {
    let mut pieces = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(found) = path[at..].find(['{', '}']) {
        let brace = at + found;
        let rest = &path[brace..];
        if rest.starts_with("{{") || rest.starts_with("}}") {
            at = brace + 2;
            continue;
        }
        let segment = segment_at(path, brace);
        if rest.starts_with('}') {
            return Err(format!("`{segment}` has a `}}` without a `{{`"));
        }
        let Some((name, _)) = rest[1..].split_once('}') else {
            return Err(format!("`{segment}` has a `{{` without a `}}`"));
        };
        if name.contains('/') && !name.contains(':') {
            return Err(format!("`{segment}` has a `{{` without a `}}`"));
        }
        pieces.push(Piece::Literal(&path[from..brace]));
        pieces.push(Piece::Parameter(name));
        at = brace + name.len() + 2;
        from = at;
        if plain(name).is_empty() {
            return Err(format!("a path parameter needs a name: `{{id}}` instead of `{{{name}}}`"));
        }
    }
    pieces.push(Piece::Literal(&path[from..]));
    Ok(pieces)
}

/// The segment around a place in a path.
fn segment_at(path: &str, at: usize) -> &str {
    let from = path[..at].rfind('/').map_or(0, |slash| slash + 1);
    let to = path[at..].find('/').map_or(path.len(), |slash| at + slash);
    &path[from..to]
}

/// The name of a parameter, without the `*` of one that takes the rest.
fn plain(name: &str) -> &str {
    name.strip_prefix('*').unwrap_or(name)
}

/// The hint for a segment that another router would take for a parameter.
fn of_another_router(segment: &str) -> Option<String> {
    let (star, name) = if let Some(name) = segment.strip_prefix(':') {
        ("", name)
    } else if let Some(name) = segment.strip_prefix('*') {
        ("*", name)
    } else {
        let name = segment.strip_prefix('<')?.strip_suffix('>')?;
        ("", name.rsplit(':').next().unwrap_or(name))
    };
    let name: String = name.chars().filter(|letter| is_in_name(*letter)).collect();
    let name = match name.as_str() {
        "" if star.is_empty() => "id",
        "" => "rest",
        name => name,
    };
    Some(format!("write `{{{star}{name}}}` instead of `{segment}`"))
}

fn is_in_name(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.')
}

/// The first mistake in each parameter.
fn parameters(path: &str, pieces: &[Piece<'_>]) -> Vec<String> {
    let mut mistakes = Vec::new();
    let mut seen = HashSet::new();
    let mut at = 0;
    for (i, piece) in pieces.iter().enumerate() {
        let name = match piece {
            Piece::Literal(text) => {
                at += text.len();
                continue;
            }
            Piece::Parameter(name) => *name,
        };
        let segment = segment_at(path, at);
        at += name.len() + 2;
        let plain = plain(name);
        let starts = path[..at - name.len() - 2].ends_with('/');
        let ends = path[at..].is_empty() || path[at..].starts_with('/');
        if let Some((before, _)) = plain.split_once(':').filter(|(before, _)| !before.is_empty()) {
            mistakes.push(format!(
                "a path parameter has no pattern: write `{{{before}}}`, and check its value in the \
                 handler"
            ));
        } else if !plain.chars().all(is_in_name) {
            let name: String = plain.chars().filter(|letter| is_in_name(*letter)).collect();
            let name = if name.is_empty() { "id" } else { &name };
            mistakes
                .push(format!("`{plain}` is not the name of a path parameter: write `{{{name}}}`"));
        } else if !ends {
            mistakes.push(format!("a path parameter must end its segment, unlike in `{segment}`"));
        } else if name.starts_with('*') && (i + 2 < pieces.len() || !path[at..].is_empty()) {
            mistakes.push(format!("`{{{name}}}` takes the rest of the path: it must come last"));
        } else if name.starts_with('*') && !starts {
            mistakes.push(format!(
                "`{{{name}}}` takes whole segments: it must begin its own, unlike in `{segment}`"
            ));
        } else if !seen.insert(plain) {
            mistakes
                .push(format!("`{{{plain}}}` is named twice: give each parameter its own name"));
        }
    }
    mistakes
}

/// The mistake in a path that no client sends as it is written.
fn not_as_sent(path: &str, pieces: &[Piece<'_>]) -> impl Iterator<Item = String> {
    let sent = as_sent(pieces);
    let hint = if path.contains("{{") || path.contains("}}") {
        "\na parameter has single braces: `{id}`"
    } else {
        ""
    };
    let mistake = format!(
        "no request could match this path: clients send it as `{sent}`, so write `path = \
         \"{sent}\"`{hint}"
    );
    (sent != path).then_some(mistake).into_iter()
}

/// The path as a client sends it (RFC 3986, and the URL standard of browsers): other characters are
/// escaped, `\` becomes `/`, and `.` and `..` are resolved.
fn as_sent(pieces: &[Piece<'_>]) -> String {
    let mut sent = String::new();
    for piece in pieces {
        match piece {
            Piece::Parameter(name) => sent.extend(["{", name, "}"]),
            Piece::Literal(text) => escape(text, &mut sent),
        }
    }
    let mut segments: Vec<&str> = Vec::new();
    let last = sent.split('/').count() - 1;
    for (i, segment) in sent.split('/').enumerate() {
        let dots = segment.to_ascii_lowercase().replace("%2e", ".");
        if dots == ".." && segments.len() > 1 {
            segments.pop();
        }
        match dots.as_str() {
            "." | ".." if i == last => segments.push(""),
            "." | ".." => {}
            _ => segments.push(segment),
        }
    }
    segments.join("/")
}

fn escape(text: &str, sent: &mut String) {
    let text = text.replace("{{", "{").replace("}}", "}");
    for (at, letter) in text.char_indices() {
        let is_kept = match letter {
            '%' => text[at + 1..]
                .get(..2)
                .is_some_and(|two| two.bytes().all(|digit| digit.is_ascii_hexdigit())),
            '"' | '<' | '>' | '^' | '`' | '{' | '|' | '}' => false,
            letter => letter.is_ascii_graphic(),
        };
        if letter == '\\' {
            sent.push('/');
        } else if is_kept {
            sent.push(letter);
        } else {
            let mut bytes = [0; 4];
            let bytes = letter.encode_utf8(&mut bytes).bytes();
            sent.extend(bytes.map(|byte| format!("%{byte:02X}")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::mistakes;

    #[test]
    fn paths_that_clients_send_are_right() {
        for path in [
            "/",
            "/webhook",
            "/a//b/",
            "/a.b/.well-known/...",
            "/%C3%BC/%2f",
            "/{team}/hooks-{id}",
            "/teams/{team-id}/{*rest}",
            "/!$&'()*+,;=:@~[1]",
            "/{größe}",
        ] {
            assert_eq!(mistakes(path), [""; 0], "{path}");
        }
    }

    #[test]
    fn a_path_that_no_client_sends_comes_with_the_one_that_it_sends() {
        for (path, sent) in [
            ("/ü", "/%C3%BC"),
            ("/a b", "/a%20b"),
            ("/a/../b", "/b"),
            ("/d/./b", "/d/b"),
            ("/a/%2E%2e/b", "/b"),
            ("/a/..", "/"),
            ("/../a/.", "/a/"),
            ("/a\\b", "/a/b"),
            ("/a/%zz", "/a/%25zz"),
            ("/100%", "/100%25"),
            ("/a\"<b>|^`", "/a%22%3Cb%3E%7C%5E%60"),
            ("/{{id}}", "/%7Bid%7D"),
            ("/ü/{id}", "/%C3%BC/{id}"),
        ] {
            let found = mistakes(path);
            let [mistake] = &found[..] else { panic!("{path}: {found:?}") };
            assert!(mistake.contains(&format!("`path = \"{sent}\"`")), "{path}: {mistake}");
            assert_eq!(mistakes(sent), [""; 0], "{path}");
        }
    }

    #[test]
    fn each_mistake_is_told_once() {
        for (path, part) in [
            ("/{id:[0-9]+}", "write `{id}`"),
            ("/{id:[^/]+}/x", "write `{id}`"),
            ("/{id?}", "write `{id}`"),
            ("/<id>", "write `{id}`"),
            ("/<int:id>", "write `{id}`"),
            ("/:id", "write `{id}`"),
            ("/*", "write `{*rest}`"),
            ("/{a}/{a}", "named twice"),
            ("/{a}/{*a}", "named twice"),
            ("/{}}", "needs a name"),
            ("/{*}", "needs a name"),
            ("/{a", "without a `}`"),
            ("/{a/b}", "without a `}`"),
            ("/a}", "without a `{`"),
            ("/{a}{b}", "must end its segment"),
            ("/{a}.json", "must end its segment"),
            ("/{*a}/b", "must come last"),
            ("/a{*b}", "must begin its own"),
            ("a", "starts with `/`"),
            ("", "starts with `/`"),
            ("/a?b", "no query"),
            ("http://a/b", "without scheme"),
        ] {
            let found = mistakes(path);
            let [mistake] = &found[..] else { panic!("{path}: {found:?}") };
            assert!(mistake.contains(part), "{path}: {mistake}");
        }
    }
}
