//! The facts of one delivery.

use maud::{Markup, html};
use webhook_runtime::{Field, Provider, inbox::DeliveryState};

use crate::{
    format,
    html::{
        parts::{Facts, provider},
        text::shown,
    },
    links::endpoint_path,
    screens::known::Known,
    view::View,
};

/// The parameters of a tenant, which is stored as a form.
fn parameters(stored: &str) -> String {
    let pairs = form_urlencoded::parse(stored.as_bytes());
    pairs.map(|(name, value)| format!("{name} = {value}")).collect::<Vec<_>>().join(", ")
}

/// The note on a value that is not signed.
fn unsigned(provider: Option<&Provider>, field: Option<Field>) -> Markup {
    html! {
        @if let (Some(of), Some(field)) = (provider, field) {
            @if let (false, Field::Header(name)) = (of.signs(field), field) {
                "from the header " code { (name) } ", which " (self::provider(of.name())) " does not sign"
            }
        }
    }
}

/// The deliveries with the same ordering key that did not wait for one that died.
fn overtaken(known: &Known) -> Markup {
    let record = known.record();
    let newer = known.neighbours.iter().filter(|other| other.id > record.id);
    let ran = newer.filter(|other| other.state == DeliveryState::Completed).count();
    html! {
        @if record.state == DeliveryState::Dead && ran > 0 {
            (format::counted(ran as u64, "newer delivery", "newer deliveries")) " ran after this one died"
        }
    }
}

/// All of them.
pub(crate) fn facts(view: &View, known: &Known) -> Facts {
    let (record, of) = (known.record(), known.endpoint.as_ref());
    let link = html! { a href=(view.link(&endpoint_path(&record.endpoint))) { (shown(&record.endpoint)) } };
    let mut facts =
        Facts::new().add("Endpoint", link).add("Provider", provider(&record.provider)).add_if(
            "Tenant",
            record.tenant.as_ref().map(|stored| {
                html! { code { (shown(&parameters(stored))) } }
            }),
        );
    if let Some(event) = &record.event {
        let note = unsigned(known.provider(), known.provider().and_then(Provider::event));
        facts = facts.noted("Event", html! { code { (shown(event)) } }, note);
    }
    if let Some(id) = &record.provider_id {
        let note = unsigned(known.provider(), known.provider().and_then(Provider::id));
        facts = facts.noted("Provider id", html! { code { (shown(id)) } }, note);
    }
    if let Some(name) = &record.secret_name {
        let note = html! { "the name only, the value is not stored" };
        facts = facts.noted("Secret", html! { code { (shown(name)) } }, note);
    }
    let order = of.and_then(|of| of.order_by).map(|field| match field {
        Field::Header(name) => html! { code { (name) } },
        Field::Pointer(pointer) => html! { code { (pointer) } },
        _ => html! { "set" },
    });
    if let Some(order) = order {
        facts = facts.noted("Ordering key", order, overtaken(known));
    }
    facts = facts.add(
        "Body",
        html! {
            (format::size(record.body_len))
            @if let Some(of) = known.content_type() { " of " (of) }
        },
    );
    if let Some(of) = of {
        let until = record.received_at.checked_add(of.dedup_retention);
        let note = html! { @if let Some(until) = until { "until " (format::day(until)) } };
        let how = if known.provider().is_some_and(|of| of.id().is_some_and(|id| of.signs(id))) {
            "signed id"
        } else {
            "hash of the signed bytes"
        };
        facts = facts.noted("Deduplication", html! { (how) }, note);
        let kept = match record.state {
            DeliveryState::Dead => of.dead_letter_retention,
            _ => of.completed_retention,
        };
        if let Some(until) = record.finished_at.and_then(|at| at.checked_add(kept)) {
            let note = html! { "kept for " (format::duration(kept)) };
            facts = facts.noted("Kept until", html! { (format::day(until)) }, note);
        }
    }
    facts
}
