//! Reads rows cell by cell. A row that was changed by hand can hold anything, and must not keep the
//! others from being read.

use crate::inbox::store::UNREADABLE;

/// A column whose value cannot be read.
#[derive(Debug)]
pub(crate) struct Broken(pub(super) &'static str);

impl Broken {
    /// The reason for operators. It contains nothing of the value, which may be anything.
    pub(super) fn reason(&self) -> String {
        match self.0 {
            "head" => UNREADABLE.to_owned(),
            column => format!("{UNREADABLE}: see its column `{column}`"),
        }
    }
}

/// The values of a row, by the names of their columns. `None` is NULL.
pub(crate) trait Cells {
    fn int(&self, column: &'static str) -> Result<Option<i64>, Broken>;
    fn text(&self, column: &'static str) -> Result<Option<String>, Broken>;
    fn bytes(&self, column: &'static str) -> Result<Option<Vec<u8>>, Broken>;

    /// An integer that fits its type.
    fn number<T: TryFrom<i64>>(&self, column: &'static str) -> Result<T, Broken> {
        let number = self.int(column)?.and_then(|number| number.try_into().ok());
        number.ok_or(Broken(column))
    }

    /// An integer that fits its type, or NULL.
    fn optional<T: TryFrom<i64>>(&self, column: &'static str) -> Result<Option<T>, Broken> {
        let Some(number) = self.int(column)? else { return Ok(None) };
        number.try_into().map(Some).map_err(|_| Broken(column))
    }

    /// A text that is not NULL.
    fn some_text(&self, column: &'static str) -> Result<String, Broken> {
        self.text(column)?.ok_or(Broken(column))
    }

    /// Bytes that are not NULL.
    fn some_bytes(&self, column: &'static str) -> Result<Vec<u8>, Broken> {
        self.bytes(column)?.ok_or(Broken(column))
    }
}

#[cfg(feature = "inbox-sqlite")]
impl Cells for sqlx::sqlite::SqliteRow {
    fn int(&self, column: &'static str) -> Result<Option<i64>, Broken> {
        sqlx::Row::try_get(self, column).map_err(|_| Broken(column))
    }

    fn text(&self, column: &'static str) -> Result<Option<String>, Broken> {
        sqlx::Row::try_get(self, column).map_err(|_| Broken(column))
    }

    fn bytes(&self, column: &'static str) -> Result<Option<Vec<u8>>, Broken> {
        sqlx::Row::try_get(self, column).map_err(|_| Broken(column))
    }
}

#[cfg(feature = "inbox-postgres")]
impl Cells for sqlx::postgres::PgRow {
    fn int(&self, column: &'static str) -> Result<Option<i64>, Broken> {
        // The width of a column can be changed by hand as well.
        let wide = sqlx::Row::try_get::<Option<i64>, _>(self, column);
        let plain =
            || sqlx::Row::try_get::<Option<i32>, _>(self, column).map(|one| one.map(i64::from));
        let small =
            || sqlx::Row::try_get::<Option<i16>, _>(self, column).map(|one| one.map(i64::from));
        wide.or_else(|_| plain()).or_else(|_| small()).map_err(|_| Broken(column))
    }

    fn text(&self, column: &'static str) -> Result<Option<String>, Broken> {
        sqlx::Row::try_get(self, column).map_err(|_| Broken(column))
    }

    fn bytes(&self, column: &'static str) -> Result<Option<Vec<u8>>, Broken> {
        sqlx::Row::try_get(self, column).map_err(|_| Broken(column))
    }
}
