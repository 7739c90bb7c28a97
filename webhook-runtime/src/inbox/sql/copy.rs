//! The columns that are copied from one database to another.

use crate::inbox::{
    copy::{Cell, Exported, KnownKey, Part},
    record::Digest,
    sql::{
        cells::{Broken, Cells},
        digest,
    },
};

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Small,
    Int,
    Big,
    Text,
    Bytes,
}

/// A column, and true if it is never NULL.
pub(crate) type Column = (&'static str, Kind, bool);

use Kind::{Big, Bytes, Int, Small, Text};

/// The columns of a delivery but for its number, and for its worker, whose number means another one
/// elsewhere. The first two never change.
pub(crate) const DELIVERY: &[Column] = &[
    ("endpoint", Text, true),
    ("received_at", Big, true),
    ("provider", Text, true),
    ("event", Text, false),
    ("provider_id", Text, false),
    ("state", Small, true),
    ("due_at", Big, true),
    ("attempt", Int, true),
    ("claims", Big, true),
    ("line", Bytes, false),
    ("reason", Text, false),
    ("finished_at", Big, false),
    ("size", Big, true),
    ("counted", Small, true),
    ("unsure", Small, true),
    ("pause", Big, true),
    ("tenant", Bytes, false),
    ("tenant_name", Text, false),
    ("secret", Text, false),
    ("started_at", Big, false),
    ("took", Big, false),
    ("status", Small, false),
    ("cause", Big, false),
    ("replays", Int, true),
];

/// The columns of a body but for its number.
pub(crate) const BODY: &[Column] =
    &[("head", Bytes, true), ("body", Bytes, true), ("unpacked", Int, true)];

/// The columns of an attempt but for its delivery and its worker.
pub(crate) const ATTEMPT: &[Column] = &[
    ("claim", Big, true),
    ("number", Int, true),
    ("result", Small, true),
    ("started_at", Big, false),
    ("took", Big, false),
    ("status", Small, false),
    ("reason", Text, false),
];

/// The columns of a duplicate but for its delivery.
pub(crate) const DUPLICATE: &[Column] =
    &[("minute", Big, true), ("count", Big, true), ("last_at", Big, true)];

/// The columns of what is said of an endpoint.
pub(crate) const ENDPOINT: &[Column] = &[
    ("endpoint", Text, true),
    ("keep_completed", Big, false),
    ("keep_dead", Big, false),
    ("paused_at", Big, false),
    ("paused_by", Text, false),
    ("paused_why", Text, false),
];

/// The bytes of bodies that are copied at a time.
const PART_BYTES: i64 = 8 * 1024 * 1024;

/// The names of columns.
pub(crate) fn names(columns: &[Column]) -> String {
    columns.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join(", ")
}

/// Reads the columns of a row, or fails if a value is not what the column is for.
pub(crate) fn cells(row: &impl Cells, columns: &[Column]) -> Result<Vec<Cell>, Broken> {
    let cell = |&(name, kind, needed): &Column| {
        let within = |least: i64, most: i64| {
            let number = row.int(name)?;
            let fits = number.is_none_or(|number| (least..=most).contains(&number));
            if fits { Ok(Cell::Int(number)) } else { Err(Broken(name)) }
        };
        let cell = match kind {
            Small => within(i16::MIN.into(), i16::MAX.into())?,
            Int => within(i32::MIN.into(), i32::MAX.into())?,
            Big => within(i64::MIN, i64::MAX)?,
            // PostgreSQL takes no NUL.
            Text => Cell::Text(row.text(name)?.map(|text| text.replace('\0', "\u{fffd}"))),
            Bytes => Cell::Bytes(row.bytes(name)?),
        };
        let is_null = matches!(cell, Cell::Int(None) | Cell::Text(None) | Cell::Bytes(None));
        if needed && is_null { Err(Broken(name)) } else { Ok(cell) }
    };
    columns.iter().map(cell).collect()
}

/// The line among the cells of a delivery.
fn line(delivery: &[Cell]) -> Option<Digest> {
    let at = DELIVERY.iter().position(|(name, ..)| *name == "line")?;
    match delivery.get(at) {
        Some(Cell::Bytes(Some(line))) => digest(line),
        _ => None,
    }
}

/// Reads a key. One that was changed by hand recognises nothing, and is left out.
pub(crate) fn key(row: &impl Cells) -> Option<KnownKey> {
    Some(KnownKey {
        delivery: row.number("delivery").ok()?,
        key: digest(&row.some_bytes("key").ok()?)?,
        expires_at: row.number("expires_at").ok()?,
    })
}

/// The first and the last number of the deliveries that make up a part, of those with these sizes.
pub(crate) fn range(sizes: &[(i64, i64)]) -> Option<(i64, i64)> {
    let (first, mut bytes) = (sizes.first()?.0, 0_i64);
    let within = sizes.iter().take_while(|(id, size)| {
        bytes = bytes.saturating_add((*size).max(0));
        *id == first || bytes <= PART_BYTES
    });
    within.last().map(|(last, _)| (first, *last))
}

/// Puts the rows of deliveries together, all of them with the number of the delivery as `id`. What
/// belongs to a delivery and cannot be read is left out.
pub(crate) fn part<R: Cells>(
    deliveries: &[R],
    bodies: &[R],
    attempts: &[R],
    duplicates: &[R],
) -> Part {
    let number = |row: &R| row.number::<i64>("id").unwrap_or_default();
    let of = |rows: &[R], id: i64, columns: &[Column]| {
        let begin = rows.partition_point(|row| number(row) < id);
        let own = rows[begin..].iter().take_while(|row| number(row) == id);
        own.filter_map(|row| cells(row, columns).ok()).collect::<Vec<_>>()
    };
    let mut part = Part { last: deliveries.last().map(number), ..Part::default() };
    for row in deliveries {
        let id = number(row);
        let Ok(delivery) = cells(row, DELIVERY) else {
            part.unreadable.push(id);
            continue;
        };
        part.deliveries.push(Exported {
            id,
            line: line(&delivery),
            delivery,
            body: of(bodies, id, BODY).pop(),
            attempts: of(attempts, id, ATTEMPT),
            duplicates: of(duplicates, id, DUPLICATE),
            keys: Vec::new(),
        });
    }
    part
}

/// Selects a part of a table, by the numbers of deliveries from `$1` to `$2`.
pub(crate) fn select(table: &str, id: &str, columns: &[Column]) -> String {
    let names = names(columns);
    format!(
        "SELECT {id} AS id, {names} FROM {{s}}{table} WHERE {id} BETWEEN $1 AND $2 ORDER BY {id}"
    )
}

/// The rows of new deliveries, for each table.
pub(crate) struct Rows {
    pub(crate) deliveries: Vec<Vec<Cell>>,
    pub(crate) bodies: Vec<Vec<Cell>>,
    pub(crate) attempts: Vec<Vec<Cell>>,
    pub(crate) duplicates: Vec<Vec<Cell>>,
    pub(crate) keys: Vec<Vec<Cell>>,
}

impl Rows {
    /// The rows of deliveries, each of which has got a number here.
    pub(crate) fn of(numbered: &[(i64, &Exported)]) -> Self {
        let rows = |of: fn(&Exported) -> &[Vec<Cell>]| {
            let each = |(id, one): &(i64, &Exported)| {
                let id = *id;
                of(one).iter().map(move |row| numbered_row(id, row)).collect::<Vec<_>>()
            };
            numbered.iter().flat_map(each).collect()
        };
        Self {
            deliveries: rows(|one| std::slice::from_ref(&one.delivery)),
            bodies: rows(|one| one.body.as_slice()),
            attempts: rows(|one| &one.attempts),
            duplicates: rows(|one| &one.duplicates),
            keys: numbered
                .iter()
                .flat_map(|(id, one)| one.keys.iter().map(|key| key_row(*id, key)))
                .collect(),
        }
    }
}

fn numbered_row(id: i64, row: &[Cell]) -> Vec<Cell> {
    [&[Cell::Int(Some(id))], row].concat()
}

fn key_row(id: i64, key: &KnownKey) -> Vec<Cell> {
    vec![Cell::Bytes(Some(key.key.to_vec())), Cell::Int(Some(id)), Cell::Int(Some(key.expires_at))]
}

/// The rows of keys whose delivery is gone. Their number is none that a delivery can have here.
pub(crate) fn lost_keys(keys: &[KnownKey]) -> Vec<Vec<Cell>> {
    keys.iter().map(|key| key_row(-key.delivery.saturating_abs(), key)).collect()
}

/// The columns of keys.
pub(crate) const KEY: &[Column] =
    &[("key", Bytes, true), ("delivery", Big, true), ("expires_at", Big, true)];

/// Makes pending or running deliveries wait that come after others of their line. They are given by
/// numbers from `$1` to `$2`.
pub(crate) const BLOCK: &str = "UPDATE {s}deliveries SET state = 2, due_at = 0 \
     WHERE id BETWEEN $1 AND $2 AND state IN (0, 1) AND line IS NOT NULL AND EXISTS (\
     SELECT 1 FROM {s}deliveries AS a WHERE a.line = {s}deliveries.line AND a.id < {s}deliveries.id \
     AND a.state <= 2)";

/// The next keys after `$1`, in their order.
pub(crate) const KEYS: &str = "SELECT key, delivery, expires_at FROM {s}keys WHERE key > $1 \
                               ORDER BY key LIMIT 10000";

/// The next deliveries after `$1`, with their sizes.
pub(crate) const SIZES: &str =
    "SELECT id, CAST(size AS bigint) FROM {s}deliveries WHERE id > $1 ORDER BY id LIMIT 200";

/// Counts the deliveries that a worker holds.
pub(crate) const HELD: &str =
    "SELECT count(*) FROM {s}deliveries WHERE state = 1 AND state < 2 AND due_at > {now}";
