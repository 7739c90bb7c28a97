//! Small parts that many screens have.

use std::time::SystemTime;

use maud::{Markup, html};
use webhook_runtime::{Field, inbox::Record};

use crate::{
    format,
    html::{icons::icon, text::shown},
    kind::Kind,
};

/// A state with its shape, its word and its colour.
pub(crate) fn badge(kind: Kind) -> Markup {
    html! { span class=(format!("state s-{}", kind.word())) { (icon(kind.word())) (kind.name()) } }
}

/// A state beside a heading.
pub(crate) fn pill(word: &str, name: &str) -> Markup {
    html! { span class=(format!("pill s-{word}")) { (icon(word)) (name) } }
}

/// The age of a time. The exact time is in its title.
pub(crate) fn ago(now: SystemTime, then: SystemTime) -> Markup {
    html! {
        time datetime=(format::iso(then)) title=(full(then)) data-ago {
            (format::age(format::since(now, then))) " ago"
        }
    }
}

/// An exact time.
pub(crate) fn exact(now: SystemTime, then: SystemTime) -> Markup {
    html! { time datetime=(format::iso(then)) title=(full(then)) { (format::exact(now, then)) } }
}

/// The age and the exact time of an event in a timeline.
pub(crate) fn both(now: SystemTime, then: SystemTime) -> Markup {
    html! {
        time datetime=(format::iso(then)) title=(full(then)) {
            span data-ago=(format::iso(then)) { (format::age(format::since(now, then))) " ago" } ", "
            (format::clock_millis(then))
        }
    }
}

/// The date, the time and the zone.
fn full(time: SystemTime) -> String {
    format!("{} UTC", format::iso(time).replace('T', " ").trim_end_matches('Z'))
}

/// A number; a zero is grey.
pub(crate) fn figure(number: u64) -> Markup {
    html! { @if number == 0 { span.zero { "0" } } @else { (format::number(number)) } }
}

/// A panel with its heading, and what stands beside it.
pub(crate) fn panel(id: &str, heading: &str, aside: &Markup, body: &Markup) -> Markup {
    let label = format!("{id}-h");
    html! {
        section.panel id=(id) aria-labelledby=(label) data-live {
            div.panel-head { h2 id=(label) { (heading) } div.aside { (aside) } }
            (body)
        }
    }
}

/// Names and values.
pub(crate) struct Facts(Vec<(&'static str, Markup, Option<Markup>)>);

impl Facts {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn add(mut self, name: &'static str, value: Markup) -> Self {
        self.0.push((name, value, None));
        self
    }

    pub(crate) fn noted(mut self, name: &'static str, value: Markup, note: Markup) -> Self {
        self.0.push((name, value, (!note.0.is_empty()).then_some(note)));
        self
    }

    pub(crate) fn add_if(self, name: &'static str, value: Option<Markup>) -> Self {
        match value {
            Some(value) => self.add(name, value),
            None => self,
        }
    }

    pub(crate) fn render(&self) -> Markup {
        html! {
            dl.facts {
                @for (name, value, note) in &self.0 {
                    div {
                        dt { (name) }
                        dd { (value) @if let Some(note) = note { div.second { (note) } } }
                    }
                }
            }
        }
    }
}

/// The name of a provider as its makers write it.
pub(crate) fn provider(name: &str) -> Markup {
    let written = match name {
        "github" => "GitHub",
        "gitlab" => "GitLab",
        "paypal" => "PayPal",
        "sendgrid" => "SendGrid",
        "hubspot" => "HubSpot",
        "openai" => "OpenAI",
        "pagerduty" => "PagerDuty",
        "docusign" => "DocuSign",
        "woocommerce" => "WooCommerce",
        "line" => "LINE",
        "aws_sns" | "aws-sns" => "AWS SNS",
        _ => {
            return match name.strip_prefix("hmac-").and_then(|hash| hash.split_once('-')) {
                Some((hash, encoding)) => {
                    shown(&format!("HMAC-{} ({encoding})", hash.to_uppercase()))
                }
                None => shown(&format::capitalized(&name.replace(['_', '-'], " "))),
            };
        }
    };
    html! { (written) }
}

/// The place of a value in a request: the name of a header, or a pointer into the body.
pub(crate) fn field(field: Field) -> Markup {
    html! {
        @match field {
            Field::Header(name) => code { (name) },
            Field::Pointer(pointer) => code { (pointer) },
            _ => "set",
        }
    }
}

/// The name of the event of a delivery, if it has one.
pub(crate) fn event_name(record: &Record) -> &str {
    record.event.as_deref().unwrap_or("no event")
}

/// The tenant of a delivery, if it has one.
pub(crate) fn tenant_name(record: &Record) -> String {
    record.tenant.as_deref().map_or_else(|| "no tenant".to_owned(), tenant)
}

/// The values of a tenant, which is stored as a form.
pub(crate) fn tenant(stored: &str) -> String {
    let values: Vec<_> =
        form_urlencoded::parse(stored.as_bytes()).map(|(_, value)| value.into_owned()).collect();
    values.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_are_written_as_their_makers_do() {
        for (name, expected) in [
            ("github", "GitHub"),
            ("standard-webhooks", "Standard webhooks"),
            ("hmac-sha256-hex", "HMAC-SHA256 (hex)"),
        ] {
            let written = provider(name).into_string();
            assert!(written.contains(expected), "{written}");
        }
    }
}
