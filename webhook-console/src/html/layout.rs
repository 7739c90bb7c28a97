//! The frame of every page.

use axum::response::{Html, IntoResponse as _, Response};
use http::StatusCode;
use maud::{DOCTYPE, Markup, html};

use crate::{
    assets, format,
    html::{
        icons::{icon, sprite},
        parts::exact,
        text::{plain, shown},
    },
    view::View,
};

/// The link of the navigation that a screen belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nav {
    Overview,
    Deliveries,
    System,
    Nothing,
}

/// A page.
pub(crate) struct Screen {
    pub(crate) status: StatusCode,
    /// The subject of the page, for its title.
    pub(crate) title: String,
    pub(crate) nav: Nav,
    pub(crate) main: Markup,
    /// A sentence about what has just been done.
    pub(crate) toast: Option<Markup>,
    /// True if its panels are renewed while it is looked at.
    pub(crate) live: bool,
}

impl Screen {
    pub(crate) fn new(title: impl Into<String>, nav: Nav, main: Markup) -> Self {
        let (title, status) = (title.into(), StatusCode::OK);
        Self { status, title, nav, main, toast: None, live: false }
    }

    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn live(mut self) -> Self {
        self.live = true;
        self
    }

    pub(crate) fn toast(mut self, toast: Option<Markup>) -> Self {
        self.toast = toast;
        self
    }

    /// The whole page.
    pub(crate) fn render(self, view: &View) -> Response {
        (self.status, Html(self.html(view).into_string())).into_response()
    }

    fn html(&self, view: &View) -> Markup {
        let title = view.shared.title.as_deref().map(plain);
        let heading = plain(&self.title);
        let whole = title.as_ref().map_or_else(
            || format!("{heading} · webhook console"),
            |title| format!("{heading} · {title} · webhook console"),
        );
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="robots" content="noindex";
                    title { (whole) }
                    link rel="stylesheet" href=(view.link(&assets::STYLE.path()));
                    link rel="icon" type="image/svg+xml" href=(view.link(&assets::ICON.path()));
                    script src=(view.link(&assets::SCRIPT.path())) defer {}
                }
                body {
                    (sprite())
                    a.skip href="#content" { "Skip to content" }
                    (top_bar(view, self.nav))
                    @if let Some(toast) = &self.toast { (crate::html::notice::toast(toast)) }
                    main #content tabindex="-1"
                        data-events=[self.live.then(|| view.events())]
                        data-root=(view.root) data-now=(format::iso(view.now)) { (self.main) }
                    (footer(view))
                }
            }
        }
    }
}

fn top_bar(view: &View, current: Nav) -> Markup {
    let links = [
        (Nav::Overview, "", "Overview"),
        (Nav::Deliveries, "deliveries", "Deliveries"),
        (Nav::System, "system", "System"),
    ];
    html! {
        header.top {
            div.top-in {
                div.brand {
                    a.mark href=(view.link("")) { (icon("mark")) "webhook" }
                    @if let Some(title) = &view.shared.title {
                        span.slash aria-hidden="true" { "/" }
                        span.console-title { (shown(title)) }
                    }
                }
                nav aria-label="Console" {
                    @for (nav, path, name) in links {
                        a href=(view.link(path)) aria-current=[(nav == current).then_some("page")] {
                            (name)
                        }
                    }
                }
                search {
                    form.search action=(view.link("deliveries")) method="get" {
                        (icon("search"))
                        input #search type="search" name="q" aria-label="Number or provider id"
                            placeholder="Number or provider id" autocomplete="off" spellcheck="false"
                            maxlength="255";
                        kbd aria-hidden="true" { "/" }
                    }
                }
                div.user {
                    (icon("user"))
                    strong { (shown(&view.viewer.name)) }
                    span.access { @if view.viewer.full { "full access" } @else { "read only" } }
                }
            }
        }
    }
}

fn footer(view: &View) -> Markup {
    html! {
        footer.foot {
            span { "webhook-console " (env!("CARGO_PKG_VERSION")) }
            span { "All times are UTC" }
            span #rendered data-live {
                "Rendered in " (view.begun.elapsed().as_millis()) " ms at "
                (exact(view.now, view.now))
            }
        }
    }
}

/// The heading of a screen with what stands below and beside it.
pub(crate) fn heading(title: &Markup, below: &Markup, beside: &Markup) -> Markup {
    html! {
        div.heading {
            div.heading-text { h1 { (title) } p.below { (below) } }
            div.beside { (beside) }
        }
    }
}

/// The time of the figures; with the script, it tells that they are renewed.
pub(crate) fn as_of(view: &View) -> Markup {
    html! {
        div.live #live {
            span.live-text { span.dot aria-hidden="true" {} span #live-words { "As of " (format::clock(view.now)) } }
            a.quiet href=(view.link(view.here())) { "Reload" }
        }
    }
}

/// The way back.
pub(crate) fn back(view: &View, path: &str, name: &Markup) -> Markup {
    html! { p.back { (icon("back")) a href=(view.link(path)) { (name) } } }
}
