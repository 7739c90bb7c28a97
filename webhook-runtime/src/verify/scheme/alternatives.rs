//! A second family of header names, for providers that send the same headers under two sets of
//! names.

use http::{HeaderMap, HeaderName};

use super::{
    Scheme,
    borders::is_same,
    grammar::{HeaderNames, Placement},
    timestamp::TimestampLocation,
};

impl Scheme {
    /// The names of the second family, if there is one.
    pub(super) fn alternative_names(&self) -> Option<HeaderNames> {
        let signature = self.alternative(self.placement.name())?;
        let mut names = self.header_names();
        names.signatures = vec![HeaderName::from_static(signature)];
        for name in names.timestamp.iter_mut().chain(&mut names.id).chain(&mut names.required) {
            if let Some(other) = self.alternative(name.as_str()) {
                *name = HeaderName::from_static(other);
            }
        }
        Some(names)
    }

    /// Gives the headers of a verified request the first names: those of the second family take
    /// the place of what else was sent under these names.
    ///
    /// A signed header is only replaced if its family was the verified one. Otherwise an unsigned
    /// header could pass for the signed id.
    pub(super) fn unify_headers(&self, headers: &mut HeaderMap) {
        if self.alternatives.is_empty() {
            return;
        }
        let main = self.placement.name();
        let is_second = self.alternative(main).is_some_and(|name| headers.contains_key(name));
        for &(name, other) in self.alternatives {
            let is_protected = name == main || self.signs_header(name);
            if (is_second || !is_protected)
                && let Some(value) = headers.get(other).cloned()
            {
                headers.insert(name, value);
            }
        }
    }

    fn alternative(&self, name: &str) -> Option<&'static str> {
        self.alternatives.iter().find(|(first, _)| *first == name).map(|(_, other)| *other)
    }

    /// True if the alternatives contain the header `name`.
    const fn has_alternative(&self, name: &str) -> bool {
        let mut at = 0;
        while at < self.alternatives.len() {
            if is_same(self.alternatives[at].0, name) {
                return true;
            }
            at += 1;
        }
        false
    }

    /// Checks that the second family has all headers that are signed.
    ///
    /// # Panics
    /// If it lacks one. In a constant, this is a compile error.
    pub(super) const fn check_alternatives(&self) {
        if self.alternatives.is_empty() {
            return;
        }
        assert!(
            matches!(self.placement, Placement::Header { .. })
                && self.has_alternative(self.placement.name()),
            "the alternative headers lack the signature header"
        );
        if let Some(id) = self.id {
            assert!(self.has_alternative(id), "the alternative headers lack the header of the id");
        }
        if let Some(time) = self.timestamp
            && let TimestampLocation::Header(name) = time.location
        {
            assert!(
                self.has_alternative(name),
                "the alternative headers lack the header of the time"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::verify::scheme::Timestamp;

    const SCHEME: Scheme = Scheme::hmac_sha256()
        .header("a-signature")
        .id_header("a-id")
        .timestamp(Timestamp::header("a-time"))
        .signed("{id}.{timestamp}.{body}")
        .alternative_headers(&[
            ("a-signature", "b-signature"),
            ("a-id", "b-id"),
            ("a-time", "b-time"),
            ("a-event", "b-event"),
        ])
        .checked();

    fn unified(sent: &[(&'static str, &'static str)]) -> Vec<(String, String)> {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        SCHEME.unify_headers(&mut headers);
        let mut names: Vec<_> = headers
            .iter()
            .filter(|(name, _)| name.as_str().starts_with("a-"))
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or("").to_owned()))
            .collect();
        names.sort();
        names
    }

    fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
        all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_second_family_has_its_own_names() {
        let names = SCHEME.alternative_names().expect("a second family");
        assert_eq!(names.signatures, ["b-signature"]);
        assert_eq!(
            (names.id.as_ref(), names.timestamp.as_ref()),
            (Some(&HeaderName::from_static("b-id")), Some(&HeaderName::from_static("b-time")),)
        );
        assert!(Scheme::hmac_sha256().header("a").alternative_names().is_none());
    }

    #[test]
    fn the_verified_family_gets_the_first_names() {
        assert_eq!(
            unified(&[("b-signature", "s"), ("b-id", "1"), ("a-id", "2"), ("b-event", "e")]),
            pairs(&[("a-event", "e"), ("a-id", "1"), ("a-signature", "s")])
        );
        // The first family is the verified one: the id of the other is not signed.
        assert_eq!(
            unified(&[("a-signature", "s"), ("a-id", "1"), ("b-id", "2"), ("a-event", "e")]),
            pairs(&[("a-event", "e"), ("a-id", "1"), ("a-signature", "s")])
        );
        // Nobody signs the event: the alternative wins.
        assert_eq!(
            unified(&[("a-signature", "s"), ("a-event", "1"), ("b-event", "2")]),
            pairs(&[("a-event", "2"), ("a-signature", "s")])
        );
    }
}
