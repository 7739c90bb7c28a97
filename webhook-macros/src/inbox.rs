//! The option `inbox`, and its own option `order_by`.

use crate::args::{Args, Given, Setter};
use crate::errors::Errors;
use crate::values::{expression, string, ungroup};
use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Lit, Token};

const ORDER_BY: &str = "order_by = \"/account/id\"";

/// `inbox`, or `inbox(order_by = ...)`.
pub(crate) fn read(args: &mut Args, given: Given, errors: &mut Errors) {
    let Some((name, list)) = given.flag_or_list(errors) else {
        return;
    };
    args.inbox = true;
    args.setters.push(Setter { name, value: TokenStream::new(), constant: None });
    let order_by = |input: ParseStream| order_by(input, errors);
    match order_by.parse2(list) {
        Ok(setter) => args.setters.extend(setter),
        Err(error) => errors.push(error),
    }
}

fn order_by(input: ParseStream, errors: &mut Errors) -> syn::Result<Option<Setter>> {
    if input.is_empty() {
        return Ok(None);
    }
    let other = || format!("`inbox` has one option of its own: `inbox({ORDER_BY})`");
    let Ok(name) = input.call(Ident::parse_any) else {
        return Err(input.error(other()));
    };
    let name = name.unraw();
    if name != "order_by" {
        input.parse::<TokenStream>()?;
        return Err(syn::Error::new(name.span(), other()));
    }
    if !input.peek(Token![=]) || input.peek2(Token![,]) {
        let hint = format!("`order_by` needs a value: `inbox({ORDER_BY})`");
        return Err(syn::Error::new(name.span(), hint));
    }
    input.parse::<Token![=]>()?;
    if input.is_empty() {
        let hint = format!("`order_by` needs a value: `inbox({ORDER_BY})`");
        return Err(syn::Error::new(name.span(), hint));
    }
    let value = expression(input, &format!("inbox({ORDER_BY})"))?;
    input.parse::<Option<Token![,]>>()?;
    if !input.is_empty() {
        return Err(input.error(format!("the only option of `inbox` is `{ORDER_BY}`")));
    }
    Ok(Some(setter(name, &value, errors)))
}

/// A string literal is a JSON pointer. The compiler checks any other expression.
fn setter(name: Ident, value: &Expr, errors: &mut Errors) -> Setter {
    let is_literal = matches!(ungroup(value), Expr::Lit(lit) if matches!(lit.lit, Lit::Str(_)));
    if let Some(pointer) = string(value)
        && !pointer.value().starts_with('/')
    {
        errors.at(
            pointer.span(),
            format!(
                "a JSON pointer begins with `/`: `{ORDER_BY}`\n\
                 for a header: `order_by = Field::header(\"x-account\")`"
            ),
        );
    }
    let name = if is_literal { Ident::new("order_by_pointer", name.span()) } else { name };
    Setter { name, value: value.to_token_stream(), constant: None }
}
