//! The borders between the parts of a signed text. A text must have only one reading, or an attacker
//! could move a border and keep the signature.

use super::{
    Scheme, SignedValue,
    template::{Part, Template},
};
use crate::verify::texts::{begins_with, equal};

impl Scheme {
    /// Checks that the signed text has only one reading, as far as its timestamp and further values
    /// are concerned.
    ///
    /// # Panics
    /// With a message about the ambiguous part. In a constant, this is a compile error.
    pub(super) const fn check_borders(&self) {
        self.check_timestamp_border();
        self.check_placeholders();
        if self.values.is_empty() {
            return;
        }
        let template = &self.template;
        assert!(
            !template.has(Part::Url)
                && !template.has(Part::DecodedUrl)
                && !template.has(Part::Method),
            "a scheme with further signed values cannot sign the {{url}} or the {{method}}"
        );
        assert!(
            self.alternatives.is_empty(),
            "a scheme with further signed values has no alternative headers"
        );
        let mut at = 0;
        let mut is_before_body = true;
        while let Some(part) = template.part(at) {
            match part {
                Part::Body => is_before_body = false,
                Part::Id => assert!(
                    matches!(template.part(at + 1), Some(Part::Literal(_))),
                    "nothing marks the end of the {{id}}: put a text behind it"
                ),
                Part::Value(name) => {
                    let Some(value) = self.value(name) else { return };
                    match value.optional_between() {
                        Some(_) => self.check_optional(value, at, is_before_body),
                        None => self.check_value(at, is_before_body),
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// Checks that a time whose end is unclear is followed by something else.
    const fn check_timestamp_border(&self) {
        let Some(timestamp) = self.timestamp else { return };
        if !timestamp.unit.can_be_longer() {
            return;
        }
        let mut at = 0;
        while let Some(part) = self.template.part(at) {
            assert!(
                !matches!(part, Part::Body) || !self.template.precedes(Part::Body, Part::Timestamp),
                "the end of the {{body}} could be taken for the start of the {{timestamp}} behind it"
            );
            if matches!(part, Part::Timestamp) {
                let is_marked = match self.template.part(at + 1) {
                    Some(Part::Literal(text)) => !timestamp.unit.goes_on_with(text.as_bytes()[0]),
                    None => true,
                    Some(_) => false,
                };
                assert!(
                    is_marked,
                    "what follows the {{timestamp}} could be taken for its end: put a text between them"
                );
            }
            at += 1;
        }
    }

    /// Checks that every placeholder has its value, and every value its placeholder.
    const fn check_placeholders(&self) {
        let mut at = 0;
        while let Some(part) = self.template.part(at) {
            if let Part::Value(name) = part {
                assert!(
                    self.value(name).is_some(),
                    "unknown placeholder in the signed template: use {{id}}, {{timestamp}}, \
                     {{method}}, {{url}}, {{decoded_url}}, {{body}}, {{body_sha256}}, {{secret}}, or \
                     the name of one of the `values`"
                );
            }
            at += 1;
        }
        let mut at = 0;
        while at < self.values.len() {
            assert!(
                self.template.count_of(self.values[at].name()) == 1,
                "each of the `values` has exactly one placeholder in the signed template"
            );
            at += 1;
        }
    }

    /// Checks that a text or the secret marks the end of a value, or its start behind the body.
    const fn check_value(&self, at: usize, is_before_body: bool) {
        if is_before_body {
            assert!(
                matches!(self.template.part(at + 1), None | Some(Part::Literal(_) | Part::Secret)),
                "nothing marks the end of a signed value: put a text behind it"
            );
        } else {
            assert!(
                matches!(self.template.part(at - 1), Some(Part::Literal(_) | Part::Secret)),
                "nothing marks the start of a signed value behind the {{body}}: put a text before it"
            );
        }
    }

    /// Checks that the start of the text shows if an optional value is there.
    const fn check_optional(&self, value: &SignedValue, at: usize, is_before_body: bool) {
        let Some([before, after]) = value.optional_between() else { return };
        assert!(
            is_before_body && !before.is_empty() && !after.is_empty(),
            "an optional value stands before the body, between two texts"
        );
        let mut next = at + 1;
        loop {
            let (other, is_last) = match self.template.part(next) {
                None => return,
                Some(Part::Literal(text)) => (text, true),
                Some(Part::Value(name)) => match self.value(name) {
                    Some(value) => match value.optional_between() {
                        Some([before, _]) => (before, false),
                        None => ("", true),
                    },
                    None => return,
                },
                Some(_) => ("", true),
            };
            assert!(
                !begins_with(before, other) && !begins_with(other, before),
                "what follows an optional value could be taken for it"
            );
            if is_last {
                return;
            }
            next += 1;
        }
    }

    /// The value with this placeholder.
    const fn value(&self, name: &str) -> Option<&'static SignedValue> {
        let mut at = 0;
        while at < self.values.len() {
            if equal(self.values[at].name(), name) {
                return Some(&self.values[at]);
            }
            at += 1;
        }
        None
    }
}

impl Template {
    /// The number of placeholders for the value of this name.
    const fn count_of(&self, wanted: &str) -> usize {
        let (mut at, mut count) = (0, 0);
        while let Some(part) = self.part(at) {
            if let Part::Value(name) = part
                && equal(name, wanted)
            {
                count += 1;
            }
            at += 1;
        }
        count
    }

    /// The character next to a value: the one behind it, or the one before it if the body precedes
    /// it.
    pub(super) fn border_of(&self, wanted: &str) -> Option<u8> {
        let (mut at, mut is_before_body) = (0, true);
        loop {
            match self.part(at)? {
                Part::Value(name) if name == wanted => break,
                Part::Body => is_before_body = false,
                _ => {}
            }
            at += 1;
        }
        let neighbour = if is_before_body { at + 1 } else { at - 1 };
        match self.part(neighbour)? {
            Part::Literal(text) if is_before_body => text.bytes().next(),
            Part::Literal(text) => text.bytes().next_back(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_are_the_characters_beside_a_value() {
        for (source, border) in [
            ("{timestamp}.{x}-+{body}", Some(b'-')),
            ("{body}-+{x}.{timestamp}", Some(b'+')),
            ("{body}-+{x}", Some(b'+')),
            ("{x}{secret}{body}", None),
            ("{x}", None),
            ("{body}", None),
        ] {
            assert_eq!(Template::parse(source).border_of("x"), border, "{source}");
        }
    }
}
