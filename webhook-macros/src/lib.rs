//! The macros of `webhook-runtime`, which re-exports them: depend on that crate, not on this one.
//!
//! One file a stage: `args` reads the attribute, `handler` and `arguments` the function under
//! it, `expand` writes what goes beside the function, `errors` collects every mistake on the way.

mod args;
mod arguments;
mod errors;
mod expand;
mod handler;
mod misspelt;
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
