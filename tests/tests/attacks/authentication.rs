//! Missing signatures, unavailable secrets, and secrets of other tenants.

use std::{
    collections::BTreeSet,
    future::pending,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use hmac::Hmac;
use serde::{Deserialize, Deserializer, de::IgnoredAny};
use sha2::Sha256;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use webhook_runtime::{
    Delivery, Inbox, Secret, SecretSource, SourceError, Tenant, Webhooks,
    inbox::Filter,
    providers::{HMAC_SHA256_HEX, STANDARD_WEBHOOKS},
    scheme::RequestToSign,
    webhook,
};

use crate::{
    family::{self, Written},
    server::Server,
    tally,
    wire::{PATIENCE, Request},
};

pub(crate) const SECRET: &str = "the secret of these tests";

struct Failing;

impl SecretSource for Failing {
    async fn secrets(&self, tenant: &Tenant) -> Result<Vec<Secret>, SourceError> {
        match tenant.param("tenant").unwrap_or_default() {
            "none" => Ok(Vec::new()),
            "blank" => Ok(vec![Secret::new(" ")]),
            "beside" => Ok(vec![Secret::new(SECRET), Secret::new("")]),
            "away" => Err(SourceError::unavailable("the database is away")),
            "hangs" => pending().await,
            "panics" => std::panic::resume_unwind(Box::new("as it was asked to")),
            _ => Err(SourceError::NotFound),
        }
    }
}

#[webhook(path = "/of/{tenant}", inbox)]
async fn of_tenant(_: &Delivery) {}

/// Elsewhere, a secret could not be read when it was needed, and the check was skipped
/// (hiveloop#32).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unavailable_secrets_reject_everything() {
    let inbox = Inbox::builder("").open_in_memory().unwrap();
    let hooks = Webhooks::new().mount::<of_tenant>().secret_source::<of_tenant>(Failing);
    let server = Server::start(hooks.inbox(inbox.clone())).await;
    for (tenant, expected) in [
        ("none", 401),
        ("nobody", 401),
        ("blank", 503),
        ("beside", 503),
        ("away", 503),
        ("panics", 503),
        ("hangs", 503),
    ] {
        for secret in ["", " ", SECRET] {
            let request = Request::json(&format!("/of/{tenant}"), "{}");
            let tag =
                base16ct::lower::encode_string(&mac::<Hmac<Sha256>>(secret.as_bytes(), b"{}"));
            let answer = server.client().ask(&request.with("x-signature", tag)).await;
            assert_eq!(answer.status, expected, "{tenant}: {answer:?}");
            assert_eq!(answer.header("retry-after").is_some(), expected == 503, "{tenant}");
            assert!(answer.took < Duration::from_secs(7), "{tenant}: {:?}", answer.took);
            if tenant == "hangs" {
                break;
            }
        }
    }
    assert_eq!(server.effects(), 0);
    assert!(inbox.list(Filter::all()).collect().await.unwrap().is_empty());
}

/// Elsewhere, a missing header caused a crash (Dokploy#4275, telegraf#2493), or skipped the check
/// (CVE-2026-39969, CVE-2026-33143). Here such a request is rejected before its body is read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_headers_are_rejected_before_the_body() {
    for target in family::all().await {
        let needs = target.family.needs;
        let each = needs.iter().map(std::slice::from_ref);
        let all = (!needs.is_empty()).then_some(needs);
        for missing in each.chain(all) {
            let start = target.genuine.clone();
            let without = missing.iter().fold(start, |it, name| it.without(name));
            for more in [None, Some("100-continue")] {
                let mut request = without.clone();
                request = more.into_iter().fold(request, |it, value| it.with("expect", value));
                let what = format!("without {missing:?}, its body withheld");
                let mut stream = TcpStream::connect(target.server.address).await.unwrap();
                stream.write_all(&request.head()).await.unwrap();
                let asked = Instant::now();
                let mut line = [0; 12];
                let read = timeout(PATIENCE, stream.read_exact(&mut line)).await;
                read.expect("an answer in time").expect("an answer");
                assert_eq!(&line, b"HTTP/1.1 401", "{}: {what}", target.family.name);
                // Long before the body times out.
                assert!(asked.elapsed() < Duration::from_secs(5), "{}", target.family.name);
            }
            target.refuses(&format!("without {missing:?}"), &without).await;
        }
        let unproven = target.genuine.clone().without(target.family.header);
        if target.family.written != Written::Inside {
            target.refuses("without a signature", &unproven).await;
        }
        target.believes().await;
    }
    tally::tell();
}

/// The tenants whose deliveries were handled.
static TENANTS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

#[derive(Deserialize)]
struct Claim {
    #[serde(rename = "tenant")]
    _tenant: String,
}

#[webhook(path = "/hooks/{tenant}", provider = STANDARD_WEBHOOKS, inbox)]
async fn paid(delivery: Delivery, _: Claim) {
    let tenant = delivery.tenant().param("tenant").unwrap_or_default().to_owned();
    TENANTS.lock().unwrap().insert(tenant);
}

/// A secret for each of two tenants.
struct Two;

impl SecretSource for Two {
    async fn secrets(&self, tenant: &Tenant) -> Result<Vec<Secret>, SourceError> {
        let tenant = tenant.param("tenant").filter(|tenant| matches!(*tenant, "acme" | "umbra"));
        tenant.map(|tenant| vec![Secret::from_key(tenant)]).ok_or(SourceError::NotFound)
    }
}

/// Elsewhere, the body named the tenant (alga-psa#3342), or any known secret opened every tenant
/// (AutoGPT#13135, CVE-2026-39969).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_path_names_the_tenant() {
    let inbox = Inbox::builder("").open_in_memory().unwrap();
    let hooks = Webhooks::new().mount::<paid>().secret_source::<paid>(Two).inbox(inbox.clone());
    let server = Server::start(hooks).await;
    let deliver = |path: &str, claimed: &str, signer: &'static str| {
        let body = format!(r#"{{"tenant":"{claimed}"}}"#);
        let outgoing = RequestToSign::new(body.as_bytes()).id("one id for all");
        let signed = STANDARD_WEBHOOKS.sign(&Secret::from_key(signer), &outgoing).unwrap();
        Request::json(&format!("/hooks/{path}"), body.clone()).with_all(&signed.headers)
    };
    for (path, signer) in [("acme", "umbra"), ("umbra", "acme"), ("nobody", "acme")] {
        for claimed in ["acme", "umbra", "nobody"] {
            let request = deliver(path, claimed, signer);
            let named = request.clone().with("x-tenant", signer).with("x-tenant-id", signer);
            let asked = request.clone().to(&format!("/hooks/{path}?tenant={signer}"));
            for request in [request, named, asked] {
                let what = format!("{signer} signs for {path}");
                server.refuses("tenants", &what, &request, &[401]).await;
            }
        }
    }
    assert!(inbox.list(Filter::all()).collect().await.unwrap().is_empty());

    // The secret decides the tenant, not the body; and equal ids of two tenants are not duplicates.
    for tenant in ["acme", "umbra", "acme"] {
        let answer = server.client().ask(&deliver(tenant, "acme", tenant)).await;
        assert_eq!(answer.status, 202, "{answer:?}");
    }
    let handled = async {
        while server.effects() < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, handled).await.expect("both are handled");
    assert_eq!(inbox.list(Filter::all()).collect().await.unwrap().len(), 2);
    assert!(TENANTS.lock().unwrap().iter().eq(["acme", "umbra"]));
    tally::tell();
}

static PARSED: AtomicUsize = AtomicUsize::new(0);

/// A payload that counts how often it is decoded.
struct Tripwire;

impl<'de> Deserialize<'de> for Tripwire {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        PARSED.fetch_add(1, Ordering::SeqCst);
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

#[webhook(path = "/webhook")]
async fn tripwire(_: Tripwire) {}

/// Elsewhere, the JSON was parsed before the secret was compared (GHSA-jq3f-vjww-8rq7).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_parsed_before_verification() {
    let hooks = Webhooks::new().mount::<tripwire>().secrets::<tripwire>([Secret::new(SECRET)]);
    let server = Server::start(hooks).await;
    for body in ["{", "", "{}", "[[[[[[", "nonsense", "\u{feff}{}", "{\"a\":1}{\"b\":2}", "\0"] {
        let request = Request::json("/webhook", body);
        let form = request.clone().set("content-type", "application/x-www-form-urlencoded");
        let forged = mac::<Hmac<Sha256>>(b"another", body.as_bytes());
        let forged = base16ct::lower::encode_string(&forged);
        for request in [
            request.clone(),
            request.clone().with("x-signature", &forged),
            request.without("content-type").with("x-signature", &forged),
            form.with("x-signature", &forged),
        ] {
            server.refuses("plain", body, &request, &[401]).await;
        }
    }
    assert_eq!(PARSED.load(Ordering::SeqCst), 0);
    let signed = HMAC_SHA256_HEX.sign(&Secret::new(SECRET), &RequestToSign::new(b"{}")).unwrap();
    let request = Request::json("/webhook", "{}").with_all(&signed.headers);
    assert_eq!(server.client().ask(&request).await.status, 200);
    assert_eq!(PARSED.load(Ordering::SeqCst), 1);
    tally::tell();
}

pub(crate) fn mac<M: hmac::Mac + hmac::KeyInit>(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = <M as hmac::KeyInit>::new_from_slice(key).expect("of any length");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}
