//! What processes tell each other: pauses, signs of life, and claims that are no longer good.

use std::time::{Duration, SystemTime};

use crate::{
    inbox::{
        Filter, InboxError,
        store::{Change, Heartbeat, Window, Work},
    },
    testing::store::{
        Verdict,
        bench::{Bench, MINUTE, delivery, must, ok, same, wanted},
        cases::Result,
    },
};

pub(in super::super) async fn pauses_are_kept(bench: &Bench) -> Result {
    match bench.store.pause("orders", "ann", "the bank is down").await {
        Err(InboxError::Unsupported(_)) => {
            return Ok(Verdict::NotApplicable("the store keeps no pauses"));
        }
        paused => ok("pause", paused)?,
    }
    let first = ok("paused", bench.store.paused().await)?;
    let odd = "\u{7}'; DROP TABLE endpoints; -- \"ü\"";
    ok("pause", bench.store.pause("orders", odd, "").await)?;
    ok("pause", bench.store.pause(odd, "", odd).await)?;
    let paused = ok("paused", bench.store.paused().await)?;
    let told: Vec<_> = paused.iter().map(|one| (&*one.endpoint, &*one.by, &*one.why)).collect();
    same("what is paused, by name", &told, &vec![(odd, "", odd), ("orders", odd, "")])?;
    same("the time since then", &paused[1].since, &first[0].since)?;
    let age = SystemTime::now().duration_since(first[0].since).unwrap_or_default();
    must(age < MINUTE, format!("it is paused since now: {:?}", first[0]))?;
    let look_ahead = ["others", "orders"].map(str::to_owned).to_vec();
    let work = Work { look_ahead, ..Work::default() };
    let looked = ok("commit", bench.store.commit(&work).await)?;
    let is_told = looked.paused.is_none_or(|paused| paused == ["orders"]);
    must(is_told, "a look tells which of its endpoints are paused")?;
    let old = SystemTime::now() - Duration::from_secs(1000);
    let mut waits = delivery("waits");
    waits.received_at = old;
    bench.store(&[waits]).await?;
    let lag = ok("queue_depth", bench.store.queue_depth().await)?.lag;
    must(lag < MINUTE, format!("a paused endpoint does not wait: {lag:?}"))?;
    if let Some(other) = bench.another().await {
        same("in another process", &ok("paused", other.paused().await)?.len(), &2)?;
        must(ok("resume", other.resume("orders").await)?, "it was paused")?;
    } else {
        must(ok("resume", bench.store.resume("orders").await)?, "it was paused")?;
    }
    must(!ok("resume", bench.store.resume("orders").await)?, "it is no longer paused")?;
    let looked = ok("commit", bench.store.commit(&work).await)?;
    must(looked.paused.is_none_or(|paused| paused.is_empty()), "nothing of these is paused")?;
    let lag = ok("queue_depth", bench.store.queue_depth().await)?.lag;
    must(lag > Duration::from_secs(900), format!("it waits again: {lag:?}"))?;
    Ok(Verdict::Passed)
}

pub(in super::super) async fn heartbeats_are_kept(bench: &Bench) -> Result {
    let mut beat = Heartbeat::default();
    (beat.name, beat.pid) = ("one \u{7}'\"".to_owned(), 7);
    (beat.program, beat.version) = ("shop 1.4.2".to_owned(), "0.1.0".to_owned());
    (beat.endpoints, beat.slots) = (vec!["orders".to_owned(), "a \"b\"".to_owned()], 32);
    beat.next_in = Some(MINUTE);
    let work = Work { heartbeat: Some(beat.clone()), ..Work::default() };
    let Some(id) = ok("commit", bench.store.commit(&work).await)?.worker else {
        return Ok(Verdict::NotApplicable("the store keeps no heartbeats"));
    };
    let workers = ok("workers", bench.store.workers().await)?;
    same("the number of workers", &workers.len(), &1)?;
    let first = &workers[0];
    same("its number", &first.id, &id)?;
    same("its name", &(&*first.name, first.pid), &(&*beat.name, 7))?;
    same("its program", &(&*first.program, &*first.version), &("shop 1.4.2", "0.1.0"))?;
    same("its endpoints", &first.endpoints, &beat.endpoints)?;
    must(first.is_alive(SystemTime::now()), format!("it is alive: {first:?}"))?;
    (beat.id, beat.running, beat.next_in) = (Some(id), 5, None);
    same("the same row", &ok("heartbeat", bench.store.heartbeat(&beat).await)?, &Some(id))?;
    let workers = ok("workers", bench.store.workers().await)?;
    same("the number of workers", &workers.len(), &1)?;
    let (running, next, started) = (workers[0].running, workers[0].next_at, workers[0].started_at);
    same("the end of a worker", &(running, next, started), &(5, None, first.started_at))?;
    // A process without workers has a row all the same, which is not shown.
    (beat.id, beat.slots) = (None, 0);
    let other = ok("heartbeat", bench.store.heartbeat(&beat).await)?;
    must(other.is_some_and(|other| other > id), "numbers are not given twice")?;
    same("the number of workers", &ok("workers", bench.store.workers().await)?.len(), &1)?;
    Ok(Verdict::Passed)
}

pub(in super::super) async fn lost_claims_are_told(bench: &Bench) -> Result {
    let ids = bench.store(&["cancelled", "runs"].map(delivery)).await?;
    let jobs = bench.claim(&wanted(10)).await?.jobs;
    let renew: Vec<_> = jobs.iter().map(crate::inbox::Job::claim_token).collect();
    let work = Work { renew, lease: MINUTE, ..Work::default() };
    let lost = ok("commit", bench.store.commit(&work).await)?.lost;
    same("what is lost of good claims", &lost, &Vec::new())?;
    let cancelled = Filter::all().ids([ids[0]]);
    ok("change", bench.store.change(&cancelled, Change::Cancel, Window::oldest_first(10)).await)?;
    let lost = ok("commit", bench.store.commit(&work).await)?.lost;
    same("the claim of what is cancelled", &lost, &vec![ids[0]])?;
    Ok(Verdict::Passed)
}
