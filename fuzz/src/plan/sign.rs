//! The second opinion's signatures.

use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::{
    Algorithm, Encoding, FIELD, Grammar, ID, PAIR, Part, Plan, QUERY, Request, TIME, Values,
};

impl Plan {
    /// The text that is signed, all of it in one piece.
    pub(crate) fn message(&self, key: &[u8], values: &Values<'_>) -> Vec<u8> {
        let mut message = Vec::new();
        for part in &self.parts {
            message.extend_from_slice(match part {
                Part::Literal(text) => text.as_bytes(),
                Part::Id => values.id.as_bytes(),
                Part::Time => values.time.as_bytes(),
                Part::Method => values.method.as_bytes(),
                Part::Url => values.url.as_bytes(),
                Part::Body => values.body,
                Part::Secret => key,
            });
        }
        message
    }

    /// The signature, as text.
    pub(crate) fn signature(&self, key: &[u8], values: &Values<'_>) -> String {
        let message = self.message(key, values);
        let tag = match self.algorithm {
            Algorithm::HmacSha1 => mac::<Hmac<Sha1>>(key, &message),
            Algorithm::HmacSha256 => mac::<Hmac<Sha256>>(key, &message),
            Algorithm::HmacSha512 => mac::<Hmac<Sha512>>(key, &message),
            Algorithm::Sha256 => Sha256::digest(&message).to_vec(),
            Algorithm::Token => return String::from_utf8(key.to_vec()).expect("tokens are text"),
        };
        match self.encoding {
            Encoding::Hex => base16ct::lower::encode_string(&tag),
            Encoding::Base64 => Base64::encode_string(&tag),
            Encoding::Base64Url => Base64UrlUnpadded::encode_string(&tag),
        }
    }

    /// The headers (and the query) of a genuine request, but for what stands in them by chance.
    pub(crate) fn send(
        &self,
        request: &mut Request,
        key: &[u8],
        which: usize,
        id: &str,
        time: &str,
    ) {
        let values =
            Values { id, time, method: &request.method, url: &request.url, body: &request.body };
        let signature = self.signature(key, &values);
        if self.has_id {
            put(&mut request.headers, ID, id);
        }
        for (name, value) in self.required {
            put(&mut request.headers, name, value);
        }
        let field = self.time.is_some_and(|time| time.in_field);
        if self.time.is_some() && !field {
            put(&mut request.headers, TIME, time);
        }
        match self.grammar {
            Grammar::Bare { name, prefix } => {
                put(&mut request.headers, name, &format!("{prefix}{signature}"));
            }
            Grammar::Fields { name, separator, key } => {
                let time = if field { format!("{FIELD}={time}{separator}") } else { String::new() };
                put(&mut request.headers, name, &format!("{time}{key}={signature}"));
            }
            Grammar::Versions { name, version } => {
                put(&mut request.headers, name, &format!("{version},{signature}"));
            }
            Grammar::Numbered => put(&mut request.headers, "x-sig-1", &signature),
            Grammar::Paired => put(&mut request.headers, PAIR[which % PAIR.len()], &signature),
            Grammar::Query => request.query = format!("{QUERY}={signature}"),
        }
    }
}

fn mac<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

pub(crate) fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    headers.insert(name, HeaderValue::from_str(value).expect("the value of a header"));
}
