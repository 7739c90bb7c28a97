//! Deliveries: a list with a filter, page by page, and actions for ticked deliveries or all that match.

use std::time::{Duration, SystemTime};

use axum::{
    Extension,
    extract::RawQuery,
    response::{IntoResponse as _, Redirect, Response},
};
use http::StatusCode;
use maud::{Markup, html};
use webhook_runtime::inbox::{Count, EndpointCounts, EndpointInfo, Filter, Page, Window};

use crate::{
    counts,
    fetch::{FetchError, fetch},
    filter::ListFilter,
    format,
    html::{
        icons::icon,
        layout::{Nav, Screen, as_of, heading},
        notice::{empty, unavailable},
    },
    kind::Kind,
    links::{delivery_path, parameter, query, with_query},
    screens::{
        bulk_bar::bulk_bar, error_text::plain_error, filter_form::filter_form, refusal, rows,
        rows::RowContext,
    },
    view::View,
};

/// The limit of the count of matches.
const MAX_COUNT: u64 = 10_000;

/// The limit of the count of new matches.
const MAX_NEW: u64 = 1000;

pub(crate) async fn show(Extension(view): Extension<View>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    if let Some(wanted) = searched(&query) {
        return search(&view, &wanted).await;
    }
    let asked = ListFilter::parse(&query);
    let inbox = &view.shared.inbox;
    let endpoints = inbox.endpoints();
    let filter = asked.filter(view.now, &endpoints);
    let (page, count, counts, new) = tokio::join!(
        fetch(inbox.page(&filter, asked.window())),
        fetch(inbox.count(&filter, MAX_COUNT)),
        view.shared.figures.counts(),
        new_since(&view, &filter),
    );
    let page = match page {
        Ok(page) => page,
        Err(error) => return refusal::unreachable(&view, &error),
    };
    let asked = asked.with_cause_of(
        page.records.iter().find_map(|record| record.last_error.as_deref()).map(plain_error),
    );
    let context = RowContext::read(&view, &page).await;
    let list = List {
        view: &view,
        asked: &asked,
        endpoints: &endpoints,
        count,
        counts: counts.unwrap_or_default(),
        context,
        new,
        page,
    };
    let status = if asked.problems.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let main = html! {
        (heading(&html! { "Deliveries" }, &html! { "Newest first" }, &as_of(&view)))
        (list.tabs())
        (list.body())
    };
    Screen::new(asked.name(), Nav::Deliveries, main).live().with_status(status).render(&view)
}

/// The matches that came since the page was first shown.
async fn new_since(view: &View, filter: &Filter) -> Option<(Count, SystemTime)> {
    let since = view.shown_at?;
    let asked = filter.received.clone();
    let until = asked.as_ref().map_or(view.now + Duration::from_secs(3600), |span| span.end);
    let new = filter.clone().received(since.max(asked.map_or(since, |span| span.start))..until);
    let count = fetch(view.shared.inbox.count(&new, MAX_NEW)).await.ok()?;
    (count.number > 0).then_some((count, since))
}

/// The text that was typed into the search field.
fn searched(query: &str) -> Option<String> {
    let value = parameter(query, "q")?;
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

/// A number goes to that delivery, a provider's id to the one match, else to the list.
async fn search(view: &View, wanted: &str) -> Response {
    let digits: String = wanted.trim_start_matches('#').replace(',', "");
    let go = |path: &str| Redirect::to(&view.link(path)).into_response();
    if let Ok(id) = digits.parse::<i64>() {
        let by_number = Filter::all().ids([id]);
        let exists = fetch(view.shared.inbox.page(&by_number, Window::newest_first(1)));
        let exists = exists.await.is_ok_and(|page| !page.records.is_empty());
        let by_id = Filter::all().provider_id(wanted);
        let is_provider_id = || async {
            let found = fetch(view.shared.inbox.page(&by_id, Window::newest_first(1))).await;
            found.is_ok_and(|page| !page.records.is_empty())
        };
        if exists || !is_provider_id().await {
            return go(&delivery_path(id));
        }
    }
    let by_id = Filter::all().provider_id(wanted);
    match fetch(view.shared.inbox.page(&by_id, Window::newest_first(2))).await {
        Ok(page) => {
            if let [one] = &page.records[..] {
                go(&delivery_path(one.id))
            } else {
                go(&with_query("deliveries", &query(&[("provider_id", wanted)])))
            }
        }
        Err(error) => refusal::unreachable(view, &error),
    }
}

/// A page of the list.
struct List<'l> {
    view: &'l View,
    asked: &'l ListFilter,
    endpoints: &'l [EndpointInfo],
    count: Result<Count, FetchError>,
    counts: Vec<EndpointCounts>,
    context: RowContext,
    /// The matches that came since the page was shown, and when that was.
    new: Option<(Count, SystemTime)>,
    page: Page,
}

impl List<'_> {
    fn is_in(&self, kind: Option<Kind>) -> bool {
        match (kind, &self.asked.kinds[..]) {
            (None, []) => true,
            (Some(kind), kinds) => kinds.contains(&kind),
            _ => false,
        }
    }

    /// The number beside a tab, where it is cheap. It follows the endpoint only.
    fn number(&self, kind: Kind) -> Option<Count> {
        let is_asked = |counts: &&EndpointCounts| {
            self.asked.endpoint.as_ref().is_none_or(|name| *name == counts.endpoint)
        };
        counts::of_kind(&EndpointCounts::new(""), kind)?;
        let of_endpoints = self.counts.iter().filter(is_asked);
        Some(counts::total(of_endpoints.filter_map(|of| counts::of_kind(of, kind))))
    }

    fn tabs(&self) -> Markup {
        let tab = |kind: Option<Kind>| {
            let current = self.is_in(kind);
            let number = kind.and_then(|kind| self.number(kind));
            html! {
                a.tab.current[current] href=(self.view.link(&with_query("deliveries", &self.asked.in_state(kind))))
                    aria-current=[current.then_some("true")] {
                    @match kind { Some(kind) => (icon(kind.word())), None => {} }
                    span { (kind.map_or("All", Kind::names)) }
                    @if let Some(count) = number {
                        span.tab-number {
                            (format::count(count))
                            @if self.asked.endpoint.is_some() { span.hidden { " at this endpoint" } }
                        }
                    }
                }
            }
        };
        html! {
            nav #tabs.tabs aria-label="State" data-live {
                (tab(None))
                @for kind in Kind::ALL { (tab(Some(kind))) }
            }
        }
    }

    fn body(&self) -> Markup {
        let is_empty = self.page.records.is_empty();
        html! {
            @for problem in &self.asked.problems {
                p.field-problem role="alert" { (icon("dead")) (crate::html::text::shown(problem)) }
            }
            div.panel.list {
                (filter_form(self.view, self.asked, self.endpoints))
                @if is_empty && self.asked.before.is_none() && self.asked.after.is_none() {
                    (self.nothing())
                } @else {
                    form.list-form method="post" action=(self.view.link("changes/confirm")) {
                        (self.line())
                        (rows::table(self.view, self.asked, self.endpoints, &self.page, &self.context))
                        (self.pager())
                        @if self.view.viewer.full { (bulk_bar(self.view, self.asked, &self.page, self.count.as_ref().ok().copied())) }
                    }
                }
            }
        }
    }

    fn line(&self) -> Markup {
        let shown = self.page.records.len();
        html! {
            div.list-line role="status" {
                @match &self.count {
                    Ok(Count { number, more: true }) => span { strong { "More than " (format::number(*number)) } " match" },
                    Ok(Count { number, .. }) => {
                        span { strong { (format::number(*number)) } (if *number == 1 { " matches" } else { " match" }) }
                    }
                    Err(error) => (unavailable(&error.to_string())),
                }
                span.second {
                    @if self.asked.before.is_none() && self.asked.after.is_none() { "newest " }
                    (shown) " shown"
                }
                span #new-since {
                    @if let Some((new, since)) = &self.new {
                        a.new href=(self.view.link(self.view.here())) {
                            (icon("up")) (format::count(*new))
                            " new since " (format::clock(*since))
                        }
                    }
                }
            }
        }
    }

    fn pager(&self) -> Markup {
        let link = |name, id| self.view.link(&with_query("deliveries", &self.asked.at(name, id)));
        html! {
            nav.pager aria-label="Pages" {
                @match self.page.previous.and_then(|window| window.after) {
                    Some(after) => a.button rel="prev" href=(link("after", after)) { (icon("back")) "Newer" },
                    None => span.second { "Newest page" },
                }
                @match self.page.next.and_then(|window| window.before) {
                    Some(before) => a.button rel="next" href=(link("before", before)) { "Older" (icon("next")) },
                    None => span.second { "Oldest page" },
                }
            }
        }
    }

    /// The list is empty: why, and what to do.
    fn nothing(&self) -> Markup {
        let (asked, view) = (self.asked, self.view);
        if asked.tokens().is_empty() {
            let (heading, text) = match &asked.kinds[..] {
                [] => (
                    "No deliveries yet",
                    format!(
                        "{} ready. The first delivery shows up here by itself.",
                        format::counted(
                            self.endpoints.len() as u64,
                            "endpoint is",
                            "endpoints are"
                        )
                    ),
                ),
                [Kind::Dead] => {
                    ("No dead letters", "No delivery has used up its attempts.".to_owned())
                }
                [kind] => {
                    ("Nothing here", format!("No delivery is {} now.", kind.name().to_lowercase()))
                }
                _ => ("Nothing here", "No delivery is in these states now.".to_owned()),
            };
            let symbol = if asked.kinds.is_empty() { "received" } else { "completed" };
            return empty(symbol, heading, &html! { (text) }, &html! {});
        }
        let text = html! { "No delivery matches: " (asked.words()) "." };
        let buttons = html! {
            @if asked.since.is_some() || asked.until.is_some() {
                a.button href=(view.link(&with_query("deliveries", &asked.without("since")))) { "Search at any time" }
            }
            a.quiet href=(view.link(&with_query("deliveries", &asked.only_state()))) { "Clear all filters" }
        };
        empty("search", "No matches", &text, &buttons)
    }
}
