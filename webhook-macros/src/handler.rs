//! The model of the function under the attribute, and the checks of its signature.

use crate::attributes::Shared;
use crate::errors::Errors;
use crate::{arguments, attributes, returns};
use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::{
    Attribute, FnArg, GenericParam, Ident, PatType, Path, ReturnType, Safety, Signature, Token,
    Type, Visibility,
};

pub(crate) struct Handler {
    /// The function's attributes that its type has as well.
    pub(crate) shared: Shared,
    /// The doc comment of the function.
    pub(crate) documentation: String,
    pub(crate) vis: Visibility,
    pub(crate) name: Ident,
    /// The types of the arguments: extractors, and the payload last.
    pub(crate) arguments: Vec<Type>,
    pub(crate) output: ReturnType,
}

impl Handler {
    pub(crate) fn extractors(&self) -> &[Type] {
        self.arguments.split_last().map_or(&[], |(_, extractors)| extractors)
    }

    pub(crate) fn payload(&self) -> Option<&Type> {
        self.arguments.last()
    }
}

/// The parts of an item that are read.
struct Function {
    attrs: Vec<Attribute>,
    vis: Visibility,
    sig: Signature,
    has_body: bool,
}

/// Reads the signature, not the body. Returns `None` if there is no function to add an endpoint to.
/// `runtime` is the path after `crate =`.
pub(crate) fn parse(
    item: TokenStream,
    runtime: Option<&Path>,
    errors: &mut Errors,
) -> Option<Handler> {
    match function.parse2(item) {
        Ok(function) => handler(function, runtime, errors),
        Err(error) => {
            errors.push(error);
            None
        }
    }
}

fn function(input: ParseStream) -> syn::Result<Function> {
    let attrs = input.call(Attribute::parse_outer)?;
    let vis = input.parse()?;
    let start = input.span();
    let is_fn = input
        .cursor()
        .token_stream()
        .into_iter()
        .take_while(
            |token| !matches!(token, TokenTree::Group(g) if g.delimiter() == Delimiter::Brace),
        )
        .any(|token| matches!(token, TokenTree::Ident(ident) if ident == "fn"));
    if !is_fn {
        return Err(syn::Error::new(start, NOT_A_FUNCTION));
    }
    let sig = input.parse()?;
    let has_body = !input.peek(Token![;]);
    input.parse::<TokenStream>()?;
    Ok(Function { attrs, vis, sig, has_body })
}

const NOT_A_FUNCTION: &str =
    "`#[webhook]` belongs on a function: `async fn order_paid(order: Order<'_>) { ... }`";

fn handler(
    Function { attrs, vis, sig, has_body }: Function,
    runtime: Option<&Path>,
    errors: &mut Errors,
) -> Option<Handler> {
    let shared = attributes::shared(&attrs, runtime, errors)?;
    if let Some(receiver) = sig.receiver() {
        errors.over(receiver, METHOD);
        return None;
    }
    if let Some(token) = of_an_impl(sig.to_token_stream()) {
        errors.at(token, METHOD);
        return None;
    }
    if !has_body {
        errors.over(
            &sig.ident,
            "a webhook handler is a free function with a body: move it out of the `trait`",
        );
        return None;
    }
    qualifiers(&sig, errors);
    generics(&sig, errors);

    let arguments: Vec<&PatType> = sig
        .inputs
        .iter()
        .filter_map(|argument| match argument {
            FnArg::Typed(argument) => Some(argument),
            FnArg::Receiver(_) => None,
        })
        .collect();
    if arguments.is_empty() {
        errors.at(
            sig.paren_token.span.join(),
            format!(
                "the payload is missing: `async fn {}(order: Order<'_>)`\n\
                 for the raw bytes alone: `delivery: &Delivery`",
                sig.ident
            ),
        );
    }
    arguments::check(&arguments, runtime, errors);
    let arguments: Vec<Type> = arguments.iter().map(|argument| (*argument.ty).clone()).collect();
    returns::check(&sig.output, &arguments, errors);

    let documentation = attributes::documentation(&attrs);
    Some(Handler { shared, documentation, vis, arguments, name: sig.ident, output: sig.output })
}

const METHOD: &str = "a webhook handler is a free function: move it out of the `impl`\n\
                      pass what it needs from `self` as `State(app): State<App>`";

/// The place of the first `Self`, which only functions of an `impl` or a `trait` have.
fn of_an_impl(tokens: TokenStream) -> Option<Span> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if ident == "Self" => Some(ident.span()),
        TokenTree::Group(group) => of_an_impl(group.stream()),
        _ => None,
    })
}

fn qualifiers(sig: &Signature, errors: &mut Errors) {
    if sig.asyncness.is_none() {
        errors
            .over(sig.fn_token, format!("a webhook handler is `async`: `async fn {}`", sig.ident));
    }
    if let Safety::Unsafe(token) = &sig.safety {
        errors.over(token, "a webhook handler cannot be `unsafe`: the framework calls it");
    }
    if let Some(abi) = &sig.abi {
        errors.over(abi, "a webhook handler is an ordinary function: remove the `extern`");
    }
}

fn generics(sig: &Signature, errors: &mut Errors) {
    let lifetimes: Vec<_> = sig.generics.lifetimes().collect();
    if let Some(first) = lifetimes.first() {
        errors.over(
            first,
            format!(
                "a webhook handler cannot be generic: write `'_` instead of `{}`",
                first.lifetime
            ),
        );
    }
    let other =
        sig.generics.params.iter().find(|param| !matches!(param, GenericParam::Lifetime(_)));
    if let Some(param) = other {
        errors.over(
            param,
            "a webhook handler cannot be generic: write the concrete type or value instead",
        );
    }
}
