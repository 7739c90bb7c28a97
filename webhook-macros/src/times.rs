//! Times and rates as texts: `30s`, `1s..1h`, `100/s`.

use syn::Lit;

/// The units of a time, with their milliseconds, and other words for them.
const UNITS: [(&str, u64, &[&str]); 5] = [
    ("ms", 1, &["msec", "msecs", "milli", "millis", "millisecond", "milliseconds"]),
    ("s", 1000, &["sec", "secs", "second", "seconds"]),
    ("min", 60_000, &["m", "mins", "minute", "minutes"]),
    ("h", 3_600_000, &["hr", "hrs", "hour", "hours"]),
    ("d", 86_400_000, &["day", "days"]),
];

/// The longest time: a thousand years.
const LONGEST: u64 = 86_400_000 * 365_250;

/// A mistake in a text.
#[derive(Debug, PartialEq)]
pub(crate) enum Mistake {
    /// It is 0.
    Zero,
    /// It is more than can be counted.
    TooLarge,
    /// A range that ends before it begins.
    UpsideDown,
    /// It is no range.
    NoRange,
    /// It is no rate.
    NoRate,
    /// It is no time.
    NoTime,
    /// Its unit is missing or unknown.
    Unit {
        /// The units that there are.
        units: &'static str,
        /// The same with the unit that may be meant.
        right: Option<String>,
    },
}

/// The milliseconds of a literal. One that is not a text is written as one.
pub(crate) fn of_literal(lit: &Lit) -> Result<u64, Mistake> {
    match lit {
        Lit::Str(text) => of(&text.value()),
        Lit::Int(int) => {
            let unit = if int.suffix().is_empty() { "s" } else { int.suffix() };
            let right = of(&format!("{}{unit}", int.base10_digits()));
            let right = right.is_ok().then(|| format!("{}{unit}", int.base10_digits()));
            Err(Mistake::Unit { units: "written in a text", right })
        }
        _ => Err(Mistake::NoTime),
    }
}

/// The milliseconds of a text.
fn of(text: &str) -> Result<u64, Mistake> {
    let (number, unit) = split(text).ok_or(Mistake::NoTime)?;
    match UNITS.iter().find(|(name, ..)| *name == unit) {
        Some((_, millis, _)) => {
            let time = number.parse::<u64>().ok().and_then(|number| number.checked_mul(*millis));
            time.filter(|time| *time <= LONGEST).ok_or(Mistake::TooLarge)
        }
        None => Err(Mistake::Unit {
            units: "`ms`, `s`, `min`, `h` or `d`",
            right: meant(unit).map(|meant| format!("{number}{meant}")),
        }),
    }
}

/// The milliseconds of the first and the last time of a range.
pub(crate) fn range(text: &str) -> Result<(u64, u64), Mistake> {
    let (first, last) = text.split_once("..").ok_or(Mistake::NoRange)?;
    if first.trim().is_empty() || last.trim().is_empty() {
        return Err(Mistake::NoRange);
    }
    let alone = |mistake| match mistake {
        // It would be half of the right text.
        Mistake::Unit { units, .. } => Mistake::Unit { units, right: None },
        mistake => mistake,
    };
    let (first, last) = (of(first).map_err(alone)?, of(last).map_err(alone)?);
    match (first, last) {
        (0, _) => Err(Mistake::Zero),
        _ if first > last => Err(Mistake::UpsideDown),
        both => Ok(both),
    }
}

/// The number of a rate, and the seconds in which it is allowed.
pub(crate) fn rate(text: &str) -> Result<(u32, u64), Mistake> {
    let (number, unit) = text.split_once('/').ok_or(Mistake::NoRate)?;
    let (number, unit) = (number.trim(), unit.trim());
    if number.is_empty() || !number.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(Mistake::NoRate);
    }
    let seconds = match unit {
        "s" => 1,
        "min" => 60,
        "h" => 3600,
        unit => {
            let right = meant(unit).filter(|meant| matches!(*meant, "s" | "min" | "h"));
            let right = right.map(|meant| format!("{number}/{meant}"));
            return Err(Mistake::Unit { units: "`s`, `min` or `h`", right });
        }
    };
    match number.parse::<u32>() {
        Ok(0) => Err(Mistake::Zero),
        Ok(number) => Ok((number, seconds)),
        Err(_) => Err(Mistake::TooLarge),
    }
}

/// The number and the unit of a time. The number is whole.
fn split(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim();
    let is_word = unit.chars().all(char::is_alphabetic);
    (!number.is_empty() && is_word).then_some((number, unit))
}

/// The unit that another word means.
fn meant(word: &str) -> Option<&'static str> {
    let word = word.to_lowercase();
    let is_meant =
        |(name, _, words): &&(&str, u64, &[&str])| *name == word || words.contains(&word.as_str());
    UNITS.iter().find(is_meant).map(|(name, ..)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit<T>(right: Option<&str>, units: &'static str) -> Result<T, Mistake> {
        Err(Mistake::Unit { units, right: right.map(str::to_owned) })
    }

    #[test]
    fn times_have_units() {
        const ALL: &str = "`ms`, `s`, `min`, `h` or `d`";
        for (text, expected) in [
            ("500ms", Ok(500)),
            ("30s", Ok(30_000)),
            (" 5 min ", Ok(300_000)),
            ("1h", Ok(3_600_000)),
            ("7d", Ok(604_800_000)),
            ("0s", Ok(0)),
            ("30", unit(None, ALL)),
            ("30 secs", unit(Some("30s"), ALL)),
            ("5m", unit(Some("5min"), ALL)),
            ("5H", unit(Some("5h"), ALL)),
            ("2 weeks", unit(None, ALL)),
            ("soon", Err(Mistake::NoTime)),
            ("", Err(Mistake::NoTime)),
            ("-1s", Err(Mistake::NoTime)),
            ("1.5h", Err(Mistake::NoTime)),
            ("1h 30min", Err(Mistake::NoTime)),
            ("99999999999999999999d", Err(Mistake::TooLarge)),
            ("9999999999d", Err(Mistake::TooLarge)),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
        let literal = |text: &str| of_literal(&syn::parse_str(text).expect("a literal"));
        assert_eq!(literal("30s"), unit(Some("30s"), "written in a text"));
        assert_eq!(literal("30"), unit(Some("30s"), "written in a text"));
        assert_eq!(literal("30u64"), unit(None, "written in a text"));
        assert_eq!(literal("1.5"), Err(Mistake::NoTime));
    }

    #[test]
    fn ranges_have_two_ends() {
        for (text, expected) in [
            ("1s..1h", Ok((1000, 3_600_000))),
            ("1s .. 1s", Ok((1000, 1000))),
            ("1h..1s", Err(Mistake::UpsideDown)),
            ("0s..1s", Err(Mistake::Zero)),
            ("1s", Err(Mistake::NoRange)),
            ("1s..", Err(Mistake::NoRange)),
            ("1s..=1h", Err(Mistake::NoTime)),
            ("1s..1 hour", unit(None, "`ms`, `s`, `min`, `h` or `d`")),
        ] {
            assert_eq!(range(text), expected, "{text}");
        }
    }

    #[test]
    fn rates_are_numbers_in_a_time() {
        const ALL: &str = "`s`, `min` or `h`";
        for (text, expected) in [
            ("100/s", Ok((100, 1))),
            ("6 / min", Ok((6, 60))),
            ("1000/h", Ok((1000, 3600))),
            ("100/sec", unit(Some("100/s"), ALL)),
            ("100/minute", unit(Some("100/min"), ALL)),
            ("100/d", unit(None, ALL)),
            ("100/", unit(None, ALL)),
            ("0/s", Err(Mistake::Zero)),
            ("100", Err(Mistake::NoRate)),
            ("/s", Err(Mistake::NoRate)),
            ("1.5/s", Err(Mistake::NoRate)),
            ("-1/s", Err(Mistake::NoRate)),
            ("99999999999/s", Err(Mistake::TooLarge)),
        ] {
            assert_eq!(rate(text), expected, "{text}");
        }
    }
}
