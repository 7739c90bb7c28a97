//! The arguments of `#[webhook(...)]`: all of them, and one option as the user wrote it.

use crate::errors::Errors;
use proc_macro2::TokenStream;
use syn::{Expr, Ident, LitStr, Path, token};

/// The arguments of the attribute.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) path: Option<LitStr>,
    /// The path of the runtime crate, if `crate = ...` sets it.
    pub(crate) runtime: Option<Path>,
    /// True if deliveries are stored before they are handled.
    pub(crate) inbox: bool,
    /// The calls that the other options add to the endpoint, in the order of the options.
    pub(crate) setters: Vec<Setter>,
    /// The calls that the options of `inbox` add to the endpoint's options behind it.
    pub(crate) inbox_setters: Vec<Setter>,
}

/// One call of the endpoint's builder: `.name(value)`.
pub(crate) struct Setter {
    /// Named and spanned after the option.
    pub(crate) name: Ident,
    pub(crate) value: TokenStream,
    /// The type of a value that becomes a constant of its own, to be passed by reference.
    pub(crate) constant: Option<&'static str>,
}

/// One row of the grammar: an option, and how it is read.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// An example for the error messages.
    pub(crate) example: &'static str,
    pub(crate) required: bool,
    pub(crate) read: fn(&mut Args, Given, &mut Errors),
}

/// One option as the user wrote it.
pub(crate) struct Given {
    pub(crate) row: &'static Row,
    pub(crate) key: Ident,
    pub(crate) form: Form,
}

/// The three ways to write an option.
pub(crate) enum Form {
    /// `key`
    Flag,
    /// `key(...)`
    List(token::Paren, TokenStream),
    /// `key = value`
    Value(Expr),
}

impl Given {
    /// The name and value of an option that needs a value.
    pub(crate) fn value(self, errors: &mut Errors) -> Option<(Ident, Expr)> {
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

    /// The name of an option without a value, and its list in parentheses, if there is one.
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
