//! Icons: one hidden sprite on each page, and references to its symbols. A word stands beside each, so
//! they are hidden from screen readers.

use maud::{Markup, PreEscaped, html};

/// The symbols by name, drawn on 16 by 16 units in the colour of the text.
const SYMBOLS: [(&str, &str); 22] = [
    ("pending", r#"<circle cx="8" cy="8" r="6.25"/><path d="M8 4.5V8l2.5 1.5"/>"#),
    (
        "blocked",
        r#"<rect x="3" y="7" width="10" height="7" rx="1.5"/><path d="M5.25 7V4.75a2.75 2.75 0 0 1 5.5 0V7"/>"#,
    ),
    ("running", r#"<circle cx="8" cy="8" r="6.25"/><path class="f" d="M6.5 5.25v5.5L11 8z"/>"#),
    (
        "retrying",
        r#"<path d="M13.5 8a5.5 5.5 0 1 1-1.6-3.9L13.5 5.7"/><path d="M13.5 2.25v3.5H10"/>"#,
    ),
    (
        "dead",
        r#"<path class="f" d="M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1z"/><path class="x" d="m5.6 5.6 4.8 4.8m0-4.8-4.8 4.8"/>"#,
    ),
    ("completed", r#"<circle cx="8" cy="8" r="6.25"/><path d="m5.25 8.25 2 2 3.5-4"/>"#),
    ("cancelled", r#"<circle cx="8" cy="8" r="6.25"/><path d="m3.75 12.25 8.5-8.5"/>"#),
    (
        "paused",
        r#"<rect x="1.75" y="1.75" width="12.5" height="12.5" rx="3"/><path d="M6.25 5.5v5m3.5-5v5"/>"#,
    ),
    ("idle", r#"<circle cx="8" cy="8" r="6.25"/><path d="M5.25 8h5.5"/>"#),
    ("failed", r#"<circle cx="8" cy="8" r="6.25"/><path d="m5.75 5.75 4.5 4.5m0-4.5-4.5 4.5"/>"#),
    (
        "received",
        r#"<path d="M2 9.5 4 3h8l2 6.5V13a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1z"/><path d="M2 9.5h3.5a2.5 2.5 0 0 0 5 0H14"/>"#,
    ),
    ("warning", r#"<path d="M8 2 1.5 13.5h13z"/><path d="M8 6.5v3.25m0 2v.01"/>"#),
    ("search", r#"<circle cx="7" cy="7" r="4.75"/><path d="m10.5 10.5 3.75 3.75"/>"#),
    ("user", r#"<circle cx="8" cy="5" r="2.75"/><path d="M2.75 14a5.25 5.25 0 0 1 10.5 0"/>"#),
    (
        "eye",
        r#"<path d="M1.25 8S3.5 3.5 8 3.5 14.75 8 14.75 8 12.5 12.5 8 12.5 1.25 8 1.25 8z"/><circle cx="8" cy="8" r="2"/>"#,
    ),
    ("back", r#"<path d="M10 3.5 5.5 8l4.5 4.5"/>"#),
    ("next", r#"<path d="M6 3.5 10.5 8 6 12.5"/>"#),
    ("up", r#"<path d="M8 13.5v-11m-4.5 4.5L8 2.5 12.5 7"/>"#),
    ("close", r#"<path d="m4 4 8 8m0-8-8 8"/>"#),
    ("plug", r#"<path d="M5.5 1.5V5m5-3.5V5M3.5 5h9v2.5a4.5 4.5 0 0 1-9 0zM8 12v2.5"/>"#),
    ("step", r#"<path d="M1 11h3V6h4v4h4V4h3"/>"#),
    (
        "mark",
        r#"<circle cx="10.5" cy="3" r="1.75"/><path d="M10.5 4.75V11a3.75 3.75 0 0 1-7.5 0V9.5M1.25 11 3 9.25 4.75 11"/>"#,
    ),
];

/// All symbols, once in a page.
pub(crate) fn sprite() -> Markup {
    html! {
        svg.sprite aria-hidden="true" width="0" height="0" {
            @for (name, drawing) in SYMBOLS {
                symbol id=(format!("i-{name}")) viewBox="0 0 16 16" { (PreEscaped(drawing)) }
            }
        }
    }
}

/// An icon.
pub(crate) fn icon(name: &str) -> Markup {
    html! {
        svg.icon aria-hidden="true" width="16" height="16" { use href=(format!("#i-{name}")) {} }
    }
}
