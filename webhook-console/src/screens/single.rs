//! Changes of one delivery that are made at once.

use axum::{
    Extension,
    extract::{Path, Request},
    response::{IntoResponse as _, Redirect, Response},
};
use http::StatusCode;
use maud::html;
use webhook_runtime::inbox::{Filter, InboxError, Window};

use crate::{
    action::Action,
    changes::Activity,
    fetch::{apply, fetch},
    filter::ListFilter,
    format,
    kind::Kind,
    links::delivery_path,
    screens::{
        delivery::with_list,
        form::{Form, Need},
        refusal,
    },
    view::View,
};

pub(crate) async fn run(
    Extension(view): Extension<View>,
    Path((id, action)): Path<(String, String)>,
    request: Request,
) -> Response {
    let form = match Form::read(&view, request, Need::Change).await {
        Ok(form) => form,
        Err(refused) => return refused,
    };
    let (Ok(id), Some(action)) = (id.parse::<i64>(), Action::from_word(&action)) else {
        return refusal::nothing_here(&view);
    };
    let inbox = &view.shared.inbox;
    match apply(change(view.clone(), action, id)).await {
        Ok(0) => {}
        Ok(_) => {
            let list = ListFilter::parse(form.get("list").unwrap_or_default()).query();
            return Redirect::to(&view.link(&with_list(id, &list, action))).into_response();
        }
        Err(error) => return refusal::undecided(&view, &error),
    }
    let page = match fetch(inbox.page(&Filter::all().ids([id]), Window::newest_first(1))).await {
        Ok(page) => page,
        Err(error) => return refusal::unreachable(&view, &error),
    };
    match page.records.first() {
        None => refusal::no_delivery(&view, id),
        Some(record) => {
            let why = html! {
                "Delivery " (format::id(id)) " is " (Kind::of(record).name().to_lowercase())
                ", and cannot be " (action.done()) "."
            };
            let open = refusal::button(&view, &delivery_path(id), "Open the delivery");
            refusal::unchanged(&view, StatusCode::CONFLICT, &why, &open)
        }
    }
}

/// Changes one delivery, and logs it.
async fn change(view: View, action: Action, id: i64) -> Result<u64, InboxError> {
    let only = action.narrow(Filter::all()).ids([id]);
    let changed = action.run(&view.shared.inbox, &only).await?;
    if changed > 0 {
        tracing::warn!(
            by = view.viewer.name,
            action = action.word(),
            record_id = id,
            "an operator has changed a delivery"
        );
        view.record(Activity::One(action, id));
    }
    Ok(changed)
}
