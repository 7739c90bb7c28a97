//! One request of a viewer.

use std::{
    sync::Arc,
    time::{Instant, SystemTime},
};

use http::Method;
use tokio::sync::Semaphore;
use webhook_runtime::Inbox;

use crate::{
    access::{Access, Viewer},
    changes::{Activity, Changes},
    figures::Figures,
    token::Tokens,
};

/// The state that all requests share.
pub(crate) struct Shared {
    pub(crate) inbox: Inbox,
    pub(crate) access: Access,
    pub(crate) title: Option<String>,
    pub(crate) tokens: Tokens,
    pub(crate) changes: Changes,
    pub(crate) figures: Figures,
    /// The permits of streams of events.
    pub(crate) streams: Arc<Semaphore>,
}

/// The viewer, the page and the time, which every screen needs.
#[derive(Clone)]
pub(crate) struct View {
    pub(crate) shared: Arc<Shared>,
    pub(crate) viewer: Viewer,
    /// The way from the page to the console's own root, such as `../`: all links are relative.
    pub(crate) root: String,
    /// Path and query below the root, without a slash before them.
    here: String,
    /// True if a form was sent here: nothing can be read at this path.
    is_form: bool,
    pub(crate) now: SystemTime,
    pub(crate) begun: Instant,
    /// The time at which the page was first shown, if this renews it.
    pub(crate) shown_at: Option<SystemTime>,
}

impl View {
    /// `inside` is path and query as the console's router sees them, `outside` the path that the browser
    /// asked for.
    pub(crate) fn new(
        shared: Arc<Shared>,
        viewer: Viewer,
        method: &Method,
        inside: &str,
        outside: &str,
    ) -> Self {
        let now = shared.inbox.now();
        let root = root(inside.split('?').next().unwrap_or_default(), outside);
        let here = inside.trim_start_matches('/').to_owned();
        let is_form = method == Method::POST;
        Self { shared, viewer, root, here, is_form, now, begun: Instant::now(), shown_at: None }
    }

    /// A link to a path below the console's root.
    pub(crate) fn link(&self, path: &str) -> String {
        match (path, &*self.root) {
            // The console's own path has no slash at its end, unless it is the root of the site.
            ("", root) => match root
                .strip_suffix('/')
                .filter(|root| !matches!(root.rsplit('/').next(), Some("." | "..")))
            {
                Some(last) => last.to_owned(),
                None => root.to_owned(),
            },
            (path, root) => format!("{root}{path}"),
        }
    }

    /// The page itself.
    pub(crate) fn here(&self) -> &str {
        &self.here
    }

    /// The page itself, or the one that its form was on; true for the latter.
    pub(crate) fn page(&self) -> (String, bool) {
        if !self.is_form {
            return (self.here.clone(), false);
        }
        let path = self.here.split('?').next().unwrap_or_default();
        let page = match path.split('/').collect::<Vec<_>>()[..] {
            [of @ ("deliveries" | "endpoints" | "changes"), one, _] => format!("{of}/{one}"),
            _ => "deliveries".to_owned(),
        };
        (page, true)
    }

    /// A page of a viewer, now, as a stream renews it that was first shown at that time.
    pub(crate) fn renewed(
        &self,
        viewer: Viewer,
        here: &str,
        root: &str,
        shown_at: Option<SystemTime>,
    ) -> Self {
        let (shared, begun) = (Arc::clone(&self.shared), Instant::now());
        let (here, root, now) = (here.to_owned(), root.to_owned(), shared.inbox.now());
        Self { shared, viewer, root, here, is_form: false, now, begun, shown_at }
    }

    /// The address of the events that renew this page.
    pub(crate) fn events(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("screen", &self.here).append_pair("root", &self.root);
        query.append_pair("at", &crate::format::iso(self.shown_at.unwrap_or(self.now)));
        self.link(&format!("events?{}", query.finish()))
    }

    /// Remembers what the viewer has done. Cached figures may be outdated by it.
    pub(crate) fn record(&self, activity: Activity) {
        self.shared.changes.add(&self.viewer.name, self.now, activity);
        self.shared.figures.invalidate();
    }

    /// The token of a form on this page.
    pub(crate) fn token(&self) -> String {
        self.shared.tokens.make(&self.viewer.name, self.now)
    }
}

/// The way from a page to the root of the console.
fn root(inside: &str, outside: &str) -> String {
    let below = inside.trim_start_matches('/');
    if below.is_empty() {
        let last = outside.rsplit('/').next().unwrap_or_default();
        // The dot keeps a name with a colon from being a scheme.
        return if last.is_empty() { "./".to_owned() } else { format!("./{last}/") };
    }
    match below.matches('/').count() {
        0 => "./".to_owned(),
        deep => "../".repeat(deep),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_relative_to_the_page() {
        for (inside, outside, expected) in [
            ("/", "/console", "./console/"),
            ("/", "/a/b/console", "./console/"),
            ("/", "/javascript:alert(1)", "./javascript:alert(1)/"),
            ("/", "/", "./"),
            ("/deliveries", "/console/deliveries", "./"),
            ("/deliveries/9", "/console/deliveries/9", "../"),
            ("/deliveries/9/retry", "/deliveries/9/retry", "../../"),
        ] {
            assert_eq!(root(inside, outside), expected, "{inside} at {outside}");
        }
    }
}
