//! What passes for a signature, and what must not.

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
use sha2::{Sha256, Sha512};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use webhook_runtime::{
    Delivery, Inbox, Scope, Secret, SecretSource, SourceError, Webhooks,
    inbox::Filter,
    providers::{GITHUB, PLAIN, STANDARD_WEBHOOKS},
    scheme::Outgoing,
    webhook,
};

use crate::{
    family::{self, Written},
    server::Server,
    tally,
    wire::{PATIENCE, Request},
};

const SECRET: &str = "the secret of these tests";

struct Failing;

impl SecretSource for Failing {
    async fn secrets(&self, scope: &Scope) -> Result<Vec<Secret>, SourceError> {
        match scope.param("tenant").unwrap_or_default() {
            "none" => Ok(Vec::new()),
            "blank" => Ok(vec![Secret::new(" ")]),
            "beside" => Ok(vec![Secret::new(SECRET), Secret::new("")]),
            "away" => Err(SourceError::unavailable("the database is away")),
            "hangs" => pending().await,
            "panics" => std::panic::resume_unwind(Box::new("as it was asked to")),
            _ => Err(SourceError::Unknown),
        }
    }
}

#[webhook(path = "/of/{tenant}", inbox)]
async fn of_tenant(_: &Delivery) {}

/// The secret could not be read when it was needed, and the check was skipped (hiveloop#32).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_that_cannot_be_had_opens_nothing() {
    let inbox = Inbox::builder("").in_memory().unwrap();
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

/// A missing header was a crash (Dokploy#4275, telegraf#2493), or no check was made at all
/// (CVE-2026-39969, CVE-2026-33143). What cannot be believed is refused before its body is read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_header_is_answered_before_the_body() {
    for target in family::all().await {
        let needs = target.means.needs;
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
                assert_eq!(&line, b"HTTP/1.1 401", "{}: {what}", target.means.name);
                // Long before the deadline of a body.
                assert!(asked.elapsed() < Duration::from_secs(5), "{}", target.means.name);
            }
            target.refuses(&format!("without {missing:?}"), &without).await;
        }
        let unproven = target.genuine.clone().without(target.means.header);
        if target.means.written != Written::Inside {
            target.refuses("without a signature", &unproven).await;
        }
        target.believes().await;
    }
    tally::tell();
}

/// `zip` compared up to the end of the shorter one, so that `v1,` was a signature (RUSTSEC-2024-0010,
/// CVE-2024-21491). Each of these is rightly encoded, and the beginning of the right tag.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tags_of_every_other_length_are_refused() {
    for target in family::all().await {
        let (Written::Hex | Written::Base64) = target.means.written else { continue };
        let (_, tag) = target.signature();
        for length in (0..=2 * tag.len()).filter(|length| *length != tag.len()) {
            let longer: Vec<u8> = tag.iter().copied().cycle().take(length).collect();
            target.refuses(&format!("a tag of {length} bytes"), &target.tagged(&longer)).await;
        }
        for more in [0, 1, 0xff] {
            let longer = [&tag[..], &[more]].concat();
            target.refuses("a tag and a byte", &target.tagged(&longer)).await;
        }
        for length in [0, tag.len(), 32, 64] {
            let zeros = vec![0; length];
            target.refuses("a tag of zeros", &target.tagged(&zeros)).await;
        }
        target.believes().await;
    }
    tally::tell();
}

#[webhook(path = "/webhook", provider = GITHUB)]
async fn github(_: &Delivery) {}

/// The algorithm was taken from the signature's own prefix (octokit/webhooks-methods.js#39), or the
/// prefix was optional (adnanh/webhook).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_request_does_not_choose_the_algorithm() {
    let hooks = Webhooks::new().mount::<github>().secrets::<github>([Secret::new(SECRET)]);
    let server = Server::start(hooks).await;
    let body = br#"{"zen":"Keep it logically awesome."}"#;
    let request = Request::json("/webhook", body);
    let [sha1, sha256, sha512] = [
        mac::<Hmac<sha1::Sha1>>(SECRET.as_bytes(), body),
        mac::<Hmac<Sha256>>(SECRET.as_bytes(), body),
        mac::<Hmac<Sha512>>(SECRET.as_bytes(), body),
    ]
    .map(|tag| base16ct::lower::encode_string(&tag));
    let good = request.clone().with("x-hub-signature-256", format!("sha256={sha256}"));
    assert_eq!(server.client().ask(&good).await.status, 200);
    for (name, value) in [
        ("x-hub-signature-256", format!("sha1={sha1}")),
        ("x-hub-signature-256", sha1.clone()),
        ("x-hub-signature-256", format!("sha256={sha1}")),
        ("x-hub-signature-256", format!("sha512={sha512}")),
        ("x-hub-signature-256", format!("sha256={sha512}")),
        ("x-hub-signature-256", sha256.clone()),
        ("x-hub-signature-256", format!("={sha256}")),
        ("x-hub-signature-256", format!("SHA256={sha256}")),
        ("x-hub-signature-256", format!("Sha256={sha256}")),
        ("x-hub-signature-256", format!("sha256:{sha256}")),
        ("x-hub-signature-256", format!("sha256 {sha256}")),
        ("x-hub-signature-256", format!("sha256= {sha256}")),
        ("x-hub-signature-256", format!("sha256=sha256={sha256}")),
        ("x-hub-signature-256", format!("sha-256={sha256}")),
        ("x-hub-signature-256", format!("sha256={}", sha256.to_uppercase())),
        ("x-hub-signature-256", format!("sha256=0x{sha256}")),
        ("x-hub-signature-256", format!("none={sha256}")),
        ("x-hub-signature-256", "none=".to_owned()),
        ("x-hub-signature-256", "md5=d41d8cd98f00b204e9800998ecf8427e".to_owned()),
        ("x-hub-signature", format!("sha1={sha1}")),
        ("x-hub-signature", format!("sha256={sha256}")),
        ("x-signature", sha256.clone()),
        ("x_hub_signature_256", format!("sha256={sha256}")),
        ("authorization", format!("sha256={sha256}")),
    ] {
        let what = format!("{name}: {value}");
        server.refuses("github", &what, &request.clone().with(name, value), &[401]).await;
    }
    tally::tell();
}

#[webhook(path = "/webhook", provider = STANDARD_WEBHOOKS)]
async fn standard(_: &Delivery) {}

/// Whatever else stands in a list of signatures, one of this version and length has to be right; and
/// a list was not read as one at all, so that what was genuine was refused (moshcoding#21).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_of_signatures_do_not_widen_what_is_believed() {
    const KEY: &str = "whsec_czNjcmV0czNjcmV0czNjcmV0czNjcmV0";
    let hooks = Webhooks::new().mount::<standard>().secrets::<standard>([Secret::new(KEY)]);
    let server = Server::start(hooks).await;
    let signed = STANDARD_WEBHOOKS.sign(&Secret::new(KEY), &Outgoing::new(b"{}")).unwrap();
    let request = Request::json("/webhook", "{}").with_all(&signed.headers);
    let value = request.header("webhook-signature");
    let tag = value.strip_prefix("v1,").unwrap();
    let bad = format!("v1,{}", "A".repeat(43) + "=");
    let with = |value: &str| request.clone().set("webhook-signature", value);
    for good in [
        format!("v1,{tag}"),
        format!("{bad} v1,{tag}"),
        format!("v1,{tag} {bad}"),
        format!("v1a,AAAA v1,{tag}"),
    ] {
        assert_eq!(server.client().ask(&with(&good)).await.status, 200, "{good}");
    }
    let many = vec![bad.as_str(); 1_000].join(" ");
    for value in [
        format!("v1a,{tag}"),
        format!("v2,{tag}"),
        format!("V1,{tag}"),
        format!("v11,{tag}"),
        format!("v1 ,{tag}"),
        format!("v1, {tag}"),
        format!(" v1 {tag}"),
        format!("v1,{tag},extra"),
        format!("v1,{tag},"),
        format!("v1,,{tag}"),
        format!(",v1,{tag}"),
        format!("v1,{tag}\tv1,{tag}"),
        format!("v1,\t{tag}"),
        format!("v1,{tag};{bad}"),
        format!("v1={tag}"),
        format!("v1.{tag}"),
        format!("1,{tag}"),
        format!("v1,v1,{tag}"),
        tag.to_owned(),
        "v1,".to_owned(),
        "v1, v1, v1,".to_owned(),
        "v1".to_owned(),
        ",".to_owned(),
        " ".to_owned(),
        many.clone(),
        // No rotation has a thousand signatures: behind so many, not even the right one counts.
        format!("{many} v1,{tag}"),
    ] {
        let shown: String = value.chars().take(60).collect();
        server.refuses("standard-webhooks", &shown, &with(&value), &[401]).await;
    }
    tally::tell();
}

/// Two parts of a program read two values for one word: the first and the last of a header
/// (svix, Standard Webhooks), or of a field (adcp-client-python#1022).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_values_for_one_word_are_refused() {
    for target in family::all().await {
        if target.means.header.is_empty() || target.means.written == Written::Inside {
            continue;
        }
        let good = target.genuine.header(target.means.header);
        let (before, tag) = target.signature();
        let other: Vec<u8> = tag.iter().map(|byte| byte ^ 1).collect();
        let bad = target.means.written.encode(&other);
        let bad = format!("{before}{}", String::from_utf8_lossy(&bad));
        let upper = target.means.header.to_uppercase();
        for (first, second) in [(&good, &bad), (&bad, &good), (&good, &good)] {
            for name in [target.means.header, &upper] {
                let request = target.signed_by(first).with(name, second);
                target.refuses("two signatures", &request).await;
            }
            for between in [",", ", ", ";", "\t"] {
                let joined = format!("{first}{between}{second}");
                // Where that is how the scheme writes a list, one that is right is enough.
                let is_list = match target.means.name {
                    "stripe" => true,
                    "standard-webhooks" => between.contains(' '),
                    _ => false,
                };
                if !is_list {
                    let what = format!("two signatures, {between:?} between them");
                    target.refuses(&what, &target.signed_by(joined)).await;
                }
            }
        }
        for name in target.means.needs {
            let value = target.genuine.header(name);
            for other in ["", "0", &value, "1760000000", "msg_2"] {
                let behind = target.genuine.clone().with(name, other);
                target.refuses(&format!("{name} twice"), &behind).await;
                let ahead = target.genuine.clone().set(name, other).with(name, &value);
                target.refuses(&format!("{name} twice"), &ahead).await;
            }
        }
        if target.means.name == "stripe" {
            let (time, tag) = good.split_once(',').unwrap();
            for value in [
                format!("{time},{time},{tag}"),
                format!("t=1,{time},{tag}"),
                format!("{time},t=1,{tag}"),
                format!("{time},{tag},t=1"),
                format!("{time},{tag},{time}"),
                format!("{time};{tag}"),
                format!("{tag},v0=1"),
            ] {
                target.refuses(&value.clone(), &target.signed_by(value)).await;
            }
        }
        target.believes().await;
    }
    tally::tell();
}

/// A signature was checked over what had been made of the body, or over a part of it (CVE-2026-119036,
/// cla-assistant#1024, stripe-node#341): a byte anywhere is another body. A thousand of each family
/// that signs the body.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_byte_flips_are_forgeries() {
    let mut random = Random(0x5eed);
    for target in family::all().await.into_iter().filter(|target| target.means.signs_body) {
        // A key pair takes its time, the more so in a program that is not optimised.
        let is_slow = matches!(target.means.name, "discord" | "sendgrid");
        let mut client = target.server.client();
        let before = target.server.effects();
        for _ in 0..if is_slow { 100 } else { 1_000 } {
            let mut body = target.genuine.body.clone();
            let at = random.below(body.len());
            body[at] ^= u8::try_from(1 + random.below(255)).unwrap();
            let answer = client.ask(&target.genuine.clone().carrying(body)).await;
            tally::note(target.means.name, "a byte changed", &answer);
            assert_eq!(answer.status, 401, "{}", target.means.name);
        }
        assert_eq!(target.server.effects(), before, "{}", target.means.name);
        target.believes().await;
    }
    tally::tell();
}

/// Which tenants were handled.
static TENANTS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

#[derive(Deserialize)]
struct Claim {
    #[serde(rename = "tenant")]
    _tenant: String,
}

#[webhook(path = "/hooks/{tenant}", provider = STANDARD_WEBHOOKS, inbox)]
async fn paid(delivery: Delivery, _: Claim) {
    let tenant = delivery.scope().param("tenant").unwrap_or_default().to_owned();
    TENANTS.lock().unwrap().insert(tenant);
}

/// A secret for each of two tenants.
struct Two;

impl SecretSource for Two {
    async fn secrets(&self, scope: &Scope) -> Result<Vec<Secret>, SourceError> {
        let tenant = scope.param("tenant").filter(|tenant| matches!(*tenant, "acme" | "umbra"));
        tenant.map(|tenant| vec![Secret::from_key(tenant)]).ok_or(SourceError::Unknown)
    }
}

/// Whose delivery it is was read from the body (alga-psa#3342), or any known secret opened any tenant
/// (AutoGPT#13135, CVE-2026-39969).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_is_who_signed_and_not_whom_the_body_names() {
    let inbox = Inbox::builder("").in_memory().unwrap();
    let hooks = Webhooks::new().mount::<paid>().secret_source::<paid>(Two).inbox(inbox.clone());
    let server = Server::start(hooks).await;
    let deliver = |path: &str, claimed: &str, signer: &'static str| {
        let body = format!(r#"{{"tenant":"{claimed}"}}"#);
        let outgoing = Outgoing::new(body.as_bytes()).id("one id for all");
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

    // Whatever the body says, it is the tenant of the secret; and one's ids are not the other's.
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

/// Counts how often it is decoded.
struct Tripwire;

impl<'de> Deserialize<'de> for Tripwire {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        PARSED.fetch_add(1, Ordering::SeqCst);
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

#[webhook(path = "/webhook")]
async fn tripwire(_: Tripwire) {}

/// Body and JSON were read before the secret was compared (GHSA-jq3f-vjww-8rq7).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_parsed_before_it_is_believed() {
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
    let signed = PLAIN.sign(&Secret::new(SECRET), &Outgoing::new(b"{}")).unwrap();
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

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let mixed = usize::try_from((mixed ^ (mixed >> 31)) >> 1).unwrap();
        mixed % bound
    }
}
