use std::{io, time::Duration};

use http::HeaderMap;

use crate::verify::{
    Field, Provider, Secret,
    scheme::{
        Hash, ReplayWindow, RequestToSign, SchemeInfo, SignError, Signed, SignedParts,
        SignedRequest, Timestamp, Verify, VerifyContext, VerifyError, header_text, insert_header,
    },
};

const DOCS: &str = "https://hygraph.com/docs/api-reference/basics/webhooks";

/// Hygraph: [webhooks][docs].
///
/// *Set-up:* in the settings of a project, under Webhooks, add the public URL and a secret key.
/// Without a key, Hygraph signs nothing.
///
/// *Not signed:* the headers, except environment and time, which are in the signature header. Hygraph's
/// own code does not check the time, which is in milliseconds; here it may be five minutes off. There
/// is no id. Time-out and retries are *unconfirmed*.
///
/// [docs]: https://hygraph.com/docs/api-reference/basics/webhooks
pub const HYGRAPH: Provider = Provider::custom("hygraph", &Hygraph)
    .with_event(Field::pointer("/operation"))
    .with_docs_url(DOCS);

const SIGNATURE: &str = "gcms-signature";

const TIME: Timestamp =
    Timestamp::field("t").unix_millis().with_tolerance(Duration::from_secs(300));

/// HMAC-SHA256 over a JSON object with the body as a string in it.
#[derive(Debug)]
struct Hygraph;

/// The fields of the signature's header, in their order.
struct Claims<'r> {
    signature: &'r str,
    environment: &'r str,
    time: &'r str,
}

impl Verify for Hygraph {
    fn scheme_info(&self) -> SchemeInfo {
        SchemeInfo {
            signs_time: true,
            replay_window: ReplayWindow::Limited(Duration::from_secs(300)),
            ..SchemeInfo::new("HMAC-SHA256, JSON envelope", SIGNATURE)
        }
    }

    fn check_headers(&self, headers: &HeaderMap) -> Result<(), VerifyError> {
        TIME.check_format(Claims::read(headers)?.time)
    }

    fn verify<'r>(
        &self,
        request: &SignedRequest<'r>,
        context: &VerifyContext<'_>,
    ) -> Result<Signed<'r>, VerifyError> {
        let claims = Claims::read(request.headers)?;
        let body = std::str::from_utf8(request.body).map_err(|_| VerifyError::MalformedBody)?;
        let tag = Hash::Sha256.hmac_of(context.secret.expose(), &mut |sink| {
            envelope(body, claims.environment, claims.time, sink);
        });
        if !tag.is_base64(claims.signature) {
            return Err(VerifyError::InvalidSignature);
        }
        let time =
            TIME.with_optional_tolerance(context.tolerance).accept(claims.time, context.now)?;
        let environment = format!("{}\n", claims.environment);
        Ok(Signed::joined(environment.into_bytes(), request.body).at(Some(time)))
    }

    /// Signs for the environment `master`.
    fn sign<'r>(
        &self,
        secret: &Secret,
        request: &RequestToSign<'r>,
    ) -> Result<SignedParts<'r>, SignError> {
        const ENVIRONMENT: &str = "master";
        let body = std::str::from_utf8(request.body).map_err(|_| SignError::Body)?;
        let time = TIME.format(request.unix_millis());
        let tag = Hash::Sha256.hmac_of(secret.expose(), &mut |sink| {
            envelope(body, ENVIRONMENT, &time, sink);
        });
        let value = format!("sign={}, env={ENVIRONMENT}, t={time}", tag.to_base64());
        let mut headers = HeaderMap::new();
        insert_header(&mut headers, SIGNATURE, &value)?;
        Ok(SignedParts::new(headers, request))
    }
}

impl<'r> Claims<'r> {
    fn read(headers: &'r HeaderMap) -> Result<Self, VerifyError> {
        let mut fields = header_text(headers, SIGNATURE)?.split(", ");
        let mut field = |name| fields.next().and_then(|field| field.strip_prefix(name));
        let claims = [field("sign="), field("env="), field("t=")];
        match (claims, fields.next()) {
            ([Some(signature), Some(environment), Some(time)], None) if signature.len() == 44 => {
                Ok(Self { signature, environment, time })
            }
            _ => Err(VerifyError::MalformedSignature(SIGNATURE)),
        }
    }
}

/// The signed text: an object in which the body is a string, written piece by piece.
fn envelope(body: &str, environment: &str, time: &str, sink: &mut dyn FnMut(&[u8])) {
    /// Writing to a hash cannot fail.
    struct Pieces<'s>(&'s mut dyn FnMut(&[u8]));

    impl io::Write for Pieces<'_> {
        fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
            (self.0)(piece);
            Ok(piece.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut pieces = Pieces(sink);
    for (before, text) in [("{\"Body\":", body), (",\"EnvironmentName\":", environment)] {
        (pieces.0)(before.as_bytes());
        let _ = serde_json::to_writer(&mut pieces, text);
    }
    for piece in [",\"TimeStamp\":", time, "}"] {
        (pieces.0)(piece.as_bytes());
    }
}
