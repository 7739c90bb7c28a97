//! The filter of a list, as its URL and its form have it.

use std::{
    ops::Range,
    time::{Duration, SystemTime},
};

use maud::{Markup, html};
use webhook_runtime::inbox::{EndpointInfo, Filter, Window};

use crate::{
    calendar, format,
    html::{parts::tenant, text::shown},
    kind::Kind,
    links,
};

/// The deliveries of one page.
pub(crate) const PAGE: u32 = 50;

/// The longest text of a condition, in characters.
const MAX_TEXT: usize = 255;

/// The spans of time that end now: their words in the URL, their names, and their seconds.
pub(crate) const SPANS: [(&str, &str, u64); 4] = [
    ("15m", "last 15 minutes", 15 * 60),
    ("1h", "last hour", 3600),
    ("24h", "last 24 hours", 24 * 3600),
    ("7d", "last 7 days", 7 * 24 * 3600),
];

/// The begin of a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Since {
    /// One of [`SPANS`].
    Span(usize),
    At(SystemTime),
}

/// The filter that a URL or a form asks for. Conditions that cannot be read are left out, and listed as
/// problems.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ListFilter {
    pub(crate) kinds: Vec<Kind>,
    pub(crate) endpoint: Option<String>,
    pub(crate) event: Option<String>,
    pub(crate) tenant: Option<String>,
    pub(crate) provider_id: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) cause: Option<i64>,
    /// The text of an error with that cause, once one was read.
    pub(crate) cause_text: Option<String>,
    pub(crate) since: Option<Since>,
    pub(crate) until: Option<SystemTime>,
    pub(crate) before: Option<i64>,
    pub(crate) after: Option<i64>,
    pub(crate) problems: Vec<String>,
}

impl ListFilter {
    /// Reads a query. Unknown parameters are ignored.
    pub(crate) fn parse(query: &str) -> Self {
        let (mut asked, mut from) = (Self::default(), None);
        let mut is_between = false;
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            match &*name {
                "state" => match Kind::from_word(value) {
                    Some(kind) if asked.kinds.contains(&kind) => {}
                    Some(kind) => asked.kinds.push(kind),
                    None => asked.problem(value, "is not a state."),
                },
                "endpoint" => asked.endpoint = Some(text(value)),
                "event" => asked.event = Some(text(value)),
                "tenant" => asked.tenant = Some(text(value)),
                "provider_id" => asked.provider_id = Some(text(value)),
                "error" => asked.error = Some(text(value)),
                "cause" => asked.cause = asked.number(value),
                "before" => asked.before = asked.number(value),
                "after" => asked.after = asked.number(value),
                "since" if value == "any" => {}
                "since" if value == "between" => is_between = true,
                "since" => {
                    let span = SPANS.iter().position(|(word, ..)| *word == value);
                    asked.since =
                        span.map(Since::Span).or_else(|| asked.time(value).map(Since::At));
                }
                "from" => from = Some(value.to_owned()),
                "until" => asked.until = asked.time(value),
                _ => {}
            }
        }
        if is_between {
            asked.since = from.and_then(|from| asked.time(&from)).map(Since::At);
        } else if !matches!(asked.since, Some(Since::At(_)) | None) {
            // A span ends now.
            asked.until = None;
        }
        asked
    }

    fn problem(&mut self, value: &str, what: &str) {
        self.problems.push(format!("“{}” {what}", text(value)));
    }

    fn number(&mut self, value: &str) -> Option<i64> {
        let number = value.parse().ok();
        if number.is_none() {
            self.problem(value, "is not a number.");
        }
        number
    }

    fn time(&mut self, value: &str) -> Option<SystemTime> {
        let time = calendar::parse(value);
        if time.is_none() {
            self.problem(value, "is not a time. Write 2026-11-27T14:00.");
        }
        time
    }

    /// The filter of the inbox.
    pub(crate) fn filter(&self, now: SystemTime, endpoints: &[EndpointInfo]) -> Filter {
        let mut filter = Kind::filter(&self.kinds);
        if let Some(endpoint) = &self.endpoint {
            filter = filter.endpoint(endpoint);
        }
        if let Some(event) = &self.event {
            filter = filter.event(event);
        }
        if let Some(tenant) = &self.tenant {
            filter = filter.tenant(self.stored_tenant(tenant, endpoints));
        }
        if let Some(id) = &self.provider_id {
            filter = filter.provider_id(id);
        }
        if let Some(error) = &self.error {
            filter = filter.error(error);
        }
        if let Some(cause) = self.cause {
            filter = filter.cause(cause);
        }
        match self.received(now) {
            Some(span) => filter.received(span),
            None => filter,
        }
    }

    /// The tenant in its stored form, `shop=acme`. A value alone gets the name of the endpoint's parameter.
    fn stored_tenant(&self, tenant: &str, endpoints: &[EndpointInfo]) -> String {
        if tenant.contains('=') {
            return tenant.to_owned();
        }
        let is_asked =
            |of: &&EndpointInfo| self.endpoint.as_ref().is_none_or(|name| *name == of.name);
        let parameter = endpoints.iter().filter(is_asked).find_map(|of| {
            let (_, rest) = of.path?.split_once('{')?;
            Some(rest.split_once('}')?.0.trim_start_matches('*'))
        });
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair(parameter.unwrap_or("tenant"), tenant);
        form.finish()
    }

    fn received(&self, now: SystemTime) -> Option<Range<SystemTime>> {
        let far = now + Duration::from_secs(365 * 86_400);
        let start = match self.since {
            Some(Since::Span(at)) => now.checked_sub(Duration::from_secs(SPANS[at].2)),
            Some(Since::At(time)) => Some(time),
            None => None,
        };
        if start.is_none() && self.until.is_none() {
            return None;
        }
        let start = start.unwrap_or(SystemTime::UNIX_EPOCH);
        // Up to the end of the second that was written.
        let end = self.until.map_or(far, |until| until + Duration::from_secs(1));
        Some(start..end)
    }

    /// The part of the list that is on this page.
    pub(crate) fn window(&self) -> Window {
        let window = Window::newest_first(PAGE);
        match (self.before, self.after) {
            (Some(before), _) => window.before(before),
            (None, Some(after)) => window.after(after),
            (None, None) => window,
        }
    }

    /// The conditions as parameters.
    fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs: Vec<(&'static str, String)> = Vec::new();
        pairs.extend(self.kinds.iter().map(|kind| ("state", kind.word().to_owned())));
        let texts = [
            ("endpoint", &self.endpoint),
            ("event", &self.event),
            ("tenant", &self.tenant),
            ("provider_id", &self.provider_id),
            ("error", &self.error),
        ];
        pairs.extend(texts.into_iter().filter_map(|(name, text)| Some((name, text.clone()?))));
        pairs.extend(self.cause.map(|cause| ("cause", cause.to_string())));
        pairs.extend(self.since.map(|since| match since {
            Since::Span(at) => ("since", SPANS[at].0.to_owned()),
            Since::At(time) => ("since", format::field(time)),
        }));
        pairs.extend(self.until.map(|until| ("until", format::field(until))));
        pairs
    }

    /// The query of the filter, without the place in the list.
    pub(crate) fn query(&self) -> String {
        query(&self.pairs())
    }

    /// The query without the conditions of this name.
    pub(crate) fn without(&self, name: &str) -> String {
        let mut pairs = self.pairs();
        pairs.retain(|(known, _)| *known != name && !(name == "since" && *known == "until"));
        query(&pairs)
    }

    /// The query with these states only.
    pub(crate) fn in_state(&self, kind: Option<Kind>) -> String {
        Self { kinds: kind.into_iter().collect(), ..self.clone() }.query()
    }

    /// The query of a page that begins or ends at a number.
    pub(crate) fn at(&self, name: &'static str, id: i64) -> String {
        let mut pairs = self.pairs();
        pairs.push((name, id.to_string()));
        query(&pairs)
    }

    /// The query without all conditions but the state.
    pub(crate) fn only_state(&self) -> String {
        Self { kinds: self.kinds.clone(), ..Self::default() }.query()
    }

    /// The same, with the words of its cause, if it has one.
    pub(crate) fn with_cause_of(mut self, error: Option<&str>) -> Self {
        self.cause_text = self.cause.and(error).map(str::to_owned);
        self
    }

    /// The conditions beside the states: the name of each, what it is called, and its value.
    pub(crate) fn tokens(&self) -> Vec<(&'static str, &'static str, Markup)> {
        let mut tokens = Vec::new();
        let mut add = |name, called, value: Option<String>| {
            tokens.extend(value.map(|value| (name, called, shown(&value))));
        };
        add("endpoint", "endpoint", self.endpoint.clone());
        add("event", "event", self.event.clone());
        let name = |stored: &String| {
            if stored.contains('=') { tenant(stored) } else { stored.clone() }
        };
        add("tenant", "tenant", self.tenant.as_ref().map(name));
        add("provider_id", "provider id", self.provider_id.clone());
        add("error", "error contains", self.error.clone());
        let text = || self.cause_text.clone().unwrap_or_else(|| "the one chosen".to_owned());
        add("cause", "cause", self.cause.map(|_| text()));
        add("since", "received", self.received_words());
        tokens
    }

    /// The span of time in words.
    fn received_words(&self) -> Option<String> {
        let until = self.until.map(|until| format!("until {}", format::field(until)));
        match self.since {
            Some(Since::Span(at)) => Some(SPANS[at].1.to_owned()),
            Some(Since::At(time)) => {
                let since = format!("since {}", format::field(time));
                Some(until.map_or(since.clone(), |until| format!("{since}, {until}")))
            }
            None => until,
        }
    }

    /// The whole filter in words.
    pub(crate) fn words(&self) -> Markup {
        let tokens = self.tokens();
        html! {
            @if self.kinds.is_empty() && tokens.is_empty() { "all deliveries" }
            @for (at, kind) in self.kinds.iter().enumerate() {
                @if at == 0 { "state " } @else { " or " }
                strong { (kind.name().to_lowercase()) }
            }
            @for (at, (_, called, value)) in tokens.iter().enumerate() {
                @if at > 0 || !self.kinds.is_empty() { ", " }
                (called) " " strong { (value) }
            }
        }
    }

    /// The way back to the list, in words.
    pub(crate) fn name(&self) -> String {
        let kinds = match &self.kinds[..] {
            [kind] => kind.names(),
            _ => "Deliveries",
        };
        match &self.endpoint {
            Some(endpoint) => format!("{kinds} of {endpoint}"),
            None => kinds.to_owned(),
        }
    }
}

fn text(value: &str) -> String {
    value.chars().take(MAX_TEXT).collect()
}

fn query(pairs: &[(&'static str, String)]) -> String {
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| (*name, &**value)).collect();
    links::query(&pairs)
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use webhook_runtime::inbox::DeliveryState;

    use super::*;

    #[test]
    fn a_filter_is_read_as_its_url_is_written() {
        for query in [
            "",
            "state=dead&endpoint=shopify_orders&since=24h",
            "state=dead&state=completed&event=a%26b&tenant=shop%3Dacme&provider_id=x&error=50+%25",
            "since=2026-11-27T14%3A00&until=2026-11-27T15%3A00",
            "cause=77",
        ] {
            let asked = ListFilter::parse(query);
            assert_eq!((asked.query(), asked.problems.len()), (query.to_owned(), 0));
        }
        let asked = ListFilter::parse("state=dead&before=7&x=y&event=&since=any");
        assert_eq!((asked.query(), asked.before), ("state=dead".to_owned(), Some(7)));
    }

    #[test]
    fn malformed_conditions_are_problems() {
        let asked =
            ListFilter::parse("state=dead&state=deaf&since=yesterdayish&until=x&after=9z&cause=c");
        assert_eq!(asked.query(), "state=dead");
        assert_eq!(asked.problems.len(), 5);
        assert_eq!(asked.problems[1], "“yesterdayish” is not a time. Write 2026-11-27T14:00.");
        let asked =
            ListFilter::parse("since=between&from=2026-11-27T14%3A00&until=2026-11-27T15%3A00");
        assert_eq!(asked.query(), "since=2026-11-27T14%3A00&until=2026-11-27T15%3A00");
    }

    #[test]
    fn retrying_is_pending_with_an_attempt() {
        let now = UNIX_EPOCH + Duration::from_secs(1_760_000_000);
        let filter = |query| ListFilter::parse(query).filter(now, &[]);
        assert_eq!(filter("state=retrying").retrying, Some(true));
        assert_eq!(filter("state=pending").retrying, Some(false));
        assert_eq!(filter("state=retrying&state=dead").retrying, Some(true));
        assert_eq!(filter("state=dead&state=pending").retrying, Some(false));
        let both = filter("state=retrying&state=pending&state=dead");
        assert_eq!(both.retrying, None);
        assert_eq!(both.states, Some(vec![DeliveryState::Pending, DeliveryState::Dead]));
        assert_eq!(
            filter("since=1h").received.map(|span| span.start),
            Some(now - Duration::from_secs(3600))
        );
    }
}
