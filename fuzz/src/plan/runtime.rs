//! A plan as a constant of the runtime, and the runtime's opinion beside the second one.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
    time::{Duration, UNIX_EPOCH},
};

use http::HeaderMap;
use webhook_runtime::{
    Provider, Secret,
    scheme::{RequestToSign, Scheme, SignedRequest, Timestamp, Verified, VerifyError},
};

use super::{
    Algorithm, Encoding, FIELD, Grammar, ID, NUMBERED, PAIR, Part, Plan, QUERY, Request, TIME, Unit,
};

impl Plan {
    /// The constant that a user would write.
    pub(crate) fn provider(&self) -> Provider {
        let mut scheme = match self.algorithm {
            Algorithm::HmacSha1 => Scheme::hmac_sha1(),
            Algorithm::HmacSha256 => Scheme::hmac_sha256(),
            Algorithm::HmacSha512 => Scheme::hmac_sha512(),
            Algorithm::Sha256 => Scheme::sha256(),
            Algorithm::Token => Scheme::token(),
        };
        scheme = match self.grammar {
            Grammar::Bare { name, prefix } => scheme.header(name).prefix(prefix),
            Grammar::Fields { name, separator, key } => scheme.header(name).fields(separator, key),
            Grammar::Versions { name, version } => scheme.header(name).versions(version),
            Grammar::Numbered => scheme.numbered_headers(NUMBERED),
            Grammar::Paired => scheme.paired_headers(&PAIR),
            Grammar::Query => scheme.query(QUERY),
        };
        scheme = match self.encoding {
            Encoding::Hex => scheme.hex(),
            Encoding::Base64 => scheme.base64(),
            Encoding::Base64Url => scheme.base64url(),
        };
        if let Some(time) = self.time {
            let place =
                if time.in_field { Timestamp::field(FIELD) } else { Timestamp::header(TIME) };
            let stamp = match time.unit {
                Unit::Seconds => place.unix_seconds(),
                Unit::Millis => place.unix_millis(),
                Unit::Rfc3339 => place.rfc3339(),
            };
            scheme = scheme.timestamp(match time.window {
                Some((past, future)) => stamp
                    .with_max_age(Duration::from_millis(past))
                    .with_max_ahead(Duration::from_millis(future)),
                None => stamp.without_window(),
            });
        }
        if self.has_id {
            scheme = scheme.id_header(ID);
        }
        Provider::new(
            "made-up",
            scheme.signed(kept(self.template())).require_headers(self.required),
        )
    }

    fn template(&self) -> String {
        let part = |part: &Part| match part {
            Part::Literal(text) => text,
            Part::Id => "{id}",
            Part::Time => "{timestamp}",
            Part::Method => "{method}",
            Part::Url => "{url}",
            Part::Body => "{body}",
            Part::Secret => "{secret}",
        };
        self.parts.iter().map(part).collect()
    }

    /// What the runtime says.
    pub(crate) fn ask(
        &self,
        provider: &Provider,
        keys: &[Vec<u8>],
        request: &Request,
        now: u64,
    ) -> Result<Verified, VerifyError> {
        let secrets: Vec<_> = keys.iter().map(|key| self.secret(key)).collect();
        let incoming = SignedRequest {
            method: &request.method,
            url: &request.url,
            headers: &request.headers,
            query: &request.query,
            body: &request.body,
        };
        provider.verify(&secrets, &incoming, None, UNIX_EPOCH + Duration::from_millis(now))
    }

    /// Both opinions, which have to be one.
    #[track_caller]
    pub(crate) fn compare(
        &self,
        provider: &Provider,
        keys: &[Vec<u8>],
        request: &Request,
        now: u64,
    ) -> bool {
        let ours = self.ask(provider, keys, request, now);
        let theirs = self.judge(keys, request, now);
        assert_eq!(ours.is_ok(), theirs, "{ours:?} of {request:?} at {now} by {self:?}");
        theirs
    }

    /// What the runtime signs is what the second opinion signs.
    #[track_caller]
    pub(crate) fn compare_signing(
        &self,
        provider: &Provider,
        key: &[u8],
        request: &Request,
        id: &str,
        at: u64,
    ) {
        let outgoing = RequestToSign::new(&request.body)
            .method(&request.method)
            .url(&request.url)
            .id(id)
            .at(UNIX_EPOCH + Duration::from_millis(at));
        let signed = provider.sign(&self.secret(key), &outgoing).expect("it can be signed");
        let mut sent = Request { headers: HeaderMap::new(), ..request.clone() };
        let time = self.time.map(|time| time.unit.write(at)).unwrap_or_default();
        self.send(&mut sent, key, 0, id, &time);
        assert_eq!(signed.headers, sent.headers, "{self:?}");
        assert_eq!(signed.body, sent.body, "{self:?}");
    }

    fn secret(&self, key: &[u8]) -> Secret {
        match self.algorithm {
            Algorithm::Token => Secret::new(String::from_utf8(key.to_vec()).expect("text")),
            _ => Secret::from_key(key),
        }
    }
}

static KEPT: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// A text that lives as long as a constant's does. There are only so many templates.
fn kept(text: String) -> &'static str {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(text) = kept.get(&*text) {
        return text;
    }
    let text: &'static str = text.leak();
    kept.insert(text);
    text
}
