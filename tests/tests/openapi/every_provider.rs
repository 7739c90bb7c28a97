//! Documents about endpoints of every provider.

use std::cell::RefCell;

use regex_lite::Regex;
use serde_json::Value;
use webhook_runtime::{
    __private::{HandlerFuture, HandlerInput},
    Delivery, Endpoint, Provider, Secret, Webhook, Webhooks,
    providers::ALL,
    scheme::RequestToSign,
    webhook,
};

use crate::post;

#[webhook(path = "/")]
async fn any_delivery(_: &Delivery) {}

thread_local! {
    /// The endpoint that is being mounted.
    static ENDPOINT: RefCell<Option<Endpoint>> = const { RefCell::new(None) };
}

/// [`any_delivery`] with any provider, since the attribute takes only constants.
struct Mounted;

impl Webhook<()> for Mounted {
    fn endpoint() -> Endpoint {
        ENDPOINT.with_borrow(Clone::clone).unwrap()
    }

    fn call(verified: HandlerInput<()>) -> HandlerFuture {
        <any_delivery as Webhook<()>>::call(verified)
    }
}

/// A document with an endpoint of every provider, at `/{name}`.
pub(crate) fn document() -> Value {
    let mut hooks = Webhooks::new();
    for provider in ALL {
        let path: &'static str = Box::leak(format!("/{}", provider.name()).into_boxed_str());
        let endpoint = Endpoint::new(provider.name(), "tests", path).provider(provider);
        ENDPOINT.set(Some(endpoint));
        hooks = hooks.mount::<Mounted>();
    }
    hooks.openapi()
}

#[test]
fn every_provider_can_be_described() {
    let document = document();
    for provider in ALL {
        let operation = post(&document, &format!("/{}", provider.name()));
        let is_in_body = provider.scheme_info().signature_header.is_empty();
        let proofs = operation["security"].as_array().unwrap();
        assert_eq!(proofs.is_empty(), is_in_body, "{}", provider.name());
        for proof in proofs {
            let name = proof.as_object().unwrap().keys().next().unwrap();
            let scheme = &document["components"]["securitySchemes"][name];
            assert!(scheme.is_object(), "{name} is not defined");
        }
    }
}

/// Signed headers have the form that the document says.
#[test]
fn signed_headers_match_their_patterns() {
    let document = document();
    let mut matched = 0;
    for provider in ALL {
        let operation = post(&document, &format!("/{}", provider.name()));
        let Some(secret) = secret(provider) else { continue };
        let Ok(signed) = provider.sign(&secret, &RequestToSign::new(b"{}")) else { continue };
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            let Some(pattern) = parameter["schema"]["pattern"].as_str() else { continue };
            let header = signed.headers.get(name).map(|value| value.to_str().unwrap());
            let in_query = || signed.query.strip_prefix(name)?.strip_prefix('=');
            let sent = header.or_else(in_query);
            let Some(sent) = sent else {
                assert_eq!(parameter["required"], false, "{}: {name}", provider.name());
                continue;
            };
            let form = Regex::new(pattern).unwrap();
            assert!(form.is_match(sent), "{}: {name}: {sent} is not {pattern}", provider.name());
            assert!(!form.is_match(&format!("{sent}!")), "{name}: {pattern} takes anything");
            matched += 1;
        }
    }
    assert!(matched > 60, "{matched}");
}

/// A secret that can sign; `None` for public keys.
fn secret(provider: &Provider) -> Option<Secret> {
    let text = "0123456789abcdef".repeat(4);
    let info = provider.scheme_info();
    info.key_pair.is_none().then(|| Secret::new(info.example_secret(&text)))
}
