//! The page that asks before many deliveries are changed, or one is changed in a way that cannot be
//! taken back.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::{Extension, extract::Request, response::Response};
use http::StatusCode;
use maud::{Markup, html};
use webhook_runtime::inbox::{Filter, Page, Record, Seen, Window};

use crate::{
    action::Action,
    changes::MOST,
    fetch::{Trouble, ask},
    filter::Asked,
    form::{Form, Need},
    format,
    html::{
        icons::icon,
        layout::{Nav, Screen, back},
        notice::{Tone, banner},
        parts::{Facts, ago, panel, tenant},
        text::shown,
    },
    kind::Kind,
    links::{delivery_path, with_query},
    screens::{
        pace, refusal,
        sorted::{Sorted, top},
        timeline::plain_error,
    },
    view::View,
};

/// A number above which it has to be typed.
const TO_TYPE: u64 = 1000;

/// The most ticks in one form.
const MOST_TICKS: usize = 200;

/// The change that a form asks for.
pub(crate) struct Wanted {
    pub(crate) action: Action,
    pub(crate) asked: Asked,
    pub(crate) ticks: Option<Vec<i64>>,
    pub(crate) seen: Option<(i64, SystemTime)>,
    /// The filter of the inbox, with the bound.
    pub(crate) filter: Filter,
}

impl Wanted {
    /// Reads the fields of a form. What is malformed changes nothing.
    pub(crate) fn read(view: &View, form: &Form) -> Result<Self, Response> {
        let Some(action) = form.get("action").and_then(Action::from_word) else {
            return Err(refusal::bad_request(view, "The form does not say what to do."));
        };
        let mut asked = Asked::parse(form.get("list").unwrap_or_default());
        (asked.before, asked.after) = (None, None);
        let list = with_query("deliveries", &asked.query());
        let back = |why: &str| {
            let open = refusal::button(view, &list, "Back to the list");
            refusal::unchanged(view, StatusCode::BAD_REQUEST, &html! { (shown(why)) }, &open)
        };
        if let Some(problem) = asked.problems.first() {
            return Err(back(problem));
        }
        let ticks = match form.get("scope") {
            Some("all") => None,
            Some("ticked") => {
                let ticks: Option<Vec<i64>> = form.all("tick").map(|id| id.parse().ok()).collect();
                match ticks {
                    Some(ticks) if ticks.is_empty() => {
                        return Err(back(
                            "Nothing selected. Tick deliveries, or choose all that match.",
                        ));
                    }
                    Some(ticks) if ticks.len() <= MOST_TICKS => Some(ticks),
                    _ => return Err(back("The form has ticks that cannot be read.")),
                }
            }
            _ => return Err(back("The form does not say which deliveries.")),
        };
        let seen = form.get("seen").and_then(read_seen);
        let filter = match (&ticks, seen) {
            (Some(ticks), _) => action.narrow(Filter::all()).ids(ticks.iter().copied()),
            (None, Some((id, at))) => {
                let asked_at = asked.filter(at, &view.shared.inbox.endpoints());
                action.narrow(asked_at).seen(Seen::new(id, at))
            }
            (None, None) => return Err(back("The form does not say what you have seen.")),
        };
        Ok(Self { action, asked, ticks, seen, filter })
    }

    /// The states that are meant, for words.
    pub(crate) fn kinds(&self) -> Vec<Kind> {
        let offered = self.action.kinds();
        let asked = self.asked.kinds.iter().copied();
        asked.filter(|kind| offered.contains(kind)).collect()
    }

    /// The list that it came from.
    pub(crate) fn list(&self) -> String {
        with_query("deliveries", &self.asked.query())
    }

    /// A number of what is meant.
    pub(crate) fn subject(&self, count: u64) -> String {
        self.action.subject(count, &self.kinds())
    }

    /// True if the number has to be typed.
    pub(crate) fn is_typed(&self, count: u64) -> bool {
        let is_grave = matches!(self.action, Action::Replay | Action::Discard);
        count > TO_TYPE || (is_grave && count > 1)
    }

    /// The name of what is meant, for the list of recent changes.
    pub(crate) fn name(&self) -> String {
        match &self.ticks {
            Some(ticks) => {
                format::counted(ticks.len() as u64, "selected delivery", "selected deliveries")
            }
            None => self.asked.name(),
        }
    }
}

/// Reads a number and the milliseconds of a time.
fn read_seen(text: &str) -> Option<(i64, SystemTime)> {
    let (id, millis) = text.split_once('.')?;
    let at = UNIX_EPOCH.checked_add(Duration::from_millis(millis.parse().ok()?))?;
    Some((id.parse().ok()?, at))
}

pub(crate) async fn ask_first(Extension(view): Extension<View>, request: Request) -> Response {
    let form = match Form::read(&view, request, Need::Change).await {
        Ok(form) => form,
        Err(refused) => return refused,
    };
    match Wanted::read(&view, &form) {
        Ok(wanted) => page(&view, &wanted, None).await,
        Err(refused) => refused,
    }
}

/// The page. `typed` is a wrong number.
pub(crate) async fn page(view: &View, wanted: &Wanted, typed: Option<&str>) -> Response {
    let inbox = &view.shared.inbox;
    let (count, newest, oldest, sorted) = tokio::join!(
        ask(inbox.count(&wanted.filter, MOST)),
        ask(inbox.page(&wanted.filter, Window::newest_first(3))),
        ask(inbox.page(&wanted.filter, Window::oldest_first(3))),
        Sorted::read(view, &wanted.filter),
    );
    let count = match count {
        Ok(count) if count.more => return too_many(view, wanted),
        Ok(count) if count.number == 0 => return nothing(view, wanted),
        Ok(count) => count.number,
        Err(trouble) => return refusal::unreachable(view, &trouble),
    };
    let question = format!("{} {}?", wanted.action.verb(), wanted.subject(count));
    let (still_there, how_long) =
        tokio::join!(still_there(view, wanted, &sorted), pace::how_long(view, wanted, count));
    let main = html! {
        (back(view, &wanted.list(), &shown(&wanted.asked.name())))
        h1 { (question) }
        p.lead { (meaning(view, wanted.action, count == 1)) }
        div.columns {
            div.main-column {
                (panel("changes", "What changes", &html! {}, &what(view, wanted, &sorted, count, how_long).render()))
                @if let Some(warning) = still_there { (warning) }
                (confirmation(view, wanted, count, typed))
            }
            div.side {
                (examples(view, "newest", "Newest", newest.as_ref()))
                @if count > 3 { (examples(view, "oldest", "Oldest", oldest.as_ref())) }
            }
        }
    };
    let status = if typed.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Screen::new(question, Nav::Deliveries, main).with_status(status).render(view)
}

fn meaning(view: &View, action: Action, is_one: bool) -> String {
    if action != Action::Discard {
        return action.meaning(is_one).to_owned();
    }
    let kept = format::duration(view.shared.inbox.retention().completed);
    if is_one {
        format!(
            "It leaves this list as cancelled and is deleted after {kept}. Until then it can be replayed."
        )
    } else {
        format!(
            "They leave this list as cancelled and are deleted after {kept}. Until then they can be replayed."
        )
    }
}

fn what(
    view: &View,
    wanted: &Wanted,
    sorted: &Sorted,
    count: u64,
    (time, run): (Markup, Markup),
) -> Facts {
    let which = match &wanted.ticks {
        Some(ticks) => html! {
            (format::counted(ticks.len() as u64, "delivery", "deliveries")) " that you have selected"
            @if ticks.len() as u64 > count { ", of which this applies to " strong { (format::number(count)) } }
        },
        None => {
            let error = sorted.causes.values().next().map(|(_, error)| plain_error(error));
            wanted.asked.clone().with_cause_of(error).words()
        }
    };
    let mut facts = Facts::new().add("Which", which);
    if let (None, Some((id, at))) = (&wanted.ticks, wanted.seen) {
        let up_to = html! {
            @if id != i64::MAX { (format::id(id)) ", " }
            "as of " (format::exact(view.now, at))
        };
        facts = facts.noted("Up to", up_to, html! { "Later ones are not touched." });
    }
    let mut causes: Vec<_> = sorted.causes.values().collect();
    causes.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    let by_cause = (!causes.is_empty()).then(|| html! {
        @for (count, error) in causes.iter().take(3) {
            div { strong { (format::number(*count)) } " " span.second { (shown(plain_error(error))) } }
        }
        @if causes.len() > 3 { div.second { (causes.len() - 3) " other causes" } }
    });
    facts = facts
        .add("By event", top(&sorted.events))
        .add_if("By cause", by_cause)
        .add("By tenant", top(&sorted.tenants))
        .noted("How long", time, run);
    if !sorted.is_all {
        let note = html! { "the newest " (format::number(sorted.number as u64)) };
        facts = facts.add("Sorted are", note);
    }
    facts
}

/// A warning if the largest cause has occurred within the last minute.
async fn still_there(view: &View, wanted: &Wanted, sorted: &Sorted) -> Option<Markup> {
    if wanted.action != Action::Retry {
        return None;
    }
    let (endpoint, cause) = sorted.largest_cause()?;
    let same = Filter::all().endpoint(endpoint).cause(cause);
    let page = ask(view.shared.inbox.page(&same, Window::newest_first(50))).await.ok()?;
    let failed = |record: &Record| {
        let attempt = &record.last_attempt;
        attempt.started_at.and_then(|at| at.checked_add(attempt.duration.unwrap_or_default()))
    };
    let last = page.records.iter().filter_map(failed).max()?;
    let age = format::since(view.now, last);
    if age > Duration::from_secs(60) {
        return None;
    }
    let retrying = page.records.iter().filter(|record| Kind::of(record) == Kind::Retrying).count();
    let text = html! {
        (shown(endpoint)) " failed with the same error " (format::age(age)) " ago"
        @if retrying > 0 { ", and " (format::counted(retrying as u64, "delivery is", "deliveries are")) " retrying" }
        ". Retried now, these will probably fail again."
    };
    Some(banner(
        Tone::Amber,
        "warning",
        &html! { "The cause may still be there" },
        &text,
        &html! {},
    ))
}

fn confirmation(view: &View, wanted: &Wanted, count: u64, typed: Option<&str>) -> Markup {
    let is_typed = wanted.is_typed(count);
    let wrong = typed.is_some();
    html! {
        section.panel aria-label="Confirm" {
            form.panel-body.confirm method="post" action=(view.link("changes")) {
                input type="hidden" name="token" value=(view.token());
                input type="hidden" name="action" value=(wanted.action.word());
                input type="hidden" name="list" value=(wanted.asked.query());
                input type="hidden" name="confirmed" value=(count);
                @match &wanted.ticks {
                    Some(ticks) => {
                        input type="hidden" name="scope" value="ticked";
                        @for id in ticks { input type="hidden" name="tick" value=(id); }
                    }
                    None => input type="hidden" name="scope" value="all";,
                }
                @if let Some((id, at)) = wanted.seen {
                    input type="hidden" name="seen" value=(format!("{id}.{}", format::since(at, UNIX_EPOCH).as_millis()));
                }
                @if is_typed {
                    label for="typed" { "To confirm, type how many: " (count) }
                    @if let Some(typed) = typed {
                        p.field-problem #typed-problem {
                            (icon("dead"))
                            span {
                                @if typed.is_empty() { "Type the number. It is " (count) "." }
                                @else { "You typed " (shown(typed)) ". The number is " (count) "." }
                            }
                        }
                    }
                    input #typed type="text" name="typed" inputmode="numeric" autocomplete="off" maxlength="20"
                        value=(crate::html::text::plain(typed.unwrap_or_default()))
                        aria-invalid=[wrong.then_some("true")] aria-describedby=[wrong.then_some("typed-problem")]
                        autofocus[wrong];
                    p.second { "Required for more than 1,000 deliveries, for replays and for discards." }
                }
                div.buttons {
                    button.button.ink type="submit" { (wanted.action.verb()) " " (wanted.subject(count)) }
                    a.quiet href=(view.link(&wanted.list())) { "Go back, change nothing" }
                }
                p.second {
                    "Logged with your name (" (shown(&view.viewer.name)) "), the filter and the number."
                }
            }
        }
    }
}

fn examples(view: &View, id: &str, heading: &str, page: Result<&Page, &Trouble>) -> Markup {
    let records = page.map(|page| &page.records[..]).unwrap_or_default();
    let body = html! {
        ul.related {
            @for record in records {
                li {
                    div.related-head {
                        span {
                            a href=(view.link(&delivery_path(record.id))) { (format::id(record.id)) }
                            " " (shown(record.event.as_deref().unwrap_or("no event")))
                        }
                        span.second { (ago(view.now, record.received_at)) }
                    }
                    p.second {
                        @match &record.tenant { Some(stored) => (shown(&tenant(stored))), None => "no tenant" }
                    }
                }
            }
        }
    };
    panel(id, heading, &html! {}, &body)
}

fn too_many(view: &View, wanted: &Wanted) -> Response {
    let why = html! {
        "More than " (format::number(MOST)) " match. Narrow the filter: one change takes that many at most."
    };
    let open = refusal::button(view, &wanted.list(), "Back to the list");
    refusal::unchanged(view, StatusCode::CONFLICT, &why, &open)
}

fn nothing(view: &View, wanted: &Wanted) -> Response {
    let why = html! { "None of these can be " (wanted.action.done()) " now." };
    let open = refusal::button(view, &wanted.list(), "Back to the list");
    refusal::unchanged(view, StatusCode::CONFLICT, &why, &open)
}
