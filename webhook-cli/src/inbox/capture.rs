//! A stored delivery as a captured request.

use std::{fmt, ops::Range};

use webhook_runtime::{Provider, inbox::StoredDelivery};

use crate::{capture::Capture, clock, output};

/// The part of a request that the inbox does not have any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unkept {
    /// The body, which was deleted when the delivery was completed.
    Body,
    /// The rest of a batch, of which this is one event.
    Batch,
    /// The place of the proof, such as a header.
    Proof(String),
}

impl fmt::Display for Unkept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body => f.write_str(
                "its body was deleted when it was completed, as the option `drop_body` of its endpoint \
                 says",
            ),
            Self::Batch => f.write_str(
                "it is one event of a batch, which is stored without the others",
            ),
            Self::Proof(place) => write!(f, "an inbox never keeps what proves a request: {place}"),
        }
    }
}

/// The request that a delivery came in, as far as it is kept.
pub(crate) fn captured(delivery: &StoredDelivery) -> Result<Capture, Unkept> {
    if delivery.body_dropped {
        return Err(Unkept::Body);
    }
    if delivery.head.batch_item.is_some() {
        return Err(Unkept::Batch);
    }
    let headers = delivery.head.headers.iter();
    Ok(Capture {
        method: delivery.head.method.clone(),
        target: delivery.head.uri.clone(),
        headers: headers
            .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
            .collect(),
        body: delivery.body.to_vec(),
        promised_length: None,
    })
}

/// The same to be verified as a request of a provider: with what proves it.
pub(crate) fn with_proof(
    delivery: &StoredDelivery,
    provider: &Provider,
) -> Result<Capture, Unkept> {
    let capture = captured(delivery)?;
    let header = provider.scheme_info().signature_header;
    if let Some(name) = provider.signature_parameter() {
        let query = capture.query().unwrap_or_default();
        if !form_urlencoded::parse(query.as_bytes()).any(|(known, _)| known == name) {
            return Err(Unkept::Proof(format!("the parameter {name} of the URL")));
        }
    } else if !header.is_empty() && capture.header(header).is_none() {
        return Err(Unkept::Proof(format!("the header {header}")));
    }
    let is_masked = |place: Range<usize>| {
        let secret = capture.body.get(place).unwrap_or_default();
        secret.iter().all(|byte| *byte == b'*')
    };
    if provider.credentials(&capture.body).into_iter().any(is_masked) {
        return Err(Unkept::Proof("the secret in the body".to_owned()));
    }
    Ok(capture)
}

/// The time at which a delivery was verified, and the secret.
pub(crate) fn verified_then(delivery: &StoredDelivery) -> String {
    let record = &delivery.record;
    let secret = match &record.secret_name {
        Some(name) => format!(" with the secret {}", output::shown(name)),
        None => String::new(),
    };
    let time = clock::rfc3339(record.received_at);
    format!(
        "it was verified as {}{secret} when it came, at {time}",
        output::shown(&record.provider)
    )
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use webhook_runtime::{
        inbox::{DeliveryState, Record, StoredRequest},
        providers::{EVENT_GRID, GITHUB, MAILGUN, MICROSOFT_GRAPH},
    };

    use super::*;

    fn stored(uri: &str, body: &'static [u8]) -> StoredDelivery {
        let record = Record::new(1, "hooks", "acme", DeliveryState::Pending, UNIX_EPOCH);
        let mut head = StoredRequest::default();
        head.uri = uri.to_owned();
        StoredDelivery::new(record, head, body.into())
    }

    fn lacks(provider: &Provider, uri: &str, body: &'static [u8]) -> Option<String> {
        with_proof(&stored(uri, body), provider).err().map(|unkept| unkept.to_string())
    }

    #[test]
    fn what_proves_a_request_is_not_kept() {
        let says =
            |place: &str| Some(format!("an inbox never keeps what proves a request: {place}"));
        assert_eq!(lacks(&GITHUB, "/", b"{}"), says("the header x-hub-signature-256"));
        assert_eq!(lacks(&EVENT_GRID, "/a?b=1", b"[]"), says("the parameter code of the URL"));
        assert_eq!(lacks(&EVENT_GRID, "/a?code=1", b"[]"), None);
        let masked = br#"{"value":[{"clientState":"******"}]}"#;
        assert_eq!(lacks(&MICROSOFT_GRAPH, "/", masked), says("the secret in the body"));
        assert_eq!(lacks(&MICROSOFT_GRAPH, "/", br#"{"value":[{"clientState":"abc"}]}"#), None);
        assert_eq!(lacks(&MAILGUN, "/", br#"{"text":"****"}"#), None);
    }
}
