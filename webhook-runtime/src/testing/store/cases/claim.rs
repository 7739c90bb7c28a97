//! Claiming what is due.

use std::{
    collections::HashSet,
    time::{Duration, SystemTime},
};

use crate::{
    inbox::{AttemptResult, DeliveryState, NewDelivery, store::ClaimRequest},
    testing::store::{
        Failure, Verdict,
        bench::{
            Bench, MINUTE, bodies, delivery, dying, lapse, must, ok, ordered, retry, same, wanted,
        },
        cases::Result,
    },
};

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

pub(in super::super) async fn what_is_due_is_claimed_once(bench: &Bench) -> Result {
    let ids = bench.store(&["a", "b", "c"].map(delivery)).await?;
    let now = SystemTime::now();
    let two = bench.claim(&wanted(2)).await?;
    same("dead letters and suspects", &(two.dead_lettered, two.crash_suspect), &(0, false))?;
    let numbers: Vec<_> = two.jobs.iter().map(|job| (job.id, job.attempt)).collect();
    same("number and attempt", &numbers, &vec![(ids[0], 1), (ids[1], 1)])?;
    let running = bench.record(ids[0]).await?;
    same("state and attempt", &(running.state, running.attempt), &(DeliveryState::Running, 1))?;
    let lease = running.due_at.and_then(|due| due.duration_since(now).ok()).unwrap_or_default();
    must(lease > MINUTE / 2 && lease < MINUTE * 2, format!("the lease is a minute: {lease:?}"))?;
    same("the rest", &bench.claimed(&wanted(10)).await?, &texts(&["c"]))?;
    must(bench.claimed(&wanted(10)).await?.is_empty(), "all are claimed")?;
    let mut other = delivery("d");
    other.endpoint = String::from("others");
    bench.store(&[other]).await?;
    must(bench.claimed(&wanted(10)).await?.is_empty(), "nobody wants that endpoint")?;
    let both =
        ClaimRequest { endpoints: vec!["orders".to_owned(), "others".to_owned()], ..wanted(10) };
    same("with its endpoint", &bench.claimed(&both).await?, &texts(&["d"]))?;
    Ok(Verdict::Passed)
}

pub(in super::super) async fn concurrent_claims_share_nothing(bench: &Bench) -> Result {
    let batch: Vec<NewDelivery> = (0..100).map(|key| delivery(key.to_string())).collect();
    bench.store(&batch).await?;
    let other = bench.another().await.unwrap_or_else(|| bench.store.clone());
    let mut tasks = Vec::new();
    for number in 0..20 {
        let store = if number % 2 == 0 { other.clone() } else { bench.store.clone() };
        tasks.push(tokio::spawn(async move { store.claim(&wanted(10)).await }));
    }
    let mut jobs = Vec::new();
    for task in tasks {
        let claimed = task.await.map_err(|error| Failure::new(error.to_string()))?;
        jobs.extend(ok("claim", claimed)?.jobs);
    }
    // One that looks while others hold the rows may find fewer.
    jobs.extend(bench.claim(&wanted(200)).await?.jobs);
    let distinct: HashSet<i64> = jobs.iter().map(|job| job.id).collect();
    same("the claims, and the deliveries in them", &(jobs.len(), distinct.len()), &(100, 100))?;
    Ok(Verdict::Passed)
}

pub(in super::super) async fn retries_and_new_ones_take_turns(bench: &Bench) -> Result {
    bench.store(&["a", "b"].map(delivery)).await?;
    for job in bench.claim(&wanted(2)).await?.jobs {
        bench.settle(&job, retry(Duration::from_millis(1))).await?;
        lapse().await;
    }
    bench.store(&["c", "d"].map(delivery)).await?;
    same("a retry first", &bench.claimed(&wanted(1)).await?, &texts(&["a"]))?;
    let new_first = ClaimRequest { retries_first: false, ..wanted(2) };
    same("new ones first", &bench.claimed(&new_first).await?, &texts(&["c", "d"]))?;
    same("the rest", &bench.claimed(&new_first).await?, &texts(&["b"]))?;
    Ok(Verdict::Passed)
}

pub(in super::super) async fn a_retry_waits_for_its_time(bench: &Bench) -> Result {
    bench.store(&[delivery("a")]).await?;
    let job = bench.claim_one(&wanted(1)).await?;
    bench.settle(&job, retry(Duration::from_millis(400))).await?;
    must(bench.claimed(&wanted(10)).await?.is_empty(), "its time has not come")?;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let job = bench.claim_one(&wanted(10)).await?;
    same("the attempt", &job.attempt, &2)?;
    // `None` is no pause.
    let at_once = AttemptResult::Retry { after: None, reason: "again".to_owned() };
    bench.settle(&job, at_once).await?;
    lapse().await;
    same("the attempt", &bench.claim_one(&wanted(10)).await?.attempt, &3)?;
    Ok(Verdict::Passed)
}

pub(in super::super) async fn lapsed_claims_come_first(bench: &Bench) -> Result {
    bench.store(&["a", "b", "c"].map(delivery)).await?;
    same("the first claim", &bench.claimed(&dying(3)).await?.len(), &3)?;
    lapse().await;
    bench.store(&[delivery("d")]).await?;
    let two = bench.claim(&wanted(2)).await?.jobs;
    same("what has lapsed", &bodies(&two), &texts(&["a", "b"]))?;
    must(two.iter().all(|job| job.attempt == 2), "the attempt that was lost counts")?;
    same("the rest", &bench.claimed(&wanted(10)).await?, &texts(&["c", "d"]))?;
    Ok(Verdict::Passed)
}

pub(in super::super) async fn running_deliveries_are_not_claimed(bench: &Bench) -> Result {
    let ids = bench.store(&["a", "b"].map(delivery)).await?;
    same("the first claim", &bench.claimed(&dying(2)).await?.len(), &2)?;
    lapse().await;
    let running = |running: &[i64]| ClaimRequest { running: running.to_vec(), ..wanted(10) };
    must(bench.claimed(&running(&ids)).await?.is_empty(), "the worker runs both")?;
    same("the attempt", &bench.record(ids[0]).await?.attempt, &1)?;
    same("one of them", &bench.claimed(&running(&ids[..1])).await?, &texts(&["b"]))?;
    same("the other", &bench.claimed(&running(&[])).await?, &texts(&["a"]))?;
    Ok(Verdict::Passed)
}

pub(in super::super) async fn crash_suspects_are_claimed_alone(bench: &Bench) -> Result {
    bench.store(&["s1", "s2", "s3"].map(delivery)).await?;
    for attempt in 1..3 {
        let claim = bench.claim(&dying(10)).await?;
        same("what a dying worker claims", &claim.jobs.len(), &3)?;
        must(claim.jobs.iter().all(|job| job.attempt == attempt), "each attempt counts")?;
        must(!claim.crash_suspect, "who has lost one worker is no suspect")?;
        lapse().await;
    }
    let none = ClaimRequest { crash_suspect: false, ..wanted(10) };
    must(bench.claim(&none).await?.jobs.is_empty(), "no suspect is wanted")?;
    bench.store(&["a", "b", "c"].map(delivery)).await?;
    let three = bench.claim(&wanted(3)).await?;
    let attempts: Vec<u32> = three.jobs.iter().map(|job| job.attempt).collect();
    same("the suspect is the last, and takes a place", &attempts, &vec![1, 1, 3])?;
    must(three.crash_suspect, "the claim says that there is a suspect")?;
    Ok(Verdict::Passed)
}

pub(in super::super) async fn lost_too_often_is_dead(bench: &Bench) -> Result {
    let ids = bench.store(&[ordered("x", "a"), delivery("b"), ordered("x", "next")]).await?;
    let twice = |wanted: ClaimRequest| ClaimRequest { max_attempts: 2, ..wanted };
    for _ in 0..2 {
        same("what is due", &bench.claimed(&twice(dying(10))).await?, &texts(&["a", "b"]))?;
        lapse().await;
    }
    let last = bench.claim(&twice(wanted(10))).await?;
    same("jobs and dead letters", &(last.jobs.len(), last.dead_lettered), &(0, 2))?;
    for id in &ids[..2] {
        let dead = bench.record(*id).await?;
        same("state and attempt", &(dead.state, dead.attempt), &(DeliveryState::Dead, 2))?;
        must(dead.finished_at.is_some(), "it has ended")?;
        let reason = dead.last_error.unwrap_or_default();
        let is_told = reason.starts_with("attempt 2 ended without an answer");
        must(is_told, format!("the reason is `LOST_ATTEMPT`: {reason}"))?;
    }
    same("the next", &bench.claimed(&wanted(10)).await?, &texts(&["next"]))?;
    Ok(Verdict::Passed)
}
