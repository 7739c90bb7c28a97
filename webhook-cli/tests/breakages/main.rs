//! Requests that the test signs and breaks itself, in each way that people break them: each cause is
//! named, and nothing broken or forged is called genuine.
//!
//! `WEBHOOK_BREAKAGES=5000 cargo test -p webhook-cli --test breakages -- --nocapture` breaks more.

mod bodies;
mod document;
mod heads;
mod random;
mod sample;
mod secrets;
mod urls;

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
};

use document::{Style, Wanted, document};
use random::Random;
use sample::{Sample, ToSign, signers};
use webhook_cli::explain::{MAX_CHECKS, Verdict};
use webhook_runtime::Secret;

/// A broken request, and its cause.
pub(crate) struct Broken {
    cause: &'static str,
    /// Other names for the same thing.
    also: &'static [&'static str],
    sample: Sample,
}

impl Broken {
    pub(crate) fn new(cause: &'static str, sample: Sample) -> Self {
        Self { cause, also: &[], sample }
    }

    pub(crate) fn or(mut self, also: &'static [&'static str]) -> Self {
        self.also = also;
        self
    }
}

const WAYS: [fn(&mut Random) -> Broken; 39] = [
    bodies::reserialized,
    bodies::escaped_anew,
    bodies::html_anew,
    bodies::slashes,
    bodies::unicode,
    bodies::html,
    bodies::numbers,
    bodies::last_line,
    bodies::line_ends,
    bodies::stripped,
    bodies::mark,
    bodies::coded,
    bodies::charset,
    bodies::forms,
    bodies::cut,
    secrets::around,
    secrets::disguised,
    secrets::prefix_lost,
    secrets::missing_blank,
    secrets::encoded,
    secrets::key,
    secrets::other,
    secrets::no_secret,
    heads::missing,
    heads::renamed,
    heads::legacy,
    heads::secondary,
    heads::prefix,
    heads::spelling,
    heads::respelled,
    heads::algorithm,
    heads::elsewhere,
    heads::window,
    heads::unit,
    heads::reformatted,
    urls::authority,
    urls::inner,
    urls::path,
    urls::query,
];

/// All causes.
const CAUSES: [&str; 58] = [
    "body-base64-encoded",
    "body-bom-added",
    "body-charset-changed",
    "body-compressed",
    "body-crlf-added",
    "body-crlf-lost",
    "body-form-encoded",
    "body-form-reencoded",
    "body-form-unwrapped",
    "body-html-escapes-lost",
    "body-json-quoted",
    "body-missing",
    "body-newline-added",
    "body-newline-lost",
    "body-newlines-stripped",
    "body-numbers-normalized",
    "body-reserialized",
    "body-slashes-escaped",
    "body-slashes-unescaped",
    "body-truncated",
    "body-unicode-escaped",
    "body-unicode-unescaped",
    "header-companion-missing",
    "header-legacy-only",
    "header-other-key",
    "header-renamed",
    "other-provider",
    "secret-base64-encoded",
    "secret-extra-whitespace",
    "secret-html-escaped",
    "secret-missing-whitespace",
    "secret-name-kept",
    "secret-of-other-endpoint",
    "secret-placeholder",
    "secret-prefix-added",
    "secret-prefix-lost",
    "secret-quoted",
    "secret-used-as-text",
    "secret-used-decoded",
    "secret-wrong-kind",
    "signature-header-missing",
    "signature-prefix-added",
    "signature-prefix-lost",
    "signature-uppercase",
    "signature-wrong-algorithm",
    "signature-wrong-encoding",
    "signed-body-only",
    "timestamp-in-future",
    "timestamp-reformatted",
    "timestamp-too-old",
    "timestamp-wrong-unit",
    "url-escapes",
    "url-host",
    "url-path-prefix",
    "url-port",
    "url-query-lost",
    "url-scheme",
    "url-trailing-slash",
];

fn count(default: usize) -> usize {
    env::var("WEBHOOK_BREAKAGES").ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn each_breakage_is_named() {
    let mut random = Random::new(1);
    let all = count(1200);
    let mut causes = BTreeMap::<&str, (usize, usize)>::new();
    let mut wrong = Vec::new();
    for number in 0..all {
        let broken = WAYS[number % WAYS.len()](&mut random);
        let explanation = broken.sample.explain();
        assert!(explanation.checks <= MAX_CHECKS);
        let name = broken.sample.provider.name();
        assert_eq!(explanation.verdict, Verdict::Refused, "{} of {name}", broken.cause);
        let found = explanation.causes.first().map_or("unknown", |cause| cause.id);
        let is_right = found == broken.cause || broken.also.contains(&found);
        let (right, made) = causes.entry(broken.cause).or_default();
        *right += usize::from(is_right);
        *made += 1;
        if !is_right {
            let headers = broken.sample.capture.headers.iter().map(|(name, _)| &**name);
            let headers = headers.collect::<Vec<_>>().join(" ");
            wrong.push(format!("{} of {name}: {found} ({headers})", broken.cause));
        }
    }
    for (cause, (right, made)) in &causes {
        println!("{cause}: {right} of {made}");
    }
    let right = all - wrong.len();
    println!("{right} of {all} as expected");
    wrong.sort();
    println!("{}", wrong.join("\n"));
    assert!(right * 1000 >= all * 995, "{wrong:#?}");
    let made: BTreeSet<_> = causes.into_keys().collect();
    assert_eq!(made, BTreeSet::from(CAUSES), "each cause is made");
}

#[test]
fn genuine_requests_are_genuine() {
    let mut random = Random::new(2);
    for _ in 0..count(300) {
        let sample = genuine(&mut random).sign();
        let explanation = sample.explain();
        assert_eq!(explanation.verdict, Verdict::Genuine, "{}", sample.provider.name());
        assert!(explanation.causes.is_empty() && explanation.checks == 1);
    }
}

/// Forgeries: no key, no text, half of a signature, a hash that needs no secret.
#[test]
fn forgeries_have_no_cause() {
    let mut random = Random::new(3);
    for number in 0..count(300) {
        let to_sign = genuine(&mut random);
        let mut sample = match number % 4 {
            // A secret that nobody has.
            0 => to_sign.sign_by(&Secret::from_key(random.bytes(24))),
            // A body that was not signed.
            1 => {
                let other = ToSign { body: b"{\"amount\":1}".to_vec(), ..to_sign.clone() };
                let mut sample = other.sign();
                sample.capture.body = to_sign.body;
                sample
            }
            2 => to_sign.sign_by(&Secret::from_key(*b"\0")),
            _ => {
                let empty = ToSign { body: Vec::new(), ..to_sign.clone() };
                let mut sample = empty.sign();
                sample.capture.body = to_sign.body;
                sample
            }
        };
        if random.is(3) {
            sample.capture.body.push(b'\n');
        }
        let explanation = sample.explain();
        assert_eq!(explanation.verdict, Verdict::Refused);
        let name = sample.provider.name();
        assert_eq!(explanation.causes, [], "{name}, forgery {}", number % 4);
        assert!(explanation.checks <= MAX_CHECKS);
    }
}

/// Whatever arrives, the search ends, within its bounds.
#[test]
fn damaged_requests_are_refused() {
    const MARKS: &[u8] = b"{}[]\":,\\u00e9d83%+=&/\n\r \xef\xbb\xbf\x1f\x8b\xc3\xa9";
    let mut random = Random::new(4);
    for number in 0..count(400) {
        let mut sample = genuine(&mut random).sign();
        let body = &mut sample.capture.body;
        let at = random.below(body.len());
        match number % 4 {
            0 => body[at] ^= 1,
            1 => body.insert(at, b'x'),
            2 => drop(body.remove(at)),
            _ => *body = (0..random.below(60)).map(|_| random.pick(MARKS)).collect(),
        }
        if random.is(3) {
            let name = sample.signature();
            let length = random.below(80);
            sample.set(
                &name,
                (0..length).map(|_| random.pick(b"aF0=,:; v1+/\xe9")).collect::<Vec<_>>(),
            );
        }
        if random.is(3) {
            sample.secret = (0..random.below(20)).map(|_| char::from(random.pick(MARKS))).collect();
        }
        let explanation = sample.explain();
        assert_eq!(explanation.verdict, Verdict::Refused);
        assert!(explanation.checks <= MAX_CHECKS);
    }
}

fn genuine(random: &mut Random) -> ToSign {
    let provider = random.pick(&signers());
    let mut to_sign = ToSign::random(random, provider, Vec::new());
    let wanted = Wanted { slashes: true, unicode: true, html: random.is(2), ..Wanted::default() };
    let style = Style { end: random.pick(&["", "\n", "\r\n"]), ..Style::random(random) };
    to_sign.write(style, &document(random, wanted));
    to_sign
}
