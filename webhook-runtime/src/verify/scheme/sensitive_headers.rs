//! Headers that prove who sends, told by their names: providers that have changed their scheme send
//! the signature of the old one beside the new, and proxies ask for credentials of their own. Nobody
//! verifies these, and they are worth as much to whoever reads them in a log or in the inbox.

use http::{HeaderMap, HeaderName, header};

/// Marks them as sensitive, so that no `Debug` shows them, and the inbox does not keep them.
pub(super) fn mark_sensitive(headers: &mut HeaderMap) {
    for (name, value) in headers {
        if is_credential(name) {
            value.set_sensitive(true);
        }
    }
}

fn is_credential(name: &HeaderName) -> bool {
    if [header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION].contains(name) {
        return true;
    }
    let name = name.as_str();
    // Discord's time, whose name is that of the signature, is none.
    let is_time = name.ends_with("timestamp");
    let words = ["signature", "sig", "hmac", "secret"];
    // Other tokens are ids, or say which subscription it is.
    name == "x-gitlab-token" || !is_time && name.split(['-', '_']).any(|word| words.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credential_headers_are_found_by_name() {
        for name in [
            "authorization",
            "paypal-transmission-sig",
            "x-gitlab-token",
            "x-hub-signature",
            "x-hubspot-signature-v3",
            "x-shopify-hmac-sha256",
            "x-telegram-bot-api-secret-token",
        ] {
            assert!(is_credential(&HeaderName::from_static(name)), "{name}");
        }
        for name in [
            "content-type",
            "i-twilio-idempotency-token",
            "x-designature",
            "x-github-delivery",
            "x-signature-timestamp",
        ] {
            assert!(!is_credential(&HeaderName::from_static(name)), "{name}");
        }
    }
}
