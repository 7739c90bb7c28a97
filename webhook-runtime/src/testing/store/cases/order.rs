//! Deliveries with one ordering key run one after another.

use std::time::Duration;

use crate::{
    inbox::{
        AttemptResult, DeliveryState, Filter,
        store::{Change, ClaimRequest, Window},
    },
    testing::store::{
        Verdict,
        bench::{Bench, bodies, dead, lapse, must, ok, ordered, retry, same, wanted},
        cases::Result,
    },
};

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

pub(in super::super) async fn one_of_an_ordering_key_runs(bench: &Bench) -> Result {
    let of = [("x", "a"), ("x", "b"), ("y", "c"), ("x", "d"), ("x", "e"), ("x", "f")];
    let ids = bench.store(&of.map(|(line, key)| ordered(line, key))).await?;
    same("the second", &bench.state(ids[1]).await?, &DeliveryState::Blocked)?;
    let first = bench.claim(&wanted(10)).await?.jobs;
    same("one of each key", &bodies(&first), &texts(&["a", "c"]))?;
    must(bench.claimed(&wanted(10)).await?.is_empty(), "the others wait")?;
    // A retry is not overtaken.
    bench.settle(&first[0], retry(Duration::from_millis(1))).await?;
    lapse().await;
    let again = bench.claim_one(&wanted(10)).await?;
    same("the retry", &(again.id, again.attempt), &(ids[0], 2))?;
    bench.settle(&again, AttemptResult::Released).await?;
    let again = bench.claim_one(&wanted(10)).await?;
    same("what was given back", &again.id, &ids[0])?;
    bench.settle(&again, AttemptResult::Completed).await?;
    // A dead letter lets the next one go on.
    let second = bench.claim_one(&wanted(10)).await?;
    same("the second", &second.id, &ids[1])?;
    bench.settle(&second, dead()).await?;
    let third = bench.claim_one(&wanted(10)).await?;
    same("the third", &third.id, &ids[3])?;
    bench.settle(&third, AttemptResult::Completed).await?;
    // A dead letter that is retried waits for its turn.
    let fourth = bench.claim_one(&wanted(10)).await?;
    let filter = Filter::all().ids([ids[1]]);
    let changed =
        ok("change", bench.store.change(&filter, Change::Retry, Window::oldest_first(10)).await)?;
    same("what was retried", &changed.count, &1)?;
    same("it waits", &bench.state(ids[1]).await?, &DeliveryState::Blocked)?;
    bench.settle(&fourth, AttemptResult::Completed).await?;
    same("the oldest comes next", &bench.claimed(&wanted(10)).await?, &texts(&["b"]))?;
    Ok(Verdict::Passed)
}

pub(in super::super) async fn ordering_keys_are_apart(bench: &Bench) -> Result {
    let mut elsewhere = ordered("x", "of another endpoint");
    elsewhere.endpoint = String::from("others");
    let mut of_tenant = ordered("x", "of a tenant");
    of_tenant.head.tenant = vec![("shop".to_owned(), "acme".to_owned())];
    bench.store(&[ordered("x", "a"), elsewhere, of_tenant, ordered("x", "b")]).await?;
    let endpoints = vec!["orders".to_owned(), "others".to_owned()];
    let mut found = bench.claimed(&ClaimRequest { endpoints, ..wanted(10) }).await?;
    found.sort();
    same("what can run", &found, &texts(&["a", "of a tenant", "of another endpoint"]))?;
    Ok(Verdict::Passed)
}

pub(in super::super) async fn cancelling_lets_the_next_go_on(bench: &Bench) -> Result {
    let ids = bench.store(&["1", "2", "3"].map(|key| ordered("x", key))).await?;
    let filter = Filter::all().ids([ids[1], ids[0]]);
    let changed =
        ok("change", bench.store.change(&filter, Change::Cancel, Window::oldest_first(10)).await)?;
    same("what was cancelled", &changed.count, &2)?;
    same("the next", &bench.claimed(&wanted(10)).await?, &texts(&["3"]))?;
    Ok(Verdict::Passed)
}
