//! The grammar of `#[webhook(...)]`: one row for each option.

use crate::args::{Args, Row};
use crate::errors::Errors;
use crate::list::{Options, Seen};
use crate::{inbox, options};
use proc_macro2::{Span, TokenStream};
use syn::parse::{ParseStream, Parser};

#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row { name: "path",             example: r#"path = "/webhook""#,                 read: options::path,             required: true },
    Row { name: "name",             example: r#"name = "orders""#,                   read: options::name,             required: false },
    Row { name: "secret_env",       example: r#"secret_env = "WEBHOOK_SECRET""#,     read: options::secret_env,       required: false },
    Row { name: "verify_token_env", example: r#"verify_token_env = "VERIFY_TOKEN""#, read: options::verify_token_env, required: false },
    Row { name: "provider",         example: "provider = GITHUB",                    read: options::provider,         required: false },
    Row { name: "tolerance",        example: "tolerance = Duration::from_secs(60)",  read: options::duration,         required: false },
    Row { name: "respond_within",    example: "respond_within = Duration::from_secs(2)", read: options::duration,       required: false },
    Row { name: "inbox",            example: "inbox",                                read: inbox::read,      required: false },
    Row { name: "max_body",         example: "max_body = 64 * 1024",                 read: options::expression,       required: false },
    Row { name: "max_in_flight",    example: "max_in_flight = 16",                   read: options::expression,       required: false },
    Row { name: "crate",            example: "crate = my_crate::webhook_runtime",    read: options::runtime,          required: false },
];

/// Options of other frameworks, and what to write instead.
const ELSEWHERE: [(&str, &str); 3] = [
    ("method", "remove it, because an endpoint takes `POST` and what else its provider sends"),
    ("state", "remove it, and take the state as an argument, `State(app): State<App>`"),
    (
        "timeout",
        "to respond in time, write `respond_within = Duration::from_secs(2)`; to end attempts behind \
         the inbox, write `inbox(timeout = \"30s\")`",
    ),
];

const OPTIONS: Options = Options { rows: ROWS, unknown };

/// Reads all options, and goes on after a mistake.
pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Args {
    let mut args = Args::default();
    let mut seen = Seen::default();
    let read = |input: ParseStream| {
        seen = OPTIONS.read(input, &mut args, errors)?;
        Ok(())
    };
    if let Err(error) = read.parse2(tokens) {
        errors.push(error);
    }

    for row in ROWS {
        if row.required && !seen.names.contains(&row.name) && !seen.has_other_parts {
            errors.at(
                Span::call_site(),
                format!("`{}` is missing: `#[webhook({}, ...)]`", row.name, row.example),
            );
        }
    }
    args
}

fn unknown(name: &str, meant: Option<&str>) -> String {
    if let Some((_, hint)) = ELSEWHERE.iter().find(|(other, _)| *other == name) {
        return format!("there is no option `{name}`: {hint}");
    }
    if let Some(example) = inbox::example(name) {
        return format!("`{name}` is an option of `inbox`: write `{example}`");
    }
    let meant = meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
    format!("there is no option `{name}`{meant}\nthe options are {}", OPTIONS.names())
}
