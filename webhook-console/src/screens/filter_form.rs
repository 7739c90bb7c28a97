//! The form of a filter, and what is set in it.

use maud::{Markup, html};
use webhook_runtime::inbox::EndpointInfo;

use crate::{
    filter::{ListFilter, SPANS, Since},
    format,
    html::{icons::icon, text::plain},
    links::with_query,
    view::View,
};

/// The form, and below it each condition with a link to the list without it.
pub(crate) fn filter_form(view: &View, asked: &ListFilter, endpoints: &[EndpointInfo]) -> Markup {
    let tokens = asked.tokens();
    html! {
        div.filter {
            details.filter-fold {
                summary.button { "Filters" @if !tokens.is_empty() { span.second { (tokens.len()) " set" } } }
            }
            form.filter-form method="get" action=(view.link("deliveries")) {
                @for kind in &asked.kinds { input type="hidden" name="state" value=(kind.word()); }
                @if let Some(cause) = asked.cause { input type="hidden" name="cause" value=(cause); }
                (endpoint_field(asked, endpoints))
                (field("event", "Event", asked.event.as_deref(), "any"))
                (field("tenant", "Tenant", asked.tenant.as_deref(), "any"))
                (field("provider_id", "Provider id", asked.provider_id.as_deref(), "exact"))
                (field("error", "Error contains", asked.error.as_deref(), ""))
                (received_field(asked))
                button.button type="submit" { "Apply" }
            }
            @if !tokens.is_empty() {
                ul.tokens aria-label="Filters that are set" {
                    @for (name, called, value) in &tokens {
                        li.token {
                            span { (called) ": " strong { (value) } }
                            a href=(view.link(&with_query("deliveries", &asked.without(name))))
                                aria-label=(format!("Remove the filter {called}")) { (icon("close")) }
                        }
                    }
                    li { a.clear href=(view.link(&with_query("deliveries", &asked.only_state()))) { "Clear all" } }
                }
            }
        }
    }
}

fn field(name: &str, label: &str, value: Option<&str>, hint: &str) -> Markup {
    let id = format!("f-{name}");
    html! {
        div class=(format!("field field-{name}")) {
            label for=(id) { (label) }
            input id=(id) type="text" name=(name) value=(plain(value.unwrap_or_default()))
                placeholder=(hint) maxlength="255" autocomplete="off" spellcheck="false";
        }
    }
}

fn endpoint_field(asked: &ListFilter, endpoints: &[EndpointInfo]) -> Markup {
    let wanted = asked.endpoint.as_deref();
    let is_known = wanted.is_none_or(|wanted| endpoints.iter().any(|of| of.name == wanted));
    html! {
        div.field.field-endpoint {
            label for="f-endpoint" { "Endpoint" }
            select #f-endpoint name="endpoint" {
                option value="" { "any" }
                @if let (false, Some(wanted)) = (is_known, wanted) {
                    option value=(plain(wanted)) selected { (plain(wanted)) }
                }
                @for endpoint in endpoints {
                    option value=(endpoint.name) selected[wanted == Some(&endpoint.name)] { (endpoint.name) }
                }
            }
        }
    }
}

fn received_field(asked: &ListFilter) -> Markup {
    let span = match asked.since {
        Some(Since::Span(at)) => Some(at),
        _ => None,
    };
    let from = match asked.since {
        Some(Since::At(time)) => format::field(time),
        _ => String::new(),
    };
    let until = asked.until.map(format::field).unwrap_or_default();
    let is_between = !from.is_empty() || !until.is_empty();
    html! {
        div.field.field-received {
            label for="f-since" { "Received" }
            select #f-since name="since" {
                option value="any" { "any time" }
                @for (at, (word, name, _)) in SPANS.iter().enumerate() {
                    option value=(word) selected[span == Some(at)] { (name) }
                }
                option value="between" selected[is_between] { "between …" }
            }
        }
        div.field.between {
            label for="f-from" { "From (UTC)" }
            input #f-from type="datetime-local" name="from" value=(from);
        }
        div.field.between {
            label for="f-until" { "Until (UTC)" }
            input #f-until type="datetime-local" name="until" value=(until);
        }
    }
}
