use std::time::Duration;

use crate::verify::{
    Copies, Provider,
    handshake::{Answer, Handshake, Value, When},
    scheme::Scheme,
};

const HANDSHAKES: &[Handshake] = &[Handshake::unsigned(
    "GET",
    &[When::Query("challenge")],
    Answer::Text(Value::Query("challenge")),
)];

/// Dropbox: [webhooks](https://www.dropbox.com/developers/reference/webhooks).
///
/// *Set-up:* in the app console, under Webhooks: the public URL, which is asked to say back a
/// challenge. The secret is the app secret.
///
/// *Not signed:* the headers. A notification has neither id nor type: it names the accounts in
/// which something changed. Dropbox waits ten seconds, wants 200, and tries again for about ten
/// minutes.
pub const DROPBOX: Provider =
    Provider::new("dropbox", Scheme::hmac_sha256().header("x-dropbox-signature").hex())
        .handshakes(HANDSHAKES)
        .acknowledges_with(200)
        .copies(Copies::None)
        .docs("https://www.dropbox.com/developers/reference/webhooks")
        .times_out_after(Duration::from_secs(10))
        .retries_for(Duration::from_secs(10 * 60));
