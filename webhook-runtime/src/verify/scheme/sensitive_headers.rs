//! Headers that contain credentials, found by name. Providers that changed their scheme may send
//! the old signature beside the new one, and proxies have credentials of their own. These headers
//! are not verified, but an attacker who reads them in a log or in the inbox could use them.

use http::{HeaderMap, HeaderName, header};

/// Marks these headers as sensitive, so that `Debug` hides them and the inbox does not store them.
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
    // Discord's timestamp has `signature` in its name, but is no credential.
    let is_time = name.ends_with("timestamp");
    let words = ["signature", "sig", "hmac", "secret"];
    // The tokens of other providers are ids, or name a subscription.
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
