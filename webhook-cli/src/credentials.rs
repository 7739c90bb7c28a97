//! Providers that send the secret itself.

use webhook_runtime::{Provider, handshake::Handshake, scheme::Scheme};

/// The query parameters of deliveries and handshakes that hold a secret.
pub(crate) fn secret_parameters(provider: &Provider) -> impl Iterator<Item = String> {
    let tokens = provider.handshakes().iter().filter_map(Handshake::verify_token_parameter);
    let own = provider.signature_parameter().filter(|_| sends_secret(provider));
    own.into_iter().chain(tokens).map(str::to_owned)
}

/// A URL or target without this query parameter.
pub(crate) fn without_parameter(url: &str, name: &str) -> String {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let is_other = |field: &&str| !field.is_empty() && field.split('=').next() != Some(name);
    let others = query.split('&').filter(is_other).collect::<Vec<_>>().join("&");
    let mark = if others.is_empty() { "" } else { "?" };
    format!("{path}{mark}{others}")
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
