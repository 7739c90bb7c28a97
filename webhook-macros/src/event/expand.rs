//! The expansion of the derive: the names of the events, and the variant for each name.
//!
//! The runtime's `MatchedEvent` matches the delivery, and handles a body that does not fit.

use super::model::{Event, Other, Variant};
use super::unlisted;
use crate::errors::Errors;
use crate::runtime::Runtime;
use crate::spans::{first_span, last_span, local, move_to};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{GenericParam, Generics, Lifetime, LifetimeParam, Type};

pub(super) fn expand(event: &Event, errors: &Errors) -> TokenStream {
    let runtime = runtime(event, Span::call_site());
    let other = event.other.as_ref().filter(|_| errors.is_empty());
    let names = names(event, &runtime, other.is_some());
    let payload = match other {
        Some(other) => payload(event, other, &runtime),
        None => stub(event, &runtime),
    };
    let implementations = Runtime::new(event.runtime.as_ref()).block(&quote!(#names #payload));
    quote! {
        #implementations
        #errors
    }
}

fn allowed() -> TokenStream {
    quote! {
        #[automatically_derived]
        #[allow(deprecated, unused_qualifications, clippy::all, clippy::pedantic, clippy::nursery)]
    }
}

fn names(event: &Event, runtime: &TokenStream, are_right: bool) -> TokenStream {
    let Event { name, generics, variants, .. } = event;
    let allowed = allowed();
    let (parameters, arguments, conditions) = generics.split_for_impl();
    let names = variants.iter().flat_map(|variant| &variant.events).filter(|_| are_right);
    quote! {
        #allowed
        impl #parameters #runtime::WebhookEvent for #name #arguments #conditions {
            const EVENTS: &'static [&'static str] = &[#(#names),*];
        }
    }
}

fn payload(event: &Event, other: &Other, runtime: &TokenStream) -> TokenStream {
    let [encoded, matched] = ["encoded", "matched"].map(local);
    let mut first = 0;
    let arms: Vec<TokenStream> = event
        .variants
        .iter()
        .map(|variant| {
            let places = first..first + variant.events.len();
            first = places.end;
            let value = value(event, variant, &matched);
            quote!(#(#places)|* => { #value })
        })
        .collect();
    let choose = (!arms.is_empty()).then(|| {
        quote! {
            match #matched.at() {
                #(#arms)*
                _ => {}
            }
        }
    });
    let decodes = event.variants.iter().any(|variant| variant.payload.is_some());
    let mutable = decodes.then(|| quote!(mut));
    let rest = rest(event, other, &matched);
    let bounds = event.variants.iter().filter_map(|variant| variant.payload.as_ref());
    let bounds = bounds.filter(|ty| mentions_parameter(ty, &event.generics)).map(|ty| {
        let bound = move_to(first_span(ty), quote!(#runtime::Payload<'__de>));
        quote!(#ty: #bound,)
    });
    let body = quote! {
        let #mutable #matched = #runtime::__private::MatchedEvent::among(
            <Self as #runtime::WebhookEvent>::EVENTS,
            #encoded,
        );
        #choose
        #rest
    };
    let names = unlisted::names(event);
    let warnings = unlisted::warnings(event, &names, runtime);
    let variants = variants(event, runtime);
    let implementation =
        implementation(event, runtime, &names, &quote!(#(#bounds)*), &variants, &body);
    quote!(#implementation #warnings)
}

/// Replaces the code for an enum with mistakes, so that the compiler reports nothing else.
fn stub(event: &Event, runtime: &TokenStream) -> TokenStream {
    let nothing = TokenStream::new();
    implementation(event, runtime, &[], &nothing, &nothing, &quote!(::core::unimplemented!()))
}

fn implementation(
    event: &Event,
    runtime: &TokenStream,
    names: &[unlisted::Name<'_>],
    bounds: &TokenStream,
    variants: &TokenStream,
    body: &TokenStream,
) -> TokenStream {
    let Event { name, generics, .. } = event;
    let allowed = allowed();
    let listed = unlisted::listed(names);
    let encoded = local("encoded");
    let (_, arguments, _) = generics.split_for_impl();
    let mut borrowing = generics.clone();
    let de = LifetimeParam::new(Lifetime::new("'__de", Span::call_site()));
    borrowing.params.insert(0, GenericParam::Lifetime(de));
    let (parameters, _, _) = borrowing.split_for_impl();
    // The enum borrows from the delivery only.
    let lifetimes = generics.lifetimes().map(|param| &param.lifetime);
    let conditions = generics.where_clause.iter().flat_map(|conditions| &conditions.predicates);
    quote! {
        #allowed
        impl #parameters #runtime::Payload<'__de> for #name #arguments
        where
            #('__de: #lifetimes,)*
            #(#conditions,)*
            #bounds
        {
            const SHAPE: #runtime::__private::PayloadShape = #runtime::__private::PayloadShape::of_events(
                <Self as #runtime::WebhookEvent>::EVENTS,
                #listed,
            );

            #variants

            fn decode(
                #encoded: #runtime::RawEvent<'__de>,
            ) -> ::core::result::Result<Self, #runtime::Rejection> {
                #body
            }
        }
    }
}

/// Lists the variants for a document about the endpoint: their names, and the function that makes each. The
/// runtime decides what becomes of it. The types are inferred, as in [`call`].
fn variants(event: &Event, runtime: &TokenStream) -> TokenStream {
    let rows = event.variants.iter().map(|variant| {
        let Variant { name, events, documentation, payload, .. } = variant;
        let made = payload.as_ref().map(|_| quote!(=> Self::#name));
        quote!([#(#events),*] #documentation #made;)
    });
    quote!(#runtime::__private::event_variants! { #(#rows)* })
}

/// The code for a matched variant: it returns, unless the payload does not fit.
fn value(event: &Event, variant: &Variant, matched: &Ident) -> TokenStream {
    let name = &variant.name;
    let Some(ty) = &variant.payload else {
        return quote!(return ::core::result::Result::Ok(Self::#name));
    };
    let payload = local("payload");
    let decoded = call(event, ty, "payload", &quote!(&mut #matched));
    let made = quote_spanned! {event.name.span()=>
        ::core::result::Result::Ok(Self::#name(#payload))
    };
    let made = move_to(first_span(ty), made);
    quote! {
        if let ::core::option::Option::Some(#payload) = #decoded {
            return #made;
        }
    }
}

fn rest(event: &Event, other: &Other, matched: &Ident) -> TokenStream {
    let Other { name, ty } = other;
    let is_strict = event.is_strict;
    let rest = call(event, ty, "catch_all", &quote!(#matched, #is_strict));
    quote!(#rest.map(Self::#name))
}

/// Calls a method of `MatchedEvent` that returns a value of a field's type. The call has the span of
/// that type, so that errors are reported there. The type itself is inferred: a second mention of a
/// type that does not exist would be reported twice.
fn call(event: &Event, ty: &Type, method: &str, arguments: &TokenStream) -> TokenStream {
    // The span of the user's code keeps the macro out of error messages.
    let user = event.name.span();
    let runtime = runtime(event, user);
    let method = Ident::new(method, user);
    let path = quote_spanned!(user=> #runtime::__private::MatchedEvent::);
    let called = quote_spanned!(user=> #method(#arguments));
    let [path, called] =
        [(first_span(ty), path), (last_span(ty), called)].map(|(at, tokens)| move_to(at, tokens));
    quote!(#path #called)
}

fn runtime(event: &Event, span: Span) -> TokenStream {
    Runtime::new(event.runtime.as_ref()).path(span)
}

fn mentions_parameter(ty: &Type, generics: &Generics) -> bool {
    mentions(ty.to_token_stream(), &|ident| {
        generics.type_params().any(|param| param.ident == *ident)
    })
}

fn mentions(tokens: TokenStream, is_wanted: &dyn Fn(&Ident) -> bool) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => is_wanted(&ident),
        TokenTree::Group(group) => mentions(group.stream(), is_wanted),
        _ => false,
    })
}
