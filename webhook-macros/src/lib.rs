//! The macros of `webhook-runtime`, which re-exports them: depend on that crate, not on this one.
//!
//! One file a stage: `args` reads the attribute, `handler` and `arguments` the function under
//! it, `expand` writes what goes beside the function, `errors` collects every mistake on the way. The
//! same for `#[derive(WebhookEvent)]` is in `event`.

mod args;
mod arguments;
mod checks;
mod conflicts;
mod errors;
mod event;
mod expand;
mod grammar;
mod handler;
mod inbox;
mod misspelt;
mod options;
#[cfg(test)]
mod snapshots;
mod spans;
mod values;

use proc_macro::TokenStream;

/// Makes a webhook endpoint of an `async fn`.
///
/// The documentation is where the attribute is used from: `webhook_runtime::webhook`.
#[proc_macro_attribute]
pub fn webhook(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::webhook(args.into(), &item.into()).into()
}

/// Implements `WebhookEvent` and `Payload` for an enum of events.
///
/// The documentation is where the derive macro is used from: `webhook_runtime::WebhookEvent`.
#[proc_macro_derive(WebhookEvent, attributes(event))]
pub fn webhook_event(item: TokenStream) -> TokenStream {
    event::derive(item.into()).into()
}
