//! The turns of tenants in an SQLite file.

use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::inbox::{
    error::InboxError,
    record::Digest,
    sql::{
        sqlite::{claim::Found, enqueue::hex_list, statement},
        tenants::{NEW, RETRIES, Scanned, begin, scan, steps},
    },
    store::{ClaimRequest, TenantTurns},
};

/// Selects what is due of the endpoint `$1` until `$2`, for each of the tenants `$3` at most `$4`, by
/// the indexes `webhook_new_by_tenant` and `webhook_retries_by_tenant`.
fn rows() -> String {
    let of = |condition: &str, order: &str| {
        format!(
            "SELECT d.id, d.state, d.due_at, d.attempt, d.claims, d.counted, d.unsure, d.line, \
             d.tenant FROM json_each($3) AS t CROSS JOIN {{s}}deliveries AS d ON d.id IN (\
             SELECT i.id FROM {{s}}deliveries AS i WHERE i.endpoint = $1 \
             AND i.tenant = unhex(t.value) AND {condition} ORDER BY {order} LIMIT $4)"
        )
    };
    let retries = format!("{RETRIES} AND i.due_at <= $2");
    format!("{} UNION ALL {}", of(NEW, "i.id"), of(&retries, "i.due_at, i.id"))
}

/// The statements, for their plans.
pub(super) fn statements() -> [String; 2] {
    [scan(), rows()].map(|template| statement(&template, 0).0)
}

/// Adds what is due of tenants in turn. Returns the last one, if not all were looked at.
pub(super) async fn add(
    connection: &mut SqliteConnection,
    wanted: &ClaimRequest,
    turns: &TenantTurns,
    now: i64,
    found: &mut Found,
) -> Result<Option<Digest>, InboxError> {
    let [scan, rows] = statements();
    let mut until = None;
    for endpoint in &wanted.endpoints {
        let tenants: Vec<(i32, Vec<u8>)> = sqlx::query_as(AssertSqlSafe(scan.clone()))
            .bind(endpoint)
            .bind(begin(turns))
            .bind(steps(turns))
            .bind(Vec::<u8>::new())
            .fetch_all(&mut *connection)
            .await?;
        let scanned = Scanned::new(wanted, turns, &tenants);
        let due = sqlx::query(AssertSqlSafe(rows.clone()))
            .bind(endpoint)
            .bind(now)
            .bind(hex_list(&scanned.tenants))
            .bind(scanned.each(wanted.max))
            .fetch_all(&mut *connection)
            .await?;
        found.add(due);
        until = until.or(scanned.until);
    }
    Ok(until)
}
