//! `#[derive(WebhookEvent)]`.

mod attribute;
mod expand;
mod model;
mod names;
mod published;
mod read;
mod unlisted;

use crate::errors::Errors;
use proc_macro2::TokenStream;

pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    match syn::parse2(item) {
        Ok(input) => {
            let event = read::read(input, &mut errors);
            expand::expand(&event, &errors)
        }
        Err(error) => error.to_compile_error(),
    }
}
