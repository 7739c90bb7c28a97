//! Pause and resume an endpoint.

use axum::{
    Extension,
    extract::{Path, Request},
    response::{IntoResponse as _, Redirect, Response},
};
use maud::html;

use crate::{
    changes::Activity,
    fetch::apply,
    html::{
        layout::{Nav, Screen, back},
        text::{plain, shown},
    },
    links::endpoint_path,
    screens::{
        endpoint,
        form::{Form, Need},
        refusal,
        survey::Survey,
    },
    view::View,
};

/// The longest reason of a pause, in characters.
const MAX_REASON: usize = 200;

/// The page that asks for the reason of a pause.
pub(crate) async fn show(Extension(view): Extension<View>, Path(name): Path<String>) -> Response {
    if !view.viewer.full {
        return refusal::read_only(&view);
    }
    let main = html! {
        (back(&view, &endpoint_path(&name), &shown(&name)))
        h1 { "Pause " (shown(&name)) "?" }
        p.lead {
            "Deliveries are still verified, acknowledged and stored. No worker runs them until you resume it."
        }
        div.panel {
            form.panel-body.confirm method="post" action=(view.link(&format!("{}/pause", endpoint_path(&name)))) {
                input type="hidden" name="token" value=(view.token());
                label for="why" { "Reason, for others" }
                input #why type="text" name="why" maxlength=(MAX_REASON) autocomplete="off";
                div.buttons {
                    button.button.ink type="submit" { "Pause " (shown(&name)) }
                    a.quiet href=(view.link(&endpoint_path(&name))) { "Go back, change nothing" }
                }
                p.second { "Logged with your name (" (shown(&view.viewer.name)) ") and the reason." }
            }
        }
    };
    Screen::new(format!("Pause {}", plain(&name)), Nav::Overview, main).render(&view)
}

pub(crate) async fn pause(
    Extension(view): Extension<View>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let form = match Form::read(&view, request, Need::Change).await {
        Ok(form) => form,
        Err(refused) => return refused,
    };
    let why: String = form.get("why").unwrap_or_default().trim().chars().take(MAX_REASON).collect();
    if let Err(refused) = must_be_known(&view, &name).await {
        return refused;
    }
    let (by, path) = (view.clone(), endpoint_path(&name));
    // The inbox logs it.
    let pause = async move {
        by.shared.inbox.pause(&name, &by.viewer.name, &why).await?;
        by.record(Activity::Paused(name, why));
        Ok(())
    };
    match apply(pause).await {
        Ok(()) => Redirect::to(&view.link(&path)).into_response(),
        Err(error) => refusal::undecided(&view, &error),
    }
}

pub(crate) async fn resume(
    Extension(view): Extension<View>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    if let Err(refused) = Form::read(&view, request, Need::Change).await {
        return refused;
    }
    let (by, path) = (view.clone(), endpoint_path(&name));
    let resume = async move {
        if by.shared.inbox.resume(&name, &by.viewer.name).await? {
            by.record(Activity::Resumed(name));
        }
        Ok(())
    };
    match apply(resume).await {
        Ok(()) => Redirect::to(&view.link(&path)).into_response(),
        Err(error) => refusal::undecided(&view, &error),
    }
}

/// An error page for an endpoint that neither the process nor the store knows.
async fn must_be_known(view: &View, name: &str) -> Result<(), Response> {
    let survey = Survey::take(view).await.map_err(|error| refusal::unreachable(view, &error))?;
    if survey.rows.iter().any(|row| row.name == name) {
        return Ok(());
    }
    Err(endpoint::unknown(view, &survey))
}
