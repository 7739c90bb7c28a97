//! The verification.

use std::time::UNIX_EPOCH;

use base64ct::{Base64, Encoding as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::HeaderMap;
use serde_json::Value;
use sha2::{Sha256, Sha512};
use subtle::ConstantTimeEq as _;

use crate::{
    flaw::Flaw::{self, self as F},
    style::Style,
};

use super::{
    GLOBEX,
    No::{self, Unauthorized},
    OLD, Receiver, SECRET,
};

impl Receiver {
    pub(super) fn verify(
        &self,
        path: &str,
        query: Option<&str>,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<(), No> {
        if self.has(F::RefusesAll) {
            return Err(Unauthorized("nobody is believed"));
        }
        if self.has(F::HasADebugHeader) && headers.contains_key("x-debug") {
            return Ok(());
        }
        if self.style == Style::Mailgun {
            return self.verify_in_body(body);
        }
        let Some(sent) = self.header(headers, self.style.header())? else {
            return if self.has(F::LetsTheUnsignedPass) {
                Ok(())
            } else {
                Err(Unauthorized("no signature"))
            };
        };
        if self.has(F::RemembersGoodSignatures) && self.is_known(&sent) {
            return Ok(());
        }
        if self.style == Style::Stripe {
            return self.verify_fields(&sent, body);
        }
        let time = match self.style.time() {
            None => String::new(),
            Some(name) => match self.header(headers, name)? {
                Some(time) => time,
                None if self.has(F::TakesNoTimeForNow) => return Ok(()),
                None => return Err(Unauthorized("no time")),
            },
        };
        if self.style.time().is_some() && !self.is_timely(&time, &sent) {
            return Err(Unauthorized("not the time"));
        }
        let id = match self.style {
            Style::Standard => self.header(headers, "webhook-id")?.ok_or(Unauthorized("no id"))?,
            _ => String::new(),
        };
        let url = self.url(path, query, headers);
        let body = self.signed_body(body);
        let mut times = vec![time.clone()];
        if self.has(F::TriesTimesAround)
            && let Ok(time) = time.parse::<i64>()
        {
            times.extend((-5..=5).map(|by| (time + by).to_string()));
        }
        let mut ids = vec![id.clone()];
        if self.has(F::SignsThePrefixOfTheId) {
            ids.extend((1..id.len()).map(|length| id[..length].to_owned()));
        }
        for secret in self.secrets(path) {
            for time in &times {
                for id in &ids {
                    let text = match self.style {
                        Style::Slack => [b"v0:", time.as_bytes(), b":", &body].concat(),
                        Style::Standard => format!("{id}.{time}.")
                            .into_bytes()
                            .into_iter()
                            .chain(body.iter().copied())
                            .collect(),
                        Style::Square => [url.as_bytes(), &body].concat(),
                        _ => body.clone(),
                    };
                    if self.matches(&sent, &secret, &text) {
                        self.known.lock().expect("nobody panicked").insert(sent);
                        return Ok(());
                    }
                }
            }
        }
        Err(Unauthorized("the signature is wrong"))
    }

    /// Verifies a header of fields: `t=…,v1=…`.
    fn verify_fields(&self, sent: &str, body: &[u8]) -> Result<(), No> {
        let mut times = Vec::new();
        let mut signatures = Vec::new();
        for field in sent.split(',') {
            match field.split_once('=') {
                Some(("t", time)) => times.push(time),
                Some(("v1", signature)) => signatures.push(signature),
                Some(_) => {}
                None => return Err(Unauthorized("no field")),
            }
        }
        let (signed, judged) = match (self.flaw, times.as_slice()) {
            (F::JudgesTheLastTime, [first, .., last]) => (first, last),
            (F::JudgesTheFirstTime, [first, .., last]) => (last, first),
            (_, [only]) => (only, only),
            _ => return Err(Unauthorized("no time, or two")),
        };
        if self.has(F::TriesTheLastOfAList) {
            signatures.drain(..signatures.len().saturating_sub(1));
        }
        let text = [signed.as_bytes(), b".", &self.signed_body(body)].concat();
        let expected = self.encoded(&hmac_sha256(SECRET.as_bytes(), &text));
        if !self.is_timely(judged, sent)
            || signatures.len() > 8
            || !signatures.iter().any(|signature| self.is_same(signature, &expected))
        {
            return Err(Unauthorized("the signature is wrong"));
        }
        Ok(())
    }

    /// Verifies a signature in the body:
    /// `{"signature":{"timestamp":"…","token":"…","signature":"…"}}`.
    fn verify_in_body(&self, body: &[u8]) -> Result<(), No> {
        let json: Value = serde_json::from_slice(body).unwrap_or_default();
        let field = |name: &str| json["signature"][name].as_str().ok_or(Unauthorized("no field"));
        let (time, token, sent) = (field("timestamp")?, field("token")?, field("signature")?);
        if !self.is_timely(time, sent) {
            return Err(Unauthorized("not the time"));
        }
        let mut times = vec![time.to_owned()];
        if self.has(F::TriesTimesAround)
            && let Ok(time) = time.parse::<i64>()
        {
            times.extend((-5..=5).map(|by| (time + by).to_string()));
        }
        let is_signed = times.iter().any(|time| {
            let text = format!("{time}{token}");
            let expected = self.encoded(&hmac_sha256(SECRET.as_bytes(), text.as_bytes()));
            self.is_same(sent, &expected)
        });
        if is_signed { Ok(()) } else { Err(Unauthorized("the signature is wrong")) }
    }

    /// The only value of a header.
    fn header(&self, headers: &HeaderMap, name: &str) -> Result<Option<String>, No> {
        let all: Vec<_> = headers.get_all(name).iter().collect();
        let value = match (self.flaw, all.as_slice()) {
            (F::TakesTheFirstHeader, [first, ..]) => *first,
            (F::TakesTheLastHeader, [.., last]) => *last,
            (F::TakesAHeaderTwice, [first, rest @ ..]) if rest.iter().all(|it| it == first) => {
                *first
            }
            (_, []) => return Ok(None),
            (_, [only]) => *only,
            _ => return Err(Unauthorized("a header is there twice")),
        };
        let value = value.to_str().map_err(|_| Unauthorized("a header is not ASCII"))?;
        Ok(Some(value.to_owned()))
    }

    fn is_known(&self, signature: &str) -> bool {
        self.known.lock().expect("nobody panicked").contains(signature)
    }

    fn is_timely(&self, text: &str, signature: &str) -> bool {
        let now = self.clock.now().duration_since(UNIX_EPOCH).expect("later").as_secs();
        let now = i64::try_from(now).expect("before the end of time");
        let time = match self.flaw {
            // The flaw: the time is checked only when a delivery is first seen.
            F::JudgesTheFirstTimeOnly if self.is_known(signature) => return true,
            #[allow(clippy::cast_possible_truncation, reason = "that is what is wrong with it")]
            F::ReadsTimesAsFloats => text.parse::<f64>().ok().map(|time| time as i64),
            F::OverflowsOnTimes => text.parse::<i64>().ok(),
            _ if text.len() == 10 && !text.starts_with('0') => {
                let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
                text.parse().ok().filter(|_| is_number)
            }
            _ => None,
        };
        let Some(time) = time else { return false };
        match self.flaw {
            F::IgnoresTheTime => true,
            F::IgnoresTheFuture => now - time <= 300,
            F::CountsMilliseconds => (now - time).abs() * 1000 <= 300,
            #[allow(clippy::arithmetic_side_effects, reason = "that is what is wrong with it")]
            F::OverflowsOnTimes => (now - time).abs() <= 300,
            _ => now.abs_diff(time) <= 300,
        }
    }

    fn url(&self, path: &str, query: Option<&str>, headers: &HeaderMap) -> String {
        let said = |flaw: Flaw, name: &str| {
            let value = headers.get(name).and_then(|value| value.to_str().ok());
            value.filter(|_| self.has(flaw))
        };
        let host = said(F::BelievesForwardedHosts, "x-forwarded-host").unwrap_or("hooks.test");
        let port = said(F::BelievesForwardedPorts, "x-forwarded-port");
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let prefix = said(F::BelievesForwardedPrefixes, "x-forwarded-prefix").unwrap_or_default();
        let path = said(F::BelievesOriginalUrls, "x-original-url").unwrap_or(path);
        let query = query.filter(|_| !self.has(F::SignsNoQuery));
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        format!("https://{host}{port}{prefix}{path}{query}")
    }

    fn signed_body(&self, body: &[u8]) -> Vec<u8> {
        match self.flaw {
            F::VerifiesRewrittenJson => match serde_json::from_slice::<Value>(body) {
                Ok(json) => json.to_string().into_bytes(),
                Err(_) => body.to_vec(),
            },
            F::VerifiesTheBeginning => body[..body.len().min(4096)].to_vec(),
            F::UnescapesSlashes => String::from_utf8_lossy(body).replace("\\/", "/").into_bytes(),
            F::TrimsTheBody => body.trim_ascii().to_vec(),
            F::VerifiesText => String::from_utf8_lossy(body).into_owned().into_bytes(),
            F::UnwrapsTheText => String::from_utf8(body.to_vec()).expect("text").into_bytes(),
            _ => body.to_vec(),
        }
    }

    fn secrets(&self, path: &str) -> Vec<Vec<u8>> {
        let ours = match self.style {
            Style::Standard => Base64::decode_vec(SECRET).expect("base64"),
            _ => SECRET.as_bytes().to_vec(),
        };
        if self.style == Style::Tenants {
            let globex = GLOBEX.as_bytes().to_vec();
            return match path.rsplit('/').next() {
                _ if self.has(F::TakesEveryTenantsSecret) => vec![ours, globex],
                Some("acme") => vec![ours],
                Some("globex") => vec![globex],
                _ if self.has(F::HasADefaultSecretForTenants) => vec![ours],
                _ => Vec::new(),
            };
        }
        match self.flaw {
            F::TakesAnEmptySecret => vec![ours, Vec::new()],
            F::HasAMagicSecret => vec![ours, b"***".to_vec()],
            F::KnowsOneSecretOnly => vec![ours],
            _ if self.style == Style::Github => vec![ours, OLD.as_bytes().to_vec()],
            _ => vec![ours],
        }
    }

    /// Tells whether the header holds the signature of the text.
    fn matches(&self, sent: &str, secret: &[u8], text: &[u8]) -> bool {
        let tag = hmac_sha256(secret, text);
        let encoded = self.encoded(&tag);
        if self.style == Style::Standard {
            if self.has(F::IgnoresTheVersion) {
                let mut entries = sent.split(' ').filter_map(|entry| entry.split_once(','));
                return entries.any(|(_, signature)| self.is_same(signature, &encoded));
            }
            let most = if self.has(F::TriesWholeLists) { usize::MAX } else { 8 };
            let mut entries: Vec<&str> = sent.split(' ').collect();
            if self.has(F::TriesTheFirstOfAList) {
                entries.truncate(1);
            }
            return entries.len() <= most
                && entries.iter().all(|entry| entry.contains(','))
                && entries.iter().any(|entry| {
                    entry.strip_prefix("v1,").is_some_and(|it| self.is_same(it, &encoded))
                });
        }
        if self.has(F::LetsThePrefixChoose)
            && let Some(signature) = sent.strip_prefix("sha512=")
        {
            let mut mac = Hmac::<Sha512>::new_from_slice(secret).expect("of any length");
            mac.update(text);
            return signature == base16ct::lower::encode_string(&mac.finalize().into_bytes());
        }
        let signature = match sent.strip_prefix(self.style.prefix()) {
            Some(signature) => signature,
            None if self.has(F::NeedsNoPrefix) => sent,
            None => return false,
        };
        self.is_same(signature, &encoded)
    }

    fn encoded(&self, tag: &[u8]) -> String {
        match self.style {
            Style::Standard | Style::Square => Base64::encode_string(tag),
            _ => base16ct::lower::encode_string(tag),
        }
    }

    fn is_same(&self, sent: &str, expected: &str) -> bool {
        match self.flaw {
            // `zip` ends with the shorter one.
            F::ComparesPrefixes => {
                sent.bytes().zip(expected.bytes()).all(|(sent, expected)| sent == expected)
            }
            F::ComparesTheBeginning => {
                sent.len() == expected.len() && sent.as_bytes()[..8] == expected.as_bytes()[..8]
            }
            F::ComparesAllButTheEnd => {
                let but_two = |text: &str| text.bytes().rev().skip(2).collect::<Vec<_>>();
                sent.len() == expected.len() && but_two(sent) == but_two(expected)
            }
            F::ComparesWhatItFinds => sent.contains(expected),
            F::PanicsOnShortSignatures => sent[..64] == *expected && sent.len() == 64,
            F::TakesAnEmptySignature if sent.is_empty() => true,
            F::TakesNonsenseForAnOlderVersion if sent.len() != expected.len() => sent == "x",
            F::TakesUpperCase => sent.eq_ignore_ascii_case(expected),
            _ => sent.as_bytes().ct_eq(expected.as_bytes()).into(),
        }
    }
}

fn hmac_sha256(secret: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("of any length");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}
