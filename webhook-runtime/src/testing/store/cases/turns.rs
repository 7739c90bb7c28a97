//! Claims in which tenants take turns.

use std::{collections::HashMap, time::Duration};

use crate::{
    inbox::{
        AttemptResult, NewDelivery,
        store::{ClaimRequest, ClaimResult, FinishedAttempt, TenantTurns},
    },
    testing::store::{
        Failure, Verdict,
        bench::{Bench, bodies, delivery, dying, lapse, must, ok, retry, same, wanted},
        cases::Result,
    },
};

/// A delivery of a tenant.
fn of(tenant: u8, key: impl Into<String>) -> NewDelivery {
    let mut delivery = delivery(key);
    delivery.tenant_digest = Some([tenant; 16]);
    delivery
}

/// More of one tenant than a claim looks at, and then one of another.
fn backlog(tenant: u8, other: u8) -> Vec<NewDelivery> {
    let many = (0..600).map(|number| of(tenant, format!("{tenant} {number}")));
    many.chain([of(other, format!("{other} single"))]).collect()
}

fn in_turns(max: u32, turns: TenantTurns) -> ClaimRequest {
    ClaimRequest { tenants: Some(turns), ..wanted(max) }
}

/// The tenants of what was claimed, which is the first word of each body.
fn tenants(claimed: &ClaimResult) -> Vec<String> {
    let first = |body: String| body.split(' ').next().unwrap_or_default().to_owned();
    let mut tenants: Vec<String> = bodies(&claimed.jobs).into_iter().map(first).collect();
    tenants.sort_unstable();
    tenants
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

pub(in super::super) async fn tenants_take_turns(bench: &Bench) -> Result {
    bench.store(&backlog(5, 3)).await?;
    let two = bench.claim(&in_turns(2, TenantTurns::default())).await?;
    same("the tenants of two", &tenants(&two), &texts(&["3", "5"]))?;
    // The single one, although the other tenant is next.
    bench.store(&[of(3, "3 again")]).await?;
    let held = HashMap::from([(Some([5; 16]), 1)]);
    let turns = TenantTurns { held, after: Some([3; 16]), ..TenantTurns::default() };
    let one = bench.claim(&in_turns(1, turns)).await?;
    same("what has the fewest", &bodies(&one.jobs), &texts(&["3 again"]))?;
    // All come round, also where the worker has nothing: with one slot.
    let many: Vec<NewDelivery> = (10..110)
        .flat_map(|of| (0..2).map(move |number| (of, number)))
        .map(|(tenant, number)| of(tenant, format!("{tenant} {number}")))
        .collect();
    bench.store(&many).await?;
    let (mut after, mut served) = (None, Vec::new());
    for number in 0..101 {
        let turns = TenantTurns { after, ..TenantTurns::default() };
        let mut wanted = in_turns(1, turns);
        wanted.retries_first = number % 2 == 0;
        let claimed = bench.claim(&wanted).await?;
        after = claimed.after;
        served.extend(tenants(&claimed));
    }
    served.sort_unstable();
    served.dedup();
    same("the number of tenants that have come round", &served.len(), &101)?;
    retries_and_lapsed_claims(bench).await?;
    without_tenants(bench).await
}

async fn retries_and_lapsed_claims(bench: &Bench) -> std::result::Result<(), Failure> {
    // Everything that is left lapses, or waits for a retry that is due, of one tenant each.
    let left = bench.claim(&wanted(1000)).await?;
    let ended = left.jobs.iter().map(|job| {
        let is_many = job.body.starts_with(b"5 ");
        let again = retry(Duration::from_millis(1));
        let result = if is_many { again } else { AttemptResult::Completed };
        FinishedAttempt::new(job.claim_token(), result)
    });
    ok("finish", bench.store.finish(&ended.collect::<Vec<_>>()).await)?;
    lapse().await;
    bench.store(&[of(3, "3 new"), of(4, "4 lapsed")]).await?;
    let held = HashMap::from([(Some([5; 16]), 1), (Some([3; 16]), 1)]);
    let turns = TenantTurns { held, ..TenantTurns::default() };
    let lapses = ClaimRequest { tenants: Some(turns.clone()), ..dying(1) };
    same("what lapses", &tenants(&bench.claim(&lapses).await?), &texts(&["4"]))?;
    lapse().await;
    let three = bench.claim(&in_turns(3, turns)).await?;
    same("lapsed, retried and new", &tenants(&three), &texts(&["3", "4", "5"]))
}

/// What was stored without a tenant is that of one more.
async fn without_tenants(bench: &Bench) -> Result {
    let left = bench.claim(&wanted(1000)).await?;
    must(left.jobs.len() > 500, "the retries are left")?;
    bench.store(&["old 1", "old 2", "old 3"].map(delivery)).await?;
    bench.store(&backlog(7, 8)).await?;
    let three = bench.claim(&in_turns(3, TenantTurns::default())).await?;
    same("with what is older", &tenants(&three), &texts(&["7", "8", "old"]))?;
    let old = bench.claimed(&wanted(2)).await?;
    same("without turns, the oldest", &old, &texts(&["old 2", "old 3"]))?;
    Ok(Verdict::Passed)
}

pub(in super::super) async fn tenants_with_enough_get_no_more(bench: &Bench) -> Result {
    bench.store(&backlog(5, 3)).await?;
    let held = HashMap::from([(Some([5; 16]), 1)]);
    let turns = TenantTurns { held, max_held: 1, ..TenantTurns::default() };
    let claimed = bench.claim(&in_turns(16, turns.clone())).await?;
    same("the other one", &bodies(&claimed.jobs), &texts(&["3 single"]))?;
    must(bench.claim(&in_turns(16, turns)).await?.jobs.is_empty(), "nobody else has anything")?;
    Ok(Verdict::Passed)
}
