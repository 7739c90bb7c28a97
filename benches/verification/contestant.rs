//! Who verifies.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use webhook_runtime::{
    Secret,
    providers::{STANDARD_WEBHOOKS, STRIPE},
    scheme::Outgoing,
};

use crate::{case::Case, floor};

/// Something that can be done again and again.
pub(crate) struct Contestant<'a> {
    pub(crate) name: &'static str,
    run: Box<dyn FnMut(u32) + 'a>,
}

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
    Contestant::verifying("ours", move || {
        verifier.verify(black_box(&case.request()), None, case.now).is_ok()
    })
}

fn standardwebhooks(case: &Case) -> Contestant<'_> {
    let webhook = standardwebhooks::Webhook::new(&case.secret).expect("a secret");
    Contestant::verifying("standardwebhooks", move || {
        webhook.verify(black_box(case.body.as_bytes()), &case.headers).is_ok()
    })
}

/// It takes the headers of Standard Webhooks, too.
fn svix(case: &Case) -> Contestant<'_> {
    let webhook = svix::webhooks::Webhook::new(&case.secret).expect("a secret");
    Contestant::verifying("svix", move || {
        webhook.verify(black_box(case.body.as_bytes()), &case.headers).is_ok()
    })
}

/// Stripe's crate verifies only to read the event. An event that is too old is refused after its
/// signature has been verified, and before it is read.
fn stripe(case: &Case) -> Contestant<'_> {
    let then = case.now - Duration::from_secs(600);
    let outgoing = Outgoing::new(case.body.as_bytes()).at(then);
    let signed = STRIPE.sign(&Secret::new(case.secret.as_str()), &outgoing).expect("a secret");
    Contestant::verifying("async-stripe, unread", move || {
        let sent = signed.headers["stripe-signature"].to_str().expect("a text");
        let read =
            stripe_webhook::Webhook::construct_event(black_box(&case.body), sent, &case.secret);
        matches!(read, Err(stripe_webhook::WebhookError::BadTimestamp(_)))
    })
}

fn stripe_with_event(case: &Case) -> Contestant<'_> {
    Contestant::verifying("async-stripe, read", move || {
        let sent = case.headers["stripe-signature"].to_str().expect("a text");
        stripe_webhook::Webhook::construct_event(black_box(&case.body), sent, &case.secret).is_ok()
    })
}

impl<'a> Contestant<'a> {
    pub(crate) fn new<T>(name: &'static str, mut run: impl FnMut() -> T + 'a) -> Self {
        // The loop is inside: what is called through a pointer is called once a slice.
        let run = move |repeats| {
            for _ in 0..repeats {
                black_box(run());
            }
        };
        Self { name, run: Box::new(run) }
    }

    /// The same for what has to verify a request, and does.
    pub(crate) fn verifying(name: &'static str, mut run: impl FnMut() -> bool + 'a) -> Self {
        assert!(run(), "{name} does not believe a genuine request");
        Self::new(name, run)
    }

    /// How often it runs in a slice of that length; this warms it up, too.
    pub(crate) fn repeats(&mut self, slice: Duration) -> u32 {
        let mut repeats = 1;
        loop {
            let before = Instant::now();
            (self.run)(repeats);
            let took = before.elapsed();
            if took >= slice {
                return repeats;
            }
            repeats = repeats.saturating_mul(2);
        }
    }

    /// How many ns one takes.
    pub(crate) fn timed(&mut self, repeats: u32) -> f64 {
        let before = Instant::now();
        (self.run)(repeats);
        before.elapsed().as_secs_f64() * 1e9 / f64::from(repeats)
    }
}
