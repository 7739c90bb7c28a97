//! A report as `JUnit` XML, which systems of continuous integration read.

use std::fmt::Write as _;

use super::report::{FAILED, NOT_APPLICABLE, Report};

/// The document.
pub(super) fn document(report: &Report) -> String {
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    // Writing to a string cannot fail.
    let _ = suite(report, &mut xml);
    xml
}

fn suite(report: &Report, xml: &mut String) -> std::fmt::Result {
    let counts = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{}\"",
        report.cases.len(),
        report.failed,
        report.not_applicable,
        seconds(report.millis),
    );
    let name = escaped(&format!("webhook test {} {}", report.provider, report.url));
    writeln!(xml, "<testsuites {counts}>\n<testsuite name=\"{name}\" {counts}>")?;
    for case in &report.cases {
        write!(
            xml,
            "<testcase classname=\"{}\" name=\"{}\" time=\"{}\"",
            escaped(report.provider),
            escaped(case.name),
            seconds(case.millis)
        )?;
        let said = escaped(&case.said);
        let first = escaped(case.said.lines().next().unwrap_or_default());
        match case.outcome {
            FAILED => {
                writeln!(xml, ">\n<failure message=\"{first}\">{said}</failure>\n</testcase>")?;
            }
            NOT_APPLICABLE => writeln!(xml, ">\n<skipped message=\"{first}\"/>\n</testcase>")?,
            _ => writeln!(xml, "/>")?,
        }
    }
    writeln!(xml, "</testsuite>\n</testsuites>")
}

fn seconds(millis: u128) -> String {
    format!("{}.{:03}", millis / 1000, millis % 1000)
}

/// Escapes a text. XML has no way to write most control characters.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for mark in text.chars() {
        match mark {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(mark),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            mark if mark.is_control() => escaped.extend(mark.escape_default()),
            mark => escaped.push(mark),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{
        super::report::{CaseReport, PASSED},
        *,
    };

    #[test]
    fn texts_are_escaped() {
        let mut report = Report::new("http://a/?b=1&c=2", "github");
        let case = |outcome, said: &str| CaseReport {
            name: "forged_delivery_is_refused",
            outcome,
            said: said.to_owned(),
            millis: 1234,
        };
        report.push(case(PASSED, ""));
        report.push(case(FAILED, "a \"<b>\" & \u{7}\u{1b}[0m\n  more"));
        report.push(case(NOT_APPLICABLE, "no time is signed"));
        let xml = document(&report);
        assert!(xml.contains("tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\""), "{xml}");
        assert!(xml.contains("http://a/?b=1&amp;c=2"), "{xml}");
        assert!(xml.contains("a &quot;&lt;b&gt;&quot; &amp; \\u{7}\\u{1b}[0m\n  more"), "{xml}");
        assert!(xml.contains("time=\"1.234\"/>"), "{xml}");
    }
}
