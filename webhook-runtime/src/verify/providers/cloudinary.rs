use std::time::Duration;

use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

const DOCS: &str = "https://cloudinary.com/documentation/notification_signatures";

const TIME: Timestamp = Timestamp::header("x-cld-timestamp")
    .with_max_age(Duration::from_secs(7200))
    .with_max_ahead(Duration::from_secs(300));

/// Cloudinary: [verifying notification signatures][docs], with SHA-1.
///
/// *Set-up:* set the public URL as notification URL, in the console or in a request; the secret is
/// the API secret of the account. Accounts that sign with SHA-256 need [`CLOUDINARY_SHA256`].
///
/// *Not signed:* the headers, except the time. The signature is a plain hash, not a MAC. A
/// notification is valid for two hours, as in Cloudinary's own code. That code accepts any time ahead
/// of the clock; here it is five minutes. Time-out and retries are *unconfirmed*.
///
/// [docs]: https://cloudinary.com/documentation/notification_signatures
pub const CLOUDINARY: Provider = Provider::new("cloudinary", signed_by(Scheme::sha1()))
    .with_event(Field::pointer("/notification_type"))
    .with_docs_url(DOCS);

/// Cloudinary: [verifying notification signatures][docs], for accounts that sign with SHA-256.
///
/// *Set-up* and *not signed:* as for [`CLOUDINARY`].
///
/// [docs]: https://cloudinary.com/documentation/notification_signatures
pub const CLOUDINARY_SHA256: Provider =
    Provider::new("cloudinary-sha256", signed_by(Scheme::sha256()))
        .with_event(Field::pointer("/notification_type"))
        .with_docs_url(DOCS);

#[allow(clippy::large_types_passed_by_value, reason = "evaluated by the compiler only")]
const fn signed_by(hash: Scheme) -> Scheme {
    hash.header("x-cld-signature").hex().timestamp(TIME).signed("{body}{timestamp}{secret}")
}
