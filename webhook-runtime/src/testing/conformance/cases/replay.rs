//! Cases of replays: of a delivery that the receiver knows, as it was and under another name.

use std::time::Duration;

use http::HeaderName;

use super::{CaseResult, Target, Verdict::Passed, not_applicable};
use crate::{
    testing::{conformance::sample::SampleDelivery, request::RawRequest},
    verify::{Field, scheme::Scheme},
};

/// Headers in which senders and proxies name a delivery.
const IDS: [&str; 14] = [
    "webhook-id",
    "svix-id",
    "x-webhook-id",
    "x-webhook-delivery",
    "x-delivery-id",
    "x-event-id",
    "x-message-id",
    "x-request-id",
    "x-correlation-id",
    "x-github-delivery",
    "idempotency-key",
    "x-idempotency-key",
    "request-id",
    "event-id",
];

/// The families of headers that have the same meaning.
const FAMILIES: [&str; 2] = ["webhook-", "svix-"];

/// The time between the signatures of two tries. The second one is the earlier, so that a clock that is
/// behind refuses none.
const RETRY: Duration = Duration::from_secs(2);

/// Sends a known delivery again, and once more as the provider retries it: with the same id, and signed
/// anew. A receiver that deduplicates handles neither.
pub(crate) async fn replays_are_handled_once(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    if !target.deduplicates {
        return not_applicable("the receiver does not promise to deduplicate");
    }
    if target.count().is_none() {
        return not_applicable("handled deliveries are not counted");
    }
    if !has_id(&sample) {
        return not_applicable("deliveries have no id");
    }
    let genuine = sample.genuine()?;
    target.accepts("a genuine delivery", &genuine).await?;
    let mut replays = vec![("the same delivery again", genuine)];
    if signs_id(&sample) && target.provider().scheme_info().signs_time {
        replays.push((
            "the same delivery again, signed at another time",
            sample.signed_at(sample.now() - RETRY)?,
        ));
    }
    for (what, request) in replays {
        let mut replay = target.send(what, &request).await?;
        let effects = target.effects_of(&replay).await;
        if effects > 0 {
            replay.handled_count = Some(effects);
            return Err(target.found(what, &request, "that it is not handled again", &replay));
        }
    }
    Ok(Passed)
}

fn has_id(sample: &SampleDelivery<'_>) -> bool {
    let provider = sample.target.provider();
    provider.id().is_some() || provider.batch().is_some_and(|batch| batch.id().is_some())
}

/// Sends a known delivery again under other ids that nobody signed: a receiver that recognizes
/// deliveries by one of them handles it again.
pub(crate) async fn unsigned_ids_make_no_new_delivery(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    if !signs_id(&sample) {
        return not_applicable("no id is signed");
    }
    if target.count().is_none() {
        return not_applicable("handled deliveries are not counted");
    }
    let genuine = sample.genuine()?;
    target.accepts("a genuine delivery", &genuine).await?;
    let replay = target.send("the same delivery again", &genuine).await?;
    if target.effects_of(&replay).await > 0 {
        return not_applicable("it handles each replay, and does not deduplicate");
    }
    let (mut last, mut effects) = (None, 0);
    for (what, request) in renamed(&sample, &genuine) {
        let outcome = target.tries(&what, &request).await?;
        effects += outcome.handled_count.unwrap_or_default();
        last = Some((what, request, outcome));
        if effects > 0 {
            break;
        }
    }
    let Some((what, request, mut outcome)) = last else { return Ok(Passed) };
    effects += target.effects_of_open().await;
    if effects == 0 {
        return Ok(Passed);
    }
    outcome.handled_count = Some(effects);
    let what = format!("a known delivery under another unsigned id, the last time {what}");
    Err(target.found(&what, &request, "that it is not handled again", &outcome))
}

fn signs_id(sample: &SampleDelivery<'_>) -> bool {
    let in_header = sample.scheme().and_then(Scheme::signed_id_header).is_some();
    let in_body = matches!(sample.target.provider().id(), Some(Field::Pointer(_)));
    in_header || in_body && sample.signs_every_byte()
}

/// The same delivery, with another id in every place that is not signed.
fn renamed(sample: &SampleDelivery<'_>, genuine: &RawRequest) -> Vec<(String, RawRequest)> {
    let signed = sample.scheme().and_then(Scheme::signed_id_header);
    let mut all = genuine.clone();
    let mut requests = Vec::new();
    for (at, name) in IDS.into_iter().filter(|name| signed != Some(*name)).enumerate() {
        let id = format!("{}-{at}", sample.unsigned.id);
        let mut request = genuine.clone();
        if request.set(name, &id) && all.set(name, &id) {
            requests.push((format!("with {name}: {id}"), request));
        }
    }
    requests.push(("with all of them".to_owned(), all));
    if !sample.target.provider().scheme_info().signs_url {
        let mark = if genuine.path_and_query.contains('?') { '&' } else { '?' };
        let path_and_query = format!("{}{mark}id=another", genuine.path_and_query);
        requests.push((
            "with ?id=another".to_owned(),
            RawRequest { path_and_query, ..genuine.clone() },
        ));
    }
    for (from, to) in [(FAMILIES[0], FAMILIES[1]), (FAMILIES[1], FAMILIES[0])] {
        let mut request = genuine.clone();
        for (name, value) in &genuine.headers {
            if let Some(rest) = name.as_str().strip_prefix(from)
                && let Ok(other) = HeaderName::try_from(format!("{to}{rest}"))
            {
                request.headers.remove(name);
                request.headers.insert(other, value.clone());
            }
        }
        if signed.is_some_and(|signed| signed.starts_with(from)) {
            requests.push((format!("with headers {to}… instead of {from}…"), request));
        }
    }
    requests
}
