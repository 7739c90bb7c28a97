//! A list of options: in the parentheses of the attribute, and in those of an option that has options.

use crate::args::{Args, Form, Given, Row};
use crate::errors::Errors;
use crate::misspelt::closest;
use crate::values::{expression, until_comma};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Ident, Lit, Token, token};

/// The options of a list.
pub(crate) struct Options {
    pub(crate) rows: &'static [Row],
    /// The message for an option that is not there, and the one that may be meant.
    pub(crate) unknown: fn(&str, Option<&str>) -> String,
}

/// What was found in a list.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) names: Vec<&'static str>,
    /// True if there are parts that are no options. Each may have been meant as any.
    pub(crate) has_other_parts: bool,
}

impl Options {
    /// Reads all options, and goes on after a mistake.
    pub(crate) fn read(
        &self,
        input: ParseStream,
        args: &mut Args,
        errors: &mut Errors,
    ) -> syn::Result<Seen> {
        let mut seen = Seen::default();
        while !input.is_empty() {
            if let Err(error) = self.option(input, args, &mut seen.names, errors) {
                seen.has_other_parts |= !input.is_empty() && !input.peek(Token![,]);
                errors.push(error);
                until_comma(input)?;
            }
            separator(input, errors)?;
        }
        Ok(seen)
    }

    fn option(
        &self,
        input: ParseStream,
        args: &mut Args,
        seen: &mut Vec<&'static str>,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        let first = &self.rows[0];
        if input.peek(Lit) {
            let lit: Lit = input.parse()?;
            // This is probably the path: do not also report that it is missing.
            seen.extend(first.required.then_some(first.name));
            let hint = format!("every option has a name: `{}`", first.example);
            return Err(syn::Error::new_spanned(lit, hint));
        }
        let Ok(key) = input.call(Ident::parse_any) else {
            let hint = format!("expected the name of an option: `{}`", first.example);
            return Err(input.error(hint));
        };
        let key = key.unraw();
        let name = key.to_string();

        let row = self.rows.iter().find(|row| row.name == name);
        let Some(row) = row else {
            let meant = closest(&name, self.rows.iter().map(|row| row.name));
            seen.extend(meant);
            errors.at(key.span(), (self.unknown)(&name, meant));
            until_comma(input)?;
            return Ok(());
        };
        if seen.contains(&row.name) {
            errors.at(key.span(), format!("`{name}` is given twice"));
            until_comma(input)?;
            return Ok(());
        }
        seen.push(row.name);

        let form = if input.peek(Token![=]) {
            let equals: Token![=] = input.parse()?;
            if input.is_empty() || input.peek(Token![,]) {
                let hint = format!("`{name}` needs a value: `{}`", row.example);
                return Err(syn::Error::new(equals.span, hint));
            }
            Form::Value(expression(input, row.example)?)
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

    /// The names, for a message.
    pub(crate) fn names(&self) -> String {
        let names: Vec<_> = self.rows.iter().map(|row| format!("`{}`", row.name)).collect();
        names.join(", ")
    }
}

/// Reads the comma between two options.
fn separator(input: ParseStream, errors: &mut Errors) -> syn::Result<()> {
    if input.is_empty() || input.parse::<Option<Token![,]>>()?.is_some() {
        return Ok(());
    }
    errors.at(input.span(), "expected a comma between two options");
    input.parse::<Option<Token![;]>>()?;
    // An option may follow. Anything else belongs to the mistake.
    if !input.peek(Ident::peek_any) {
        until_comma(input)?;
        input.parse::<Option<Token![,]>>()?;
    }
    Ok(())
}
