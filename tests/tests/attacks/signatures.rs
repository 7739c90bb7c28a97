//! Tags, algorithms and lists of signatures.

use hmac::Hmac;
use sha2::{Sha256, Sha512};
use webhook_runtime::{
    Delivery, Secret, Webhooks,
    providers::{GITHUB, STANDARD_WEBHOOKS},
    scheme::RequestToSign,
    webhook,
};

use crate::{
    authentication::{SECRET, mac},
    family::{self, Written},
    server::Server,
    tally,
    wire::Request,
};

/// Elsewhere, `zip` ended the comparison with the shorter tag, so that `v1,` was a valid signature
/// (RUSTSEC-2024-0010, CVE-2024-21491). Each of these tags is well encoded, and is the start of the
/// right one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tags_of_other_lengths_are_rejected() {
    for target in family::all().await {
        let (Written::Hex | Written::Base64) = target.family.written else { continue };
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

/// Elsewhere, the signature's prefix chose the algorithm (octokit/webhooks-methods.js#39), or the
/// prefix was optional (adnanh/webhook).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_cannot_choose_the_algorithm() {
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

/// At least one signature of this version and length must be right, whatever else is in the list.
/// Elsewhere, lists were not read at all, so that genuine deliveries were rejected (moshcoding#21).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signature_lists_accept_nothing_more() {
    const KEY: &str = "whsec_czNjcmV0czNjcmV0czNjcmV0czNjcmV0";
    let hooks = Webhooks::new().mount::<standard>().secrets::<standard>([Secret::new(KEY)]);
    let server = Server::start(hooks).await;
    let signed = STANDARD_WEBHOOKS.sign(&Secret::new(KEY), &RequestToSign::new(b"{}")).unwrap();
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
        // The list is limited: after a thousand entries, not even the right one counts.
        format!("{many} v1,{tag}"),
    ] {
        let shown: String = value.chars().take(60).collect();
        server.refuses("standard-webhooks", &shown, &with(&value), &[401]).await;
    }
    tally::tell();
}

/// Elsewhere, two parts of a program read different values: the first and the last of a repeated
/// header (svix, Standard Webhooks), or of a repeated field (adcp-client-python#1022).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repeated_headers_and_fields_are_rejected() {
    for target in family::all().await {
        if target.family.header.is_empty() || target.family.written == Written::Inside {
            continue;
        }
        let good = target.genuine.header(target.family.header);
        let (before, tag) = target.signature();
        let other: Vec<u8> = tag.iter().map(|byte| byte ^ 1).collect();
        let bad = target.family.written.encode(&other);
        let bad = format!("{before}{}", String::from_utf8_lossy(&bad));
        let upper = target.family.header.to_uppercase();
        for (first, second) in [(&good, &bad), (&bad, &good), (&good, &good)] {
            for name in [target.family.header, &upper] {
                let request = target.signed_by(first).with(name, second);
                target.refuses("two signatures", &request).await;
            }
            for between in [",", ", ", ";", "\t"] {
                let joined = format!("{first}{between}{second}");
                // In schemes with lists of signatures, one right entry is enough.
                let is_list = match target.family.name {
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
        for name in target.family.needs {
            let value = target.genuine.header(name);
            for other in ["", "0", &value, "1760000000", "msg_2"] {
                let behind = target.genuine.clone().with(name, other);
                target.refuses(&format!("{name} twice"), &behind).await;
                let ahead = target.genuine.clone().set(name, other).with(name, &value);
                target.refuses(&format!("{name} twice"), &ahead).await;
            }
        }
        if target.family.name == "stripe" {
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

/// Elsewhere, the signature covered a rewritten body or a part of it (CVE-2026-119036,
/// cla-assistant#1024, stripe-node#341). Here one changed byte anywhere is a forgery: a thousand of
/// each family that signs the body.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flipped_bytes_are_rejected() {
    let mut random = Random(0x5eed);
    for target in family::all().await.into_iter().filter(|target| target.family.signs_body) {
        // Public keys are slow in an unoptimised program.
        let is_slow = matches!(target.family.name, "discord" | "sendgrid");
        let mut client = target.server.client();
        let before = target.server.effects();
        for _ in 0..if is_slow { 100 } else { 1_000 } {
            let mut body = target.genuine.body.clone();
            let at = random.below(body.len());
            body[at] ^= u8::try_from(1 + random.below(255)).unwrap();
            let answer = client.ask(&target.genuine.clone().carrying(body)).await;
            tally::note(target.family.name, "a byte changed", &answer);
            assert_eq!(answer.status, 401, "{}", target.family.name);
        }
        assert_eq!(target.server.effects(), before, "{}", target.family.name);
        target.believes().await;
    }
    tally::tell();
}

/// Random numbers, the same in every run.
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
