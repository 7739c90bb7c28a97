//! The macros of `webhook-runtime`, which re-exports them: depend on that crate, not on this one.
//!
//! One file for each stage: `grammar` and `options` read the attribute into `args` (values are checked
//! by `path`, `name`, `variables` and `durations`), `handler` and `arguments` read the function under it (types
//! are checked by `known`, `payload` and `returns`), `conflicts` compares the two, `expand`
//! generates the endpoint, and `checks` what the compiler checks of it. `errors` collects every mistake.
//! `event` does the same for `#[derive(WebhookEvent)]`. `recorded` lists a directory for `recorded!`.

mod args;
mod arguments;
mod attributes;
mod checks;
mod conflicts;
mod durations;
mod errors;
mod event;
mod expand;
mod grammar;
mod handler;
mod inbox;
mod known;
mod list;
mod misspelt;
mod name;
mod options;
mod path;
mod payload;
mod recorded;
mod returns;
mod runtime;
#[cfg(test)]
mod snapshots;
mod spans;
mod times;
mod types;
mod values;
mod variables;

use proc_macro::TokenStream;

/// Users import this as `webhook_runtime::webhook`.
#[proc_macro_attribute]
pub fn webhook(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::webhook(args.into(), &item.into()).into()
}

/// Users import this as `webhook_runtime::WebhookEvent`.
#[proc_macro_derive(WebhookEvent, attributes(event))]
pub fn webhook_event(item: TokenStream) -> TokenStream {
    event::derive(item.into()).into()
}

/// Users import this as `webhook_runtime::testing::recorded!`.
#[proc_macro]
pub fn recorded(input: TokenStream) -> TokenStream {
    recorded::recorded(input.into()).into()
}
