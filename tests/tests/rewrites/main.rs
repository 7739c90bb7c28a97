//! For every provider that can sign: a recorded delivery, written again in another way, is refused
//! or known as a copy.
//!
//! `WEBHOOK_REWRITES=1000000 cargo test --release -p webhook-tests --test rewrites -- --nocapture`
//! makes that many.

#[path = "../runner/mod.rs"]
mod runner;

mod bodies;
mod recorded;
mod ways;

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    time::SystemTime,
};

use recorded::{Handler, Recorded, Target};
use runner::{
    lines::{Vector, Verdict, lines, own},
    random::{Random, is_impossible},
    tell,
};
use webhook_runtime::{
    Deduplication, Provider,
    providers::{ALL, AWS_SNS, PAYPAL},
};

/// The variable with the number of rewritings.
const VARIABLE: &str = "WEBHOOK_REWRITES";

/// The number without the variable.
const COUNT: usize = 12_000;

/// The outcomes of the rewritings of one provider.
#[derive(Default)]
struct Tally {
    refused: usize,
    copies: usize,
    wrong: Vec<String>,
    ways: BTreeSet<&'static str>,
}

impl Tally {
    fn all(&self) -> usize {
        self.refused + self.copies + self.wrong.len()
    }
}

#[tokio::test]
async fn what_is_written_again_is_refused_or_known() {
    let wanted = env::var(VARIABLE).map_or(COUNT, |count| count.parse().expect("a number"));
    let providers: Vec<_> = ALL.iter().copied().filter(|provider| signs(provider)).collect();
    let each = wanted.div_ceil(providers.len());
    let mut tallies = BTreeMap::<_, Tally>::new();
    for provider in providers {
        let tally = tallies.entry(provider.name()).or_default();
        for round in 0.. {
            try_all(provider, round, tally).await;
            if tally.all() >= each {
                break;
            }
        }
    }
    let sum = |of: fn(&Tally) -> usize| tallies.values().map(of).sum::<usize>();
    let ways: BTreeSet<_> = tallies.values().flat_map(|tally| &tally.ways).collect();
    let bad = tallies.iter().filter(|(_, tally)| !tally.wrong.is_empty());
    tell(&format!(
        "{} rewritings in {} ways of {} providers: {} refused, {} known as copies, {} taken for new \
         deliveries{}",
        sum(Tally::all),
        ways.len(),
        tallies.len(),
        sum(|tally| tally.refused),
        sum(|tally| tally.copies),
        sum(|tally| tally.wrong.len()),
        bad.fold(String::new(), |names, (name, _)| names + " " + name),
    ));
    let wrong = tallies.values().flat_map(|tally| tally.wrong.iter().take(6));
    let wrong: Vec<_> = wrong.map(String::as_str).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(ways.len() >= 12, "{ways:?}");
}

/// The providers that sign with keys that only they have, by recorded deliveries of theirs.
#[tokio::test]
async fn what_only_the_provider_can_sign_is_known_too() {
    let vectors: Vec<Vector> = lines(&own("signatures.jsonl"));
    let mut random = Random(7);
    for provider in [&AWS_SNS, &PAYPAL] {
        let mut tally = Tally::default();
        let recorded = vectors.iter().filter(|vector| {
            vector.provider == provider.name()
                && vector.expect == Verdict::Accept
                // This one is a handshake.
                && !vector.name.ends_with("confirmation")
        });
        for vector in recorded {
            again(&Recorded::of_vector(provider, vector), &mut random, &mut tally).await;
        }
        tell(&format!("{}: {} rewritings", provider.name(), tally.all()));
        assert!(tally.wrong.is_empty(), "{}", tally.wrong.join("\n"));
        assert!(tally.copies > 0 && tally.refused > 0, "{}", provider.name());
    }
}

/// True for providers whose signature covers what identifies a delivery. The others send a
/// credential, so that anyone who has seen it can make others; or they send the same bytes for
/// every change, so that nothing is a copy.
fn signs(provider: &Provider) -> bool {
    let info = provider.scheme_info();
    let signs = info.signs_body || !info.signed_pointers.is_empty();
    signs && provider.deduplication() != Deduplication::Disabled && !is_impossible(provider)
}

/// Records deliveries, and sends each again in every way.
async fn try_all(provider: &'static Provider, round: u64, tally: &mut Tally) {
    let seed = provider.name().bytes().map(u64::from);
    let mut random = Random(seed.fold(round, |seed, byte| seed.wrapping_mul(31) ^ byte));
    for body in bodies::all(provider, &mut random) {
        let recorded = Recorded::new(provider, body, &mut random, SystemTime::now());
        again(&recorded, &mut random, tally).await;
    }
}

/// The handlers that can read what the provider sends.
fn handlers(provider: &Provider) -> &'static [Handler] {
    match provider.scheme_info().payload_media_type {
        "application/json" => &[Handler::Whole, Handler::Decoded],
        _ => &[Handler::Whole],
    }
}

/// Sends a recorded delivery again in every way.
async fn again(recorded: &Recorded, random: &mut Random, tally: &mut Tally) {
    let name = recorded.provider.name();
    for handler in handlers(recorded.provider) {
        let target = Target::new(recorded, *handler);
        let mut known = 0;
        for _ in 0..2 {
            let status = target.send(&recorded.request).await;
            assert!(status.is_success(), "{name}: {status}: {recorded:?}");
            assert!(known == 0 || known == target.stored().await, "{name}: the same again");
            known = target.stored().await;
        }
        for (way, request) in ways::all(recorded, random) {
            let status = target.send(&request).await;
            let stored = target.stored().await;
            assert!(!status.is_server_error(), "{name}, {way}: {status}: {request:?}");
            tally.ways.insert(way);
            if stored != known {
                known = stored;
                tally.wrong.push(format!("{name}, {handler:?}, {way}: {request:.300?}"));
            } else if status.is_success() {
                tally.copies += 1;
            } else {
                tally.refused += 1;
            }
        }
    }
}
