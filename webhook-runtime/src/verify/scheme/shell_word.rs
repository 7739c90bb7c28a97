//! Words of a POSIX shell: text that the shell takes as it is, and variables.

/// The name that stands for one that no variable can have.
const OTHER_NAME: &str = "SECRET";

/// The variables that commands set themselves.
pub(super) const BODY: &str = "body";
pub(super) const KEY: &str = "key";
pub(super) const SIGNATURE: &str = "signature";
pub(super) const TIME: &str = "time";

/// A piece of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'p> {
    /// Text, of which the shell executes and expands nothing.
    Text(&'p str),
    /// The value of a variable.
    Variable(&'p str),
}

/// Writes pieces as one word.
pub(super) fn word(pieces: &[Piece<'_>]) -> String {
    let is_text = |piece: &Piece<'_>| matches!(piece, Piece::Text(_));
    let texts = pieces.iter().filter_map(|piece| match piece {
        Piece::Text(text) => Some(*text),
        Piece::Variable(_) => None,
    });
    if pieces.iter().all(is_text) {
        return text_word(&texts.collect::<String>());
    }
    if texts.clone().flat_map(str::chars).all(is_plain_in_quotes) {
        return format!("\"{}\"", in_quotes(pieces));
    }
    let words = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => single_quoted(text),
        Piece::Variable(name) => format!("\"${name}\""),
    });
    words.collect()
}

/// Writes a text as one word.
pub(crate) fn text_word(text: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || b"_./:@%+,-".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_bare) {
        text.to_owned()
    } else {
        single_quoted(text)
    }
}

/// The name of the variable with the secret, or `SECRET` if no variable can have this name, or if the
/// command sets the variable itself.
pub(crate) fn variable(name: &str) -> &str {
    let is_name = !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_name && ![BODY, KEY, SIGNATURE, TIME].contains(&name) { name } else { OTHER_NAME }
}

fn single_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// True if the character has no meaning between double quotes. Interactive shells give one to `!`.
fn is_plain_in_quotes(letter: char) -> bool {
    !letter.is_control() && !matches!(letter, '$' | '`' | '"' | '\\' | '!')
}

/// The inside of a word in double quotes.
fn in_quotes(pieces: &[Piece<'_>]) -> String {
    let mut inside = String::new();
    for (at, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Text(text) => inside.push_str(text),
            Piece::Variable(name) => {
                let next = match pieces.get(at + 1) {
                    Some(Piece::Text(text)) => text.chars().next(),
                    _ => None,
                };
                // Letters would belong to the name. zsh reads `[` and `:` as an index and a modifier.
                let needs_braces = next
                    .is_some_and(|next| next.is_alphanumeric() || matches!(next, '_' | '[' | ':'));
                let (open, close) = if needs_braces { ("{", "}") } else { ("", "") };
                inside.extend(["$", open, name, close]);
            }
        }
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::{Piece::*, *};

    #[test]
    fn words_are_as_short_as_they_can_be() {
        for (pieces, expected) in [
            (&[Text("http://127.0.0.1:3000/a")][..], "http://127.0.0.1:3000/a"),
            (&[Text("a b")], "'a b'"),
            (&[Text("")], "''"),
            (&[Text("~")], "'~'"),
            (&[Text("it's")], r"'it'\''s'"),
            (&[Variable("body")], "\"$body\""),
            (&[Variable("time"), Text("."), Variable("body")], "\"$time.$body\""),
            (&[Text("v0:"), Variable("time"), Text(":")], "\"v0:${time}:\""),
            (&[Variable("time"), Text("a")], "\"${time}a\""),
            (&[Text("$!"), Variable("time"), Text("'")], r#"'$!'"$time"''\'''"#),
        ] {
            assert_eq!(word(pieces), expected);
        }
    }

    #[test]
    fn variables_have_names() {
        for name in ["SECRET_2", "_", "a"] {
            assert_eq!(variable(name), name);
        }
        for name in ["", "2", "a-b", "a;id", "é", "a b", "body", "key", "signature", "time"] {
            assert_eq!(variable(name), "SECRET");
        }
    }
}
