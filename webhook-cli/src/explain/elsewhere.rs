//! Requests of another provider than the one that was asked for.

use webhook_runtime::{Provider, providers};

use super::{
    Cause,
    header::signature_names,
    search::{Search, Trial},
};

pub(super) fn find(search: &Search<'_>) -> Option<Cause> {
    let own = search.provider().name();
    let is_sent = |provider: &&&Provider| {
        let names = signature_names(provider);
        provider.name() != own
            // Without a header, the signature is in the body or the query.
            && (names.is_empty() || names.iter().any(|name| search.headers.contains_key(name)))
    };
    let fits = |provider: &&&Provider| search.fits(&Trial { provider, ..search.base() });
    let name = providers::ALL.iter().filter(is_sent).find(fits)?.name();
    Some(Cause::new(
        "other-provider",
        format!("This is a request of {name}, not of {own}: its signature fits {name}."),
        format!("Verify it as {name}."),
    ))
}
