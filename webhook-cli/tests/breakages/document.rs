//! Random JSON documents, and the styles in which senders write them.

use crate::random::Random;

/// A value of a document.
#[derive(Clone)]
pub(crate) enum Value {
    Object(Vec<(String, Value)>),
    List(Vec<Value>),
    Text(String),
    Whole(u64),
    /// A whole number that the sender writes with `.0`.
    Fraction(u64),
    Word(&'static str),
}

/// The layout of a document.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) layout: Layout,
    /// `\/` for `/`.
    pub(crate) slashes: bool,
    /// `\u` for what is not ASCII.
    pub(crate) unicode: Escapes,
    /// `\u` for `&`, `<` and `>`.
    pub(crate) html: bool,
    /// `.0` behind whole numbers that have a fraction.
    pub(crate) fractions: bool,
    pub(crate) end: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    Compact,
    Spaced,
    Colons,
    Two,
    Three,
    Four,
    Tabs,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escapes {
    None,
    Lower,
    Upper,
}

impl Layout {
    pub(crate) const ALL: [Self; 6] =
        [Self::Compact, Self::Spaced, Self::Colons, Self::Two, Self::Four, Self::Tabs];

    fn indent(self) -> Option<&'static str> {
        match self {
            Self::Two => Some("  "),
            Self::Three => Some("   "),
            Self::Four => Some("    "),
            Self::Tabs => Some("\t"),
            Self::Compact | Self::Spaced | Self::Colons => None,
        }
    }
}

impl Style {
    pub(crate) const PLAIN: Self = Self {
        layout: Layout::Compact,
        slashes: false,
        unicode: Escapes::None,
        html: false,
        fractions: true,
        end: "",
    };

    pub(crate) fn random(random: &mut Random) -> Self {
        Self {
            layout: random.pick(&Layout::ALL),
            slashes: random.is(3),
            unicode: random.pick(&[Escapes::None, Escapes::None, Escapes::Lower, Escapes::Upper]),
            html: random.is(4),
            ..Self::PLAIN
        }
    }

    pub(crate) fn write(self, value: &Value) -> String {
        let mut out = String::new();
        self.value(value, 0, &mut out);
        out + self.end
    }

    fn value(self, value: &Value, depth: usize, out: &mut String) {
        match value {
            Value::Object(members) => {
                self.list(('{', '}'), members, depth, out, |(name, value), out| {
                    self.text(name, out);
                    out.push_str(if self.layout == Layout::Compact { ":" } else { ": " });
                    self.value(value, depth + 1, out);
                });
            }
            Value::List(items) => {
                self.list(('[', ']'), items, depth, out, |item, out| {
                    self.value(item, depth + 1, out);
                });
            }
            Value::Text(text) => self.text(text, out),
            Value::Whole(number) => out.push_str(&number.to_string()),
            Value::Fraction(number) => {
                out.push_str(&number.to_string());
                out.push_str(if self.fractions { ".0" } else { "" });
            }
            Value::Word(word) => out.push_str(word),
        }
    }

    fn list<T>(
        self,
        marks: (char, char),
        items: &[T],
        depth: usize,
        out: &mut String,
        mut write: impl FnMut(&T, &mut String),
    ) {
        let line = |depth: usize, out: &mut String| {
            if let Some(indent) = self.layout.indent() {
                out.push('\n');
                out.push_str(&indent.repeat(depth));
            }
        };
        out.push(marks.0);
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                out.push_str(if self.layout == Layout::Spaced { ", " } else { "," });
            }
            line(depth + 1, out);
            write(item, out);
        }
        if !items.is_empty() {
            line(depth, out);
        }
        out.push(marks.1);
    }

    fn text(self, text: &str, out: &mut String) {
        out.push('"');
        for mark in text.chars() {
            match mark {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '/' if self.slashes => out.push_str("\\/"),
                '&' | '<' | '>' if self.html => {
                    escape(u32::from(mark), false, out);
                }
                _ if mark > '~' && self.unicode != Escapes::None => {
                    for unit in mark.encode_utf16(&mut [0; 2]) {
                        escape(u32::from(*unit), self.unicode == Escapes::Upper, out);
                    }
                }
                _ => out.push(mark),
            }
        }
        out.push('"');
    }
}

/// Writes a `\u` with four digits.
fn escape(unit: u32, upper: bool, out: &mut String) {
    let digits = format!("{unit:04x}");
    out.push_str("\\u");
    out.push_str(&if upper { digits.to_ascii_uppercase() } else { digits });
}

/// The content that a document needs so that a breakage shows.
#[derive(Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools, reason = "independent wishes")]
pub(crate) struct Wanted {
    pub(crate) slashes: bool,
    pub(crate) unicode: bool,
    /// Only characters of ISO 8859-1.
    pub(crate) latin: bool,
    pub(crate) html: bool,
    pub(crate) fractions: usize,
}

/// A random document with what is wanted, and without what is not.
pub(crate) fn document(random: &mut Random, wanted: Wanted) -> Value {
    const UNICODE: [&str; 5] =
        ["Zo\u{eb}", "\u{5c71}\u{7530}", "caf\u{e9}", "\u{1f680}", "\u{20ac}5"];
    const LATIN: [&str; 4] = ["Zo\u{eb}", "caf\u{e9}", "\u{c5}berg", "Nu\u{f1}ez"];
    let empty = if random.is(2) { Value::Object(Vec::new()) } else { Value::List(Vec::new()) };
    let mut members = vec![
        ("id".to_owned(), Value::Text(format!("evt_{}", random.word(10)))),
        (
            "type".to_owned(),
            Value::Text(random.pick(&["order.created", "push", "user.updated"]).into()),
        ),
        ("count".to_owned(), Value::Whole(random.next() % 100_000)),
        (
            "tags".to_owned(),
            Value::List(vec![Value::Text("a, b: \"c\"".into()), Value::Word("null")]),
        ),
        ("empty".to_owned(), empty),
    ];
    if wanted.slashes {
        members.push(("url".into(), Value::Text(format!("https://a.example/{}", random.word(4)))));
    }
    if wanted.unicode {
        members.push(("name".into(), Value::Text(random.pick(&UNICODE).into())));
    }
    if wanted.latin {
        members.push(("name".into(), Value::Text(random.pick(&LATIN).into())));
    }
    if wanted.html {
        members.push(("note".into(), Value::Text("Tom & <Jerry>".into())));
    }
    for index in 0..wanted.fractions {
        members.push((format!("amount{index}"), Value::Fraction(random.next() % 1000)));
    }
    for index in 0..random.below(4) {
        members.push((format!("extra{index}"), Value::Text(random.word(6))));
    }
    if random.is(2) {
        let inner = Value::Object(members.split_off(2));
        members.push(("data".into(), Value::Object(vec![("object".into(), inner)])));
    }
    Value::Object(members)
}
