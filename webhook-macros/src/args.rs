//! The grammar of `#[webhook(...)]`: one row an option.

use crate::errors::Errors;
use crate::inbox;
use crate::misspelt::closest;
use crate::values::{crate_path, string, ungroup};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, ExprLit, Ident, Lit, LitStr, Path, Token, token};

/// What the attribute says.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) path: Option<LitStr>,
    /// The runtime crate, where `crate = ...` renames it.
    pub(crate) runtime: Option<Path>,
    /// Whether deliveries are stored before they are handled.
    pub(crate) inbox: bool,
    /// What the other options do to the endpoint, in the order they were written.
    pub(crate) setters: Vec<Setter>,
}

/// One call of the endpoint's builder: `.name(value)`.
pub(crate) struct Setter {
    /// Named and spanned after the option.
    pub(crate) name: Ident,
    pub(crate) value: TokenStream,
    /// The runtime's type, where the value has to be a constant: a bad one then fails to compile.
    pub(crate) constant: Option<&'static str>,
}

struct Row {
    name: &'static str,
    /// How it is written, for the error messages.
    example: &'static str,
    required: bool,
    read: fn(&mut Args, Given, &mut Errors),
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row { name: "path",             example: r#"path = "/webhook""#,                 read: path,             required: true },
    Row { name: "secret_env",       example: r#"secret_env = "WEBHOOK_SECRET""#,     read: secret_env,       required: false },
    Row { name: "verify_token_env", example: r#"verify_token_env = "VERIFY_TOKEN""#, read: verify_token_env, required: false },
    Row { name: "provider",         example: "provider = GITHUB",                    read: provider,         required: false },
    Row { name: "tolerance",        example: "tolerance = Duration::from_secs(60)",  read: duration,         required: false },
    Row { name: "respond_within",    example: "respond_within = Duration::from_secs(2)", read: duration,       required: false },
    Row { name: "inbox",            example: "inbox",                                read: inbox::read,      required: false },
    Row { name: "max_body",         example: "max_body = 64 * 1024",                 read: expression,       required: false },
    Row { name: "crate",            example: "crate = my_crate::webhook_runtime",    read: runtime,          required: false },
];

/// One option as it was written.
pub(crate) struct Given {
    row: &'static Row,
    key: Ident,
    form: Form,
}

enum Form {
    /// `key`
    Flag,
    /// `key(...)`
    List(token::Paren, TokenStream),
    /// `key = value`
    Value(Expr),
}

impl Given {
    fn value(self, errors: &mut Errors) -> Option<(Ident, Expr)> {
        let Row { name, example, .. } = self.row;
        match self.form {
            Form::Value(value) => return Some((self.key, value)),
            Form::Flag => {
                errors.at(self.key.span(), format!("`{name}` needs a value: `{example}`"));
            }
            Form::List(paren, _) => errors.at(
                paren.span.join(),
                format!("the value of `{name}` comes after `=`: `{example}`"),
            ),
        }
        None
    }

    /// For an option that is there or not, and may say more in parentheses.
    pub(crate) fn flag_or_list(self, errors: &mut Errors) -> Option<(Ident, TokenStream)> {
        let Row { name, example, .. } = self.row;
        match self.form {
            Form::Flag => Some((self.key, TokenStream::new())),
            Form::List(_, list) => Some((self.key, list)),
            Form::Value(value) => {
                errors.over(value, format!("`{name}` has no value: write `{example}`"));
                None
            }
        }
    }
}

/// Reads everything that can be read, past any number of mistakes.
pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Args {
    let mut args = Args::default();
    let mut seen = Vec::new();
    let read = |input: ParseStream| {
        while !input.is_empty() {
            if let Err(error) = option(input, &mut args, &mut seen, errors) {
                errors.push(error);
                skip_option(input)?;
            }
            if input.is_empty() {
                break;
            }
            if let Err(error) = input.parse::<Token![,]>() {
                errors.at(error.span(), "expected a comma between two options");
            }
        }
        Ok(())
    };
    if let Err(error) = read.parse2(tokens) {
        errors.push(error);
    }

    for row in ROWS {
        if row.required && !seen.contains(&row.name) {
            errors.at(
                Span::call_site(),
                format!("`{}` is missing: `#[webhook({}, ...)]`", row.name, row.example),
            );
        }
    }
    args
}

fn option(
    input: ParseStream,
    args: &mut Args,
    seen: &mut Vec<&'static str>,
    errors: &mut Errors,
) -> syn::Result<()> {
    if input.peek(Lit) {
        let lit: Lit = input.parse()?;
        // Most likely the path: do not also report that it is missing.
        seen.push(ROWS[0].name);
        let hint = "every option has a name: `path = \"/webhook\"`";
        return Err(syn::Error::new_spanned(lit, hint));
    }
    let Ok(key) = input.call(Ident::parse_any) else {
        return Err(input.error("expected the name of an option: `path = \"/webhook\"`"));
    };
    let name = key.unraw().to_string();

    let row = ROWS.iter().find(|row| row.name == name);
    let Some(row) = row else {
        let meant = closest(&name, ROWS.iter().map(|row| row.name));
        seen.extend(meant);
        errors.at(key.span(), unknown(&name, meant));
        return skip_option(input);
    };
    if seen.contains(&row.name) {
        errors.at(key.span(), format!("`{name}` is given twice"));
        return skip_option(input);
    }
    seen.push(row.name);

    let form = if input.peek(Token![=]) {
        let equals: Token![=] = input.parse()?;
        if input.is_empty() || input.peek(Token![,]) {
            let hint = format!("`{name}` needs a value: `{}`", row.example);
            return Err(syn::Error::new(equals.span, hint));
        }
        Form::Value(input.parse()?)
    } else if input.peek(token::Paren) {
        let content;
        let paren = syn::parenthesized!(content in input);
        Form::List(paren, content.parse()?)
    } else if input.is_empty() || input.peek(Token![,]) {
        Form::Flag
    } else {
        let hint = format!("expected `=` and a value: `{}`", row.example);
        return Err(input.error(hint));
    };
    (row.read)(args, Given { row, key, form }, errors);
    Ok(())
}

/// Goes on to the comma after this option.
fn skip_option(input: ParseStream) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

fn unknown(name: &str, meant: Option<&str>) -> String {
    let meant = meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
    let names: Vec<_> = ROWS.iter().map(|row| format!("`{}`", row.name)).collect();
    format!("there is no option `{name}`{meant}\nthe options are {}", names.join(", "))
}

// ---- the options ----

/// Passed to the endpoint's builder as it is: the compiler checks its type.
fn expression(args: &mut Args, given: Given, errors: &mut Errors) {
    let Some((name, value)) = given.value(errors) else {
        return;
    };
    args.setters.push(Setter { name, value: value.into_token_stream(), constant: None });
}

/// A time, which a number alone is not.
fn duration(args: &mut Args, given: Given, errors: &mut Errors) {
    let Some((name, value)) = given.value(errors) else {
        return;
    };
    if let Expr::Lit(ExprLit { lit: lit @ (Lit::Int(_) | Lit::Float(_)), .. }) = ungroup(&value) {
        let hint = format!(
            "a time has a unit: `{name} = Duration::from_secs({})`, with `use std::time::Duration`",
            lit.to_token_stream()
        );
        errors.over(lit, hint);
    }
    args.setters.push(Setter { name, value: value.into_token_stream(), constant: None });
}

/// A constant of the runtime's type `Provider`, passed by reference.
fn provider(args: &mut Args, given: Given, errors: &mut Errors) {
    let Some((name, value)) = given.value(errors) else {
        return;
    };
    if let Some(lit) = string(&value) {
        let constant = lit.value().to_uppercase().replace(['-', ' '], "_");
        let hint = format!(
            "a provider is a constant: `provider = {constant}`, with \
             `use webhook_runtime::providers::{constant}`, if it is one that is known"
        );
        errors.over(lit, hint);
    }
    args.setters.push(Setter {
        name,
        value: value.into_token_stream(),
        constant: Some("Provider"),
    });
}

fn runtime(args: &mut Args, given: Given, errors: &mut Errors) {
    let Some((_, value)) = given.value(errors) else {
        return;
    };
    args.runtime = crate_path(&value, errors);
}

fn path(args: &mut Args, given: Given, errors: &mut Errors) {
    let Some((_, value)) = given.value(errors) else {
        return;
    };
    let Some(lit) = string(&value) else {
        errors.over(
            value,
            "the path is a string literal, so that it can be checked here: `path = \"/webhook\"`",
        );
        return;
    };
    for mistake in path_mistakes(&lit.value()) {
        errors.at(lit.span(), mistake);
    }
    args.path = Some(lit.clone());
}

fn verify_token_env(args: &mut Args, given: Given, errors: &mut Errors) {
    let Some((name, value)) = given.value(errors) else {
        return;
    };
    match string(&value) {
        None => errors.over(
            &value,
            "the name of an environment variable is a string literal: \
             `verify_token_env = \"VERIFY_TOKEN\"`",
        ),
        Some(lit) => {
            if let Err(mistake) = env_name(&lit.value()) {
                errors.at(lit.span(), mistake);
            }
        }
    }
    args.setters.push(Setter { value: value.to_token_stream(), name, constant: None });
}

fn secret_env(args: &mut Args, given: Given, errors: &mut Errors) {
    let Some((name, value)) = given.value(errors) else {
        return;
    };
    let one = std::slice::from_ref(&value);
    let names = match ungroup(&value) {
        Expr::Array(array) => &array.elems.iter().cloned().collect::<Vec<_>>(),
        _ => one,
    };
    if names.is_empty() {
        errors.over(
            &value,
            "`secret_env` needs at least one name: `secret_env = \"WEBHOOK_SECRET\"`",
        );
    }

    let mut seen: Vec<String> = Vec::new();
    for name in names {
        let Some(lit) = string(name) else {
            errors.over(
                name,
                "the name of an environment variable is a string literal: \
                 `secret_env = \"WEBHOOK_SECRET\"`",
            );
            continue;
        };
        let text = lit.value();
        if seen.contains(&text) {
            errors.at(lit.span(), format!("`{text}` is named twice"));
        } else if let Err(mistake) = env_name(&text) {
            errors.at(lit.span(), mistake);
        }
        seen.push(text);
    }
    args.setters.push(Setter {
        value: quote_spanned!(name.span()=> &[#(#names),*]),
        name,
        constant: None,
    });
}

// ---- what can be checked without the compiler ----

/// The rules of axum's router (matchit 0.8), and that only a path is there.
fn path_mistakes(path: &str) -> Vec<String> {
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

fn env_name(name: &str) -> Result<(), &'static str> {
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
