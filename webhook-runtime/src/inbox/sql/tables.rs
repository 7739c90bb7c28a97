//! The version of the tables, and the programs that can work with it.

use crate::inbox::error::InboxError;

/// The version of the tables that this program makes.
pub(crate) const WANTED: u32 = 4;

/// The tables that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tables {
    /// 0 if there are none.
    pub(crate) version: u32,
    /// Programs of this version and of later ones can work with them.
    oldest: u32,
}

impl Tables {
    /// Tables of this version, for programs of the same version only.
    pub(crate) const fn of_version(version: u32) -> Self {
        Self { version, oldest: version }
    }

    /// The tables of which these numbers are written down: the highest version up to 2, and the
    /// highest later one with what it says of older programs. Before version 3, nothing was said.
    pub(crate) fn of(first: i64, later: Option<(i64, i64)>) -> Self {
        let number = |number: i64| u32::try_from(number.max(0)).unwrap_or(u32::MAX);
        match later {
            Some((version, oldest)) if version > first => {
                Self { version: number(version), oldest: number(oldest) }
            }
            _ => Self::of_version(number(first)),
        }
    }

    /// Checks that this program can work with the tables.
    pub(crate) fn check(self) -> Result<(), InboxError> {
        self.check_for(WANTED)
    }

    fn check_for(self, wanted: u32) -> Result<(), InboxError> {
        let Self { version, oldest } = self;
        if version == wanted || version > wanted && oldest <= wanted {
            return Ok(());
        }
        Err(InboxError::Store(if version < wanted {
            let found = match version {
                0 => "its tables are missing".to_owned(),
                version => format!("its tables are of version {version}"),
            };
            format!(
                "{found}, and this program needs those of version {wanted}: run the migrations, or \
                 let the inbox run them"
            )
        } else {
            let newer = oldest.max(wanted.saturating_add(1));
            format!(
                "its tables are of version {version}, for programs of version {newer} and later, and \
                 this program is of version {wanted}: run a newer program, of version {newer} at least"
            )
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_in_reach_are_taken() {
        for (first, later, taken) in [
            (0, None, false),
            (1, None, false),
            (2, None, false),
            (2, Some((3, 2)), true),
            (2, Some((4, 2)), true),
            (2, Some((4, 3)), true),
            (2, Some((4, 4)), false),
            (2, Some((99, 5)), false),
            (99, None, false),
            (99, Some((3, 2)), false),
            (2, Some((i64::MAX, i64::MAX)), false),
            (2, Some((i64::MAX, i64::MIN)), true),
            (i64::MIN, None, false),
        ] {
            let tables = Tables::of(first, later);
            assert_eq!(tables.check_for(3).is_ok(), taken, "{first} {later:?}");
        }
        // As the program before this one would see it, had it known of later versions.
        assert!(Tables::of(2, Some((3, 2))).check_for(2).is_ok());
    }

    #[test]
    fn a_refusal_names_the_versions_and_the_way_out() {
        let told = |tables: Tables| tables.check_for(3).expect_err("out of reach").to_string();
        let older = told(Tables::of_version(2));
        assert!(older.contains("of version 2") && older.contains("version 3"), "{older}");
        assert!(older.contains("run the migrations"), "{older}");
        let missing = told(Tables::of_version(0));
        assert!(missing.contains("missing") && missing.contains("run the migrations"), "{missing}");
        let newer = told(Tables::of(2, Some((7, 5))));
        assert!(newer.contains("of version 7, for programs of version 5 and later"), "{newer}");
        assert!(newer.contains("is of version 3: run a newer program, of version 5"), "{newer}");
    }
}
