//! Who verifies.

use std::{hint::black_box, time::Duration};

use webhook_benches::Contestant;
use webhook_runtime::{
    Secret,
    providers::{STANDARD_WEBHOOKS, STRIPE},
    scheme::RequestToSign,
};

use crate::{case::Case, floor};

/// Ours first, the floor next, and then everybody else.
pub(crate) fn all(case: &Case) -> Vec<Contestant<'_>> {
    let mut all = vec![ours(case)];
    if case.is_ed25519() {
        all.extend(floor::ed25519(case));
    } else {
        all.extend(floor::hmac(case));
    }
    if case.provider.name() == STANDARD_WEBHOOKS.name() {
        all.extend([standardwebhooks(case), svix(case)]);
    }
    if case.provider.name() == STRIPE.name() {
        all.extend([stripe(case), stripe_with_event(case)]);
    }
    all
}

fn ours(case: &Case) -> Contestant<'_> {
    let secret = Secret::new(case.secret.as_str());
    let verifier = case.provider.verifier(&[secret]).expect("a secret");
    Contestant::succeeding("ours", move || {
        verifier.verify(black_box(&case.request()), None, case.now).is_ok()
    })
}

fn standardwebhooks(case: &Case) -> Contestant<'_> {
    let webhook = standardwebhooks::Webhook::new(&case.secret).expect("a secret");
    Contestant::succeeding("standardwebhooks", move || {
        webhook.verify(black_box(case.body.as_bytes()), &case.headers).is_ok()
    })
}

/// It takes the headers of Standard Webhooks, too.
fn svix(case: &Case) -> Contestant<'_> {
    let webhook = svix::webhooks::Webhook::new(&case.secret).expect("a secret");
    Contestant::succeeding("svix", move || {
        webhook.verify(black_box(case.body.as_bytes()), &case.headers).is_ok()
    })
}

/// Stripe's crate verifies only to read the event. An event that is too old is refused after its
/// signature has been verified, and before it is read.
fn stripe(case: &Case) -> Contestant<'_> {
    let then = case.now - Duration::from_secs(600);
    let outgoing = RequestToSign::new(case.body.as_bytes()).at(then);
    let signed = STRIPE.sign(&Secret::new(case.secret.as_str()), &outgoing).expect("a secret");
    Contestant::succeeding("async-stripe, unread", move || {
        let sent = signed.headers["stripe-signature"].to_str().expect("a text");
        let read =
            stripe_webhook::Webhook::construct_event(black_box(&case.body), sent, &case.secret);
        matches!(read, Err(stripe_webhook::WebhookError::BadTimestamp(_)))
    })
}

fn stripe_with_event(case: &Case) -> Contestant<'_> {
    Contestant::succeeding("async-stripe, read", move || {
        let sent = case.headers["stripe-signature"].to_str().expect("a text");
        stripe_webhook::Webhook::construct_event(black_box(&case.body), sent, &case.secret).is_ok()
    })
}
