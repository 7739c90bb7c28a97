//! The right way to write a duration that was given as a literal.

use syn::Lit;

/// Shown for a text that is no time.
const EXAMPLE: &str = "Duration::from_secs(2)";

/// The call for a literal such as `2`, `1.5`, `500ms` or `"5 min"`. `None` if it is neither a number nor
/// a text.
pub(crate) fn call(lit: &Lit) -> Option<String> {
    match lit {
        Lit::Int(int) => Some(of(int.base10_digits(), int.suffix())),
        Lit::Float(float) => Some(of(float.base10_digits(), float.suffix())),
        Lit::Str(text) => {
            let text = text.value();
            let text = text.trim();
            let unit = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.');
            let (number, unit) = text.split_at(unit.unwrap_or(text.len()));
            let is_number = number.starts_with(|first: char| first.is_ascii_digit())
                && number.parse::<f64>().is_ok();
            Some(if is_number { of(number, unit.trim()) } else { EXAMPLE.to_owned() })
        }
        _ => None,
    }
}

fn of(number: &str, unit: &str) -> String {
    let is_whole = number.parse::<u64>().is_ok();
    let seconds = |factor: u32| {
        if is_whole {
            format!("Duration::from_secs({number} * {factor})")
        } else {
            fraction(number, factor)
        }
    };
    match unit.to_lowercase().as_str() {
        "ms" | "msec" | "millis" | "milliseconds" if is_whole => {
            format!("Duration::from_millis({number})")
        }
        "us" | "µs" | "micros" if is_whole => format!("Duration::from_micros({number})"),
        "ns" | "nanos" if is_whole => format!("Duration::from_nanos({number})"),
        "ms" | "us" | "µs" | "ns" => EXAMPLE.to_owned(),
        "m" | "min" | "mins" | "minute" | "minutes" => seconds(60),
        "h" | "hour" | "hours" => seconds(3600),
        "d" | "day" | "days" => seconds(86400),
        _ if is_whole => format!("Duration::from_secs({number})"),
        _ => fraction(number, 1),
    }
}

/// A fraction of so many seconds. No function that takes a fraction can be called in a constant.
fn fraction(number: &str, factor: u32) -> String {
    match number.parse::<f64>().map(std::time::Duration::try_from_secs_f64) {
        Ok(Ok(time)) => match time.checked_mul(factor) {
            Some(time) => format!("Duration::from_millis({})", time.as_millis()),
            None => EXAMPLE.to_owned(),
        },
        _ => EXAMPLE.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::call;

    #[test]
    fn literals_become_calls() {
        for (literal, expected) in [
            ("2", "from_secs(2)"),
            ("1_000", "from_secs(1000)"),
            ("0x10", "from_secs(16)"),
            ("5u64", "from_secs(5)"),
            ("1.5", "from_millis(1500)"),
            ("1.5f32", "from_millis(1500)"),
            ("2.", "from_millis(2000)"),
            ("500ms", "from_millis(500)"),
            ("5s", "from_secs(5)"),
            ("3min", "from_secs(3 * 60)"),
            ("\"500 ms\"", "from_millis(500)"),
            ("\"1.5h\"", "from_millis(5400000)"),
            ("\"soon\"", "from_secs(2)"),
            ("99999999999999999999", "from_secs(2)"),
        ] {
            let lit = syn::parse_str(literal).expect("a literal");
            assert_eq!(call(&lit), Some(format!("Duration::{expected}")), "{literal}");
        }
        assert_eq!(call(&syn::parse_str("true").expect("a literal")), None);
    }
}
