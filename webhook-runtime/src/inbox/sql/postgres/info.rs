//! The schema and its server, for operators.

use std::time::{Duration, SystemTime};

use sqlx::PgConnection;

use crate::inbox::{
    error::InboxError,
    record::millis,
    sql::{
        postgres::{names::Names, prune},
        prune::retentions,
    },
    store::StoreInfo,
};

/// Version of the server, database, version of the tables, bytes of all and of the bodies, and the time.
const INFO: &str = "SELECT current_setting('server_version'), current_database()::text, \
     (SELECT max(version) FROM {s}migrations)::bigint, \
     (SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class AS c JOIN pg_namespace AS n \
     ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = 'r')::bigint, \
     pg_total_relation_size('{s}bodies')::bigint, \
     (extract(epoch FROM clock_timestamp()) * 1000)::bigint";

pub(super) async fn info(
    connection: &mut PgConnection,
    names: &Names,
    (connections, max_connections): (u32, u32),
) -> Result<StoreInfo, InboxError> {
    let before = millis(SystemTime::now());
    let found: (String, String, Option<i64>, Option<i64>, Option<i64>, i64) =
        sqlx::query_as(names.sql(INFO))
            .bind(names.schema())
            .persistent(false)
            .fetch_one(&mut *connection)
            .await?;
    let after = millis(SystemTime::now());
    let (version, database, tables, size, bodies, theirs) = found;
    let version = version.split(' ').next().unwrap_or_default();
    let mut info = StoreInfo::new(format!("PostgreSQL {version}"));
    info.location = Some(format!("schema {} in {database}", names.schema()));
    info.schema_version = tables.and_then(|tables| tables.try_into().ok());
    info.size = size.and_then(|size| size.try_into().ok());
    info.bodies = bodies.and_then(|bodies| bodies.try_into().ok());
    info.connections = Some(connections);
    info.max_connections = Some(max_connections);
    // The database read its clock somewhere between the two.
    let ahead = theirs - before.midpoint(after);
    let by = Some(Duration::from_millis(ahead.unsigned_abs()));
    if ahead < 0 {
        info.clock_behind = by;
    } else {
        info.clock_ahead = by;
    }
    info.retentions = retentions(prune::own(connection, names).await?);
    Ok(info)
}
