//! Small parts that many screens have.

use std::time::SystemTime;

use maud::{Markup, html};

use crate::{
    format,
    html::{icons::icon, text::shown},
    kind::Kind,
};

/// A state with its shape, its word and its colour.
pub(crate) fn badge(kind: Kind) -> Markup {
    html! { span class=(format!("state s-{}", kind.word())) { (icon(kind.word())) (kind.name()) } }
}

/// The same as a pill beside a heading.
pub(crate) fn pill(word: &str, name: &str) -> Markup {
    html! { span class=(format!("pill s-{word}")) { (icon(word)) (name) } }
}

/// A time as how long ago it was. The exact one is in its title.
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

/// The time of an event in a timeline: both.
pub(crate) fn both(now: SystemTime, then: SystemTime) -> Markup {
    html! {
        time datetime=(format::iso(then)) title=(full(then)) {
            span data-ago=(format::iso(then)) { (format::age(format::since(now, then))) " ago" } ", "
            (format::clock_millis(then))
        }
    }
}

/// The text of a time that leaves nothing open.
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
            let spaced = name.replace(['_', '-'], " ");
            let mut rest = spaced.chars();
            let first =
                rest.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
            return shown(&format!("{first}{}", rest.as_str()));
        }
    };
    html! { (written) }
}

/// The values of a tenant, which is stored as a form.
pub(crate) fn tenant(stored: &str) -> String {
    let values: Vec<_> =
        form_urlencoded::parse(stored.as_bytes()).map(|(_, value)| value.into_owned()).collect();
    values.join(", ")
}
