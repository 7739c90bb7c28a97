//! Pages that say why something is not shown, or not changed.

use axum::{
    Extension,
    response::{Html, IntoResponse as _, Response},
};
use http::{HeaderValue, StatusCode, header::WWW_AUTHENTICATE};
use maud::{DOCTYPE, Markup, html};

use crate::{
    access::Access,
    fetch::FetchError,
    format,
    html::{
        layout::{Nav, Screen},
        notice::{Tone, banner, empty},
    },
    view::View,
};

/// The response to a request without access.
pub(crate) fn no_access(access: &Access) -> Response {
    let is_basic = access.is_basic();
    let (status, heading, text) = if is_basic {
        (
            StatusCode::UNAUTHORIZED,
            "Sign in to see the console",
            "The user or the password is wrong.",
        )
    } else {
        (StatusCode::FORBIDDEN, "No access", "You may not see this console.")
    };
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (heading) " · webhook console" }
            }
            body { main { h1 { (heading) } p { (text) } } }
        }
    };
    let mut response = (status, Html(page.into_string())).into_response();
    if is_basic {
        let ask = HeaderValue::from_static("Basic realm=\"webhook console\", charset=\"UTF-8\"");
        response.headers_mut().insert(WWW_AUTHENTICATE, ask);
    }
    response
}

fn refuse(view: &View, status: StatusCode, title: &str, main: &Markup) -> Response {
    let main = html! { h1.away { (title) } (main) };
    Screen::new(title, Nav::Nothing, main).with_status(status).render(view)
}

/// A button that leads to a page.
pub(crate) fn button(view: &View, path: &str, name: &str) -> Markup {
    html! { a.button href=(view.link(path)) { (name) } }
}

/// Nothing was changed, because the viewer may only look.
pub(crate) fn read_only(view: &View) -> Response {
    let text = html! { "You can look at everything and change nothing. Nothing was changed." };
    let back = button(view, "deliveries", "Back to the list");
    let main = html! { div.panel { (empty("blocked", "Read-only access", &text, &back)) } };
    refuse(view, StatusCode::FORBIDDEN, "Read-only access", &main)
}

/// Nothing was changed, because the form is too old or not from here.
pub(crate) fn expired(view: &View) -> Response {
    let heading = html! { "This form has expired" };
    let text = html! { "It is older than 1 hour, or from another login. Nothing was changed." };
    let reload = button(view, "deliveries", "Reload the list");
    let main = banner(Tone::Red, "blocked", &heading, &text, &reload);
    refuse(view, StatusCode::FORBIDDEN, "This form has expired", &main)
}

/// Nothing was changed, for this reason.
pub(crate) fn unchanged(
    view: &View,
    status: StatusCode,
    why: &Markup,
    button: &Markup,
) -> Response {
    let heading = html! { "Nothing was changed" };
    let main = banner(Tone::Red, "dead", &heading, why, button);
    refuse(view, status, "Nothing was changed", &main)
}

/// Nothing was changed, because the request makes no sense.
pub(crate) fn bad_request(view: &View, why: &str) -> Response {
    let back = button(view, "deliveries", "Back to the list");
    unchanged(view, StatusCode::BAD_REQUEST, &html! { (why) }, &back)
}

/// There is no such delivery.
pub(crate) fn no_delivery(view: &View, id: i64) -> Response {
    let retention = view.shared.inbox.retention();
    let title = format!("No delivery {}", format::id(id));
    let text = html! {
        "It was pruned or never existed. Completed deliveries are kept for "
        (format::duration(retention.completed)) ", dead letters for "
        (format::duration(retention.dead_letters)) "."
    };
    let open = button(view, "deliveries", "Open deliveries");
    let main = html! { div.panel { (empty("cancelled", &title, &text, &open)) } };
    refuse(view, StatusCode::NOT_FOUND, &title, &main)
}

/// There is no such page.
pub(crate) async fn not_found(Extension(view): Extension<View>) -> Response {
    nothing_here(&view)
}

/// There is no such page.
pub(crate) fn nothing_here(view: &View) -> Response {
    let text = html! { "The address is wrong, or what it showed is gone." };
    let open = button(view, "", "Open the overview");
    let main = html! { div.panel { (empty("cancelled", "No such page", &text, &open)) } };
    refuse(view, StatusCode::NOT_FOUND, "No such page", &main)
}

/// The page is there, but not for this method.
pub(crate) async fn wrong_method(Extension(view): Extension<View>) -> Response {
    let text = html! { "Nothing was changed. Changes are made by the buttons of the console." };
    let open = button(&view, "", "Open the overview");
    let main = html! { div.panel { (empty("cancelled", "Not in this way", &text, &open)) } };
    refuse(&view, StatusCode::METHOD_NOT_ALLOWED, "Not in this way", &main)
}

/// The database does not answer.
pub(crate) fn unreachable(view: &View, error: &FetchError) -> Response {
    let text = match error {
        // It may take new deliveries all the same.
        FetchError::TookTooLong => html! { (cause(error)) "." },
        FetchError::Failed(_) => html! {
            (cause(error))
            ". If it cannot be written to, new deliveries are answered with 503, and the providers send them again."
        },
    };
    no_answer(view, "The database does not answer", &text)
}

/// The change may have been made, or may still be running.
pub(crate) fn undecided(view: &View, error: &FetchError) -> Response {
    let title = match error {
        FetchError::TookTooLong => "The change goes on",
        FetchError::Failed(_) => "The database does not answer",
    };
    let text = html! { (cause(error)) ". Check what was changed before you try again." };
    no_answer(view, title, &text)
}

fn cause(error: &FetchError) -> String {
    match error {
        FetchError::TookTooLong => "The query took longer than 2 s".to_owned(),
        FetchError::Failed(error) => format::capitalized(&error.to_string()),
    }
}

fn no_answer(view: &View, title: &str, text: &Markup) -> Response {
    let (page, form_of) = view.page();
    let open = button(view, &page, if form_of { "Back to the page" } else { "Try again" });
    let main = html! { div.panel { (empty("plug", title, text, &open)) } };
    refuse(view, StatusCode::SERVICE_UNAVAILABLE, title, &main)
}
