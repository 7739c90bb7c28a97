//! A delivery on its way out: first without, then with its signature.

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};

use crate::verify::{
    Provider, Secret,
    scheme::{RequestToSign, Scheme, SignError},
};

/// The content type of forms.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// A delivery that is not signed yet.
#[derive(Clone)]
pub(crate) struct UnsignedRequest {
    pub(crate) provider: &'static Provider,
    pub(crate) method: Method,
    /// Where the provider thinks that it sends to, without path.
    pub(crate) origin: String,
    /// Path and query.
    pub(crate) target: String,
    /// The id, where it is signed.
    pub(crate) id: String,
    /// What the provider would send beside the signature.
    pub(crate) headers: HeaderMap,
    /// What the test wants to be sent, whatever the provider would.
    pub(crate) forced: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Vec<u8>,
}

/// A request to the byte, which can be sent again.
#[derive(Clone)]
pub(crate) struct Wire {
    pub(crate) method: Method,
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl UnsignedRequest {
    pub(crate) fn is_form(&self) -> bool {
        crate::verify::scheme::is_form(&self.headers)
    }

    /// The URL that is signed, by schemes that sign it.
    pub(crate) fn url(&self) -> String {
        format!("{}{}", self.origin, self.target)
    }

    /// Hands the letter to `sign` as the provider's scheme sees it.
    pub(crate) fn outgoing<T>(
        &self,
        at: std::time::SystemTime,
        sign: impl FnOnce(&RequestToSign<'_>) -> T,
    ) -> T {
        let url = self.url();
        let mut outgoing = RequestToSign::new(&self.body)
            .method(self.method.as_str())
            .url(&url)
            .id(&self.id)
            .at(at);
        outgoing.form = self.is_form();
        sign(&outgoing)
    }

    /// Signs it.
    pub(crate) fn sign(
        &self,
        secret: &Secret,
        at: std::time::SystemTime,
    ) -> Result<Wire, SignError> {
        let mut letter = self.clone();
        // A credential in the query is part of the URL, before anything else is.
        if let Some(name) = self.provider.scheme().and_then(Scheme::parameter) {
            let mark = if self.target.contains('?') { '&' } else { '?' };
            let token = secret.text().unwrap_or_default();
            letter.target = format!("{}{mark}{name}={token}", self.target);
        }
        let (headers, body) = letter.outgoing(at, |outgoing| {
            let signed = self.provider.sign(secret, outgoing)?;
            Ok((signed.headers, signed.body.into_owned()))
        })?;
        letter.body = body;
        Ok(letter.with(headers))
    }

    /// Sends it as it is.
    pub(crate) fn unsigned(self) -> Wire {
        self.with(HeaderMap::new())
    }

    /// Adds what proves it.
    pub(crate) fn with(self, proof: HeaderMap) -> Wire {
        let mut headers = self.headers;
        headers.extend(proof);
        for (name, value) in self.forced {
            headers.insert(name, value);
        }
        Wire { method: self.method, target: self.target, headers, body: self.body.into() }
    }

    /// Changes what is signed.
    ///
    /// # Errors
    /// When nothing of the body is.
    pub(crate) fn tamper(&self, wire: &mut Wire) -> Result<(), String> {
        let traits = self.provider.scheme_info();
        if traits.signs_body {
            let field = self.provider.scheme().and_then(Scheme::signed_form_field);
            wire.body = match field.filter(|_| self.is_form()) {
                Some(field) => with_longer_field(&wire.body, field),
                None if self.is_form() => [&wire.body[..], b"&tampered=1"].concat().into(),
                // White space, so that the body stays what it was but for the signature.
                None => [&wire.body[..], b" "].concat().into(),
            };
            return Ok(());
        }
        let mut body = serde_json::from_slice::<serde_json::Value>(&wire.body).ok();
        let value = traits.signed_pointers.iter().find_map(|pointer| {
            body.as_mut()?.pointer_mut(pointer)?.as_str()?;
            Some(*pointer)
        });
        let (Some(pointer), Some(mut body)) = (value, body) else {
            let name = self.provider.name();
            return Err(format!("{name} signs nothing of this body: nobody can see it tampered"));
        };
        if let Some(text) = body.pointer_mut(pointer) {
            *text = format!("{}x", text.as_str().unwrap_or_default()).into();
        }
        wire.body = body.to_string().into();
        Ok(())
    }
}

/// The same form with more in one field.
fn with_longer_field(form: &[u8], field: &str) -> Bytes {
    let mut longer = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(form) {
        let more = if name == field { " " } else { "" };
        longer.append_pair(&name, &format!("{value}{more}"));
    }
    longer.finish().into()
}

impl Wire {
    /// Sets a header, whatever it was before, unless it can be none.
    pub(crate) fn set(&mut self, name: &str, value: impl AsRef<[u8]>) -> bool {
        let name = HeaderName::try_from(name);
        let value = HeaderValue::from_bytes(value.as_ref());
        let (Ok(name), Ok(value)) = (name, value) else { return false };
        self.headers.insert(name, value);
        true
    }

    /// As a server would hand it on.
    pub(crate) fn request(&self) -> Request<Body> {
        let mut request = Request::new(Body::from(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.target.parse().expect("a path and a query");
        request.headers_mut().clone_from(&self.headers);
        request
    }
}

pub(crate) fn content_type(headers: &mut HeaderMap, value: &'static str) {
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(value));
}
