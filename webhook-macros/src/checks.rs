//! The checks that the compiler makes with the constants of an endpoint. The macro only sees names, so
//! it cannot make them itself.
//!
//! Each check has the span of the option or the argument that it is about.

use crate::args::{Args, Setter};
use crate::handler::Handler;
use crate::spans::{first_span, last_span, local, move_to};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};
use syn::Type;
use syn::ext::IdentExt;

/// The number of names that one attribute warns about: each costs a line for every endpoint.
const MAX_WARNINGS: usize = 3;

/// The checks that fail. They use the constant of the endpoint.
pub(crate) fn of(handler: &Handler, args: &Args) -> TokenStream {
    let at_name = handler.name.span();
    let respond_within = args.setters.iter().find(|setter| setter.name == "respond_within");
    let order_by =
        args.inbox_setters.iter().find(|setter| setter.name.to_string().starts_with("order_by"));
    let respond_within =
        respond_within.map(|option| check("check_respond_within", at_name, over(option)));
    let order_by = order_by.map(|option| check("check_order_by", at_name, over(option)));
    let payload = handler.payload().map(|ty| {
        let ends = (first_span(ty), last_span(ty));
        check("check_payload", at_name, ends)
    });
    quote!(#respond_within #order_by #payload)
}

/// From the name of an option to the end of its value.
fn over(Setter { name, value, .. }: &Setter) -> (Span, Span) {
    (name.span(), last_span(value))
}

/// Evaluates a method of the endpoint that fails if there is a mistake.
fn check(method: &str, at_name: Span, (first, last): (Span, Span)) -> TokenStream {
    let method = Ident::new(method, at_name);
    let called = move_to(first, quote_spanned!(at_name=> __ENDPOINT.#method));
    let arguments = move_to(last, quote_spanned!(at_name=> ()));
    quote_spanned!(at_name=> const _: () = #called #arguments;)
}

/// Uses the warnings about the names of events that the provider does not list. Nothing calls this code:
/// the compiler warns when it sees it. It stands outside of the endpoint, in which lints are silenced. It
/// has a name, because constants in an `impl` need one.
pub(crate) fn warnings(
    handler: &Handler,
    args: &Args,
    runtime: &TokenStream,
) -> Option<TokenStream> {
    let provider = args.setters.iter().find(|setter| setter.name == "provider")?;
    let ty = handler.payload().filter(|ty| !matches!(ty, Type::Reference(_)))?;
    let at_name = handler.name.span();
    let (cfgs, levels) = (&handler.shared.cfgs, &handler.shared.levels);
    let name = format_ident!("__warnings_of_{}", handler.name.unraw(), span = at_name);
    let value = &provider.value;
    let [probe, warning] = ["probe", "warning"].map(local);
    let warn = Ident::new("warn", at_name.located_at(of_provider(provider)));
    let places = 0..MAX_WARNINGS;
    let warnings = quote_spanned! {at_name=> #(
        if let ::core::option::Option::Some(#warning) = #probe.warning::<{ __UNLISTED[#places] }>() {
            #warning.#warn();
        }
    )*};
    let new = move_to(at_name, quote_spanned!(at_name=> #runtime::__private::ShapeProbe::<));
    let shape = shape(at_name, ty, runtime);
    Some(quote_spanned! {at_name=>
        #(#cfgs)*
        #(#levels)*
        #[allow(
            non_upper_case_globals, unused_qualifications,
            clippy::all, clippy::pedantic, clippy::nursery
        )]
        const #name: fn() = || {
            #[allow(deprecated)]
            const __PROVIDER: #runtime::Provider = #value;
            const __UNLISTED: [::core::primitive::usize; #MAX_WARNINGS] =
                #runtime::__private::unlisted_events(&__PROVIDER, #shape);
            let #probe = #new #ty>::new();
            #warnings
        };
    })
}

/// The shape of the payload, as a constant. The probe accepts any type, so that the compiler reports a
/// type that is not a payload only once, where it is decoded.
pub(crate) fn shape(at_name: Span, ty: &Type, runtime: &TokenStream) -> TokenStream {
    let probe = move_to(at_name, quote_spanned!(at_name=> #runtime::__private::ShapeProbe::<));
    let imported = quote_spanned! {at_name=>
        #[allow(unused_imports)]
        use #runtime::__private::AnyPayload as _;
    };
    let imported = move_to(at_name, imported);
    quote_spanned!(at_name=> { #imported #probe #ty>::SHAPE })
}

/// The place of the provider's name, or of the option if the provider has none.
fn of_provider(Setter { name, value, .. }: &Setter) -> Span {
    match value.clone().into_iter().last() {
        Some(TokenTree::Ident(last)) => last.span(),
        _ => name.span(),
    }
}
