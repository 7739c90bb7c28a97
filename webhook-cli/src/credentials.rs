//! Providers that send the secret itself.

use webhook_runtime::{Provider, handshake::Handshake, scheme::Scheme};

/// The query parameter with the credential or the signature.
pub(crate) fn query_parameter(provider: &Provider) -> Option<&'static str> {
    provider.scheme()?.signature_parameter()
}

/// The query parameters of deliveries and handshakes that hold a secret.
pub(crate) fn secret_parameters(provider: &Provider) -> impl Iterator<Item = String> {
    let tokens = provider.handshakes().iter().filter_map(Handshake::verify_token_parameter);
    let own = query_parameter(provider).filter(|_| sends_secret(provider));
    own.into_iter().chain(tokens).map(str::to_owned)
}

/// The text in the place of a credential.
pub(crate) const MASK: &str = "***";

/// A URL or target with a mask in the place of these query parameters.
pub(crate) fn mask_query(url: &str, parameters: &[String]) -> String {
    let Some((path, query)) = url.split_once('?') else { return url.to_owned() };
    let is_secret = |name: &str| {
        let name = form_urlencoded::parse(name.as_bytes()).next();
        name.is_some_and(|(name, _)| parameters.iter().any(|known| *known == name))
    };
    let fields = query.split('&').map(|field| match field.split_once('=') {
        Some((name, _)) if is_secret(name) => format!("{name}={MASK}"),
        _ => field.to_owned(),
    });
    format!("{path}?{}", fields.collect::<Vec<_>>().join("&"))
}

/// True if the secret itself is sent.
pub(crate) fn sends_secret(provider: &Provider) -> bool {
    let algorithm = provider.scheme().map(Scheme::algorithm);
    matches!(algorithm, Some("token" | "basic auth"))
}

/// True if the provider signs with a private key, whose public key verifies.
pub(crate) fn has_key_pair(provider: &Provider) -> bool {
    provider.scheme_info().key_pair.is_some()
}
