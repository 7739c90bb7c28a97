//! The code between the backquotes of our messages, as a program that has to compile.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

/// The names that a suggestion may use.
const PRELUDE: &str = "#![allow(unused)]
pub use std::{borrow::Cow, time::Duration};
pub use axum::{extract::{Path, State}, http::HeaderMap};
pub use webhook_runtime::{*, providers::*, webhook, WebhookEvent};
pub mod some { pub use webhook_runtime as path; }
pub mod my_crate { pub use webhook_runtime; }
#[derive(Clone)] pub struct App;
fn main() {}
";

/// Types that the prelude or the language has.
const KNOWN: [&str; 15] = [
    "App",
    "Batch",
    "Cow",
    "Delivery",
    "Duration",
    "Field",
    "HeaderMap",
    "Option",
    "Path",
    "Result",
    "State",
    "String",
    "Tx",
    "UnknownEvent",
    "Vec",
];

const OPTIONS: [&str; 9] = [
    "crate",
    "max_body",
    "name",
    "path",
    "provider",
    "respond_within",
    "secret_env",
    "tolerance",
    "verify_token_env",
];

/// The program, and the number of suggestions in it. Panics if a message has code of an unknown form.
pub(crate) fn program(ui: &Path, causes: &[&str]) -> (String, usize) {
    let mut suggestions = BTreeMap::new();
    let mut untried = Vec::new();
    for cause in causes {
        for file in fs::read_dir(ui.join(cause)).expect("the tests of messages") {
            let path = file.expect("a file").path();
            if path.extension().is_some_and(|extension| extension == "stderr") {
                let source = fs::read_to_string(path.with_extension("rs")).expect("its program");
                let stderr = fs::read_to_string(&path).expect("its messages");
                for message in messages(&stderr) {
                    for piece in message.split('`').skip(1).step_by(2) {
                        if let Some(code) = code(piece, &message) {
                            suggestions.insert(code, format!("{}: {message}", path.display()));
                        } else if !source.contains(piece) && !is_name(piece) {
                            untried.push(format!("`{piece}` of\n{message}"));
                        }
                    }
                }
            }
        }
    }
    assert!(untried.is_empty(), "suggestions of an unknown form:\n{}", untried.join("\n\n"));
    let mut program = PRELUDE.to_owned();
    for (number, (code, origin)) in suggestions.iter().enumerate() {
        let origin = origin.replace('\n', "\n// ");
        let own = own_types(code);
        writeln!(program, "// {origin}\nmod s{number} {{\nuse super::*;\n{own}{code}\n}}")
            .expect("a text");
    }
    (program, suggestions.len())
}

/// The messages of the macros, which have no code of the compiler's.
fn messages(stderr: &str) -> Vec<String> {
    let mut messages: Vec<String> = Vec::new();
    let mut is_message = false;
    for line in stderr.lines() {
        if let Some(first) = line.strip_prefix("error: ") {
            is_message = true;
            // The text of a warning stands behind the compiler's own words.
            let of_a_lint =
                first.strip_prefix("use of deprecated").and_then(|it| it.split_once(": "));
            messages.push(of_a_lint.map_or(first, |(_, ours)| ours).to_owned());
        } else if line.trim_start().starts_with("-->") {
            is_message = false;
        } else if let Some(message) = messages.last_mut().filter(|_| is_message) {
            *message += "\n";
            *message += line.trim();
        }
    }
    // These are the compiler's own.
    messages.retain(|message| !message.contains("is not supported in `trait`s"));
    messages
}

fn code(piece: &str, message: &str) -> Option<String> {
    const FUNCTION: &str = "async fn order_paid(_: &Delivery) {}";
    let with_option = |option: &str| {
        let path = if option.starts_with("path") { "" } else { "path = \"/\", " };
        format!("#[webhook({path}{option})]\n{FUNCTION}")
    };
    let taking =
        |arguments: &str| format!("#[webhook(path = \"/\")]\nasync fn f({arguments}) {{}}");
    let variants =
        |variants: &str| format!("#[derive(WebhookEvent)]\nenum Event<'a> {{\n{variants}\n}}");
    let other = "#[event(other)] Other(UnknownEvent<'a>)";
    let follows = |word: &str| message.contains(&format!("{word} `{piece}`"));
    let key = piece.split(" = ").next().unwrap_or_default();
    Some(if piece.starts_with("#[webhook(") {
        format!("{}\n{FUNCTION}", piece.replace(", ...)", ")"))
    } else if piece.starts_with("use ") {
        format!("{piece};")
    } else if let Some(variant) = piece.strip_prefix("#[event(other)] ") {
        variants(&format!("#[event(other)] {variant}"))
    } else if piece == "#[event(other)]" {
        variants(other)
    } else if piece == "#[event(strict)]" || piece.starts_with("#[event(crate") {
        format!("#[derive(WebhookEvent)]\n{piece}\nenum Event<'a> {{ {other} }}")
    } else if piece.starts_with("#[event(\"") {
        variants(&format!("{piece} Push,\n{other}"))
    } else if piece.starts_with("enum ") && piece.ends_with('}') {
        format!("#[derive(WebhookEvent)]\n{piece}")
    } else if piece.starts_with("enum ") {
        format!("{piece} {{ Other(UnknownEvent<'a>) }}")
    } else if OPTIONS.contains(&key) && piece.contains(" = ") || piece.starts_with("inbox") {
        with_option(piece)
    } else if piece.starts_with("order_by = ") {
        // A provider that sends a token: there the ordering key can be anywhere.
        with_option(&format!("provider = GITLAB, inbox({piece})"))
    } else if let Some(function) = piece.strip_prefix("async fn ") {
        let function = function.trim_end_matches("{ ... }").trim_end();
        let arguments = if function.contains('(') { "" } else { "(_: &Delivery)" };
        format!("#[webhook(path = \"/\")]\nasync fn {function}{arguments} {{}}")
    } else if piece.starts_with('{') && follows("write") {
        with_option(&format!("path = \"/{piece}\""))
    } else if let Some((name, ty)) = piece.split_once(": ").filter(|_| !piece.contains('=')) {
        if ty == "Delivery" || ty.starts_with("State<") {
            taking(&format!("{name}: {ty}, _: &Delivery"))
        } else {
            taking(piece)
        }
    } else if piece == "Webhooks::test" {
        format!("fn f() {{ let _ = Webhooks::<()>::{}; }}", "test")
    } else if piece.starts_with("delivery.") {
        format!("fn f(delivery: &Delivery) {{ let _ = {piece}; }}")
    } else if piece.starts_with("&'a ") {
        format!("fn f<'a>(_: {piece}) {{}}")
    } else if follows("as in") {
        variants(&format!("#[event(\"a\")] {piece},\n{other}"))
    } else if follows("return") {
        format!(
            "#[webhook(path = \"/\")]\nasync fn f(_: &Delivery) -> {piece} {{ Default::default() }}"
        )
    } else if (follows("write") || follows("then write")) && piece.ends_with(')') {
        variants(&format!("#[event(\"a\")] A,\n#[event(other)] {piece}"))
    } else if follows("write") && (piece.starts_with(['&', 's']) || is_type(piece)) {
        taking(&format!("_: {piece}"))
    } else if follows("or") && is_type(piece) {
        format!("fn f(_: {piece}) {{}}")
    } else {
        return None;
    })
}

fn is_type(piece: &str) -> bool {
    piece.starts_with(|first: char| first.is_ascii_uppercase())
}

/// True for a word, which is said of and not suggested, and for a mark.
fn is_name(piece: &str) -> bool {
    piece.len() < 3
        || matches!(piece, "impl Trait" | "#[event(...)]")
        || !piece.contains([' ', '=', '(', '<', ':'])
}

/// The types that a suggestion takes from the user's code, as payloads.
fn own_types(code: &str) -> String {
    let mut own = String::new();
    let mut types = BTreeMap::new();
    for (at, _) in code.match_indices(|letter: char| letter.is_ascii_uppercase()) {
        let before = code[..at].chars().next_back().unwrap_or(' ');
        let end = code[at..].find(|letter: char| !letter.is_alphanumeric() && letter != '_');
        let (name, behind) = code[at..].split_at(end.unwrap_or(code.len() - at));
        let is_variant = code[..at].trim_end().ends_with(']');
        let is_constant = name.len() > 1 && name == name.to_uppercase();
        let is_its_own = matches!(before, ' ' | '<' | '&' | '(' | ':') && !is_variant;
        if is_its_own && !is_constant && !behind.starts_with("::") && name.len() > 1 {
            let modules = code[..at].rsplit_once("self::").map_or("", |(_, modules)| modules);
            let is_by_self = code[..at].ends_with("::") && code[..at].contains("self::");
            let modules = if is_by_self { modules.trim_end_matches(':') } else { "" };
            if is_by_self || !KNOWN.contains(&name) && !code.contains(&format!("enum {name}")) {
                types.insert(name.to_owned(), (modules.to_owned(), behind.to_owned()));
            }
        }
    }
    for (name, (modules, behind)) in types {
        let (parameters, field) = if behind.starts_with("<'") {
            ("<'a>", "#[serde(borrow)] pub Cow<'a, str>")
        } else if behind.starts_with('<') {
            ("<T>", "pub T")
        } else {
            ("", "pub u8")
        };
        let item = format!("#[derive(serde::Deserialize)] pub struct {name}{parameters}({field});");
        if modules.is_empty() {
            writeln!(own, "{item}").expect("a text");
        } else {
            writeln!(own, "mod {modules} {{ use super::*; {item} }}").expect("a text");
        }
    }
    own
}
