//! The bar for changes of ticked deliveries, or of all that match.

use maud::{Markup, html};
use webhook_runtime::inbox::{Count, Page};

use crate::{
    action::Action, filter::ListFilter, format, kind::Kind, screens::list_bound::ListBound,
    view::View,
};

/// The bar. Its form goes to the confirmation page.
pub(crate) fn bulk_bar(
    view: &View,
    asked: &ListFilter,
    page: &Page,
    count: Option<Count>,
) -> Markup {
    let bound = ListBound::of(asked, page, view.now);
    let offered = Action::ALL.into_iter().filter(|action| {
        asked.kinds.is_empty() || asked.kinds.iter().any(|kind| action.kinds().contains(kind))
    });
    html! {
        div.bulk-bar #bulk role="group" aria-label="Change deliveries" {
            input type="hidden" name="token" value=(view.token());
            input type="hidden" name="list" value=(asked.query());
            input type="hidden" name="seen" value=(bound);
            div.scopes {
                label {
                    input type="radio" name="scope" value="ticked" checked;
                    span { strong #ticked { "Selected" } " on this page" }
                }
                label {
                    input type="radio" name="scope" value="all";
                    span {
                        "All "
                        @if let Some(count) = count {
                            strong { @if count.more { "more than " } (format::number(count.number)) } " "
                        }
                        "that match"
                    }
                }
            }
            div.buttons {
                @for (at, action) in offered.enumerate() {
                    button class=(class(action, at, &asked.kinds)) type="submit" name="action"
                        value=(action.word()) { span { (action.verb()) } "…" }
                }
            }
        }
    }
}

fn class(action: Action, at: usize, kinds: &[Kind]) -> &'static str {
    match action {
        Action::Discard => "button danger",
        _ if at == 0 && kinds.len() == 1 => "button ink",
        _ => "button",
    }
}
