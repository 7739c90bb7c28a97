//! The operator's view, and maintenance.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::{
    inbox::{
        AttemptResult, DeliveryState, EndpointBacklog, EnqueueResult, Filter, InboxError,
        NewDelivery,
        store::{Change, ClaimRequest, DueTimeLimits, EndpointRetention, Retention, Window},
    },
    testing::store::{
        Verdict,
        bench::{Bench, MINUTE, dead, delivery, lapse, must, ok, ordered, retry, same, wanted},
        cases::Result,
    },
};

const NOTHING: Duration = Duration::ZERO;
const FOR_EVER: Duration = Duration::MAX;

pub(in super::super) async fn records_are_found(bench: &Bench) -> Result {
    let early = UNIX_EPOCH + Duration::from_secs(1_760_000_000);
    let mut batch: Vec<NewDelivery> = (0..30)
        .map(|number| {
            let mut one = delivery(number.to_string());
            one.event = Some(if number % 2 == 0 { "even" } else { "odd" }.to_owned());
            one.provider_id = Some(format!("evt_{number}"));
            one
        })
        .collect();
    batch[7].received_at = early;
    batch[9].endpoint = String::from("others");
    let ids = bench.store(&batch).await?;
    let none: Vec<i64> = Vec::new();
    same("all", &bench.list(Filter::all()).await?, &ids)?;
    same("an event", &bench.list(Filter::all().event("odd")).await?.len(), &15)?;
    same("an id", &bench.list(Filter::all().provider_id("evt_3")).await?, &vec![ids[3]])?;
    same("an endpoint", &bench.list(Filter::all().endpoint("others")).await?, &vec![ids[9]])?;
    let both = Filter::all().endpoint("others").event("even");
    same("all conditions hold", &bench.list(both).await?, &none)?;
    let numbers = Filter::all().ids([ids[5], ids[2], -1]);
    same("numbers, in order", &bench.list(numbers).await?, &vec![ids[2], ids[5]])?;
    same("no numbers", &bench.list(Filter::all().ids([])).await?, &none)?;
    let second = Duration::from_secs(1);
    let around = Filter::all().received(early - second..early + second);
    same("a span of time", &bench.list(around).await?, &vec![ids[7]])?;
    let before = Filter::all().received(early - second..early);
    same("the end is not included", &bench.list(before).await?, &none)?;
    let states = Filter::all().state(DeliveryState::Pending).state(DeliveryState::Dead);
    same("states", &bench.list(states).await?.len(), &30)?;
    let running = Filter::all().state(DeliveryState::Running);
    same("a state", &bench.list(running).await?, &none)?;
    same("page by page", &pages(bench, Window::oldest_first(7)).await?, &ids)?;
    let newest: Vec<i64> = ids.iter().rev().copied().collect();
    same("newest first", &pages(bench, Window::newest_first(7)).await?, &newest)?;
    let some = Window::newest_first(7).after(ids[3]).before(ids[20]);
    let between: Vec<i64> = ids[4..20].iter().rev().copied().collect();
    same("between two numbers", &pages(bench, some).await?, &between)?;
    Ok(Verdict::Passed)
}

/// The numbers of all pages.
async fn pages(bench: &Bench, mut window: Window) -> Result<Vec<i64>> {
    let mut found = Vec::new();
    loop {
        let page = ok("list", bench.store.list(&Filter::all(), window).await)?;
        let most = usize::try_from(window.max).unwrap_or(usize::MAX);
        must(page.records.len() <= most, "a page has at most as many as were asked for")?;
        found.extend(page.records.iter().map(|record| record.id));
        match page.looked_to {
            Some(id) => window = window.beyond(id),
            None => return Ok(found),
        }
    }
}

async fn change(bench: &Bench, filter: Filter, change: Change) -> Result<u64> {
    let (mut window, mut count) = (Window::oldest_first(3), 0);
    loop {
        let changed = ok("change", bench.store.change(&filter, change, window).await)?;
        must(changed.count <= 3, "a change is of at most as many as were asked for")?;
        count += changed.count;
        match changed.last {
            Some(last) => window = window.beyond(last),
            None => return Ok(count),
        }
    }
}

pub(in super::super) async fn operators_change_what_applies(bench: &Bench) -> Result {
    let batch: Vec<NewDelivery> = (0..10).map(|key| delivery(key.to_string())).collect();
    let ids = bench.store(&batch).await?;
    let jobs = bench.claim(&wanted(10)).await?.jobs;
    for (number, job) in jobs.iter().enumerate().take(9) {
        let end = if number < 4 { AttemptResult::Completed } else { dead() };
        bench.settle(job, end).await?;
    }
    // Four are completed, five are dead, one runs.
    same("retried", &change(bench, Filter::all(), Change::Retry).await?, &5)?;
    same("retried twice", &change(bench, Filter::all(), Change::Retry).await?, &0)?;
    let again = bench.claim(&wanted(10)).await?.jobs;
    same("what runs again", &again.len(), &5)?;
    must(again.iter().all(|job| job.attempt == 1), "attempts begin anew")?;
    must(again.iter().all(|job| job.replays == 0), "a retry is no replay")?;
    same("replayed", &change(bench, Filter::all(), Change::Replay).await?, &4)?;
    let replayed = bench.record(ids[0]).await?;
    let found = (replayed.state, replayed.attempt, replayed.finished_at);
    same("what is replayed", &found, &(DeliveryState::Pending, 0, None))?;
    same("the number of its replays", &replayed.replays, &1)?;
    same("cancelled", &change(bench, Filter::all(), Change::Cancel).await?, &10)?;
    must(bench.claimed(&wanted(10)).await?.is_empty(), "nothing is due")?;
    let good = bench.finish(jobs[9].claim_token(), AttemptResult::Completed).await?;
    must(!good, "what runs cannot complete when it is cancelled")?;
    same("its state", &bench.state(ids[9]).await?, &DeliveryState::Cancelled)?;
    let known = bench.enqueue(&[delivery("0")]).await?;
    same("a copy", &known, &vec![EnqueueResult::Duplicate(ids[0])])?;
    Ok(Verdict::Passed)
}

pub(in super::super) async fn old_records_are_pruned(bench: &Bench) -> Result {
    let mut forgotten = delivery("forgotten");
    forgotten.dedup_retention = Duration::from_millis(1);
    let ids = bench.store(&[forgotten, delivery("dead"), delivery("waits")]).await?;
    let jobs = bench.claim(&wanted(2)).await?.jobs;
    bench.settle(&jobs[0], AttemptResult::Completed).await?;
    bench.settle(&jobs[1], dead()).await?;
    lapse().await;
    let prune = async |completed, dead_letters| {
        let retention = Retention { completed, dead_letters };
        ok("prune", bench.store.prune(&retention, 100).await)
    };
    let pruned = prune(FOR_EVER, FOR_EVER).await?;
    same("records and keys", &(pruned.records, pruned.dedup_keys), &(0, 1))?;
    let pruned = prune(NOTHING, FOR_EVER).await?;
    same("records and keys", &(pruned.records, pruned.dedup_keys), &(1, 0))?;
    must(ok("get", bench.store.get(ids[0]).await)?.is_none(), "it is deleted")?;
    same("the others are there", &bench.list(Filter::all()).await?, &vec![ids[1], ids[2]])?;
    let pruned = prune(NOTHING, NOTHING).await?;
    same("records and keys", &(pruned.records, pruned.dedup_keys), &(1, 0))?;
    same("what waits is never old", &bench.list(Filter::all()).await?, &vec![ids[2]])?;
    // A key outlives its record, and numbers are not given twice.
    let known = bench.enqueue(&[delivery("dead"), delivery("forgotten")]).await?;
    let is_right = matches!(known[..], [EnqueueResult::Duplicate(known), EnqueueResult::Stored(new)]
        if known == ids[1] && new > ids[2]);
    must(is_right, format!("the key of one is kept: {known:?}"))?;
    Ok(Verdict::Passed)
}

pub(in super::super) async fn endpoints_keep_as_they_say(bench: &Bench) -> Result {
    let hour = Some(Duration::from_secs(3600));
    let retention = [
        EndpointRetention::new("long", hour, hour),
        EndpointRetention::new("dead only", None, hour),
        EndpointRetention::new("as before", hour, None),
        EndpointRetention::new("as before", None, None),
    ];
    match bench.store.set_retention(&retention[..3]).await {
        Err(InboxError::Unsupported(_)) => {
            return Ok(Verdict::NotApplicable("the store keeps all endpoints alike"));
        }
        result => ok("set_retention", result)?,
    }
    // Those that are not named stay.
    ok("set_retention", bench.store.set_retention(&retention[3..]).await)?;
    let mut ids = Vec::new();
    for endpoint in ["orders", "long", "dead only", "as before"] {
        let mut two = ["completed", "dead"].map(delivery);
        for one in &mut two {
            one.endpoint = String::from(endpoint);
        }
        ids.extend(bench.store(&two).await?);
        let wanted = ClaimRequest { endpoints: vec![endpoint.to_owned()], ..wanted(2) };
        for job in bench.claim(&wanted).await?.jobs {
            let is_dead = &job.body[..] == b"dead";
            let end = if is_dead { dead() } else { AttemptResult::Completed };
            bench.settle(&job, end).await?;
        }
    }
    lapse().await;
    let retention = Retention { completed: NOTHING, dead_letters: NOTHING };
    let mut records = 0;
    loop {
        let pruned = ok("prune", bench.store.prune(&retention, 3).await)?;
        must(pruned.records <= 3, "at most as many as were asked for")?;
        records += pruned.records;
        if !pruned.more {
            break;
        }
    }
    same("the number of records", &records, &5)?;
    same("what is kept", &bench.list(Filter::all()).await?, &vec![ids[2], ids[3], ids[5]])?;
    Ok(Verdict::Passed)
}

pub(in super::super) async fn implausible_times_are_reset(bench: &Bench) -> Result {
    let ids = bench.store(&["asked for", "lease", "runs"].map(delivery)).await?;
    let far = Duration::from_secs(10 * 365 * 86_400);
    let job = bench.claim_one(&wanted(1)).await?;
    bench.settle(&job, retry(far)).await?;
    bench.claim(&ClaimRequest { lease: far, ..wanted(1) }).await?;
    bench.claim_one(&wanted(1)).await?;
    let limits = DueTimeLimits { max_delay: MINUTE, max_lease: MINUTE };
    let reset = ok("clamp_future_due_times", bench.store.clamp_future_due_times(limits).await)?;
    same("the number of reset times", &reset, &1)?;
    let left = |due: Option<SystemTime>| {
        due.and_then(|due| due.duration_since(SystemTime::now()).ok()).unwrap_or_default()
    };
    let lease = left(bench.record(ids[1]).await?.due_at);
    must(lease > MINUTE / 2 && lease <= MINUTE, format!("a lease is the longest: {lease:?}"))?;
    let asked_for = bench.record(ids[0]).await?;
    let wait = left(asked_for.due_at);
    must(wait > far / 2, format!("a pause that was asked for is plausible: {wait:?}"))?;
    same("its pause", &asked_for.pause, &far)?;
    must(bench.claimed(&wanted(10)).await?.is_empty(), "nothing is due")?;
    Ok(Verdict::Passed)
}

pub(in super::super) async fn states_are_counted(bench: &Bench) -> Result {
    let old = SystemTime::now() - Duration::from_secs(100);
    let mut batch = vec![delivery("runs"), delivery("dead"), delivery("waits")];
    batch.extend(["1", "2", "3"].map(|key| ordered("x", key)));
    batch[2].received_at = old;
    batch[5].endpoint = String::from("others");
    batch.push(delivery("done"));
    bench.store(&batch).await?;
    // Run, dead, waits, the first of its key, and done.
    for job in bench.claim(&wanted(10)).await?.jobs {
        match &job.body[..] {
            b"dead" => bench.settle(&job, dead()).await?,
            b"done" => bench.settle(&job, AttemptResult::Completed).await?,
            b"waits" => bench.settle(&job, AttemptResult::Released).await?,
            _ => {}
        }
    }
    let depth = ok("queue_depth", bench.store.queue_depth().await)?;
    let found = (depth.pending, depth.running, depth.blocked, depth.dead);
    same("pending, running, blocked and dead", &found, &(2, 2, 1, 1))?;
    let lag = depth.lag.as_secs();
    must((95..200).contains(&lag), format!("the oldest waits for 100 seconds: {lag}"))?;
    let backlog = ok("backlog", bench.store.backlog().await)?;
    let found: Vec<_> = backlog.iter().map(|of| (of.endpoint.as_str(), of.count)).collect();
    same("the backlog, by name", &found, &vec![("orders", 4), ("others", 1)])?;
    let oldest = backlog.first().map(|of: &EndpointBacklog| of.age(SystemTime::now()).as_secs());
    must(oldest.is_some_and(|age| (95..200).contains(&age)), "the age of the oldest")?;
    Ok(Verdict::Passed)
}

pub(in super::super) async fn hostile_text_is_harmless(bench: &Bench) -> Result {
    let long = "x".repeat(10_000);
    let texts = [
        "'; DROP TABLE webhook_deliveries; --",
        "\" OR 1 = 1; --",
        "nul \0 and \u{1} and \u{7f}",
        "ü€😀\u{202e}",
        "{s} {now} $1 ? :a @b \\ \n % _",
        &long,
    ];
    for text in texts {
        let mut sent = ordered(text, text);
        sent.event = Some(text.to_owned());
        sent.provider_id = Some(text.to_owned());
        sent.head.tenant = vec![(text.to_owned(), text.to_owned())];
        let id = bench.store(&[sent.clone()]).await?[0];
        same("a copy", &bench.enqueue(&[sent]).await?, &vec![EnqueueResult::Duplicate(id)])?;
        let filters = [Filter::all().event(text), Filter::all().provider_id(text)];
        for filter in filters {
            must(bench.list(filter).await? == [id], format!("it is found by {text:.20?}"))?;
        }
        let endpoint = Filter::all().endpoint(text);
        must(bench.list(endpoint).await?.is_empty(), "there is no such endpoint")?;
    }
    let jobs = bench.claim(&wanted(10)).await?.jobs;
    same("what is due", &jobs.len(), &texts.len())?;
    for (job, text) in jobs.iter().zip(texts) {
        must(job.body == text.as_bytes(), "the body is the same")?;
        let reason = text.replace('\0', "\u{fffd}");
        bench.settle(job, AttemptResult::Dead { reason: reason.clone() }).await?;
        let record = bench.record(job.id).await?;
        must(record.last_error == Some(reason), "the reason is the same")?;
    }
    Ok(Verdict::Passed)
}
