//! The endpoints, as somebody who knows actix-web writes them.

use std::net::TcpListener;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;
use webhook_benches::{
    SECRET,
    payload::{Advisory, Comment, Review, Text, handled},
};

use crate::way::THREADS;

/// As much as an endpoint of ours takes.
const MAX_BODY: usize = 2 * 1024 * 1024;

pub(crate) fn serve(listener: TcpListener) {
    let app = || {
        App::new()
            .app_data(web::PayloadConfig::new(MAX_BODY))
            .route("/security_advisory", web::post().to(security_advisory))
            .route("/commit_comment", web::post().to(commit_comment))
            .route("/pull_request_review", web::post().to(pull_request_review))
    };
    let server = HttpServer::new(app).workers(THREADS).listen(listener).expect("a socket");
    actix_web::rt::System::new().block_on(server.run()).expect("it serves");
}

async fn security_advisory(request: HttpRequest, body: web::Bytes) -> HttpResponse {
    answer(&request, &body, decode::<Advisory<Text<'_>>>)
}

async fn commit_comment(request: HttpRequest, body: web::Bytes) -> HttpResponse {
    answer(&request, &body, decode::<Comment<Text<'_>>>)
}

async fn pull_request_review(request: HttpRequest, body: web::Bytes) -> HttpResponse {
    answer(&request, &body, decode::<Review<Text<'_>>>)
}

fn answer<'a>(
    request: &HttpRequest,
    body: &'a [u8],
    decode: fn(&'a [u8]) -> Option<&'static str>,
) -> HttpResponse {
    if !is_genuine(request, body) {
        return HttpResponse::Unauthorized().finish();
    }
    match decode(body) {
        Some(text) => HttpResponse::Ok().body(text),
        None => HttpResponse::BadRequest().finish(),
    }
}

fn decode<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Option<&'static str> {
    let payload: T = serde_json::from_slice(body).ok()?;
    Some(handled(&payload))
}

fn is_genuine(request: &HttpRequest, body: &[u8]) -> bool {
    let sent = request
        .headers()
        .get("x-hub-signature-256")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("sha256="))
        .and_then(|value| hex::decode(value).ok());
    let (Some(sent), Ok(mut mac)) = (sent, Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()))
    else {
        return false;
    };
    mac.update(body);
    mac.verify_slice(&sent).is_ok()
}
