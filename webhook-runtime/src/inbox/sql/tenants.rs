//! The turns of tenants: which of them have something due, found by one step of an index each.

use std::collections::HashSet;

use crate::inbox::{
    record::{DeliveryState, Digest},
    sql::{Due, cells::Cells, digest},
    store::{Candidate, ClaimRequest, Kind, TenantTurns},
};

/// The tenants that one claim looks at, beside those that the worker has something of.
const TENANTS: usize = 32;

/// The deliveries that one claim looks at, if that is enough for one of each tenant.
const DELIVERIES: usize = 512;

/// What of all tenants is looked at, oldest first: as much as can be claimed, and not less than this.
const OLDEST: u32 = 32;

/// The condition of the index on new deliveries by tenant.
pub(crate) const NEW: &str = "i.state = 0 AND i.due_at = 0 AND i.tenant IS NOT NULL";

/// The condition of the index on retries by tenant. They may lie ahead.
pub(crate) const RETRIES: &str = "i.state = 0 AND i.due_at <> 0 AND i.tenant IS NOT NULL";

/// The largest number of deliveries of each kind that are looked at whatever their tenant.
pub(crate) fn oldest(max: u32) -> u32 {
    max.max(OLDEST)
}

/// The largest number of steps of a scan.
pub(crate) fn steps(turns: &TenantTurns) -> i64 {
    i64::try_from(TENANTS.saturating_add(turns.held.len())).unwrap_or(i64::MAX)
}

/// The tenant that a scan begins after.
pub(crate) fn begin(turns: &TenantTurns) -> Vec<u8> {
    turns.after.map_or(Vec::new(), Vec::from)
}

/// Finds the next tenant of the endpoint `$1` that has something of these conditions.
pub(crate) fn step(of: &str, after: &str, until: &str) -> String {
    format!(
        "SELECT i.tenant FROM {{s}}deliveries AS i WHERE i.endpoint = $1 AND {of} \
         AND i.tenant > {after}{until} ORDER BY i.tenant LIMIT 1"
    )
}

/// Lists the tenants of the endpoint `$1` that have new deliveries (0) or retries (1), at most `$3`
/// of each: those after `$2`, and then those from the first on. `$4` is empty. Each step is one of
/// the index.
pub(crate) fn scan() -> String {
    let part = |name: &str, from: &str, of: &str, until: &str| {
        let step = step(of, &format!("{name}.tenant"), until);
        format!(
            "{name} (tenant, step) AS (SELECT {from}, 0 UNION ALL SELECT ({step}), {name}.step + 1 \
             FROM {name} WHERE {name}.tenant IS NOT NULL AND {name}.step < $3)"
        )
    };
    let until = " AND i.tenant <= $2";
    let parts = [
        part("n", "$2", NEW, ""),
        part("m", "$4", NEW, until),
        part("r", "$2", RETRIES, ""),
        part("q", "$4", RETRIES, until),
    ];
    let found = |kind: i32, first: &str, second: &str| {
        format!(
            "SELECT * FROM (SELECT {kind} AS kind, tenant FROM (SELECT * FROM {first} UNION ALL \
             SELECT * FROM {second}) AS steps WHERE step > 0 AND tenant IS NOT NULL LIMIT $3) AS {first}s"
        )
    };
    format!(
        "WITH RECURSIVE {} {} UNION ALL {}",
        parts.join(", "),
        found(0, "n", "m"),
        found(1, "r", "q")
    )
}

/// The tenants that a scan has found.
pub(crate) struct Scanned {
    /// Those that can be claimed for.
    pub(crate) tenants: Vec<Digest>,
    /// The last one, if there may be more.
    pub(crate) until: Option<Digest>,
}

impl Scanned {
    /// Takes what [`scan`] has found, each with its kind.
    pub(crate) fn new(
        wanted: &ClaimRequest,
        turns: &TenantTurns,
        found: &[(i32, Vec<u8>)],
    ) -> Self {
        let found = found.iter().filter_map(|(kind, tenant)| Some((*kind, digest(tenant)?)));
        let found: Vec<(i32, Digest)> = found.collect();
        let [first, _] = wanted.in_order(1, 0);
        let of_first =
            || found.iter().filter(|(kind, _)| *kind == first).map(|(_, tenant)| *tenant);
        let is_full = i64::try_from(of_first().count()).is_ok_and(|count| count >= steps(turns));
        let until = of_first().max_by_key(|tenant| turns.rank(Some(*tenant))).filter(|_| is_full);
        let distinct: HashSet<Digest> = found.iter().map(|(_, tenant)| *tenant).collect();
        let has_room = |tenant: &Digest| turns.held(Some(*tenant)) < turns.max_held;
        Self { tenants: distinct.into_iter().filter(has_room).collect(), until }
    }

    /// The largest number of deliveries of each kind that are looked at for each tenant.
    pub(crate) fn each(&self, max: u32) -> i64 {
        let each = DELIVERIES / self.tenants.len().max(1);
        i64::try_from(each.max(1)).unwrap_or(i64::MAX).min(max.into())
    }
}

/// What is due, with its due time, as an offer to a claim in which tenants take turns.
pub(crate) fn candidate(row: &impl Cells, due: &Due) -> (i64, Candidate) {
    let at = row.int("due_at").ok().flatten().unwrap_or_default();
    let is_running = row.int("state").ok() == Some(Some(DeliveryState::Running.code().into()));
    let kind = match at {
        _ if is_running => Kind::Lapsed(due.attempt, due.mark),
        0 => Kind::New,
        _ => Kind::Retry,
    };
    let tenant = row.bytes("tenant").ok().flatten().as_deref().and_then(digest);
    (at, Candidate { id: due.id, tenant, kind })
}

/// Puts candidates into the order of their due times, each once.
pub(crate) fn in_order(mut due: Vec<(i64, Candidate)>) -> Vec<Candidate> {
    due.sort_by_key(|(at, candidate)| (*at, candidate.id));
    due.dedup_by_key(|(_, candidate)| candidate.id);
    due.into_iter().map(|(_, candidate)| candidate).collect()
}

/// True if everything that is due was found, whatever its tenant: fewer than were looked for.
pub(crate) fn is_all(due: &[(i64, Candidate)], max: u32) -> bool {
    let count = |kind: Kind| due.iter().filter(|(_, one)| one.kind == kind).count();
    let max = usize::try_from(max).unwrap_or(usize::MAX);
    count(Kind::New) < max && count(Kind::Retry) < max
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_that_is_full_says_where_it_has_ended() {
        let wanted = ClaimRequest {
            endpoints: Vec::new(),
            max: 16,
            lease: std::time::Duration::ZERO,
            max_attempts: 3,
            retries_first: true,
            running: Vec::new(),
            crash_suspect: true,
            tenants: None,
        };
        let mut turns = TenantTurns { after: Some([7; 16]), ..TenantTurns::default() };
        turns.held.insert(Some([3; 16]), 1);
        turns.max_held = 1;
        assert_eq!(steps(&turns), 33);
        let tenant = |number: u8| vec![number; 16];
        // From the eighth on, and around.
        let full: Vec<_> = (8..=39).chain([3]).map(|number| (1, tenant(number))).collect();
        let scanned = Scanned::new(&wanted, &turns, &full);
        assert_eq!(scanned.until, Some([3; 16]));
        assert_eq!(scanned.tenants.len(), 32, "the one that has enough is left out");
        assert_eq!((scanned.each(100), scanned.each(4)), (16, 4));
        let scanned = Scanned::new(&wanted, &turns, &full[1..]);
        assert_eq!(scanned.until, None, "there are no more");
        let others: Vec<_> = full.iter().map(|(_, tenant)| (0, tenant.clone())).collect();
        assert_eq!(Scanned::new(&wanted, &turns, &others).until, None, "retries come first");
    }
}
