use crate::verify::{Deduplication, Field, Provider, scheme::Jwt};

/// Google Cloud Pub/Sub: [authenticated push subscriptions][docs]. Cloud Tasks and Cloud Scheduler
/// send the same token.
///
/// *Set-up:* make a push subscription with the public URL, switch authentication on, and choose a
/// service account; leave the audience empty, so that it is the URL. The secret is the e-mail address
/// of that service account, which is public. The keys are Google's; a
/// [`KeySource`](crate::KeySource) fetches them.
///
/// *Not signed:* the body, and all headers but the token. Whoever has seen a token can send anything
/// until it expires, after an hour. Pub/Sub waits for as long as the acknowledgement deadline of the
/// subscription (10 s unless set), and retries for as long as it keeps messages, seven days unless
/// set.
///
/// [docs]: https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions
pub const GOOGLE_PUBSUB: Provider = Provider::custom(
    "google-pubsub",
    &Jwt::rs256("authorization")
        .prefix("Bearer ")
        .key_set("https://www.googleapis.com/oauth2/v3/certs")
        .issuer("https://accounts.google.com")
        .audience_is_url()
        .email_in_secret()
        .require_expiry(),
)
.with_id(Field::pointer("/message/messageId"))
.with_deduplication(Deduplication::Disabled)
.with_docs_url("https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions");
