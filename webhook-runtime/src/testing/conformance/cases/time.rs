//! When it was signed, and what says so.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::{
    Found, NO_PLACE, NO_TIME, NOT_DATA, Target, Verdict::Passed, not_applicable, passed,
    signature::placed,
};
use crate::{
    testing::{conformance::draft::Draft, letter::Wire, put},
    verify::scheme::Scheme,
};

/// What a clock that nobody holds may tick on meanwhile.
const SLACK: Duration = Duration::from_secs(5);

/// The edges of the window: to the second if the receiver reads the test's clock.
pub(crate) async fn delivery_inside_the_window_is_accepted(subject: &Target) -> Found {
    let Some((past, future)) = subject.window() else {
        return not_applicable("no time is signed, or its window is not known");
    };
    let slack = slack(subject);
    let edges = [past.map(|past| (past, true)), future.map(|future| (future, false))];
    for (window, is_past) in edges.into_iter().flatten() {
        let Some(window) = window.checked_sub(slack) else { continue };
        // Each is another delivery: nobody has to take one twice.
        let draft = subject.draft().await?;
        let now = draft.now();
        let at = if is_past { now.checked_sub(window) } else { now.checked_add(window) };
        let Some(at) = at else { continue };
        let when = if is_past { "old" } else { "early" };
        let what = format!("a delivery that is {} seconds {when}", window.as_secs());
        subject.accepts(&what, &draft.signed_at(at)?).await?;
    }
    Ok(Passed)
}

/// Signed before the window.
pub(crate) async fn stale_delivery_is_refused(subject: &Target) -> Found {
    outside(subject, |now, by| now.checked_sub(by), |(past, _)| past, "old").await
}

/// Signed behind the window.
pub(crate) async fn delivery_from_the_future_is_refused(subject: &Target) -> Found {
    outside(subject, |now, by| now.checked_add(by), |(_, future)| future, "early").await
}

async fn outside(
    subject: &Target,
    moved: impl Fn(SystemTime, Duration) -> Option<SystemTime>,
    side: impl Fn((Option<Duration>, Option<Duration>)) -> Option<Duration>,
    when: &str,
) -> Found {
    const DAY: Duration = Duration::from_secs(86_400);
    let draft = subject.draft().await?;
    let known = subject.window();
    if !subject.provider().scheme_info().signs_time {
        return not_applicable(NO_TIME);
    }
    let mut distances = vec![DAY * 30, DAY * 3650];
    if let Some(window) = known {
        let Some(window) = side(window) else {
            return not_applicable("there is no end to the window on this side");
        };
        distances.retain(|distance| *distance > window);
        distances.push(window + Duration::from_secs(1) + slack(subject));
    }
    for distance in distances {
        let Some(at) = moved(draft.now(), distance) else { continue };
        let Ok(wire) = draft.signed_at(at) else { continue };
        // Whether a scheme that is code has a window, only it can say.
        if known.is_none() && draft.is_believed(&wire) {
            continue;
        }
        let what = format!("a delivery that is {} seconds {when}", distance.as_secs());
        subject.refuses(&what, &wire).await?;
    }
    Ok(Passed)
}

/// Numbers that are no times, each signed rightly.
pub(crate) async fn malformed_timestamps_are_refused(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    let Some(scheme) = draft.scheme() else { return not_applicable(NOT_DATA) };
    let Some(now) = scheme.format_time(draft.now()) else { return not_applicable(NO_TIME) };
    let seconds = draft.now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
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
    times.extend([
        format!("+{now}"),
        format!("-{now}"),
        format!("0{now}"),
        format!("{now}.5"),
        format!("{now}x"),
        format!("{now},{now}"),
        "9".repeat(400),
    ]);
    // The other unit.
    times.push(if scheme.uses_milliseconds() {
        seconds.to_string()
    } else {
        format!("{seconds}000")
    });
    for time in times.into_iter().filter(|time| *time != now) {
        let Some(wire) = signed_at(&draft, scheme, &time) else { continue };
        let shown: String = time.chars().take(30).collect();
        subject.refuses(&format!("a delivery signed at {shown:?}"), &wire).await?;
    }
    Ok(Passed)
}

/// The time is under the signature: another one needs another signature.
pub(crate) async fn changed_timestamp_is_refused(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    if !subject.provider().scheme_info().signs_time {
        return not_applicable(NO_TIME);
    }
    let is_in_body = subject.provider().scheme_info().signature_header.is_empty();
    if draft.scheme().is_none() && !is_in_body {
        return not_applicable("only the scheme's code knows where in the header the time is");
    }
    let now = draft.now();
    let Some((later, place)) = placed(&draft, now)? else { return not_applicable(NO_PLACE) };
    for (by, what) in [(1, "a second"), (60, "a minute"), (3600, "an hour")] {
        let Some(then) = now.checked_sub(Duration::from_secs(by)) else { continue };
        let Some((earlier, old)) = placed(&draft, then)? else { continue };
        // Who has seen the signature before is not to believe more under it.
        subject.tries("a delivery", &earlier).await?;
        let Some(wire) = place.with_signature(&later, old.signature().as_bytes()) else { continue };
        let what = format!("a delivery that was signed {what} ago, and says that it was now");
        subject.refuses(&what, &wire).await?;
    }
    Ok(Passed)
}

/// An old time that is signed and a present one beside it, in one header: whoever verifies the one
/// and judges the other takes what was recorded long ago.
pub(crate) async fn duplicate_timestamp_is_refused(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    let Some((separator, field)) = draft.scheme().and_then(Scheme::timestamp_field) else {
        return not_applicable("no time stands with the signature in its header");
    };
    let Some(scheme) = draft.scheme() else { return not_applicable(NOT_DATA) };
    let Some(then) = draft.now().checked_sub(Duration::from_secs(86_400)) else {
        return not_applicable("there is no time before the present one");
    };
    let Some(now) = scheme.format_time(draft.now()) else { return not_applicable(NO_TIME) };
    let old = draft.signed_at(then)?;
    let name = scheme.signature_header();
    let value = old.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    for (where_, value) in [
        ("behind", format!("{value}{separator}{field}={now}")),
        ("before", format!("{field}={now}{separator}{value}")),
    ] {
        let mut wire = old.clone();
        if wire.set(name, &value) {
            let what = format!("a delivery of yesterday with the present time {where_} its own");
            subject.refuses(&what, &wire).await?;
        }
    }
    Ok(Passed)
}

/// What was recorded is worth nothing once the window has passed.
pub(crate) async fn replay_after_the_window_is_refused(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    let (Some(clock), Some((Some(past), _))) = (&subject.desk().clock, subject.window()) else {
        return not_applicable("no time is signed, or the clock is not the test's");
    };
    let (wire, start) = (draft.genuine()?, draft.now());
    subject.accepts("a genuine delivery", &wire).await?;
    clock.advance(past + Duration::from_secs(1));
    let verdict = subject.refuses("the same delivery after the window", &wire).await;
    clock.set(start);
    verdict.map(passed)
}

/// Signs with a time of any text.
fn signed_at(draft: &Draft<'_>, scheme: &Scheme, time: &str) -> Option<Wire> {
    let mut letter = draft.letter.clone();
    if let Some(pointer) = scheme.timestamp_pointer() {
        let mut json = draft.json()?;
        let number = serde_json::from_str::<Value>(time).ok().filter(Value::is_number);
        put(&mut json, pointer, number.unwrap_or_else(|| Value::from(time))).ok()?;
        letter.body = json.to_string().into();
    }
    let secret = &draft.secret;
    let signed = letter.outgoing(draft.now(), |outgoing| {
        Some(scheme.sign_at(secret, outgoing, time).ok()?.headers)
    })?;
    Some(letter.with(signed))
}

fn slack(subject: &Target) -> Duration {
    if subject.desk().clock.is_some() { Duration::ZERO } else { SLACK }
}

/// The id is under the signature, where the scheme says so.
pub(crate) async fn changed_id_is_refused(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    let Some(name) = draft.scheme().and_then(Scheme::signed_id_header) else {
        return not_applicable("no id is signed");
    };
    let genuine = draft.genuine()?;
    let id = draft.letter.id.clone();
    subject.accepts("a genuine delivery", &genuine).await?;
    for other in [format!("{id}0"), "another".to_owned(), id[..id.len() - 1].to_owned()] {
        let mut wire = genuine.clone();
        if wire.set(name, &other) {
            subject
                .refuses(&format!("a delivery with the id {other:?}, signed as {id:?}"), &wire)
                .await?;
        }
    }
    Ok(Passed)
}
