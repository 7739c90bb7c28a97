//! `application/x-www-form-urlencoded` bodies, written as JSON, so that forms and JSON have one
//! decoder. [`Decoder`](super::decoder::Decoder) reads numbers and the like out of the strings.
//!
//! `a=1&b=2&a=3` becomes the following text, where the line of an error tells its field.
//!
//! ```json
//! {
//! "a":["1","3"],
//! "b":["2"]}
//! ```

use std::{borrow::Cow, collections::HashMap};

use super::decoder::IN_FIELD;
use crate::delivery::content::{message_and_place, missing_field};

/// Writes a form as JSON. Names stand in the order in which they first appear, each on its own line.
pub(crate) fn to_json(form: &[u8]) -> String {
    let mut fields: Vec<(Cow<'_, str>, Vec<Cow<'_, str>>)> = Vec::new();
    // An index, because a form may have as many names as its body has bytes.
    let mut known: HashMap<Cow<'_, str>, usize> = HashMap::new();
    for (name, value) in form_urlencoded::parse(form) {
        let at = *known.entry(name).or_insert_with_key(|name| {
            fields.push((name.clone(), Vec::with_capacity(1)));
            fields.len() - 1
        });
        fields[at].1.push(value);
    }
    let mut json = String::with_capacity(form.len() + 8 * fields.len() + 2);
    json.push('{');
    for (at, (name, values)) in fields.iter().enumerate() {
        json.push_str(if at == 0 { "\n" } else { ",\n" });
        push_string(&mut json, name);
        json.push_str(":[");
        for (at, value) in values.iter().enumerate() {
            json.push_str(if at == 0 { "" } else { "," });
            push_string(&mut json, value);
        }
        json.push(']');
    }
    json.push('}');
    json
}

/// The field of a form that does not fit, empty where it is none, and why.
pub(super) fn mismatch(json: &str, error: &serde_json::Error) -> (String, String) {
    let (mut message, _) = message_and_place(error);
    let field = if let Some(before) = message.strip_suffix(IN_FIELD) {
        message.truncate(before.len());
        name_at(json, error.line())
    } else {
        missing_field(&message).map(str::to_owned)
    };
    (field.unwrap_or_default(), message)
}

/// The name of the field on a line.
fn name_at(json: &str, line: usize) -> Option<String> {
    let line = json.lines().nth(line.checked_sub(1)?)?;
    serde_json::Deserializer::from_str(line).into_iter().next()?.ok()
}

fn push_string(json: &mut String, text: &str) {
    json.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => json.extend(['\\', letter]),
            '\0'..'\u{20}' => {
                let code = u32::from(letter);
                let digit = |value| char::from_digit(value, 16).unwrap_or_default();
                json.extend(['\\', 'u', '0', '0', digit(code / 16), digit(code % 16)]);
            }
            _ => json.push(letter),
        }
    }
    json.push('"');
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::payload::decoder::Decoder;

    #[derive(Deserialize, Debug, PartialEq)]
    struct Command<'a> {
        #[serde(borrow)]
        text: Cow<'a, str>,
        count: u8,
        silent: Option<bool>,
        #[serde(default)]
        tags: Vec<Cow<'a, str>>,
        kind: Option<Kind>,
    }

    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        Slash,
    }

    /// Decodes a form's JSON. The error is the field that does not fit, and why.
    fn decode<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, (String, String)> {
        let mut source = serde_json::Deserializer::from_str(json);
        T::deserialize(Decoder::new(&mut source, true)).map_err(|error| mismatch(json, &error))
    }

    #[test]
    fn fields_are_read_by_the_type_they_have() {
        let json = to_json(b"text=a+b%21&count=7&tags=x&tags=y&silent=true&kind=slash&extra=1");
        let command: Command<'_> = decode(&json).expect("fits");
        assert_eq!(command.text, "a b!");
        assert_eq!((command.count, command.silent), (7, Some(true)));
        assert_eq!(command.tags, ["x", "y"]);
        assert_eq!(command.kind, Some(Kind::Slash));
    }

    #[test]
    fn many_names_take_no_longer_than_many_bytes() {
        // Miri takes a thousand times as long, and has no opinion on that.
        let many = if cfg!(miri) { 200 } else { 200_000 };
        let names: Vec<String> = (0..many).map(|n| format!("{n:x}")).collect();
        let body = names.join("&");
        // The first brace has a line of its own.
        assert_eq!(to_json(body.as_bytes()).lines().count(), many + 1);
    }

    #[test]
    fn plain_text_is_borrowed() {
        #[derive(Deserialize)]
        struct Plain<'a> {
            text: &'a str,
        }
        for (body, text) in [("text=abc", "abc"), ("text=a+b%21", "a b!")] {
            assert_eq!(decode::<Plain<'_>>(&to_json(body.as_bytes())).expect("fits").text, text);
        }
    }

    #[test]
    fn any_text_is_the_same_in_json() {
        let texts = ["\"\\\n\r\t\0\u{1f}\u{7f}", "\u{2028}é😀", "", "{}[],:"];
        for text in texts {
            let mut json = String::new();
            push_string(&mut json, text);
            assert_eq!(serde_json::from_str::<String>(&json).expect("a string"), text);
            assert!(!json.contains('\n'));
        }
    }

    #[test]
    fn what_a_type_asks_for_decides_how_text_is_read() {
        #[derive(Deserialize, Debug, PartialEq)]
        struct Id(u64);
        #[derive(Deserialize, Debug, PartialEq)]
        struct Meters(Option<f64>);
        #[derive(Deserialize, Debug, PartialEq)]
        struct All {
            id: Id,
            ids: Vec<Id>,
            maybe: Option<Meters>,
            any: serde_json::Value,
            letter: char,
            #[serde(flatten)]
            rest: HashMap<String, String>,
        }
        let json = to_json(b"id=1&ids=2&maybe=0.5&any=3&letter=x&other=4");
        let all: All = decode(&json).expect("fits");
        assert_eq!((all.id, all.ids, all.maybe), (Id(1), vec![Id(2)], Some(Meters(Some(0.5)))));
        assert_eq!((all.any, all.letter), ("3".into(), 'x'));
        assert_eq!(all.rest, HashMap::from([("other".to_owned(), "4".to_owned())]));

        let by_number: HashMap<u8, u8> = decode(&to_json(b"1=2&3=4")).expect("fits");
        assert_eq!(by_number, HashMap::from([(1, 2), (3, 4)]));
        decode::<()>(&json).expect("asks for nothing");
        decode::<Option<HashMap<String, Vec<String>>>>(&json).expect("fits");
    }

    #[test]
    fn a_form_is_only_ever_an_object_of_texts() {
        #[derive(Deserialize, Debug)]
        enum Either {
            #[serde(rename = "a")]
            Text(#[allow(dead_code)] String),
        }
        #[derive(Deserialize, Debug)]
        struct Nested {
            #[allow(dead_code)]
            a: HashMap<String, String>,
        }
        let json = to_json(b"a=b");
        let errors = [
            decode::<Either>(&json).expect_err("no enum").1,
            decode::<Vec<String>>(&json).expect_err("no sequence").1,
            decode::<String>(&json).expect_err("no text").1,
            decode::<u8>(&json).expect_err("no number").1,
            decode::<Nested>(&json).expect_err("no map inside").1,
            decode::<HashMap<String, (u8, u8)>>(&json).expect_err("no tuple inside").1,
        ];
        for error in errors {
            assert!(error.starts_with("invalid type: "), "{error}");
        }
    }

    #[test]
    fn a_mismatch_names_its_field() {
        for (body, field) in [
            ("text=a&count=x", "count"),
            ("text=a&count=256", "count"),
            ("text=a", "count"),
            ("count=1", "text"),
            ("text=a&text=b&count=1", "text"),
            ("text=a&count=1&silent=maybe", "silent"),
            ("text=a&count=1&kind=other", "kind"),
        ] {
            let json = to_json(body.as_bytes());
            let (at, _) = decode::<Command<'_>>(&json).expect_err(body);
            assert_eq!(at, field, "{body}");
        }
        let json = to_json(b"text=a&text=b&count=1");
        let (_, message) = decode::<Command<'_>>(&json).expect_err("given twice");
        assert_eq!(message, "given more than once");
    }

    #[test]
    fn a_mismatch_of_the_whole_names_no_field() {
        #[derive(Deserialize, Debug)]
        #[serde(untagged)]
        enum Either {
            #[allow(dead_code)]
            One { one: String },
        }
        #[derive(Deserialize, Debug)]
        struct Whole {
            #[allow(dead_code)]
            text: String,
            #[serde(flatten)]
            #[allow(dead_code)]
            rest: Either,
        }
        let json = to_json(b"text=a&two=b&=c");
        let (field, message) = decode::<Whole>(&json).expect_err("no variant fits");
        assert_eq!(field, "", "{message}");
    }
}
