//! Cases of times and ids.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::{
    CaseResult, NO_PLACE, NO_TIME, NOT_DATA, Target, Verdict::Passed, not_applicable, passed,
    signature::placed,
};
use crate::{
    testing::{conformance::sample::SampleDelivery, put, request::RawRequest},
    verify::scheme::Scheme,
};

/// The time that may pass during a test if the clock is not the test's.
const SLACK: Duration = Duration::from_secs(5);

/// The age that every window allows.
const SHORT: Duration = Duration::from_secs(30);

/// The age that no window allows, if the receiver's is not known.
const LONG: Duration = Duration::from_secs(6 * 3600);

/// Signs at the edges of the window, to the second if the receiver reads the test's clock.
pub(crate) async fn delivery_inside_the_window_is_accepted(target: &Target) -> CaseResult {
    let Some((past, future)) = target.window() else {
        return not_applicable("no time is signed, or its window is not known");
    };
    let slack = slack(target);
    let edges = if target.knows_window() {
        [past.map(|past| (past, true)), future.map(|future| (future, false))]
    } else {
        // Any window is wider than what a delivery takes.
        [past.map(|past| (past.min(SHORT) + slack, true)), None]
    };
    for (window, is_past) in edges.into_iter().flatten() {
        let Some(window) = window.checked_sub(slack) else { continue };
        // A new delivery each time, because a receiver may deduplicate.
        let sample = target.sample_delivery().await?;
        let now = sample.now();
        let at = if is_past { now.checked_sub(window) } else { now.checked_add(window) };
        let Some(at) = at else { continue };
        let when = if is_past { "old" } else { "early" };
        let what = format!("a delivery that is {} seconds {when}", window.as_secs());
        target.accepts(&what, &sample.signed_at(at)?).await?;
    }
    Ok(Passed)
}

/// Signs before the window.
pub(crate) async fn stale_delivery_is_refused(target: &Target) -> CaseResult {
    outside(target, |now, by| now.checked_sub(by), |(past, _)| past, "old").await
}

/// The providers whose own libraries look at the age of a delivery only: `stripe-python` and
/// `stripe-node` compare the time with the start of the window.
const AGE_ONLY: [&str; 1] = ["stripe"];

/// Signs after the window.
pub(crate) async fn delivery_from_the_future_is_refused(target: &Target) -> CaseResult {
    if target.is_lenient() && AGE_ONLY.contains(&target.provider().name()) {
        return not_applicable("the provider's own libraries look at the age only");
    }
    outside(target, |now, by| now.checked_add(by), |(_, future)| future, "early").await
}

async fn outside(
    target: &Target,
    moved: impl Fn(SystemTime, Duration) -> Option<SystemTime>,
    side: impl Fn((Option<Duration>, Option<Duration>)) -> Option<Duration>,
    when: &str,
) -> CaseResult {
    const DAY: Duration = Duration::from_secs(86_400);
    let sample = target.sample_delivery().await?;
    let known = target.window();
    if !target.provider().scheme_info().signs_time {
        return not_applicable(NO_TIME);
    }
    let mut distances = vec![DAY * 30, DAY * 3650];
    if let Some(window) = known {
        let Some(window) = side(window) else {
            return not_applicable("there is no end to the window on this side");
        };
        distances.retain(|distance| *distance > window);
        let least = if target.knows_window() { window } else { window.max(LONG) };
        distances.push(least + Duration::from_secs(1) + slack(target));
    }
    for distance in distances {
        let Some(at) = moved(sample.now(), distance) else { continue };
        let Ok(request) = sample.signed_at(at) else { continue };
        // Only the code of such a scheme knows its window.
        if known.is_none() && sample.is_genuine(&request) {
            continue;
        }
        let what = format!("a delivery that is {} seconds {when}", distance.as_secs());
        target.refuses(&what, &request).await?;
    }
    Ok(Passed)
}

/// Signs numbers that are not times.
pub(crate) async fn malformed_timestamps_are_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let Some(scheme) = sample.scheme() else { return not_applicable(NOT_DATA) };
    let Some(now) = scheme.format_time(sample.now()) else { return not_applicable(NO_TIME) };
    let seconds = sample.now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut times: Vec<String> = [
        "",
        "0",
        "-1",
        "-9223372036854775808",
        "-9223372036854775807",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        "1e9",
        "NaN",
        "Infinity",
        "null",
        "now",
        "0x68e77a80",
    ]
    .map(str::to_owned)
    .to_vec();
    times.push("9".repeat(400));
    // The time in the other units, unless the scheme takes more than one.
    times.extend([seconds.to_string(), format!("{seconds}000")]);
    times.retain(|time| !scheme.takes_time(time));
    // The present in another spelling: it is signed, and lenient parsers read it.
    let spellings = [
        format!("+{now}"),
        format!("-{now}"),
        format!("0{now}"),
        format!("{now}.5"),
        format!("{now}x"),
        format!("{now},{now}"),
    ];
    // Without a window, a receiver need not look at the time that it verifies.
    let has_window = target.window().is_some_and(|(past, future)| past.or(future).is_some());
    let is_unread = target.is_lenient() && !has_window;
    let times = times.into_iter().map(|time| (time, is_unread));
    let spellings = spellings.map(|time| (time, target.is_lenient()));
    for (time, is_allowed) in times.chain(spellings).filter(|(time, _)| *time != now) {
        let Some(request) = signed_at(&sample, scheme, &time) else { continue };
        let shown: String = time.chars().take(30).collect();
        let what = format!("a delivery signed at {shown:?}");
        if is_allowed {
            target.tries(&what, &request).await?;
        } else {
            target.refuses(&what, &request).await?;
        }
    }
    Ok(Passed)
}

/// Changes the time without a new signature.
pub(crate) async fn changed_timestamp_is_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    if !target.provider().scheme_info().signs_time {
        return not_applicable(NO_TIME);
    }
    let is_in_body = target.provider().scheme_info().signature_header.is_empty();
    if sample.scheme().is_none() && !is_in_body {
        return not_applicable("only the scheme's code knows where in the header the time is");
    }
    let now = sample.now();
    let Some((later, place)) = placed(&sample, now)? else { return not_applicable(NO_PLACE) };
    let mut changed = Vec::new();
    for (by, what) in [(1, "a second"), (60, "a minute"), (3600, "an hour")] {
        let Some(then) = now.checked_sub(Duration::from_secs(by)) else { continue };
        let Some((earlier, old)) = placed(&sample, then)? else { continue };
        // A receiver that has seen the signature must not accept another time with it.
        target.tries("a delivery", &earlier).await?;
        if let Some(request) = place.with_signature(&later, old.signature().as_bytes()) {
            changed.push((what, request));
        }
    }
    for (what, request) in changed {
        let what = format!("a delivery that was signed {what} ago, and says that it was now");
        target.refuses(&what, &request).await?;
    }
    Ok(Passed)
}

/// Adds the current time beside an old, signed one in the same header: a receiver that verifies one
/// and checks the age of the other accepts a replay.
pub(crate) async fn duplicate_timestamp_is_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let Some((separator, field)) = sample.scheme().and_then(Scheme::timestamp_field) else {
        return not_applicable("no time stands with the signature in its header");
    };
    let Some(scheme) = sample.scheme() else { return not_applicable(NOT_DATA) };
    let Some(then) = sample.now().checked_sub(Duration::from_secs(86_400)) else {
        return not_applicable("there is no time before the present one");
    };
    let Some(now) = scheme.format_time(sample.now()) else { return not_applicable(NO_TIME) };
    let old = sample.signed_at(then)?;
    let name = scheme.signature_header();
    let value = old.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    for (where_, value) in [
        ("behind", format!("{value}{separator}{field}={now}")),
        ("before", format!("{field}={now}{separator}{value}")),
    ] {
        let mut request = old.clone();
        if request.set(name, &value) {
            let what = format!("a delivery of yesterday with the present time {where_} its own");
            target.refuses(&what, &request).await?;
        }
    }
    Ok(Passed)
}

/// Replays a delivery after the window.
pub(crate) async fn replay_after_the_window_is_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let (Some(clock), Some((Some(past), _))) = (&target.context().clock, target.window()) else {
        return not_applicable("no time is signed, or the clock is not the test's");
    };
    let (request, start) = (sample.genuine()?, sample.now());
    target.accepts("a genuine delivery", &request).await?;
    clock.advance(past + Duration::from_secs(1));
    let verdict = target.refuses("the same delivery after the window", &request).await;
    clock.set(start);
    verdict.map(passed)
}

/// Signs with any text as the time.
fn signed_at(sample: &SampleDelivery<'_>, scheme: &Scheme, time: &str) -> Option<RawRequest> {
    let mut unsigned = sample.unsigned.clone();
    if let Some(pointer) = scheme.timestamp_pointer() {
        let mut json = sample.json()?;
        let number = serde_json::from_str::<Value>(time).ok().filter(Value::is_number);
        put(&mut json, pointer, number.unwrap_or_else(|| Value::from(time))).ok()?;
        unsigned.body = json.to_string().into();
    }
    unsigned.sign_by(sample.now(), |to_sign| scheme.sign_at(&sample.secret, to_sign, time)).ok()
}

fn slack(target: &Target) -> Duration {
    if target.context().clock.is_some() { Duration::ZERO } else { SLACK }
}

/// Changes a signed id.
pub(crate) async fn changed_id_is_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let Some(name) = sample.scheme().and_then(Scheme::signed_id_header) else {
        return not_applicable("no id is signed");
    };
    let genuine = sample.genuine()?;
    let id = sample.unsigned.id.clone();
    target.accepts("a genuine delivery", &genuine).await?;
    for other in [format!("{id}0"), "another".to_owned(), id[..id.len() - 1].to_owned()] {
        let mut request = genuine.clone();
        if request.set(name, &other) {
            target
                .refuses(&format!("a delivery with the id {other:?}, signed as {id:?}"), &request)
                .await?;
        }
    }
    Ok(Passed)
}
