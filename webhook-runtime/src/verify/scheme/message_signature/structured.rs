//! The structured fields (RFC 9651) that a signature needs, in the one way to write them that is
//! canonical. A text in another spelling is rejected, so the text that was sent is the text that was
//! signed.

use std::borrow::Cow;

use base64ct::{Base64, Encoding as _};

/// A parameter: a key, and a value.
pub(super) type Parameter<'t> = (&'t str, Value<'t>);

/// The value of a parameter. Signatures have no other kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value<'t> {
    Text(Cow<'t, str>),
    Integer(i64),
    /// A key alone, which stands for `true`.
    Flag,
}

/// A covered component, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item<'t> {
    pub(super) name: Cow<'t, str>,
    pub(super) parameters: Vec<Parameter<'t>>,
    pub(super) written: &'t str,
}

/// The only member of `Signature-Input`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Input<'t> {
    pub(super) label: &'t str,
    pub(super) components: Vec<Item<'t>>,
    pub(super) parameters: Vec<Parameter<'t>>,
    /// The list and its parameters, as they are signed.
    pub(super) written: &'t str,
}

/// The largest number of components and of parameters.
const MAX_ITEMS: usize = 32;

/// Parses `label=("a" "b";name="c");created=1;keyid="d"`.
pub(super) fn input(text: &str) -> Option<Input<'_>> {
    let mut reader = Reader { text, at: 0 };
    let label = reader.key()?;
    reader.expect("=")?;
    let start = reader.at;
    reader.expect("(")?;
    let mut components = Vec::new();
    while !reader.take(")") {
        if !components.is_empty() {
            reader.expect(" ")?;
        }
        let start = reader.at;
        let name = reader.string()?;
        let parameters = reader.parameters()?;
        components.push(Item { name, parameters, written: &text[start..reader.at] });
        if components.len() > MAX_ITEMS {
            return None;
        }
    }
    let parameters = reader.parameters()?;
    let is_whole = reader.at == text.len();
    is_whole.then_some(Input { label, components, parameters, written: &text[start..] })
}

/// Parses a dictionary of byte sequences, `a=:AAAA:, b=:BBBB:`. No key may be there twice.
pub(super) fn byte_sequences(text: &str) -> Option<Vec<(&str, Vec<u8>)>> {
    let mut reader = Reader { text, at: 0 };
    let mut members: Vec<(&str, Vec<u8>)> = Vec::new();
    loop {
        let key = reader.key()?;
        reader.expect("=:")?;
        let (encoded, _) = reader.rest().split_once(':')?;
        let bytes = Base64::decode_vec(encoded).ok()?;
        reader.at += encoded.len() + 1;
        if members.len() == MAX_ITEMS || members.iter().any(|(other, _)| *other == key) {
            return None;
        }
        members.push((key, bytes));
        if reader.at == text.len() {
            return Some(members);
        }
        reader.expect(", ")?;
    }
}

/// Writes a text as a string.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn take(&mut self, wanted: &str) -> bool {
        let found = self.rest().starts_with(wanted);
        if found {
            self.at += wanted.len();
        }
        found
    }

    fn expect(&mut self, wanted: &str) -> Option<()> {
        self.take(wanted).then_some(())
    }

    /// Lower-case letters, digits and `_-.*`, beginning with a letter or `*`.
    fn key(&mut self) -> Option<&'t str> {
        let rest = self.rest();
        let is_part = |byte: &u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.*".contains(byte)
        };
        let len = rest.bytes().take_while(|byte| is_part(byte)).count();
        let begins =
            rest.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase() || byte == b'*');
        self.at += len;
        begins.then(|| &rest[..len])
    }

    /// Printable ASCII between quotation marks.
    fn string(&mut self) -> Option<Cow<'t, str>> {
        self.expect("\"")?;
        let rest = self.rest();
        let mut text = Cow::Borrowed("");
        let mut bytes = rest.bytes().enumerate();
        while let Some((at, byte)) = bytes.next() {
            let byte = match byte {
                b'"' => {
                    self.at += at + 1;
                    return Some(text);
                }
                b'\\' => {
                    text.to_mut();
                    bytes.next().map(|(_, byte)| byte).filter(|byte| b"\"\\".contains(byte))?
                }
                b' '..=b'~' => byte,
                _ => return None,
            };
            match &mut text {
                Cow::Borrowed(text) => *text = &rest[..=at],
                Cow::Owned(text) => text.push(char::from(byte)),
            }
        }
        None
    }

    fn parameters(&mut self) -> Option<Vec<Parameter<'t>>> {
        let mut parameters: Vec<Parameter<'t>> = Vec::new();
        while self.take(";") {
            let key = self.key()?;
            let value = match self.take("=") {
                false => Value::Flag,
                true if self.rest().starts_with('"') => Value::Text(self.string()?),
                true => Value::Integer(self.integer()?),
            };
            if parameters.len() == MAX_ITEMS || parameters.iter().any(|(other, _)| *other == key) {
                return None;
            }
            parameters.push((key, value));
        }
        Some(parameters)
    }

    /// A whole number of at most 15 digits.
    fn integer(&mut self) -> Option<i64> {
        let rest = self.rest();
        let len = rest.bytes().take_while(u8::is_ascii_digit).count();
        let digits = &rest[..len];
        self.at += len;
        let is_canonical = (1..=15).contains(&len) && (len == 1 || !digits.starts_with('0'));
        digits.parse().ok().filter(|_| is_canonical)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_parsed_as_it_was_written() {
        let text =
            r#"sig1=("@method" "@query-param";name="a\"b" "x-a");created=1618884473;keyid="k";on"#;
        let parsed = input(text).expect("it is canonical");
        assert_eq!((parsed.label, parsed.written), ("sig1", &text[5..]));
        let names: Vec<_> =
            parsed.components.iter().map(|item| (&*item.name, item.written)).collect();
        let parameter = r#""@query-param";name="a\"b""#;
        assert_eq!(
            names,
            [("@method", "\"@method\""), ("@query-param", parameter), ("x-a", "\"x-a\"")]
        );
        assert_eq!(parsed.components[1].parameters, [("name", Value::Text("a\"b".into()))]);
        assert_eq!(
            parsed.parameters,
            [
                ("created", Value::Integer(1_618_884_473)),
                ("keyid", Value::Text("k".into())),
                ("on", Value::Flag)
            ]
        );
        assert_eq!(input("s=()").expect("an empty list").written, "()");
        assert_eq!(quoted("a\"\\"), r#""a\"\\""#);
    }

    #[test]
    fn other_spellings_of_an_input_are_rejected() {
        for text in [
            "",
            "sig1",
            "sig1=",
            "sig1=(",
            "Sig1=()",
            "=()",
            "1=()",
            " sig1=()",
            "sig1=() ",
            "sig1=( \"a\")",
            "sig1=(\"a\" )",
            "sig1=(\"a\"  \"b\")",
            "sig1=(\"a\"\"b\")",
            "sig1=(\"a\",\"b\")",
            "sig1=(a)",
            "sig1=(\"a)",
            "sig1=(\"\\a\")",
            "sig1=(\"\u{e9}\")",
            "sig1=(\"\t\")",
            "sig1=();",
            "sig1=();created",
            "sig1=();created=",
            "sig1=();created=01",
            "sig1=();created=-1",
            "sig1=();created=1.0",
            "sig1=();created=1234567890123456",
            "sig1=(); created=1",
            "sig1=();created=1;created=1",
            "sig1=();alg=ed25519",
            "sig1=();nonce=:AA==:",
            "sig1=(), sig2=()",
            "sig1=(),sig2=()",
            "sig1=\"a\"",
        ] {
            let is_flag = text == "sig1=();created";
            assert_eq!(input(text).is_some(), is_flag, "{text:?}");
        }
        let many = format!("a=({})", vec!["\"b\""; MAX_ITEMS + 1].join(" "));
        assert_eq!(input(&many), None);
    }

    #[test]
    fn byte_sequences_are_strict() {
        let parsed = byte_sequences("sha-256=:AAE=:, b=::").expect("it is canonical");
        assert_eq!(parsed, [("sha-256", vec![0, 1]), ("b", Vec::new())]);
        for text in [
            "",
            "a",
            "a=",
            "a=:AA",
            "a=AA",
            "a=:AAE:",
            "a=:AAF=:",
            "a=::,b=::",
            "a=::, ",
            "a=::,  b=::",
            "a=::, a=::",
            "A=::",
            "a=::;b=1",
            "a=:-_==:",
            " a=::",
        ] {
            assert_eq!(byte_sequences(text), None, "{text:?}");
        }
    }
}
