//! Medians, ratios and tables.

use std::fmt::Write as _;

/// What a ratio has to be.
#[derive(Clone, Copy, Debug)]
pub enum Required {
    /// Not less than this.
    AtLeast(f64),
    /// Not more than this.
    AtMost(f64),
    /// Nothing; it is printed to be known.
    Nothing,
}

impl Required {
    /// A line that says what the ratio of two figures is, and whether that is enough.
    #[must_use]
    pub fn line(self, what: &str, ratio: f64) -> String {
        let verdict = match self {
            Self::AtLeast(least) => format!("at least {least:.2}: {}", word(ratio >= least)),
            Self::AtMost(most) => format!("at most {most:.2}: {}", word(ratio <= most)),
            Self::Nothing => String::new(),
        };
        format!("  {what:<54} {ratio:>6.3}  {verdict}").trim_end().to_owned()
    }
}

fn word(is_met: bool) -> &'static str {
    if is_met { "met" } else { "MISSED" }
}

/// The middle of some figures; the upper one of two.
///
/// # Panics
/// When there are none.
#[must_use]
pub fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.into_iter().collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// How far the median of some figures may be off by chance: its standard error, as the quartiles
/// tell it. The more runs, the smaller.
///
/// # Panics
/// When there are no figures.
#[must_use]
pub fn noise(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.into_iter().collect();
    figures.sort_by(f64::total_cmp);
    let count = figures.len();
    let between_quartiles = figures[3 * (count - 1) / 4] - figures[(count - 1) / 4];
    let root = f64::from(u32::try_from(count).unwrap_or(u32::MAX)).sqrt();
    0.93 * between_quartiles / root
}

/// Named rows of figures under named columns.
#[derive(Debug)]
pub struct Table(String);

impl Table {
    /// A table without rows.
    #[must_use]
    pub fn new(title: &str, columns: &[&str]) -> Self {
        let mut text = format!("{title:<26}");
        for column in columns {
            let _ = write!(text, " {column:>16}");
        }
        Self(text)
    }

    /// Adds a row.
    pub fn row(&mut self, name: &str, figures: &[f64]) {
        let _ = write!(self.0, "\n  {name:<24}");
        for figure in figures {
            let decimals = usize::from(figure.abs() < 1000.0) * 2;
            let _ = write!(self.0, " {figure:>16.decimals$}");
        }
    }

    /// Prints it.
    pub fn print(&self) {
        println!("{}", self.0);
    }
}
