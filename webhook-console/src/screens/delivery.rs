//! One delivery: what happened, what comes next, and what was sent.

use axum::{
    Extension,
    extract::{Path, RawQuery},
    response::Response,
};
use maud::{Markup, html};
use webhook_runtime::{
    Field, Provider,
    inbox::{
        Attempt, DeliveryState, Duplicates, EndpointInfo, Filter, Record, StoredDelivery, Window,
        WorkerRecord,
    },
};

use crate::{
    action::Action,
    fetch::{Trouble, ask},
    filter::{Asked, with_query},
    format,
    html::{
        layout::{Nav, Screen, as_of, back},
        parts::{Facts, ago, badge, panel, pill, provider, tenant},
        text::{plain, shown},
    },
    kind::Kind,
    screens::{
        curl, headers,
        overview::{endpoint_path, query},
        refusal,
        timeline::{Story, outermost},
    },
    view::View,
};

/// The related deliveries that are shown.
const RELATED: u32 = 6;

/// Everything about one delivery.
pub(crate) struct Known {
    pub(crate) delivery: StoredDelivery,
    attempts: Vec<Attempt>,
    duplicates: Vec<Duplicates>,
    same_id: Vec<Record>,
    /// Those with its ordering key that have not ended, in order.
    in_order: Vec<Record>,
    workers: Vec<WorkerRecord>,
    is_paused: bool,
    endpoint: Option<EndpointInfo>,
}

impl Known {
    /// Reads all of it; `None` if there is no such delivery.
    pub(crate) async fn read(view: &View, id: i64) -> Result<Option<Self>, Trouble> {
        let inbox = &view.shared.inbox;
        let Some(delivery) = ask(inbox.get(id)).await? else { return Ok(None) };
        let record = &delivery.record;
        let same = record.provider_id.as_ref().map(|id| Filter::all().provider_id(id));
        let same_id = async {
            match same {
                Some(same) => ask(inbox.page(&same, Window::newest_first(RELATED))).await,
                None => Ok(webhook_runtime::inbox::Page::default()),
            }
        };
        let (attempts, duplicates, workers, paused, in_order, same_id) = tokio::join!(
            ask(inbox.attempts(id)),
            ask(inbox.duplicates(id)),
            ask(inbox.workers()),
            ask(inbox.paused()),
            ask(inbox.same_ordering_key(id)),
            same_id,
        );
        let paused = paused.unwrap_or_default();
        let endpoint = inbox.endpoints().into_iter().find(|of| of.name == record.endpoint);
        let mut same_id = same_id.map(|page| page.records).unwrap_or_default();
        same_id.retain(|other| other.id != id && other.endpoint == record.endpoint);
        Ok(Some(Self {
            is_paused: paused.iter().any(|pause| pause.endpoint == record.endpoint),
            attempts: attempts?,
            duplicates: duplicates.unwrap_or_default(),
            same_id,
            workers: workers.unwrap_or_default(),
            in_order: in_order.unwrap_or_default(),
            endpoint,
            delivery,
        }))
    }

    fn record(&self) -> &Record {
        &self.delivery.record
    }

    fn provider(&self) -> Option<&'static Provider> {
        self.endpoint.as_ref().and_then(|of| of.provider)
    }
}

pub(crate) async fn show(
    Extension(view): Extension<View>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let Ok(id) = id.parse::<i64>() else { return refusal::nothing_here(&view) };
    let query = query.unwrap_or_default();
    match Known::read(&view, id).await {
        Ok(Some(known)) => {
            let body = hidden_body(&view, &known);
            page(&view, &known, &query, &as_of(&view), &body).live().render(&view)
        }
        Ok(None) => refusal::no_delivery(&view, id),
        Err(trouble) => refusal::unreachable(&view, &trouble),
    }
}

/// The page, with the time of its figures and its body as they are to be shown.
pub(crate) fn page(
    view: &View,
    known: &Known,
    query: &str,
    as_of: &Markup,
    body: &Markup,
) -> Screen {
    let record = known.record();
    let get = |wanted: &str| {
        form_urlencoded::parse(query.as_bytes())
            .find_map(|(name, value)| (name == wanted).then(|| value.into_owned()))
    };
    let list = Asked::parse(&get("list").unwrap_or_default());
    let done = get("done").as_deref().and_then(Action::from_word);
    let event = record.event.as_deref().unwrap_or("no event");
    let kind = Kind::of(record);
    let story = Story {
        view,
        record,
        attempts: &known.attempts,
        workers: &known.workers,
        endpoint: known.endpoint.as_ref(),
        is_paused: known.is_paused,
        behind: known.in_order.first().filter(|first| first.id != record.id).map(|first| first.id),
    };
    let main = html! {
        (back(view, &with_query("deliveries", &list.query()), &shown(&list.name())))
        div.heading {
            div.heading-text #summary data-live {
                h1.with-pill {
                    span { (shown(event)) " " span.number-of { (format::id(record.id)) } }
                    (pill(kind.word(), kind.name()))
                }
                p.below { (sentence(view, known)) }
            }
            div.beside { (as_of) (actions(view, record, kind, &list)) }
        }
        div.columns.three {
            (panel("story", "What happened", &html! { "newest first" }, &story.render()))
            div.side {
                (panel("facts", "Delivery", &html! {}, &facts(view, known).render()))
                (related(view, known))
            }
            div.main-column.rest {
                (panel("body", "Body", &html! {}, body))
                (headers::headers(&known.delivery.head.headers, known.provider()))
                (again(known))
            }
        }
    };
    let title = format!("{} {}", plain(event), format::id(record.id));
    let toast = done.and_then(|done| toast(record, done));
    Screen::new(title, Nav::Deliveries, main).toast(toast)
}

/// A sentence about what was just done, if it was.
fn toast(record: &Record, done: Action) -> Option<Markup> {
    let is_so = match done {
        Action::Retry | Action::Replay => !matches!(record.state, DeliveryState::Cancelled),
        Action::Cancel | Action::Discard => record.state == DeliveryState::Cancelled,
    };
    is_so.then(|| {
        html! {
            "Delivery " (format::id(record.id)) " was " (done.done()) ". It is "
            (Kind::of(record).name().to_lowercase()) " now."
        }
    })
}

fn sentence(view: &View, known: &Known) -> Markup {
    let record = known.record();
    let failed = known.attempts.iter().filter(|one| one.error.is_some()).count();
    html! {
        "From " (provider(&record.provider))
        @if let Some(stored) = &record.tenant { " for " (shown(&tenant(stored))) }
        ", received " (ago(view.now, record.received_at)) "."
        @if failed > 0 {
            " " (failed) " of " (format::counted(known.attempts.len() as u64, "attempt", "attempts")) " failed"
            @match record.last_error.as_deref().map(outermost) {
                Some(error) => {
                    ", the last one: " (shown(&error)) @if !error.ends_with('…') { "." }
                }
                None => ".",
            }
        }
    }
}

fn actions(view: &View, record: &Record, kind: Kind, list: &Asked) -> Markup {
    if !view.viewer.full {
        return html! {};
    }
    html! {
        div.actions #actions data-live {
            @for action in Action::of(kind) {
                @let asks = matches!(action, Action::Replay | Action::Discard);
                form method="post" action=(view.link(&if asks {
                    "changes/confirm".to_owned()
                } else {
                    format!("deliveries/{}/{}", record.id, action.word())
                })) {
                    input type="hidden" name="token" value=(view.token());
                    input type="hidden" name="list" value=(list.query());
                    @if asks {
                        input type="hidden" name="scope" value="ticked";
                        input type="hidden" name="tick" value=(record.id);
                        input type="hidden" name="action" value=(action.word());
                        button.button.danger[action == Action::Discard] type="submit" { (action.verb()) "…" }
                    } @else {
                        button.button.ink[action == Action::Retry] type="submit" { (action.verb()) }
                    }
                }
            }
        }
    }
}

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

fn facts(view: &View, known: &Known) -> Facts {
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
    facts = facts.add_if("Ordering key", order).add(
        "Body",
        html! {
            (format::size(record.body_len))
            @if let Some(of) = content_type(known) { " of " (of) }
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

fn related(view: &View, known: &Known) -> Markup {
    let id = known.record().id;
    let in_order: Vec<_> = known.in_order.iter().filter(|one| one.id != id).take(5).collect();
    if known.same_id.is_empty() && known.duplicates.is_empty() && in_order.is_empty() {
        return html! {};
    }
    let body = html! {
        ul.related {
            @for other in in_order {
                @let order = if other.id < id { "runs before this one" } else { "runs after this one" };
                (relative(view, other, &format!("same ordering key, {order}")))
            }
            @for other in &known.same_id { (relative(view, other, "same provider id")) }
            @for copies in known.duplicates.iter().rev().take(6) {
                li {
                    div.related-head {
                        span { (format::counted(copies.count, "duplicate", "duplicates")) " of this one" }
                        span.state.s-cancelled { (crate::html::icons::icon("cancelled")) "Not stored" }
                    }
                    p.second { "the last " (ago(view.now, copies.last)) }
                }
            }
        }
    };
    panel("related", "Related", &html! {}, &body)
}

/// A related delivery.
fn relative(view: &View, other: &Record, how: &str) -> Markup {
    html! {
        li {
            div.related-head {
                span {
                    a href=(view.link(&format!("deliveries/{}", other.id))) { (format::id(other.id)) }
                    " " (shown(other.event.as_deref().unwrap_or("no event")))
                }
                (badge(Kind::of(other)))
            }
            p.second { (how) ", " (ago(view.now, other.received_at)) }
        }
    }
}

/// The content type that the sender has written.
fn content_type(known: &Known) -> Option<Markup> {
    let of = known.delivery.head.headers.get(http::header::CONTENT_TYPE)?;
    Some(crate::html::text::bytes(of.as_bytes()))
}

/// The body, which is not shown before it is asked for.
fn hidden_body(view: &View, known: &Known) -> Markup {
    let record = known.record();
    if known.delivery.body_dropped {
        return html! {
            p.pad.second {
                "The body was dropped when the delivery completed, as this endpoint is set up. It cannot be replayed."
            }
        };
    }
    html! {
        div.panel-body {
            div.locked {
                (crate::html::icons::icon("blocked"))
                p {
                    (format::size(record.body_len))
                    @if let Some(of) = content_type(known) { " of " (of) }
                    ". It may contain personal data. Showing it is logged under your name, "
                    (shown(&view.viewer.name)) "."
                }
                form method="post" action=(view.link(&format!("deliveries/{}/body#body", record.id))) {
                    input type="hidden" name="token" value=(view.token());
                    button.button type="submit" { (crate::html::icons::icon("eye")) "Show the body" }
                }
            }
        }
    }
}

/// The command that sends it again.
fn again(known: &Known) -> Markup {
    let Some(provider) = known.provider() else { return html! {} };
    let secret = known.record().secret_name.as_deref().unwrap_or("SECRET");
    let body = html! {
        div.panel-body {
            pre.code #again-code tabindex="0" aria-label="Command" { (crate::html::text::inline(&curl::command(&known.delivery, provider, secret))) }
            p.second { "Signed anew with the secret of your own machine. The signature from production is not in it." }
        }
    };
    panel("again", "Send it to your own machine", &html! {}, &body)
}

/// The query of a page with the way back to its list.
pub(crate) fn with_list(id: i64, list: &str, done: Action) -> String {
    let mut pairs = vec![("done", done.word())];
    if !list.is_empty() {
        pairs.push(("list", list));
    }
    with_query(&format!("deliveries/{id}"), &query(&pairs))
}
