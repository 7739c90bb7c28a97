//! Dead letters by cause.

use maud::{Markup, html};
use webhook_runtime::inbox::CauseGroup;

use crate::{
    counts, format,
    html::{
        notice::{empty, unavailable},
        parts::{ago, panel},
        text::{plain, shown},
    },
    links::{query, with_query},
    screens::{error_text::plain_error, survey::Survey},
    view::View,
};

/// The largest number of causes that are shown.
const CAUSES: usize = 5;

/// The panel, of one endpoint or of all.
pub(crate) fn causes(view: &View, survey: &Survey, endpoint: Option<&str>) -> Markup {
    let groups = match &survey.causes {
        Ok(groups) => groups,
        Err(error) => {
            let error = unavailable(&error.to_string());
            return panel("causes", "Dead letters by cause", &html! {}, &error);
        }
    };
    let of_this = |name: &str| endpoint.is_none_or(|endpoint| endpoint == name);
    let rows = survey.rows.iter().filter(|row| of_this(&row.name));
    let all = counts::total(rows.map(|row| row.counts.dead));
    let groups: Vec<_> = groups.iter().filter(|group| of_this(&group.endpoint)).collect();
    let query = endpoint.map_or_else(
        || "state=dead".to_owned(),
        |endpoint| query(&[("state", "dead"), ("endpoint", endpoint)]),
    );
    let aside = html! {
        @if all.number > 0 {
            a href=(view.link(&with_query("deliveries", &query))) {
                "All " (format::count(all))
            }
        }
    };
    let body = html! {
        @if groups.is_empty() {
            (empty("completed", "No dead letters", &html! { "No delivery has used up its attempts." }, &html! {}))
        } @else {
            ul.causes {
                @for group in groups.iter().take(CAUSES) {
                    li {
                        a.count.s-dead href=(view.link(&list_of(group)))
                            aria-label=(format!("{} dead letters of {} with this cause",
                                format::number(group.count), plain(&group.endpoint))) {
                            (format::number(group.count))
                        }
                        div {
                            p.error { (shown(plain_error(&group.error))) }
                            p.second {
                                (shown(&group.endpoint)) ". First " (ago(view.now, group.first))
                                ", last " (ago(view.now, group.last))
                            }
                        }
                    }
                }
                @if groups.len() > CAUSES {
                    li.more { (groups.len() - CAUSES) " more causes" }
                }
            }
            @if all.number >= 10_000 { p.second.pad { "Of the newest 10,000 dead letters." } }
        }
    };
    panel("causes", "Dead letters by cause", &aside, &body)
}

/// The list of the dead letters of a cause.
fn list_of(group: &CauseGroup) -> String {
    let cause = group.cause.map(|cause| cause.to_string());
    let mut pairs = vec![("state", "dead"), ("endpoint", &*group.endpoint)];
    pairs.extend(cause.as_deref().map(|cause| ("cause", cause)));
    with_query("deliveries", &query(&pairs))
}
