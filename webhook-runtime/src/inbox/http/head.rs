//! A request without its body, and its stored form.

use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::inbox::record::{millis, time};

/// A request without its body, to run the function as if the request had just arrived.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredRequest {
    /// The method.
    pub method: String,
    /// Path and query, as they were sent.
    pub uri: String,
    /// The path at which the router was nested, with its parameters in braces: the beginning of
    /// `uri`.
    pub nested_at: Option<String>,
    /// The query, if it is the payload.
    pub query: Option<Bytes>,
    /// The headers that are kept.
    pub headers: HeaderMap,
    /// The parameters of the path by which the secret was found: the tenant.
    pub tenant: Vec<(String, String)>,
    /// The name of the secret that matched.
    pub secret_name: String,
    /// The time at which the provider signed, if its scheme signs a time.
    pub signed_at: Option<SystemTime>,
    /// The event of a batch that this is, if each is stored by itself.
    pub batch_item: Option<BatchItemRef>,
    /// The span of the request as a `traceparent`, with the feature `otel`. The spans of its runs are
    /// linked to it.
    pub traceparent: Option<String>,
}

/// One event of a batch, stored without the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BatchItemRef {
    /// Its place in the batch, from 0.
    pub index: u64,
    /// The name of the event, if the request names one for the whole batch.
    pub event: Option<String>,
    /// The action, which tells events of that name apart.
    pub action: Option<String>,
}

/// The first byte. The form may change, and what was stored before has to be readable all the same.
const VERSION: u8 = 1;

/// The first byte of a request to a nested router. Its path comes last.
const NESTED_VERSION: u8 = 2;

/// The first byte of a request with a trace. Its path comes last if it is nested, and then the trace.
const TRACED_VERSION: u8 = 3;

impl StoredRequest {
    pub(crate) fn weight(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len());
        let nested_at = self.nested_at.as_ref().map_or(0, String::len);
        let query = self.query.as_ref().map_or(0, Bytes::len);
        let traceparent = self.traceparent.as_ref().map_or(0, String::len);
        headers.sum::<usize>() + self.uri.len() + query + nested_at + traceparent
    }

    /// The form in which a store keeps it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + 2 * self.weight());
        out.push(match (&self.traceparent, &self.nested_at) {
            (Some(_), _) => TRACED_VERSION,
            (None, Some(_)) => NESTED_VERSION,
            (None, None) => VERSION,
        });
        put(&mut out, self.method.as_bytes());
        put(&mut out, self.uri.as_bytes());
        put_option(&mut out, self.query.as_deref());
        put(&mut out, self.secret_name.as_bytes());
        let signed_at = self.signed_at.map(|at| millis(at).to_be_bytes());
        put_option(&mut out, signed_at.as_ref().map(|at| &at[..]));
        put_count(&mut out, self.tenant.len());
        for (name, value) in &self.tenant {
            put(&mut out, name.as_bytes());
            put(&mut out, value.as_bytes());
        }
        put_count(&mut out, self.headers.len());
        for (name, value) in &self.headers {
            put(&mut out, name.as_str().as_bytes());
            put(&mut out, value.as_bytes());
        }
        out.push(u8::from(self.batch_item.is_some()));
        if let Some(BatchItemRef { index, event, action }) = &self.batch_item {
            put(&mut out, &index.to_be_bytes());
            put_option(&mut out, event.as_ref().map(String::as_bytes));
            put_option(&mut out, action.as_ref().map(String::as_bytes));
        }
        match (&self.traceparent, &self.nested_at) {
            (Some(traceparent), nested_at) => {
                put_option(&mut out, nested_at.as_ref().map(String::as_bytes));
                put(&mut out, traceparent.as_bytes());
            }
            (None, Some(nested_at)) => put(&mut out, nested_at.as_bytes()),
            (None, None) => {}
        }
        out
    }

    /// Reads the form that [`to_bytes`](Self::to_bytes) writes; `None` for anything else. A
    /// delivery that cannot be read is given up, for the reason
    /// [`UNREADABLE`](crate::inbox::store::UNREADABLE).
    #[must_use]
    pub fn from_bytes(stored: &[u8]) -> Option<Self> {
        let (&version, rest) = stored.split_first()?;
        if !matches!(version, VERSION | NESTED_VERSION | TRACED_VERSION) {
            return None;
        }
        let rest = &mut { rest };
        let mut head = Self { method: text(rest)?, uri: text(rest)?, ..Self::default() };
        if flag(rest)? {
            head.query = Some(Bytes::copy_from_slice(bytes(rest)?));
        }
        head.secret_name = text(rest)?;
        if flag(rest)? {
            head.signed_at = Some(time(i64::from_be_bytes(bytes(rest)?.try_into().ok()?)));
        }
        for _ in 0..count(rest)? {
            head.tenant.push((text(rest)?, text(rest)?));
        }
        for _ in 0..count(rest)? {
            let name = HeaderName::from_bytes(bytes(rest)?).ok()?;
            head.headers.append(name, HeaderValue::from_bytes(bytes(rest)?).ok()?);
        }
        if flag(rest)? {
            let index = u64::from_be_bytes(bytes(rest)?.try_into().ok()?);
            let event = if flag(rest)? { Some(text(rest)?) } else { None };
            let action = if flag(rest)? { Some(text(rest)?) } else { None };
            head.batch_item = Some(BatchItemRef { index, event, action });
        }
        if version == NESTED_VERSION || version == TRACED_VERSION && flag(rest)? {
            head.nested_at = Some(text(rest)?);
        }
        if version == TRACED_VERSION {
            head.traceparent = Some(text(rest)?);
        }
        rest.is_empty().then_some(head)
    }
}

fn put_count(out: &mut Vec<u8>, count: usize) {
    // No part of a request comes near 4 GiB. If one did, its count would not match what follows,
    // and it would not be read.
    out.extend(u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes());
}

fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    put_count(out, bytes.len());
    out.extend_from_slice(bytes);
}

fn put_option(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    out.push(u8::from(bytes.is_some()));
    if let Some(bytes) = bytes {
        put(out, bytes);
    }
}

fn count(rest: &mut &[u8]) -> Option<usize> {
    let (count, after) = rest.split_first_chunk::<4>()?;
    *rest = after;
    usize::try_from(u32::from_be_bytes(*count)).ok()
}

fn bytes<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = count(rest)?;
    let (bytes, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(bytes)
}

fn flag(rest: &mut &[u8]) -> Option<bool> {
    let (&there, after) = rest.split_first()?;
    *rest = after;
    Some(there != 0)
}

fn text(rest: &mut &[u8]) -> Option<String> {
    String::from_utf8(bytes(rest)?.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn head() -> StoredRequest {
        let mut headers = HeaderMap::new();
        headers.append("x-one", HeaderValue::from_static("1"));
        headers.append("x-one", HeaderValue::from_static("2"));
        headers.append("x-opaque", HeaderValue::from_bytes(b"\xff\x80").expect("opaque"));
        StoredRequest {
            method: "POST".to_owned(),
            uri: "/hooks/acme?a=b".to_owned(),
            nested_at: None,
            query: Some(Bytes::from_static(b"a=b")),
            headers,
            tenant: vec![("shop".to_owned(), "acme".to_owned())],
            secret_name: "SECRET".to_owned(),
            signed_at: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_760_000_000)),
            batch_item: Some(BatchItemRef {
                index: 7,
                event: Some("page".to_owned()),
                action: None,
            }),
            traceparent: None,
        }
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let nested = StoredRequest { nested_at: Some("/hooks".to_owned()), ..head() };
        let traceparent =
            Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned());
        let traced = StoredRequest { traceparent: traceparent.clone(), ..head() };
        let both = StoredRequest { traceparent, ..nested.clone() };
        for head in [head(), nested, traced, both, StoredRequest::default()] {
            assert!(StoredRequest::from_bytes(&head.to_bytes()) == Some(head));
        }
    }

    #[test]
    fn what_is_damaged_is_not_read() {
        let nested = StoredRequest { nested_at: Some("/hooks".to_owned()), ..head() }.to_bytes();
        for length in 0..nested.len() {
            assert!(StoredRequest::from_bytes(&nested[..length]).is_none(), "{length}");
        }
        let traced = StoredRequest { traceparent: Some("00".to_owned()), ..head() }.to_bytes();
        for length in 0..traced.len() {
            assert!(StoredRequest::from_bytes(&traced[..length]).is_none(), "{length}");
        }
        let stored = head().to_bytes();
        for length in 0..stored.len() {
            assert!(StoredRequest::from_bytes(&stored[..length]).is_none(), "{length}");
        }
        let mut longer = stored.clone();
        longer.push(0);
        assert!(StoredRequest::from_bytes(&longer).is_none());
        let mut huge = stored;
        huge[1..5].copy_from_slice(&[0xff; 4]);
        assert!(StoredRequest::from_bytes(&huge).is_none());
    }

    #[test]
    fn it_weighs_what_was_sent() {
        assert_eq!(StoredRequest::default().weight(), 0);
        let mut head = StoredRequest { uri: "/hooks".to_owned(), ..StoredRequest::default() };
        assert_eq!(head.weight(), 6);
        head.query = Some(Bytes::from_static(b"a=b"));
        assert_eq!(head.weight(), 9);
        head.headers.append("x-one", HeaderValue::from_static("12"));
        head.headers.append("x-one", HeaderValue::from_static("123"));
        assert_eq!(head.weight(), 24);
    }

    #[test]
    fn another_version_is_not_read() {
        let mut stored = head().to_bytes();
        for other in [0, 2, 3, 4] {
            stored[0] = other;
            assert!(StoredRequest::from_bytes(&stored).is_none());
        }
        assert!(StoredRequest::from_bytes(&[]).is_none());
    }
}
