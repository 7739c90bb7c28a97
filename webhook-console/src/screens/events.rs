//! The stream of events that refreshes an open page. Each event is the whole page, and the script swaps
//! the panels that differ.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Extension,
    body::Body,
    extract::{Path, RawQuery},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use http::{StatusCode, header::CONTENT_TYPE, request::Parts};
use http_body::Frame;
use http_body_util::BodyExt as _;
use tokio::sync::mpsc;

use crate::{
    calendar,
    links::parameter,
    screens::{change, deliveries, delivery, endpoint, overview, system},
    view::View,
};

/// The time between two events.
const INTERVAL: Duration = Duration::from_secs(2);

/// The longest time of a stream. Then the browser opens another one, and its access is checked again.
const MAX_AGE: Duration = Duration::from_secs(600);

/// The largest number of open streams of a console. Further pages poll instead.
pub(crate) const MAX_STREAMS: usize = 64;

pub(crate) async fn stream(
    Extension(view): Extension<View>,
    RawQuery(query): RawQuery,
    request: Parts,
) -> Response {
    let query = query.unwrap_or_default();
    let get = |wanted| parameter(&query, wanted);
    let (screen, root) = (get("screen").unwrap_or_default(), get("root").unwrap_or_default());
    let at = get("at").and_then(|at| calendar::parse(&at));
    if !is_root(&root) {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let Ok(permit) = Arc::clone(&view.shared.streams).try_acquire_owned() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let _permit = permit;
        let inbox = view.shared.inbox.clone();
        let pages = async {
            loop {
                tokio::time::sleep(INTERVAL).await;
                // The channel closes with the connection.
                let Ok(place) = sender.reserve().await else { return };
                // The access may have been revoked.
                let Some(viewer) = view.shared.access.viewer(&request) else { return };
                let page = event(&view.renewed(viewer, &screen, &root, at)).await;
                let Some(event) = page else { return };
                place.send(event);
            }
        };
        // These end the stream even if the client does not read: a stop waits for open requests.
        tokio::select! {
            () = pages => {}
            () = inbox.draining() => {}
            () = tokio::time::sleep(MAX_AGE) => {}
        }
    });
    let headers = [(CONTENT_TYPE, "text/event-stream")];
    (headers, Body::new(Events(receiver))).into_response()
}

/// True for the relative paths to the root that [`View`] makes.
fn is_root(root: &str) -> bool {
    let is_segment =
        |segment: &str| !segment.is_empty() && !segment.contains(['/', '?', '#', '\\', '"', '<']);
    root == "./"
        || (!root.is_empty() && root.replace("../", "").is_empty())
        || root.strip_prefix("./").and_then(|root| root.strip_suffix('/')).is_some_and(is_segment)
}

/// The page as an event; `None` if there is no such screen.
async fn event(view: &View) -> Option<Bytes> {
    let page = page(view).await?;
    let html = page.into_body().collect().await.ok()?.to_bytes();
    let html = std::str::from_utf8(&html).ok()?;
    let mut event = String::with_capacity(html.len() + 64);
    event.push_str("event: page\n");
    for line in html.split(['\n', '\r']) {
        event.push_str("data: ");
        event.push_str(line);
        event.push('\n');
    }
    event.push('\n');
    Some(event.into())
}

async fn page(view: &View) -> Option<Response> {
    let (path, query) = view.here().split_once('?').unwrap_or((view.here(), ""));
    let (extension, query) = (Extension(view.clone()), RawQuery(Some(query.to_owned())));
    let segments: Vec<&str> = path.split('/').collect();
    Some(match segments[..] {
        [""] => overview::show(extension).await,
        ["deliveries"] => deliveries::show(extension, query).await,
        ["deliveries", id] => delivery::show(extension, Path(id.to_owned()), query).await,
        ["endpoints", name] => endpoint::show(extension, Path(decoded(name))).await,
        ["changes", number] => change::show(extension, Path(number.to_owned())).await,
        ["system"] => system::show(extension).await,
        _ => return None,
    })
}

/// A segment of a path.
fn decoded(segment: &str) -> String {
    let plus = segment.replace('+', "%2B");
    form_urlencoded::parse(plus.as_bytes())
        .next()
        .map(|(name, _)| name.into_owned())
        .unwrap_or_default()
}

/// A body of events.
struct Events(mpsc::Receiver<Bytes>);

impl http_body::Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|event| event.map(|event| Ok(Frame::data(event))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_relative_path_is_a_root() {
        for root in ["./", "../", "../../", "./console/", "./a:b/"] {
            assert!(is_root(root), "{root}");
        }
        for root in [
            "",
            "/",
            "//evil/",
            "http://evil/",
            "javascript:x/",
            "../x/",
            "a/b/",
            ".//evil/",
            "./\"/",
        ] {
            assert!(!is_root(root), "{root}");
        }
        assert_eq!(decoded("a%2Fb+c"), "a/b+c");
    }
}
