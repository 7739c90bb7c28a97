//! Requests of tests, before and after they are signed.

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};

use crate::verify::{
    Provider, Secret, is_labelled_form, multipart,
    scheme::{RequestToSign, Scheme, SignError, SignedParts},
};
pub(crate) use crate::webhooks::FORM;

/// A request that is not signed yet.
#[derive(Clone)]
pub(crate) struct UnsignedRequest {
    pub(crate) provider: &'static Provider,
    pub(crate) method: Method,
    /// The origin of the URL that the provider sends to.
    pub(crate) origin: String,
    /// Path and query.
    pub(crate) path_and_query: String,
    /// The id, for schemes that sign one.
    pub(crate) id: String,
    /// The headers that the provider would send, except the signature.
    pub(crate) headers: HeaderMap,
    /// The headers that the test sets, which replace others.
    pub(crate) overrides: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Vec<u8>,
}

/// A complete request, which can be sent more than once.
#[derive(Clone)]
pub(crate) struct RawRequest {
    pub(crate) method: Method,
    pub(crate) path_and_query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl UnsignedRequest {
    pub(crate) fn is_form(&self) -> bool {
        is_labelled_form(&self.headers)
    }

    /// The URL, for schemes that sign it.
    pub(crate) fn url(&self) -> String {
        format!("{}{}", self.origin, self.path_and_query)
    }

    /// Calls `sign` with the request in the form that schemes sign.
    fn with_request_to_sign<T>(
        &self,
        at: std::time::SystemTime,
        sign: impl FnOnce(&RequestToSign<'_>) -> T,
    ) -> T {
        let url = self.url();
        let mut to_sign = RequestToSign::new(&self.body)
            .method(self.method.as_str())
            .url(&url)
            .id(&self.id)
            .at(at);
        to_sign.form = self.is_form();
        sign(&to_sign)
    }

    /// Signs the request.
    pub(crate) fn sign(
        &self,
        secret: &Secret,
        at: std::time::SystemTime,
    ) -> Result<RawRequest, SignError> {
        self.sign_by(at, |to_sign| self.provider.sign(secret, to_sign))
    }

    /// Completes the request with what `sign` makes of it.
    pub(crate) fn sign_by<E>(
        &self,
        at: std::time::SystemTime,
        sign: impl for<'r> FnOnce(&RequestToSign<'r>) -> Result<SignedParts<'r>, E>,
    ) -> Result<RawRequest, E> {
        let mut unsigned = self.clone();
        let (headers, path_and_query, body) = self.with_request_to_sign(at, |to_sign| {
            let signed = sign(to_sign)?;
            let target = signed.url_to_send(&self.path_and_query);
            Ok((signed.headers, target, signed.body.into_owned()))
        })?;
        (unsigned.path_and_query, unsigned.body) = (path_and_query, body);
        Ok(unsigned.with_headers(headers))
    }

    /// Completes the request without a signature.
    pub(crate) fn without_signature(self) -> RawRequest {
        self.with_headers(HeaderMap::new())
    }

    /// Completes the request with the headers of the signature.
    fn with_headers(self, proof: HeaderMap) -> RawRequest {
        let mut headers = self.headers;
        headers.extend(proof);
        for (name, value) in self.overrides {
            headers.insert(name, value);
        }
        RawRequest {
            method: self.method,
            path_and_query: self.path_and_query,
            headers,
            body: self.body.into(),
        }
    }

    /// Changes a signed part of the body.
    ///
    /// # Errors
    /// If no part of the body is signed.
    pub(crate) fn tamper(&self, request: &mut RawRequest) -> Result<(), String> {
        let traits = self.provider.scheme_info();
        if traits.signs_body {
            let field = self.provider.scheme().and_then(Scheme::signed_form_field);
            request.body = match field.filter(|_| self.is_form()) {
                Some(field) => with_longer_field(&request.body, field),
                None if self.is_form() => [&request.body[..], b"&tampered=1"].concat().into(),
                // White space, which does not change the meaning of JSON.
                None => [&request.body[..], b" "].concat().into(),
            };
            return Ok(());
        }
        let in_form = self.provider.json_in_form(&request.body);
        let json = in_form.as_deref().map_or(&request.body[..], str::as_bytes);
        let mut body = serde_json::from_slice::<serde_json::Value>(json).ok();
        let value = traits.signed_pointers.iter().find_map(|pointer| {
            body.as_mut()?.pointer_mut(pointer)?.as_str()?;
            Some(*pointer)
        });
        let (Some(pointer), Some(mut body)) = (value, body) else {
            let name = self.provider.name();
            return Err(format!(
                "{name} signs nothing in this body, so that tampering cannot be detected"
            ));
        };
        if let Some(text) = body.pointer_mut(pointer) {
            *text = format!("{}x", text.as_str().unwrap_or_default()).into();
        }
        request.body = match (in_form, traits.multipart_field) {
            (Some(_), Some(field)) => multipart::write(field, &body.to_string()).1.into(),
            _ => body.to_string().into(),
        };
        Ok(())
    }
}

/// Appends a space to one field of a form.
fn with_longer_field(form: &[u8], field: &str) -> Bytes {
    let mut longer = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(form) {
        let more = if name == field { " " } else { "" };
        longer.append_pair(&name, &format!("{value}{more}"));
    }
    longer.finish().into()
}

impl RawRequest {
    /// Sets a header. Returns `false` if the name or the value is invalid.
    pub(crate) fn set(&mut self, name: &str, value: impl AsRef<[u8]>) -> bool {
        let name = HeaderName::try_from(name);
        let value = HeaderValue::from_bytes(value.as_ref());
        let (Ok(name), Ok(value)) = (name, value) else { return false };
        self.headers.insert(name, value);
        true
    }

    /// Converts to the request that a server would pass on.
    pub(crate) fn to_http(&self) -> Request<Body> {
        let mut request = Request::new(Body::from(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.path_and_query.parse().expect("a path and a query");
        request.headers_mut().clone_from(&self.headers);
        request
    }
}

pub(crate) fn content_type(headers: &mut HeaderMap, value: &'static str) {
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(value));
}
