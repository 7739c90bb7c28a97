use std::time::Duration;

use crate::verify::{Deduplication, Provider, scheme::Scheme};

/// Intuit's `QuickBooks` Online: [webhooks][docs].
///
/// *Set-up:* in the app's settings, under Webhooks: the public URL; the secret is the verifier
/// token.
///
/// *Not signed:* the headers. A delivery has neither id nor type: it lists the changes by company
/// or, in the format of 2025, as `CloudEvents` (*unconfirmed*).
///
/// Intuit expects 200 within three seconds. It retries after 10, 20 and 30 seconds, 5 and 20
/// minutes, 2, 4 and 6 hours, and then every 6 hours, and may hold back later events until then.
///
/// [docs]: https://developer.intuit.com/app/developer/qbo/docs/develop/webhooks
#[doc(alias = "intuit")]
pub const QUICKBOOKS: Provider =
    Provider::new("quickbooks", Scheme::hmac_sha256().header("intuit-signature").base64())
        .with_ack_status(200)
        .with_deduplication(Deduplication::Disabled)
        .with_docs_url("https://developer.intuit.com/app/developer/qbo/docs/develop/webhooks")
        .with_response_timeout(Duration::from_secs(3));
