//! Deliveries of every provider: genuine, forged and malformed, handled well and badly.

use http::HeaderValue;
use webhook_runtime::{Provider, providers::ALL, scheme::KeyType};

use super::{
    receiver::{self, Heard, ask},
    recorder,
    scanner::Scanner,
    sender::{self, BESIDE_CANARY, BODY_CANARY, Letter, Sender},
};

/// The verify token of the endpoints.
const VERIFY_TOKEN: &str = "canary-verify-token-\"/+=&é-d41f2a77";

#[tokio::test]
async fn deliveries_leak_no_secrets() {
    let mut asked = 0;
    let mut statuses = std::collections::BTreeMap::new();
    for provider in ALL {
        let mark = recorder::listen();
        let sender = Sender::new(provider);
        let heard = Heard::default();
        let router = receiver::router(&sender, &heard, VERIFY_TOKEN);
        let mut scanner = sender.scanner();
        scanner.add("the verify token", VERIFY_TOKEN);
        scanner.add("what proves it as well", BESIDE_CANARY);
        for letter in letters(&sender, &mut scanner) {
            *statuses.entry(ask(&router, letter.request()).await).or_insert(0) += 1;
            asked += 1;
        }
        let name = provider.name();
        for said in heard.take() {
            scanner.asserts_silence(&format!("{name}: an answer {}", said.status), said.text);
        }
        scanner.add("the body", BODY_CANARY);
        let written = mark.since();
        assert!(!sender.can_sign() || written.contains("status = 200"), "{name}: none is taken");
        assert!(written.contains("status = 401"), "{name}: none is refused");
        scanner.asserts_silence(&format!("{name}: what is written"), written);
    }
    println!("{asked} requests, answered {statuses:?}; {}", super::scanner::scanned());
    for status in [200, 400, 401, 405, 413, 415, 422, 500] {
        assert!(statuses.contains_key(&status), "none is answered {status}: {statuses:?}");
    }
}

/// Every kind of request. The scanner is told the expected signatures.
fn letters(sender: &Sender, scanner: &mut Scanner) -> Vec<Letter> {
    let mut letters = Vec::new();
    for (at, does) in ["", "panic", "trace", "fail", "refuse"].into_iter().enumerate() {
        let note = format!("note {at}");
        letters.push(sender.genuine("/any", &note).with("x-do", does));
        if at > 0 && is_slow(sender.provider) {
            continue;
        }
        letters.push(sender.forged("/any", &note));
        if let Some(expected) = sender.expected("/any", &note)
            && !sender::is_credential(sender.provider)
            && expected.len() >= 12
        {
            scanner.add("the expected signature", expected);
        }
    }
    let genuine = letters[0].clone();
    let forged = letters[1].clone();
    letters.push(sender.genuine("/misfit", "misfit"));
    letters.push(sender.unsigned("/any", "unsigned"));
    letters.extend(sender.broken("/misfit"));
    if sender.rotates() && sender.provider.name() != "box" && sender.can_sign() {
        letters.push(sender.by_the_older("/any", "older"));
    }
    if !is_slow(sender.provider) {
        letters.push(sender.stale("/any", "stale"));
    }
    for letter in [&genuine, &forged] {
        letters.extend(misshapen(sender, letter));
    }
    letters
}

/// RSA is slow without optimisation.
fn is_slow(provider: &Provider) -> bool {
    provider.scheme_info().key_pair == Some(KeyType::Rsa)
}

/// Changes of a request, by accident or by an attacker.
fn misshapen(sender: &Sender, letter: &Letter) -> Vec<Letter> {
    let mut all = Vec::new();
    for method in ["GET", "PUT", "OPTIONS", "HEAD"] {
        all.push(Letter { method, ..letter.clone() });
    }
    all.push(letter.clone().with("content-encoding", "gzip"));
    all.push(letter.clone().with("content-type", "image/png"));
    all.push(Letter { target: letter.target.replace("/any", "/misfit"), ..letter.clone() });
    all.push(Letter { target: format!("{}x", letter.target), ..letter.clone() });
    let mut longer = letter.clone();
    longer.body.push(b'x');
    all.push(longer);
    let mut large = letter.clone();
    large.body.resize(3_000_000, b' ');
    all.push(large);
    all.push(Letter { body: Vec::new(), ..letter.clone() });
    all.push(Letter { body: b"\xff\xfe{".to_vec(), ..letter.clone() });
    for name in sender::proofs(sender) {
        let value = letter.headers[&name].clone();
        let bytes = value.as_bytes();
        let half = bytes[..bytes.len() / 2].to_vec();
        let upper = bytes.to_ascii_uppercase();
        let quoted = [b"\"", bytes, b"\""].concat();
        let longer = [bytes, b"00"].concat();
        let opaque = [bytes, b"\xff"].concat();
        for changed in [half, upper, quoted, longer, opaque, Vec::new()] {
            let mut letter = letter.clone();
            let changed = HeaderValue::from_bytes(&changed).expect("the value of a header");
            letter.headers.insert(&name, changed);
            all.push(letter);
        }
        let mut twice = letter.clone();
        twice.headers.append(&name, value);
        all.push(twice);
        let mut without = letter.clone();
        without.headers.remove(&name);
        all.push(without);
    }
    all
}

/// The self-check: a handler that leaks is detected.
#[tokio::test]
async fn a_leaking_handler_is_detected() {
    let mark = recorder::listen();
    let sender = Sender::new(&webhook_runtime::providers::HMAC_SHA256_HEX);
    let heard = Heard::default();
    let router = receiver::router(&sender, &heard, VERIFY_TOKEN);
    let mut scanner = Scanner::new();
    let leaked = "canary-that-is-meant-to-be-found-0a1b2c";
    scanner.add("what is leaked", leaked);
    let letter = sender.genuine("/any", "leak").with("x-do", "leak").with("x-leak", leaked);
    assert_eq!(ask(&router, letter.request()).await, 200);
    let found = scanner.find(mark.since()).expect("it is found");
    assert!(found.contains("a list of bytes") || found.contains("as it is"), "{found}");
    // A handler that leaks in its response is detected too.
    let answered = heard.take();
    assert!(scanner.find(&answered[0].text).is_some(), "headers are shown unless they are proofs");
}
