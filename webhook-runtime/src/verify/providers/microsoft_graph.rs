use std::{borrow::Cow, ops::Range};

use http::HeaderMap;
use serde_json::Value;

use crate::verify::{
    BatchLayout, Deduplication, Field, Provider, Secret, handshake,
    handshake::{Condition, Handshake, HandshakeResponse},
    json, named,
    scheme::{
        RequestToSign, SchemeInfo, SignError, Signed, SignedParts, SignedRequest, Verify,
        VerifyContext, VerifyError,
    },
};

/// Microsoft Graph change notifications: [receive through webhooks][docs].
///
/// *Set-up:* the secret is the `clientState` that you set when you create the subscription. This
/// crate answers the validation request. Every notification of a batch must have the right
/// `clientState`.
///
/// *Not signed:* everything. The `clientState` only identifies the sender: it is the same in every
/// request. The inbox stores asterisks in its place.
///
/// [docs]: https://learn.microsoft.com/en-us/graph/change-notifications-delivery-webhooks
pub const MICROSOFT_GRAPH: Provider = Provider::custom("microsoft-graph", &ClientState)
    .with_id(Field::pointer("/value/0/id"))
    .with_event(Field::pointer("/value/0/changeType"))
    .with_batch(BatchLayout::at("/value").with_id("/id").with_event("/changeType"))
    .with_handshakes(&[Handshake::unsigned(
        "POST",
        &[Condition::Query("validationToken")],
        HandshakeResponse::Text(handshake::RequestValue::Query("validationToken")),
    )])
    .with_deduplication(Deduplication::Disabled)
    .with_docs_url("https://learn.microsoft.com/en-us/graph/change-notifications-delivery-webhooks")
    .with_response_timeout(std::time::Duration::from_secs(10));

/// The secret itself is in each notification.
#[derive(Debug)]
struct ClientState;

impl Verify for ClientState {
    fn scheme_info(&self) -> SchemeInfo {
        SchemeInfo { signs_body: false, ..SchemeInfo::new("token in each item", "") }
    }

    fn check_headers(&self, _: &HeaderMap) -> Result<(), VerifyError> {
        Ok(())
    }

    fn verify<'r>(
        &self,
        request: &SignedRequest<'r>,
        context: &VerifyContext<'_>,
    ) -> Result<Signed<'r>, VerifyError> {
        let body = std::str::from_utf8(request.body).map_err(|_| VerifyError::MalformedBody)?;
        let count = named::for_each_item(body, "value", |item| {
            let state =
                named::scalars(item, ["/clientState"]).and_then(|[state]| state?.into_text());
            let state = state.ok_or(VerifyError::MalformedBody)?;
            let matches = context.secret.matches(state.as_bytes());
            if matches { Ok(()) } else { Err(VerifyError::InvalidSignature) }
        });
        match count {
            Ok(0) | Err(None) => Err(VerifyError::MalformedBody),
            Ok(_) => Ok(Signed::nothing()),
            Err(Some(error)) => Err(error),
        }
    }

    fn credentials(&self, body: &[u8]) -> Vec<Range<usize>> {
        let Ok(body) = std::str::from_utf8(body) else { return Vec::new() };
        let items = json::raw_value(body, "/value").and_then(json::array_items).unwrap_or_default();
        let states = items.into_iter().filter_map(|item| json::raw_value(item, "/clientState"));
        // The text between the quotation marks.
        let inside = |state: &str| {
            let Range { start, end } = json::byte_range(state, body);
            start + 1..end - 1
        };
        states.filter(|state| state.starts_with('"')).map(inside).collect()
    }

    /// Puts the secret into each notification of the body.
    fn sign<'r>(
        &self,
        secret: &Secret,
        request: &RequestToSign<'r>,
    ) -> Result<SignedParts<'r>, SignError> {
        let mut body: Value = serde_json::from_slice(request.body).map_err(|_| SignError::Body)?;
        let state = String::from_utf8_lossy(secret.expose()).into_owned();
        let items = body.get_mut("value").and_then(Value::as_array_mut).ok_or(SignError::Body)?;
        for item in items {
            let item = item.as_object_mut().ok_or(SignError::Body)?;
            item.insert("clientState".to_owned(), Value::from(state.as_str()));
        }
        let body = Cow::Owned(body.to_string().into_bytes());
        Ok(SignedParts { body, ..SignedParts::new(HeaderMap::new(), request) })
    }
}
