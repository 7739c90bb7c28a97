//! Providers that send the secret itself.

use webhook_runtime::{Provider, scheme::Scheme};

/// The query parameter with the credential.
pub(crate) fn query_parameter(provider: &Provider) -> Option<String> {
    let pattern = provider.scheme()?.signature_pattern();
    Some(pattern.strip_prefix('?')?.strip_suffix("=…")?.to_owned())
}

/// True if the secret itself is sent.
pub(crate) fn sends_secret(provider: &Provider) -> bool {
    let algorithm = provider.scheme().map(Scheme::algorithm);
    matches!(algorithm, Some("token" | "basic auth"))
}
