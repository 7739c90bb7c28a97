//! The change that a form asks for, before it is confirmed.

use axum::response::Response;
use http::StatusCode;
use maud::html;
use webhook_runtime::inbox::{Filter, Seen};

use crate::{
    action::Action,
    filter::ListFilter,
    format,
    html::text::shown,
    kind::Kind,
    links::with_query,
    screens::{form::Form, list_bound::ListBound, refusal},
    view::View,
};

/// The number of deliveries above which an operator has to type it.
const TYPED_ABOVE: u64 = 1000;

/// The largest number of ticks in one form.
const MAX_TICKS: usize = 200;

/// The change that a form asks for.
pub(crate) struct ChangeRequest {
    pub(crate) action: Action,
    pub(crate) asked: ListFilter,
    /// The deliveries that are ticked; `None` for all that match.
    pub(crate) ticks: Option<Vec<i64>>,
    pub(crate) bound: Option<ListBound>,
    /// The filter of the inbox, with the bound.
    pub(crate) filter: Filter,
}

impl ChangeRequest {
    /// Reads the fields of a form. The error is a page, if one is malformed.
    pub(crate) fn read(view: &View, form: &Form) -> Result<Self, Response> {
        let Some(action) = form.get("action").and_then(Action::from_word) else {
            return Err(refusal::bad_request(view, "The form does not say what to do."));
        };
        let mut asked = ListFilter::parse(form.get("list").unwrap_or_default());
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
                    Some(ticks) if ticks.len() <= MAX_TICKS => Some(ticks),
                    _ => return Err(back("The form has ticks that cannot be read.")),
                }
            }
            _ => return Err(back("The form does not say which deliveries.")),
        };
        let bound = form.get("seen").and_then(ListBound::parse);
        let filter = match (&ticks, bound) {
            (Some(ticks), _) => action.narrow(Filter::all()).ids(ticks.iter().copied()),
            (None, Some(ListBound { id, at })) => {
                let asked_at = asked.filter(at, &view.shared.inbox.endpoints());
                action.narrow(asked_at).seen(Seen::new(id, at))
            }
            (None, None) => return Err(back("The form does not say what you have seen.")),
        };
        Ok(Self { action, asked, ticks, bound, filter })
    }

    /// The states of the list that the action applies to.
    pub(crate) fn kinds(&self) -> Vec<Kind> {
        let offered = self.action.kinds();
        let asked = self.asked.kinds.iter().copied();
        asked.filter(|kind| offered.contains(kind)).collect()
    }

    /// The list that it came from.
    pub(crate) fn list(&self) -> String {
        with_query("deliveries", &self.asked.query())
    }

    /// A number of deliveries in words.
    pub(crate) fn subject(&self, count: u64) -> String {
        self.action.subject(count, &self.kinds())
    }

    /// True if an operator has to type the number.
    pub(crate) fn is_typed(&self, count: u64) -> bool {
        let is_grave = matches!(self.action, Action::Replay | Action::Discard);
        count > TYPED_ABOVE || (is_grave && count > 1)
    }

    /// The name of the deliveries, for the list of recent changes.
    pub(crate) fn name(&self) -> String {
        match &self.ticks {
            Some(ticks) => {
                format::counted(ticks.len() as u64, "selected delivery", "selected deliveries")
            }
            None => self.asked.name(),
        }
    }
}
