//! Verification alone, in a server that is not axum: actix-web reads the request, and
//! `webhook-runtime`, without its default features, says if Stripe has signed it.
//!
//! `STRIPE_SECRET` is the signing secret of the webhook, `whsec_…`.

use std::{
    env,
    error::Error,
    time::{Duration, SystemTime},
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    rt::{System, time::timeout},
    web::{Data, Payload, post},
};
use http::{HeaderMap, HeaderName, HeaderValue};
use webhook_runtime::{ProviderVerifier, Secret, providers::STRIPE, scheme::SignedRequest};

/// Anybody can send a body. The bounds are what an endpoint in axum has by default.
const MAX_BODY: usize = 2 * 1024 * 1024;
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// Reads the raw body, verifies it, and only then looks at what it says.
async fn stripe(
    verifier: Data<ProviderVerifier>,
    request: HttpRequest,
    body: Payload,
) -> HttpResponse {
    let body = match timeout(BODY_TIMEOUT, body.to_bytes_limited(MAX_BODY)).await {
        Ok(Ok(Ok(body))) => body,
        Ok(Ok(Err(_))) => return HttpResponse::BadRequest().finish(),
        Ok(Err(_)) => return HttpResponse::PayloadTooLarge().finish(),
        Err(_) => return HttpResponse::RequestTimeout().finish(),
    };
    let signed = SignedRequest {
        method: request.method().as_str(),
        url: "", // Stripe does not sign it
        headers: &headers_of(&request),
        query: request.query_string(),
        body: &body,
    };
    match verifier.verify(&signed, None, SystemTime::now()) {
        Ok(_) => {
            println!("genuine: {}", String::from_utf8_lossy(&body));
            HttpResponse::Ok().body("OK")
        }
        // The reason is for the log. The sender learns nothing from it.
        Err(reason) => {
            eprintln!("refused: {reason}");
            HttpResponse::Unauthorized().finish()
        }
    }
}

/// The headers in the types of `http` 1. A header that was sent twice is kept twice: verification refuses
/// a signature that is ambiguous.
fn headers_of(request: &HttpRequest) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in request.headers() {
        let name = HeaderName::from_bytes(name.as_str().as_bytes());
        let value = HeaderValue::from_bytes(value.as_bytes());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    headers
}

/// Prepares the secret once, for all requests.
fn verifier() -> Result<ProviderVerifier, Box<dyn Error>> {
    let secret = Secret::new(env::var("STRIPE_SECRET")?).with_name("STRIPE_SECRET");
    Ok(STRIPE.verifier(&[secret])?)
}

fn main() -> Result<(), Box<dyn Error>> {
    // Reports a secret that is missing or blank before the first request.
    let verifier = verifier().map_err(|error| format!("STRIPE_SECRET: {error}"))?;
    let verifier = Data::new(verifier);
    let app =
        move || App::new().app_data(Data::clone(&verifier)).route("/stripe", post().to(stripe));
    let server = HttpServer::new(app).bind("127.0.0.1:3000")?;
    println!("actix on http://127.0.0.1:3000");
    Ok(System::new().block_on(async { server.run().await })?)
}
