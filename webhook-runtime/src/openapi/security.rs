//! Security schemes: what proves that a request is genuine.

use serde_json::{Value, json};

use super::components::Components;
use crate::verify::{
    Provider,
    scheme::{KeyEncoding, ParameterRole, Scheme},
};

/// The security requirements of an endpoint: each of them is enough. It is empty if the signature is in the
/// body, which `OpenAPI` has no words for.
pub(super) fn requirements(provider: &Provider, components: &mut Components) -> Value {
    let schemes = match provider.scheme() {
        Some(scheme) => of_scheme(provider, scheme),
        None => of_code(provider),
    };
    let one_each = schemes.into_iter().map(|(name, scheme)| {
        let name = components.add_security(&name, scheme);
        json!({name: []})
    });
    Value::Array(one_each.collect())
}

/// The schemes of a provider, by the names that they should have.
fn of_scheme(provider: &Provider, scheme: &Scheme) -> Vec<(String, Value)> {
    let name = provider.name();
    let description = description(provider, scheme);
    if scheme.algorithm() == "basic auth" {
        let basic = json!({"type": "http", "scheme": "basic", "description": description});
        return vec![(name.to_owned(), basic)];
    }
    let is_bearer = scheme.credential_prefix().is_some_and(|prefix| prefix == "Bearer ");
    if is_bearer && scheme.signature_header() == "authorization" {
        let bearer = json!({"type": "http", "scheme": "bearer", "description": description});
        return vec![(name.to_owned(), bearer)];
    }
    let signatures = scheme.parameters().into_iter().filter(|parameter| {
        matches!(parameter.role, ParameterRole::Signature | ParameterRole::OneOfSignatures)
    });
    signatures
        .map(|parameter| {
            let key = match parameter.role {
                ParameterRole::OneOfSignatures => format!("{name}.{}", parameter.name),
                _ => name.to_owned(),
            };
            let place = if parameter.in_query { "query" } else { "header" };
            (key, api_key(place, &parameter.name, &description))
        })
        .chain(scheme.alternatives().iter().filter_map(|(main, other)| {
            let is_signature = *main == scheme.signature_header();
            is_signature
                .then(|| (format!("{name}.{other}"), api_key("header", other, &description)))
        }))
        .collect()
}

fn of_code(provider: &Provider) -> Vec<(String, Value)> {
    let info = provider.scheme_info();
    let from = if info.fetches_keys { " The key is one that the provider publishes." } else { "" };
    match info.signature_header {
        "" => Vec::new(),
        header => {
            let description = format!("{}.{from}", info.summary);
            vec![(provider.name().to_owned(), api_key("header", header, &description))]
        }
    }
}

fn api_key(place: &str, name: &str, description: &str) -> Value {
    json!({"type": "apiKey", "in": place, "name": name, "description": description})
}

fn description(provider: &Provider, scheme: &Scheme) -> String {
    let pattern = scheme.signature_pattern();
    if scheme.is_credential() {
        return format!("The secret itself: `{pattern}`. Nothing of the request is signed.");
    }
    let key = key_form(scheme.key_encoding());
    let form = match provider.scheme_info().signed_form_field {
        Some(field) => format!(" Of a form, `{{body}}` is the value of the field `{field}`."),
        None => String::new(),
    };
    format!(
        "{} of `{}`, in {}: `{pattern}`. The key is {key}.{form}",
        scheme.algorithm(),
        scheme.signed_template(),
        scheme.encoding(),
    )
}

/// The form of a key in the text of a secret, for people.
pub(super) fn key_form(encoding: KeyEncoding) -> String {
    match encoding {
        KeyEncoding::Text => "the text of the secret".to_owned(),
        KeyEncoding::Hex => "in hex".to_owned(),
        KeyEncoding::Base64 => "in base64".to_owned(),
        KeyEncoding::PrefixedBase64(prefix) => format!("in base64, after `{prefix}`"),
        KeyEncoding::PrefixedBase64OrText(prefix) => {
            format!("in base64 after `{prefix}`, or else the text of the secret")
        }
        KeyEncoding::AsciiText => "the text of the secret, which is ASCII".to_owned(),
        KeyEncoding::HtmlEscaped => "the text of the secret, with HTML entities decoded".to_owned(),
        KeyEncoding::Pem => "a public key in PEM".to_owned(),
    }
}
