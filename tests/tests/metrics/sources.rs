//! Sources of secrets and keys: what is in the cache, and what is fetched.

use bytes::Bytes;
use http::HeaderMap;
use webhook_runtime::{
    Delivery, KeySource, Provider, Secret, SecretSource, SourceError, Tenant, Webhooks,
    scheme::{
        KeyRequest, RequestToSign, SchemeInfo, SignError, Signed, SignedParts, SignedRequest,
        Verify, VerifyContext, VerifyError,
    },
    webhook,
};

use crate::{
    common::{SECRET, delivery_to, post, set, status, webhooks},
    recorder::{everything, install, value},
};

struct Tenants;

impl SecretSource for Tenants {
    async fn secrets(&self, tenant: &Tenant) -> Result<Vec<Secret>, SourceError> {
        match tenant.param("tenant") {
            Some("acme") => Ok(vec![Secret::new(SECRET)]),
            Some("down") => Err(SourceError::unavailable("the database is down")),
            _ => Err(SourceError::NotFound),
        }
    }
}

#[webhook(path = "/of/{tenant}")]
async fn of_tenant(_: &Delivery) {}

#[tokio::test]
async fn lookups_are_counted_by_their_end() {
    install();
    let hooks = Webhooks::new().mount::<of_tenant>().secret_source::<of_tenant>(Tenants);
    let router = hooks.into_router().unwrap();
    for (tenant, code) in
        [("acme", 200), ("acme", 200), ("acme", 200), ("nobody-knows", 401), ("down", 503)]
    {
        assert_eq!(status(&router, delivery_to(&format!("/of/{tenant}"), "{}")).await, code);
    }
    for (outcome, expected) in [("hit", 2.0), ("miss", 1.0), ("not_found", 1.0), ("failed", 1.0)] {
        let labels = format!("endpoint=of_tenant,kind=secret,outcome={outcome}");
        let series = format!("webhook_source_lookups_total{{{labels}}}");
        assert_eq!(value(&series), Some(expected), "{series}");
    }
    assert!(!everything().contains("nobody-knows"), "a stranger writes the tenant");
}

/// A scheme whose requests name their key, and are signed by having it as their body.
#[derive(Debug)]
struct Keyed;

impl Verify for Keyed {
    fn check_headers(&self, _: &HeaderMap) -> Result<(), VerifyError> {
        Ok(())
    }

    fn key_request(&self, request: &SignedRequest<'_>) -> Result<Option<KeyRequest>, VerifyError> {
        let name = request.headers.get("x-key").ok_or(VerifyError::MissingHeader("x-key"))?;
        let name = name.to_str().map_err(|_| VerifyError::MalformedHeader("x-key"))?;
        Ok(Some(KeyRequest::Id(name.to_owned())))
    }

    fn verify<'r>(
        &self,
        request: &SignedRequest<'r>,
        context: &VerifyContext<'_>,
    ) -> Result<Signed<'r>, VerifyError> {
        let is_genuine = context.key == Some(request.body);
        if is_genuine { Ok(Signed::nothing()) } else { Err(VerifyError::InvalidSignature) }
    }

    fn sign<'r>(&self, _: &Secret, _: &RequestToSign<'r>) -> Result<SignedParts<'r>, SignError> {
        Err(SignError::Unsupported)
    }

    fn scheme_info(&self) -> SchemeInfo {
        SchemeInfo { fetches_keys: true, ..SchemeInfo::new("keyed", "x-key") }
    }
}

const KEYED: Provider = Provider::custom("keyed", &Keyed);

struct Keys;

impl KeySource for Keys {
    async fn fetch(&self, key: &KeyRequest) -> Result<Bytes, SourceError> {
        match key {
            KeyRequest::Id(name) if name == "known" => Ok(Bytes::from_static(b"the key")),
            KeyRequest::Id(name) if name == "down" => Err(SourceError::unavailable("no answer")),
            _ => Err(SourceError::NotFound),
        }
    }
}

#[webhook(path = "/keyed", provider = KEYED)]
async fn keyed(_: &Delivery) {}

#[tokio::test]
async fn lookups_of_keys_are_counted_by_their_end() {
    install();
    let router = webhooks::<keyed>().key_source(Keys).into_router().unwrap();
    for (key, body, code) in [
        // A forgery does not put its key into the cache.
        ("known", "forged", 401),
        ("known", "the key", 200),
        ("known", "the key", 200),
        ("known", "forged", 401),
        ("nobody-knows-this", "the key", 401),
        ("down", "the key", 503),
        ("down", "the key", 503),
    ] {
        let mut request = post("/keyed", HeaderMap::new(), body);
        set(&mut request, "x-key", key);
        assert_eq!(status(&router, request).await, code, "{key} {body}");
    }
    for (outcome, expected) in [("hit", 2.0), ("miss", 2.0), ("not_found", 1.0), ("failed", 2.0)] {
        let labels = format!("endpoint=keyed,kind=key,outcome={outcome}");
        let series = format!("webhook_source_lookups_total{{{labels}}}");
        assert_eq!(value(&series), Some(expected), "{series}");
    }
    assert!(!everything().contains("nobody-knows-this"), "a stranger writes the name");
}
