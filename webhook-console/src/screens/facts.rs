//! The facts of one delivery.

use maud::{Markup, html};
use webhook_runtime::{Field, Provider, inbox::DeliveryState};

use crate::{
    format,
    html::{
        parts::{Facts, field, provider},
        text::shown,
    },
    links::endpoint_path,
    screens::details::Details,
    view::View,
};

/// The parameters of a tenant, which is stored as a form.
fn parameters(stored: &str) -> String {
    let pairs = form_urlencoded::parse(stored.as_bytes());
    pairs.map(|(name, value)| format!("{name} = {value}")).collect::<Vec<_>>().join(", ")
}

/// The note on a value that is not signed.
fn unsigned(provider: Option<&Provider>, place: Option<Field>) -> Markup {
    html! {
        @if let (Some(of), Some(place)) = (provider, place) {
            @if let (false, Field::Header(name)) = (of.signs(place), place) {
                "from the header " code { (name) } ", which " (self::provider(of.name())) " does not sign"
            }
        }
    }
}

/// The deliveries with the same ordering key that did not wait for one that died.
fn overtaken(details: &Details) -> Markup {
    let record = details.record();
    let newer = details.neighbours.iter().filter(|other| other.id > record.id);
    let ran = newer.filter(|other| other.state == DeliveryState::Completed).count();
    html! {
        @if record.state == DeliveryState::Dead && ran > 0 {
            (format::counted(ran as u64, "newer delivery", "newer deliveries")) " ran after this one died"
        }
    }
}

/// The list of facts.
pub(crate) fn facts(view: &View, details: &Details) -> Facts {
    let (record, of) = (details.record(), details.endpoint.as_ref());
    let link = html! { a href=(view.link(&endpoint_path(&record.endpoint))) { (shown(&record.endpoint)) } };
    let mut facts =
        Facts::new().add("Endpoint", link).add("Provider", provider(&record.provider)).add_if(
            "Tenant",
            record.tenant.as_ref().map(|stored| {
                html! { code { (shown(&parameters(stored))) } }
            }),
        );
    if let Some(event) = &record.event {
        let note = unsigned(details.provider(), details.provider().and_then(Provider::event));
        facts = facts.noted("Event", html! { code { (shown(event)) } }, note);
    }
    if let Some(id) = &record.provider_id {
        let note = unsigned(details.provider(), details.provider().and_then(Provider::id));
        facts = facts.noted("Provider id", html! { code { (shown(id)) } }, note);
    }
    if let Some(name) = &record.secret_name {
        let note = html! { "the name only, the value is not stored" };
        facts = facts.noted("Secret", html! { code { (shown(name)) } }, note);
    }
    let order = of.and_then(|of| of.order_by).map(field);
    if let Some(order) = order {
        facts = facts.noted("Ordering key", order, overtaken(details));
    }
    facts = facts.add(
        "Body",
        html! {
            (format::size(record.body_len))
            @if let Some(of) = details.content_type() { " of " (of) }
        },
    );
    if let Some(of) = of {
        let until = record.received_at.checked_add(of.dedup_retention);
        let note = html! { @if let Some(until) = until { "until " (format::day(until)) } };
        let how = if details.provider().is_some_and(|of| of.id().is_some_and(|id| of.signs(id))) {
            "signed id"
        } else {
            "hash of the signed bytes"
        };
        facts = facts.noted("Deduplication", html! { (how) }, note);
        if let (Some(until), Some(kept)) = (details.kept_until(), details.retention()) {
            let note = html! { "kept for " (format::duration(kept)) };
            facts = facts.noted("Kept until", html! { (format::day(until)) }, note);
        }
    }
    facts
}
