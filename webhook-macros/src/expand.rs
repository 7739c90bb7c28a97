//! The expansion of the attribute: the unchanged function, and an endpoint beside it.
//!
//! Each generated piece has the span of the code that it is about, such as the name, an argument's
//! type or the return type. The compiler then reports errors there.

use crate::args::{Args, Setter};
use crate::checks;
use crate::conflicts;
use crate::errors::Errors;
use crate::grammar;
use crate::handler::{self, Handler};
use crate::runtime::Runtime;
use crate::spans::{first_span, last_span, local, move_to};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{ReturnType, Type};

pub(crate) fn webhook(attr: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let args = grammar::parse(attr, &mut errors);
    let handler = handler::parse(item.clone(), args.runtime.as_ref(), &mut errors);

    if let Some(handler) = &handler {
        conflicts::check(&args, handler, &mut errors);
    }

    let endpoint = handler.map(|handler| {
        let runtime = Runtime::new(args.runtime.as_ref());
        let path = runtime.path(handler.name.span());
        let marker = marker(&handler);
        let implementation = runtime.around(&if errors.is_empty() {
            implementation(&handler, &args, &path)
        } else {
            stub(&handler, &path)
        });
        let cfgs = &handler.shared.cfgs;
        quote!(#marker #(#cfgs)* #implementation)
    });

    // The function comes first: editors jump to the first item with its span.
    quote! {
        #item
        #endpoint
        #errors
    }
}

/// The type with the function's name, for `mount::<name>()`.
fn marker(handler: &Handler) -> TokenStream {
    let Handler { shared, vis, name, .. } = handler;
    let doc = format!(" The endpoint of the webhook handler `{}`.", name.unraw());
    let marker = quote_spanned! {name.span()=>
        #[doc = #doc]
        #[allow(
            dead_code, non_camel_case_types, unnameable_types, unreachable_pub,
            missing_copy_implementations, missing_debug_implementations,
            clippy::all, clippy::pedantic, clippy::nursery
        )]
        #vis enum #name {}
    };
    let marker = move_to(name.span(), marker);
    let (cfgs, notes) = (&shared.cfgs, &shared.notes);
    quote!(#(#cfgs)* #(#notes)* #marker)
}

fn implementation(handler: &Handler, args: &Args, runtime: &TokenStream) -> TokenStream {
    let bounds = handler.extractors().iter().map(|ty| {
        let at = first_span(ty);
        let bound = quote_spanned!(handler.name.span()=> #runtime::__private::Extractor<__S>);
        let bound = move_to(at, bound);
        quote_spanned!(at=> #ty: #bound,)
    });
    let bounds = quote!(#(#bounds)*);
    let endpoint = endpoint(handler, args, runtime);
    let call = call(handler, runtime);
    let implementation = impl_block(handler, runtime, &bounds, &quote!(#endpoint #call));
    let warnings = checks::warnings(handler, args, runtime);
    quote!(#implementation #warnings)
}

/// Replaces the endpoint of a handler with mistakes, so that the compiler reports nothing else.
fn stub(handler: &Handler, runtime: &TokenStream) -> TokenStream {
    let functions = quote_spanned! {handler.name.span()=>
        fn endpoint() -> #runtime::Endpoint {
            ::core::unimplemented!()
        }
        fn call(_: #runtime::__private::HandlerInput<__S>) -> #runtime::__private::HandlerFuture {
            ::core::unimplemented!()
        }
    };
    let functions = move_to(handler.name.span(), functions);
    impl_block(handler, runtime, &TokenStream::new(), &functions)
}

fn impl_block(
    handler: &Handler,
    runtime: &TokenStream,
    bounds: &TokenStream,
    functions: &TokenStream,
) -> TokenStream {
    let name = &handler.name;
    let allowed = allowed(name.span());
    let head = quote_spanned! {name.span()=>
        #[automatically_derived]
        #allowed
        impl<__S> #runtime::Webhook<__S> for #name
        where
            __S: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync + 'static,
    };
    let head = move_to(name.span(), head);
    quote_spanned!(name.span()=> #head #bounds { #functions })
}

/// The options that the compiler checks against each other and against the provider, so they are constants.
const CHECKED: [&str; 4] = ["provider", "respond_within", "order_by", "order_by_pointer"];

fn is_checked(setter: &Setter) -> bool {
    CHECKED.iter().any(|name| setter.name == name)
}

/// The options that the compiler checks, as a constant.
fn constants(handler: &Handler, args: &Args, runtime: &TokenStream) -> TokenStream {
    let at_name = handler.name.span();
    let name = handler.name.unraw().to_string();
    let path = &args.path;
    let mut constants = TokenStream::new();
    let mut setters = TokenStream::new();
    for Setter { name, value, constant } in args.setters.iter().filter(|it| is_checked(it)) {
        let value = match constant {
            None => value.clone(),
            Some(ty) => {
                let ty = Ident::new(ty, name.span());
                let constant = format_ident!("__{}", name.to_string().to_uppercase());
                let ty = move_to(name.span(), quote_spanned!(at_name=> #runtime::#ty));
                let allowed = allowed(at_name);
                constants
                    .extend(quote_spanned!(name.span()=> #allowed const #constant: #ty = #value;));
                quote_spanned!(name.span()=> &#constant)
            }
        };
        setters.extend(quote_spanned!(name.span()=> .#name(#value)));
    }
    let inbox_options =
        inbox_options(at_name, args.inbox_setters.iter().filter(|it| is_checked(it)), runtime);
    let takes = handler.payload().map(|ty| takes(at_name, ty, runtime));
    let ty = move_to(at_name, quote_spanned!(at_name=> #runtime::Endpoint));
    let allowed = allowed(at_name);
    quote_spanned! {at_name=>
        #constants
        #allowed
        const __ENDPOINT: #ty = #ty::new(#name, ::core::module_path!(), #path)
            #setters
            #inbox_options
            #takes;
    }
}

/// The function that returns the endpoint: the constant with the other options; and with the schemas of
/// the payload, if the runtime wants them, because a constant cannot look for them.
fn endpoint(handler: &Handler, args: &Args, runtime: &TokenStream) -> TokenStream {
    let at_name = handler.name.span();
    let returns = move_to(at_name, quote_spanned!(at_name=> #runtime::Endpoint));
    let constants = constants(handler, args, runtime);
    let checks = checks::of(handler, args);
    let documentation = Some(&handler.documentation).filter(|text| !text.is_empty());
    let description = documentation.map(|text| quote_spanned!(at_name=> .description(#text)));
    let setters = args
        .setters
        .iter()
        .filter(|it| !is_checked(it))
        .map(|Setter { name, value, .. }| quote_spanned!(name.span()=> .#name(#value)));
    let inbox_options = inbox_options(at_name, args.inbox_setters.iter(), runtime);
    let endpoint = quote_spanned!(at_name=> __ENDPOINT #description #(#setters)* #inbox_options);
    let endpoint = match handler.payload() {
        Some(ty) => quote_spanned!(at_name=> #runtime::__private::with_schemas!(#endpoint, #ty)),
        None => endpoint,
    };
    quote_spanned! {at_name=>
        fn endpoint() -> #returns {
            #constants
            #checks
            #endpoint
        }
    }
}

/// Silences lints about code that the user has not written.
fn allowed(at: Span) -> TokenStream {
    quote_spanned! {at=>
        #[allow(deprecated, unused_qualifications, clippy::all, clippy::pedantic, clippy::nursery)]
    }
}

/// Sets these options of `inbox`, if there are any.
fn inbox_options<'s>(
    at_name: Span,
    setters: impl Iterator<Item = &'s Setter>,
    runtime: &TokenStream,
) -> Option<TokenStream> {
    let mut calls = setters
        .map(|Setter { name, value, .. }| quote_spanned!(name.span()=> .#name(#value)))
        .peekable();
    calls.peek()?;
    let options = quote_spanned!(at_name=> #runtime::__private::EndpointOptions::new());
    let options = move_to(at_name, options);
    Some(quote_spanned!(at_name=> .inbox_options(#options #(#calls)*)))
}

/// Sets the shape of the payload.
fn takes(at_name: Span, ty: &Type, runtime: &TokenStream) -> TokenStream {
    let shape = checks::shape(at_name, ty, runtime);
    quote_spanned!(at_name=> .payload_shape(#shape))
}

/// The function that runs the handler: extract, decode, call, respond.
fn call(handler: &Handler, runtime: &TokenStream) -> TokenStream {
    let at_name = handler.name.span();
    let name = &handler.name;
    let [delivery, payload, returned, response] =
        ["delivery", "payload", "returned", "response"].map(local);
    let extracted: Vec<Ident> =
        (0..handler.extractors().len()).map(|i| local(&format!("e{i}"))).collect();
    let mutable = (!extracted.is_empty()).then(|| quote_spanned!(at_name=> mut));

    let extract = handler.extractors().iter().zip(&extracted).map(|(ty, into)| {
        let value =
            (quote_spanned!(at_name=> #delivery.extract::<), quote_spanned!(at_name=> >().await));
        receive(at_name, into, ty, value)
    });
    let decode = handler
        .payload()
        .map(|ty| receive(at_name, &payload, ty, (quote!(#delivery.payload::<), quote!(>()))));

    // The value and the response have the span of the return type.
    let (first, last) = match &handler.output {
        ReturnType::Type(_, ty) => (first_span(ty), last_span(ty)),
        ReturnType::Default => (at_name, at_name),
    };
    let called = {
        let name = move_to(first, name.to_token_stream());
        let rest = quote_spanned!(at_name=> (#(#extracted,)* #payload).await);
        let rest = move_to(last, rest);
        quote!(#name #rest)
    };
    let responded = respond(at_name, (first, last), &returned, &delivery, runtime);

    let imported = quote_spanned! {at_name=>
        #[allow(unused_imports)]
        use #runtime::__private::Respond as _;
    };
    let imported = move_to(at_name, imported);

    let head = quote_spanned! {at_name=>
        fn call(
            #mutable #delivery: #runtime::__private::HandlerInput<__S>,
        ) -> #runtime::__private::HandlerFuture
    };
    let head = move_to(at_name, head);
    quote_spanned! {at_name=>
        #head {
            ::std::boxed::Box::pin(async move {
                #(#extract)*
                #decode
                // This use as a value keeps clippy from asking why the function is async.
                let _ = #name;
                let #returned = #called;
                #imported
                // In edition 2021 a temporary would outlive what it borrows.
                let #response = #responded;
                #response
            })
        }
    }
}

/// `returned`, as a response. The chain of references is what chooses between the kinds of errors.
fn respond(
    at_name: Span,
    (first, last): (Span, Span),
    returned: &Ident,
    delivery: &Ident,
    runtime: &TokenStream,
) -> TokenStream {
    let value = move_to(first, quote_spanned!(at_name=> #runtime::__private::Returned::new));
    let references = quote_spanned!(at_name.located_at(first)=> &mut &mut &mut &mut &mut);
    let span = at_name.located_at(last);
    let receiver = quote_spanned!(span=> (#references #value(#returned, &#delivery)));
    let respond = Ident::new("respond", at_name.located_at(first));
    quote_spanned!(span=> #receiver.#respond())
}

/// `let into = value::<ty>()`, or an early return with the refusal, at the place of the type.
fn receive(
    at_name: Span,
    into: &Ident,
    ty: &Type,
    (before, after): (TokenStream, TokenStream),
) -> TokenStream {
    let [value, refusal] = ["value", "refusal"].map(local);
    let arms = quote_spanned! {at_name=> {
        ::core::result::Result::Ok(#value) => #value,
        ::core::result::Result::Err(#refusal) => return #refusal,
    };};
    let before = quote_spanned!(at_name=> let #into = match #before);
    let before = move_to(first_span(ty), before);
    let after = move_to(last_span(ty), quote!(#after #arms));
    quote!(#before #ty #after)
}
