//! Storing deliveries, and telling copies apart.

use std::{
    collections::HashSet,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use http::HeaderValue;

use crate::{
    inbox::{
        AttemptResult, DeliveryState, EnqueueResult, Filter, NewDelivery, QueueDepth,
        store::{Change, LOST_ATTEMPT, Retention, Window},
    },
    testing::store::{
        Failure, Verdict,
        bench::{Bench, MINUTE, bodies, dead, delivery, must, ok, ordered, same, wanted},
        cases::Result,
    },
};

pub(in super::super) async fn an_empty_store_is_empty(bench: &Bench) -> Result {
    must(bench.enqueue(&[]).await?.is_empty(), "nothing was stored")?;
    must(bench.claim(&wanted(10)).await?.jobs.is_empty(), "nothing is due")?;
    must(bench.list(Filter::all()).await?.is_empty(), "nothing is listed")?;
    must(ok("get", bench.store.get(1).await)?.is_none(), "there is no record 1")?;
    must(ok("finish", bench.store.finish(&[]).await)?.is_empty(), "nothing was settled")?;
    let extended = bench.store.renew_leases(&[], MINUTE).await;
    must(ok("renew_leases", extended)?.is_empty(), "nothing is extended")?;
    let changed =
        bench.store.change(&Filter::all(), Change::Cancel, Window::oldest_first(10)).await;
    let changed = ok("change", changed)?;
    same("what was changed", &(changed.count, changed.last), &(0, None))?;
    let retention = Retention { completed: Duration::ZERO, dead_letters: Duration::ZERO };
    let pruned = ok("prune", bench.store.prune(&retention, 10).await)?;
    same("what was pruned", &(pruned.records, pruned.dedup_keys), &(0, 0))?;
    let depth = ok("queue_depth", bench.store.queue_depth().await)?;
    same("`queue_depth`", &depth, &QueueDepth::default())?;
    must(ok("backlog", bench.store.backlog().await)?.is_empty(), "nothing waits")?;
    Ok(Verdict::Passed)
}

/// A delivery with something in every field.
fn full() -> NewDelivery {
    let mut sent = ordered("line", "full");
    sent.body = Bytes::from_static(b"{\"nul\":\"\0\",\"not utf-8\":\xff}");
    sent.event = Some("order.paid".to_owned());
    sent.provider_id = Some("evt_1".to_owned());
    sent.received_at = UNIX_EPOCH + Duration::from_millis(1_760_000_000_123);
    sent.head.method = String::from("POST");
    sent.head.uri = String::from("/orders/acme?x=y");
    sent.head.query = Some(Bytes::from_static(b"x=\xff"));
    sent.head.headers.append("x-one", HeaderValue::from_static("1"));
    sent.head.headers.append("x-one", HeaderValue::from_static("2"));
    sent.head.tenant = vec![("shop".to_owned(), "acme".to_owned())];
    sent.head.secret_name = String::from("SECRET");
    sent.head.signed_at = Some(UNIX_EPOCH + Duration::from_secs(1_760_000_000));
    sent
}

pub(in super::super) async fn deliveries_come_back_as_they_were(bench: &Bench) -> Result {
    let mut large = delivery("large");
    large.body = "0123456789".repeat(100_000).into();
    let mut empty = delivery("empty");
    empty.body = Bytes::new();
    let sent = [full(), large, empty];
    let ids = bench.store(&sent).await?;
    let jobs = bench.claim(&wanted(10)).await?.jobs;
    same("what is due", &jobs.len(), &sent.len())?;
    for ((sent, id), job) in sent.iter().zip(&ids).zip(&jobs) {
        let stored = ok("get", bench.store.get(*id).await)?;
        let Some(stored) = stored else { return Err(Failure::new("`get` finds it")) };
        must(stored.head == sent.head, "the head is the same")?;
        must(stored.body == sent.body, "the body is the same, byte by byte")?;
        let record = stored.record;
        same("the endpoint", &record.endpoint, &sent.endpoint)?;
        same("the provider", &record.provider, &sent.provider)?;
        same("the event", &record.event, &sent.event)?;
        same("the provider's id", &record.provider_id, &sent.provider_id)?;
        same("the length of the body", &record.body_len, &(sent.body.len() as u64))?;
        let millis =
            |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        same("the time of receipt", &millis(record.received_at), &millis(sent.received_at))?;
        same("the number of the job", &job.id, id)?;
        must(job.head == sent.head && job.body == sent.body, "a job has the same head and body")?;
        same("the endpoint of the job", &job.endpoint, &sent.endpoint)?;
        same("the provider's id of the job", &job.provider_id, &sent.provider_id)?;
    }
    Ok(Verdict::Passed)
}

pub(in super::super) async fn duplicates_get_the_first_number(bench: &Bench) -> Result {
    let first = bench.enqueue(&[delivery("a"), delivery("b"), delivery("a")]).await?;
    let [EnqueueResult::Stored(a), EnqueueResult::Stored(b), EnqueueResult::Duplicate(again)] =
        first[..]
    else {
        return Err(Failure::new(format!("a, b, and a again: {first:?}")));
    };
    must(a < b && again == a, format!("numbers grow, and a copy has the first: {first:?}"))?;
    let second = bench.enqueue(&[delivery("b"), delivery("c"), delivery("b")]).await?;
    let is_right = matches!(second[..], [
        EnqueueResult::Duplicate(known), EnqueueResult::Stored(c), EnqueueResult::Duplicate(again),
    ] if known == b && again == b && c > b);
    must(is_right, format!("b is known, and c is new: {second:?}"))?;
    let mut elsewhere = delivery("a");
    elsewhere.endpoint = String::from("others");
    let mut of_tenant = delivery("a");
    of_tenant.head.tenant = vec![("shop".to_owned(), "acme".to_owned())];
    bench.store(&[elsewhere, of_tenant]).await?;
    // A copy is known when the first is completed, too.
    for job in bench.claim(&wanted(10)).await?.jobs {
        bench.settle(&job, AttemptResult::Completed).await?;
    }
    let again = bench.enqueue(&[delivery("a")]).await?;
    same("a copy of what is completed", &again, &vec![EnqueueResult::Duplicate(a)])?;
    must(bench.claimed(&wanted(10)).await?.is_empty(), "a copy does not run")?;
    Ok(Verdict::Passed)
}

pub(in super::super) async fn many_are_stored_at_once(bench: &Bench) -> Result {
    let keys: Vec<String> = (0..300).map(|number| number.to_string()).collect();
    let batch: Vec<NewDelivery> = keys.iter().map(delivery).collect();
    let ids = bench.store(&batch).await?;
    must(ids.is_sorted_by(|one, next| one < next), "later deliveries have higher numbers")?;
    let again = bench.enqueue(&batch).await?;
    let again: Vec<i64> = again.into_iter().map(EnqueueResult::id).collect();
    same("the numbers of copies", &again, &ids)?;
    same("what is due", &bodies(&bench.claim(&wanted(400)).await?.jobs), &keys)?;
    Ok(Verdict::Passed)
}

pub(in super::super) async fn concurrent_duplicates_are_one(bench: &Bench) -> Result {
    let other = bench.another().await;
    let mut tasks = Vec::new();
    for copy in 0..40 {
        let store = match &other {
            Some(other) if copy % 2 == 0 => other.clone(),
            _ => bench.store.clone(),
        };
        tasks.push(tokio::spawn(async move {
            let keys = (0..10).map(|key| ((key + copy) % 10).to_string());
            let batch: Vec<NewDelivery> = keys.map(delivery).collect();
            store.enqueue(&batch).await
        }));
    }
    let (mut stored, mut ids) = (0, HashSet::new());
    for task in tasks {
        let enqueued = task.await.map_err(|error| Failure::new(error.to_string()))?;
        for one in ok("enqueue", enqueued)? {
            stored += usize::from(matches!(one, EnqueueResult::Stored(_)));
            ids.insert(one.id());
        }
    }
    same("what was stored", &stored, &10)?;
    same("the numbers", &ids.len(), &10)?;
    same("what is listed", &bench.list(Filter::all()).await?.len(), &10)?;
    Ok(Verdict::Passed)
}

pub(in super::super) async fn a_copy_revives_a_dead_letter(bench: &Bench) -> Result {
    let id = bench.store(&[ordered("line", "first")]).await?[0];
    let job = bench.claim_one(&wanted(1)).await?;
    bench.settle(&job, dead()).await?;
    let mut copy = ordered("line", "copy");
    copy.dedup_key = Bytes::from_static(b"first");
    copy.event = Some("push".to_owned());
    copy.head.uri = String::from("/copy");
    copy.received_at += Duration::from_secs(3600);
    let twice = bench.enqueue(&[copy.clone(), copy.clone()]).await?;
    let expected = vec![EnqueueResult::Revived(id), EnqueueResult::Duplicate(id)];
    same("two copies of a dead letter", &twice, &expected)?;
    let record = bench.record(id).await?;
    same("the event", &record.event.as_deref(), &Some("push"))?;
    same("attempt and end", &(record.attempt, record.finished_at), &(0, None))?;
    let seconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).map_or(0, |at| at.as_secs());
    let received = (seconds(record.received_at), seconds(copy.received_at));
    same("when it was received", &received.0, &received.1)?;
    // It has its place in the order again.
    bench.store(&[ordered("line", "later")]).await?;
    let job = bench.claim_one(&wanted(10)).await?;
    same("the body", &bodies(std::slice::from_ref(&job)), &vec!["copy".to_owned()])?;
    same("the head", &job.head.uri.as_str(), &"/copy")?;
    same("the attempt", &job.attempt, &1)?;
    bench.settle(&job, AttemptResult::Completed).await?;
    same("the next", &bench.claimed(&wanted(10)).await?, &vec!["later".to_owned()])?;
    let again = bench.enqueue(&[copy]).await?;
    same("a copy of what is completed", &again, &vec![EnqueueResult::Duplicate(id)])?;
    Ok(Verdict::Passed)
}

pub(in super::super) async fn lost_letters_are_not_revived(bench: &Bench) -> Result {
    let id = bench.store(&[delivery("ends its process")]).await?[0];
    let job = bench.claim_one(&wanted(1)).await?;
    let reason = LOST_ATTEMPT.replace('#', "15");
    bench.settle(&job, AttemptResult::Dead { reason }).await?;
    let again = bench.enqueue(&[delivery("ends its process")]).await?;
    same("a copy of it", &again, &vec![EnqueueResult::Duplicate(id)])?;
    same("its state", &bench.state(id).await?, &DeliveryState::Dead)?;
    // What an operator has put aside stays there, too.
    let id = bench.store(&[delivery("cancelled")]).await?[0];
    let filter = Filter::all().ids([id]);
    ok("change", bench.store.change(&filter, Change::Cancel, Window::oldest_first(10)).await)?;
    let again = bench.enqueue(&[delivery("cancelled")]).await?;
    same("a copy of what is cancelled", &again, &vec![EnqueueResult::Duplicate(id)])?;
    Ok(Verdict::Passed)
}
