//! Programs of many handlers, as text.

/// How the handlers are written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Style {
    Generated,
    HandWritten,
}

/// What the handlers take.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Payloads {
    /// All of them the same type.
    Shared,
    /// Each its own.
    Own,
}

impl Payloads {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Shared => "one payload type",
            Self::Own => "each its payload type",
        }
    }

    /// The number of the payload type of a handler.
    const fn of(self, handler: u64) -> u64 {
        match self {
            Self::Shared => 0,
            Self::Own => handler,
        }
    }
}

impl Style {
    pub(crate) const ALL: [Self; 2] = [Self::Generated, Self::HandWritten];

    pub(crate) const fn package(self) -> &'static str {
        match self {
            Self::Generated => "generated",
            Self::HandWritten => "hand-written",
        }
    }

    /// The whole program.
    pub(crate) fn program(self, handlers: u64, payloads: Payloads) -> String {
        let [head, handler, mount, main] = match self {
            Self::Generated => [GENERATED_HEAD, GENERATED_HANDLER, GENERATED_MOUNT, GENERATED_MAIN],
            Self::HandWritten => {
                [HAND_WRITTEN_HEAD, HAND_WRITTEN_HANDLER, HAND_WRITTEN_MOUNT, HAND_WRITTEN_MAIN]
            }
        };
        let mut program = head.to_owned();
        let mut mounts = String::new();
        for number in 0..handlers {
            let payload = payloads.of(number);
            let numbered = |text: &str| {
                text.replace("PAYLOAD", &format!("Payload{payload}"))
                    .replace("NUMBER", &number.to_string())
            };
            if payload == number {
                program += &numbered(PAYLOAD);
            }
            program += &numbered(handler);
            mounts += &numbered(mount);
        }
        program + &main.replace("MOUNTS", &mounts)
    }
}

const PAYLOAD: &str = "
#[derive(Deserialize)]
struct PAYLOAD<'a> {
    id: u64,
    #[serde(borrow)]
    name: Cow<'a, str>,
    note: Option<String>,
    amount: i64,
    paid: bool,
}
";

const GENERATED_HEAD: &str = "
use std::borrow::Cow;

use serde::Deserialize;
use webhook_runtime::{Webhooks, webhook};
";

const GENERATED_HANDLER: &str = r#"
#[webhook(path = "/hookNUMBER", secret_env = "SECRET")]
async fn hookNUMBER(payload: PAYLOAD<'_>) -> &'static str {
    let PAYLOAD { id, name, note, amount, paid } = payload;
    println!("{id} {name} {note:?} {amount} {paid}");
    "OK"
}
"#;

const GENERATED_MOUNT: &str = "        .mount::<hookNUMBER>()\n";

const GENERATED_MAIN: &str = r#"
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let app = Webhooks::new()
MOUNTS        .into_router()?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, app).await?;
    Ok(())
}
"#;

const HAND_WRITTEN_HEAD: &str = r#"
use std::{borrow::Cow, sync::Arc};

use axum::{Router, body::Bytes, extract::State, http::{HeaderMap, StatusCode}, routing::post};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;

#[derive(Clone)]
struct App {
    secret: Arc<str>,
}

fn verify(app: &App, headers: &HeaderMap, body: &[u8]) -> Result<(), StatusCode> {
    let sent = headers
        .get("x-signature")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| hex::decode(value).ok())
        .ok_or(StatusCode::UNAUTHORIZED)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(app.secret.as_bytes())
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    mac.update(body);
    mac.verify_slice(&sent).map_err(|_| StatusCode::UNAUTHORIZED)
}
"#;

const HAND_WRITTEN_HANDLER: &str = r#"
async fn hookNUMBER(
    State(app): State<App>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<&'static str, StatusCode> {
    verify(&app, &headers, &body)?;
    let payload: PAYLOAD<'_> =
        serde_json::from_slice(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
    let PAYLOAD { id, name, note, amount, paid } = payload;
    println!("{id} {name} {note:?} {amount} {paid}");
    Ok("OK")
}
"#;

const HAND_WRITTEN_MOUNT: &str = "        .route(\"/hookNUMBER\", post(hookNUMBER))\n";

const HAND_WRITTEN_MAIN: &str = r#"
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let app = App { secret: std::env::var("SECRET")?.into() };
    let app = Router::new()
MOUNTS        .with_state(app);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, app).await?;
    Ok(())
}
"#;
