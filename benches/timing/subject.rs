//! What is measured: the verifiers of providers, and controls that compare by `==`.

use std::{
    ops::Range,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::Sha256;
use webhook_runtime::{
    Provider, ProviderVerifier, Secret,
    providers::{GITHUB, GITLAB, POSTMARK, SHOPIFY, STANDARD_WEBHOOKS, STRIPE, TWILIO},
    scheme::{RequestToSign, SignedRequest},
};

const BODY: &[u8] = b"A=1&B=2";
const URL: &str = "https://hooks.example.com/";
const NOW: u64 = 1_760_000_000;
const KEY: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Which wrong text a request has in place of the right one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Wrong in its first mark.
    First,
    /// Wrong in its last one.
    Last,
    /// The same wrong one each time.
    Fixed,
    /// Another each time.
    Random,
}

pub(crate) struct Subject {
    pub(crate) name: &'static str,
    pub(crate) is_control: bool,
    header: HeaderName,
    /// A genuine request.
    headers: HeaderMap,
    /// Where in the value of its header the signature or token is.
    place: Range<usize>,
    /// One that is wrong, and always the same.
    fixed: String,
    compares: Compares,
}

enum Compares {
    Ours(Box<ProviderVerifier>),
    /// The HMAC of the body, and `==`.
    Hmac(Box<Hmac<Sha256>>, &'static str),
    /// `==` alone.
    Text(String),
}

impl Subject {
    pub(crate) fn all() -> Vec<Self> {
        let token = KEY.repeat(8);
        let mut all = vec![
            Self::of(&GITHUB, KEY, 7, 64),
            Self::of(&SHOPIFY, KEY, 0, 42),
            // `t=`, ten digits, a comma and `v1=`
            Self::of(&STRIPE, KEY, 16, 64),
            Self::of(&STANDARD_WEBHOOKS, KEY, 3, 42),
            Self::of(&TWILIO, KEY, 0, 26),
            Self::of(&GITLAB, &token, 0, token.len()),
            Self::of(&POSTMARK, &format!("user:{token}"), 6, 340),
        ];
        let mut hmac = Self::of(&GITHUB, KEY, 7, 64);
        (hmac.name, hmac.is_control) = ("control-hmac", true);
        let key = Hmac::new_from_slice(KEY.as_bytes()).expect("a key of any length");
        hmac.compares = Compares::Hmac(Box::new(key), "sha256=");
        let mut text = Self::of(&GITLAB, &token, 0, token.len());
        (text.name, text.is_control) = ("control-token", true);
        text.compares = Compares::Text(token);
        all.extend([hmac, text]);
        all
    }

    /// `start` and `length` say where the marks are that may be changed for others and still look like
    /// a signature: the last one of base64 has bits that have to be zero.
    fn of(provider: &'static Provider, secret: &str, start: usize, length: usize) -> Self {
        let secrets = [Secret::new(secret)];
        let mut outgoing = RequestToSign::new(BODY).url(URL).at(now());
        outgoing.form = true;
        let signed = provider.sign(&secrets[0], &outgoing).expect("it can be signed");
        let mut headers = signed.headers;
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(http::header::CONTENT_TYPE, form);
        let header = HeaderName::from_static(provider.scheme_info().signature_header);
        let value = headers[&header].to_str().expect("text");
        assert!(value.len() >= start + length, "{}: {value}", provider.name());
        let verifier = provider.verifier(&secrets).expect("a good secret");
        let subject = Self {
            name: provider.name(),
            is_control: false,
            header,
            headers: headers.clone(),
            place: start..start + length,
            fixed: Random::new(7).hex(length),
            compares: Compares::Ours(Box::new(verifier)),
        };
        assert!(subject.verifies(&headers), "{}: a genuine one is refused", provider.name());
        subject
    }

    /// The headers of a request that is wrong in this way.
    pub(crate) fn headers(&self, class: Class, random: &mut Random) -> HeaderMap {
        let mut headers = self.headers.clone();
        let mut value = headers[&self.header].to_str().expect("text").to_owned();
        let (first, last) = (self.place.start, self.place.end - 1);
        // Whichever class it is, as much is drawn and written.
        let drawn = random.hex(self.place.len());
        match class {
            Class::First => replace(&mut value, first),
            Class::Last => replace(&mut value, last),
            Class::Fixed => value.replace_range(self.place.clone(), &self.fixed),
            Class::Random => value.replace_range(self.place.clone(), &drawn),
        }
        headers.insert(&self.header, HeaderValue::from_str(&value).expect("text"));
        headers
    }

    #[inline(never)]
    pub(crate) fn verifies(&self, headers: &HeaderMap) -> bool {
        match &self.compares {
            Compares::Ours(verifier) => {
                let request =
                    SignedRequest { method: "POST", url: URL, headers, query: "", body: BODY };
                verifier.verify(&request, None, now()).is_ok()
            }
            Compares::Hmac(key, prefix) => {
                let mut hmac = key.clone();
                hmac.update(BODY);
                let expected = format!("{prefix}{}", hex::encode(hmac.finalize().into_bytes()));
                headers[&self.header].as_bytes() == expected.as_bytes()
            }
            Compares::Text(token) => headers[&self.header].as_bytes() == token.as_bytes(),
        }
    }
}

/// Puts another mark there, which hex and base64 have both.
fn replace(value: &mut String, at: usize) {
    let other = if value.as_bytes()[at] == b'1' { "2" } else { "1" };
    value.replace_range(at..=at, other);
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW)
}

/// Random numbers (`SplitMix64`), the same in every run.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 1).expect("63 bits") % end
    }

    fn hex(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(b"0123456789abcdef"[self.below(16)])).collect()
    }
}
