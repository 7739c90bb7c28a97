//! Deliveries to look at, signed with the program's own secret and sent the way that Stripe's come.

use std::{env, fmt::Write as _, io, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::sleep,
};
use webhook_runtime::{
    Inbox, Secret,
    inbox::{Filter, InboxError, Window},
    providers::STRIPE,
    scheme::RequestToSign,
};

/// The amount from which on the bank does not answer.
pub(crate) const TOO_LARGE: i64 = 90_000;

/// The number of deliveries.
const COUNT: i64 = 60;

/// The pause between two of them.
const PAUSE: Duration = Duration::from_millis(100);

/// True if the inbox has no delivery.
pub(crate) async fn is_empty(inbox: &Inbox) -> Result<bool, InboxError> {
    Ok(inbox.page(&Filter::all(), Window::newest_first(1)).await?.records.is_empty())
}

/// Sends the deliveries: most are booked, some fail again and again, and one in twelve is not
/// understood.
pub(crate) async fn send(address: String) {
    let Ok(secret) = env::var("STRIPE_SECRET").map(Secret::new) else { return };
    for number in 1..=COUNT {
        let body = body(number);
        let Ok(signed) = STRIPE.sign(&secret, &RequestToSign::new(body.as_bytes())) else { return };
        let mut request = format!(
            "POST /stripe HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n",
            body.len()
        );
        for (name, value) in &signed.headers {
            let _ = write!(request, "{name}: {}\r\n", value.to_str().unwrap_or_default());
        }
        request = format!("{request}\r\n{body}");
        // The server may have to start first.
        while post(&address, &request).await.is_err() {
            sleep(Duration::from_millis(200)).await;
        }
        sleep(PAUSE).await;
    }
}

async fn post(address: &str, request: &str) -> io::Result<()> {
    let mut connection = TcpStream::connect(address).await?;
    connection.write_all(request.as_bytes()).await?;
    connection.read_to_end(&mut Vec::new()).await?;
    Ok(())
}

fn body(number: i64) -> String {
    let event = match number % 5 {
        0 => "charge.refunded",
        1 => "customer.created",
        _ => "payment_intent.succeeded",
    };
    let amount = match number % 12 {
        3 | 7 => (TOO_LARGE + number).to_string(),
        // Text instead of a number: the handler does not understand it.
        10 => "\"a lot\"".to_owned(),
        _ => (number * 137).to_string(),
    };
    format!(
        r#"{{"id":"evt_sample_{number}","type":"{event}","created":1760000000,"livemode":false,"data":{{"object":{{"amount":{amount},"currency":"eur","note":"<b>order {number}</b> & more"}}}},"request":null}}"#
    )
}
