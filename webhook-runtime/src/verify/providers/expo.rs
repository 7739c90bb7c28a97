use crate::verify::{Field, Provider, scheme::Scheme};

/// Expo Application Services: [webhooks](https://docs.expo.dev/eas/webhooks/).
///
/// *Set-up:* `eas webhook:create`, with the public URL and a secret of at least 16 characters.
///
/// *Not signed:* the headers. The signature is HMAC with SHA-1; Expo offers nothing better. The id
/// is that of the build or submission, which sends one delivery, when it ends; the event is its
/// status. There is no signed time of sending. Expo retries with growing pauses after a response
/// outside of 200 to 399.
#[doc(alias = "eas")]
pub const EXPO: Provider =
    Provider::new("expo", Scheme::hmac_sha1().header("expo-signature").prefix("sha1=").hex())
        .with_id(Field::pointer("/id"))
        .with_event(Field::pointer("/status"))
        .with_docs_url("https://docs.expo.dev/eas/webhooks/");
