//! The model of the function under the attribute, and the checks of its signature.

use crate::arguments;
use crate::errors::Errors;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{
    Attribute, FnArg, GenericParam, Ident, PatType, Receiver, ReturnType, Safety, Signature, Type,
    Visibility,
};

pub(crate) struct Handler {
    /// The `#[cfg(...)]`s among the function's attributes.
    pub(crate) cfgs: Vec<Attribute>,
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

/// Reads the signature, not the body. Returns `None` if there is no function to add an endpoint to.
pub(crate) fn parse(item: TokenStream, errors: &mut Errors) -> Option<Handler> {
    match signature.parse2(item) {
        Ok((attrs, vis, sig)) => handler(attrs, vis, sig, errors),
        Err(error) => {
            errors.push(error);
            None
        }
    }
}

fn signature(input: ParseStream) -> syn::Result<(Vec<Attribute>, Visibility, Signature)> {
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
    input.parse::<TokenStream>()?;
    Ok((attrs, vis, sig))
}

const NOT_A_FUNCTION: &str =
    "`#[webhook]` belongs on a function: `async fn order_paid(order: Order<'_>) { ... }`";

fn handler(
    attrs: Vec<Attribute>,
    vis: Visibility,
    sig: Signature,
    errors: &mut Errors,
) -> Option<Handler> {
    if let Some(receiver) = sig.receiver() {
        method(receiver, errors);
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
    arguments::check(&arguments, errors);

    Some(Handler {
        cfgs: attrs.into_iter().filter(|attr| attr.path().is_ident("cfg")).collect(),
        vis,
        arguments: arguments.iter().map(|argument| (*argument.ty).clone()).collect(),
        name: sig.ident,
        output: sig.output,
    })
}

fn method(receiver: &Receiver, errors: &mut Errors) {
    errors.over(
        receiver,
        "a webhook handler is a free function: move it out of the `impl`\n\
         pass what it needs from `self` as `State(app): State<App>`",
    );
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
