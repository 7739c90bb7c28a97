//! Malformed, wrong and ambiguous times.

use std::time::{Duration, UNIX_EPOCH};

use hmac::Hmac;
use sha2::Sha256;
use webhook_runtime::{
    Delivery, Secret, Webhooks,
    providers::{SLACK, STANDARD_WEBHOOKS, STRIPE, TWITCH, WORKOS},
    testing::TestClock,
    webhook,
};

use crate::{authentication::mac, server::Server, tally, wire::Request};

pub(crate) const SECRET: &str = "the secret of these tests";

/// Some time in the middle of a second.
pub(crate) const NOW: Duration = Duration::from_millis(1_760_000_000_500);
pub(crate) const SECONDS: i64 = 1_760_000_000;

#[webhook(path = "/stripe", provider = STRIPE)]
async fn stripe(_: &Delivery) {}

#[webhook(path = "/slack", provider = SLACK)]
async fn slack(_: &Delivery) {}

#[webhook(path = "/standard-webhooks", provider = STANDARD_WEBHOOKS)]
async fn standard(_: &Delivery) {}

#[webhook(path = "/workos", provider = WORKOS)]
async fn workos(_: &Delivery) {}

#[webhook(path = "/twitch", provider = TWITCH)]
async fn twitch(_: &Delivery) {}

async fn server() -> Server {
    let key = || Secret::from_key(SECRET);
    let hooks = Webhooks::new()
        .mount::<stripe>()
        .secrets::<stripe>([key()])
        .mount::<slack>()
        .secrets::<slack>([key()])
        .mount::<standard>()
        .secrets::<standard>([key()])
        .mount::<workos>()
        .secrets::<workos>([key()])
        .mount::<twitch>()
        .secrets::<twitch>([key()])
        .clock(TestClock::new(UNIX_EPOCH + NOW));
    Server::start(hooks).await
}

/// A correctly signed delivery, with any text as time and id.
pub(crate) fn signed_at(scheme: &str, time: &str, id: &str, body: &str) -> Request {
    let hex = |text: String| {
        base16ct::lower::encode_string(&mac::<Hmac<Sha256>>(SECRET.as_bytes(), text.as_bytes()))
    };
    let request = Request::json(&format!("/{scheme}"), body);
    match scheme {
        "stripe" => {
            let tag = hex(format!("{time}.{body}"));
            request.with("stripe-signature", format!("t={time},v1={tag}"))
        }
        "workos" => {
            let tag = hex(format!("{time}.{body}"));
            request.with("workos-signature", format!("t={time}, v1={tag}"))
        }
        "slack" => {
            let tag = hex(format!("v0:{time}:{body}"));
            request
                .with("x-slack-request-timestamp", time)
                .with("x-slack-signature", format!("v0={tag}"))
        }
        "twitch" => {
            let tag = hex(format!("{id}{time}{body}"));
            request
                .with("twitch-eventsub-message-id", id)
                .with("twitch-eventsub-message-timestamp", time)
                .with("twitch-eventsub-message-signature", format!("sha256={tag}"))
        }
        _ => {
            use base64ct::Encoding as _;
            let text = format!("{id}.{time}.{body}");
            let tag = mac::<Hmac<Sha256>>(SECRET.as_bytes(), text.as_bytes());
            request
                .with("webhook-id", id)
                .with("webhook-timestamp", time)
                .with("webhook-signature", format!("v1,{}", base64ct::Base64::encode_string(&tag)))
        }
    }
}

/// Elsewhere, a distant time overflowed a subtraction, or the parser accepted more than digits
/// (Gitlawb#358, jsonwebtoken#388). All of these requests are correctly signed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_times_are_rejected() {
    let server = server().await;
    let many = "9".repeat(400);
    let zeros = "0".repeat(400);
    let padded = format!("{}{SECONDS}", "0".repeat(200));
    let mut times: Vec<String> = [
        "-9223372036854775808",
        "-9223372036854775807",
        "-1",
        "-0",
        "0",
        "1",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        "9999999999",
        "1e9",
        "1.76e9",
        "1.5",
        "1760000000.0",
        "1760000000.",
        ".1760000000",
        "+1",
        "+1760000000",
        " 1760000000",
        "1760000000 ",
        "01",
        "01760000000",
        "1_760_000_000",
        "1,760,000,000",
        "0x68e77800",
        "0b1",
        "NaN",
        "nan",
        "Infinity",
        "inf",
        "-inf",
        "null",
        "undefined",
        "true",
        "",
        " ",
        "\t",
        "now",
        "2025-10-09T08:53:20Z",
        "Thu, 09 Oct 2025 08:53:20 GMT",
        "\u{661}\u{667}\u{666}\u{660}\u{660}\u{660}\u{660}\u{660}\u{660}\u{660}",
        "\u{ff11}\u{ff17}\u{ff16}\u{ff10}\u{ff10}\u{ff10}\u{ff10}\u{ff10}\u{ff10}\u{ff10}",
        "1760000000\u{200b}",
        "1760000000;1760000000",
        &many,
        &zeros,
        &padded,
    ]
    .map(str::to_owned)
    .into();
    let far = i128::from(SECONDS) - (1_i128 << 63);
    times.extend([far.to_string(), (i64::MAX - SECONDS).to_string()]);
    times.extend([-301, 302, -86_400, 86_400].map(|by| (SECONDS + by).to_string()));
    for scheme in ["stripe", "slack", "standard-webhooks", "workos"] {
        for time in &times {
            let shown: String = time.chars().take(40).collect();
            let request = signed_at(scheme, time, "msg_1", "{}");
            server.refuses(scheme, &format!("the time {shown:?}"), &request, &[401]).await;
        }
    }
    let before = server.effects();
    for scheme in ["stripe", "slack", "standard-webhooks"] {
        for by in [-299, -1, 0, 1, 299] {
            let time = (SECONDS + by).to_string();
            let answer = server.client().ask(&signed_at(scheme, &time, "msg_1", "{}")).await;
            assert_eq!(answer.status, 200, "{scheme} {by}");
        }
    }
    assert_eq!(server.effects(), before + 15);
    tally::tell();
}

/// Elsewhere, seconds were compared with milliseconds, so that nothing was accepted
/// (mercadopago/sdk-python#142) or, the other way round, everything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seconds_and_milliseconds_are_not_confused() {
    let server = server().await;
    let (seconds, millis) = (NOW.as_secs().to_string(), NOW.as_millis().to_string());
    let (micros, nanos) = (NOW.as_micros().to_string(), NOW.as_nanos().to_string());
    for (scheme, right) in [
        ("stripe", &seconds),
        ("slack", &seconds),
        ("standard-webhooks", &seconds),
        ("workos", &millis),
    ] {
        for time in [&seconds, &millis, &micros, &nanos] {
            let request = signed_at(scheme, time, "msg_1", "{}");
            if time == right {
                assert_eq!(server.client().ask(&request).await.status, 200, "{scheme}");
            } else {
                server.refuses(scheme, "another unit", &request, &[401]).await;
            }
        }
    }
    tally::tell();
}

/// Two deliveries can share a signed text if its parts can be split elsewhere: an id that ends with
/// a time, a body that starts with one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_signed_text_cannot_be_split_elsewhere() {
    let server = server().await;
    let time = SECONDS.to_string();
    // An attacker may control the start of the body; the signature is genuine.
    let inside = format!("{time}.{{}}");
    for scheme in ["stripe", "slack", "standard-webhooks"] {
        let genuine = signed_at(scheme, &time, "msg_1", &inside);
        assert_eq!(server.client().ask(&genuine).await.status, 200, "{scheme}");
    }
    let standard = signed_at("standard-webhooks", &time, "msg_1", &inside);
    let stripe = signed_at("stripe", &time, "", &inside);
    let (_, tag) = stripe.header("stripe-signature").split_once(',').map(own).unwrap();
    let slack = signed_at("slack", &time, "", &format!("{time}:{{}}"));
    for (scheme, request) in [
        (
            "standard-webhooks",
            standard.clone().set("webhook-id", format!("msg_1.{time}")).carrying("{}"),
        ),
        (
            "standard-webhooks",
            standard.clone().set("webhook-id", "msg_1.").carrying(inside.clone()),
        ),
        ("standard-webhooks", standard.clone().set("webhook-id", "").carrying(inside.clone())),
        (
            "standard-webhooks",
            standard
                .clone()
                .set("webhook-id", "msg_1")
                .set("webhook-timestamp", format!("{time}.{time}"))
                .carrying("{}"),
        ),
        (
            "stripe",
            stripe.clone().set("stripe-signature", format!("t={time}.{time},{tag}")).carrying("{}"),
        ),
        ("stripe", stripe.set("stripe-signature", format!("t=,{tag}"))),
        ("slack", slack.set("x-slack-request-timestamp", format!("{time}:{time}")).carrying("{}")),
    ] {
        server.refuses(scheme, "parted elsewhere", &request, &[401]).await;
    }

    // Without separators, only the format of the time says where it starts and ends.
    let (id, at) = ("msg_1", "2025-10-09T08:53:20.123Z");
    let genuine = signed_at("twitch", at, id, "{}");
    assert_eq!(server.client().ask(&genuine).await.status, 200);
    let text = format!("{id}{at}{{}}");
    for start in 0..text.len() - 2 {
        for end in start..=text.len() {
            if (start, end) == (id.len(), id.len() + at.len()) {
                continue;
            }
            // Splits far from the right one are skipped.
            if end.abs_diff(id.len() + at.len()) > 2 && start.abs_diff(id.len()) > 2 {
                continue;
            }
            let request = genuine
                .clone()
                .set("twitch-eventsub-message-id", &text[..start])
                .set("twitch-eventsub-message-timestamp", &text[start..end])
                .carrying(&text[end..]);
            server.refuses("twitch", "parted elsewhere", &request, &[401]).await;
        }
    }
    tally::tell();
}

fn own((left, right): (&str, &str)) -> (String, String) {
    (left.to_owned(), right.to_owned())
}
