//! The settings of endpoints, for all processes.

use crate::inbox::{record::time, sql::cells::Cells, store::Pause};

/// Pauses the endpoint `$1` in the name of `$2`, because of `$3`.
pub(crate) const PAUSE: &str = "INSERT INTO {s}endpoints AS e \
     (endpoint, paused_at, paused_by, paused_why) VALUES ($1, {now}, $2, $3) \
     ON CONFLICT (endpoint) DO UPDATE SET paused_at = coalesce(e.paused_at, excluded.paused_at), \
     paused_by = excluded.paused_by, paused_why = excluded.paused_why";

/// Ends the pause of the endpoint `$1`.
pub(crate) const RESUME: &str = "UPDATE {s}endpoints SET paused_at = NULL, paused_by = NULL, \
     paused_why = NULL WHERE endpoint = $1 AND paused_at IS NOT NULL";

/// Lists the endpoints that are paused.
pub(crate) const PAUSED: &str = "SELECT endpoint, paused_at, paused_by, paused_why \
     FROM {s}endpoints WHERE paused_at IS NOT NULL ORDER BY endpoint";

/// Reads a pause. What cannot be read of it is empty: the endpoint is paused all the same.
pub(crate) fn pause(row: &impl Cells) -> Pause {
    let text = |column| row.text(column).ok().flatten().unwrap_or_default();
    let since = time(row.int("paused_at").ok().flatten().unwrap_or_default());
    Pause::new(text("endpoint"), since, text("paused_by"), text("paused_why"))
}
