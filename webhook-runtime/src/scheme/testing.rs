//! What the test kit and the conformance suite have to know of a scheme, and users have not: where
//! its signature stands, and how to sign what no provider would.

use super::{
    Outgoing, Scheme, SignError, Signed, Timestamp,
    asymmetric::Asymmetric,
    grammar::{Grammar, Placement},
    key::{Algorithm, Key},
    timestamp::{Place, Unit},
};
use crate::secret::Secret;

impl Scheme {
    /// The header that carries the time.
    pub(crate) fn time_header(&self) -> Option<&'static str> {
        match self.timestamp?.place {
            Place::Header(name) => Some(name),
            Place::Pointer(_) | Place::Field(_) => None,
        }
    }

    /// The field of the signature's header that carries the time, and what stands between fields.
    pub(crate) fn time_field(&self) -> Option<(&'static str, &'static str)> {
        let Placement::Header { grammar: Grammar::Fields { separator, .. }, .. } = self.placement
        else {
            return None;
        };
        match self.timestamp?.place {
            Place::Field(name) => Some((separator, name)),
            Place::Header(_) | Place::Pointer(_) => None,
        }
    }

    /// The form field that is signed in place of a form.
    pub(crate) fn signed_field(&self) -> Option<&'static str> {
        self.form_field
    }

    /// The header that carries the signed id.
    pub(crate) fn signed_id(&self) -> Option<&'static str> {
        self.id
    }

    pub(crate) fn is_basic_auth(&self) -> bool {
        self.algorithm == Algorithm::Basic
    }

    pub(crate) fn counts_milliseconds(&self) -> bool {
        self.timestamp.is_some_and(|timestamp| timestamp.unit == Unit::Millis)
    }

    /// The algorithm, where a private key signs and a public one verifies.
    pub(crate) fn key_pair_of(&self) -> Option<Asymmetric> {
        match self.algorithm {
            Algorithm::Asymmetric(algorithm) => Some(algorithm),
            _ => None,
        }
    }

    /// Where in the value of its header the signature begins.
    pub(crate) fn signature_start(&self, value: &str) -> usize {
        match self.placement {
            Placement::Header { grammar: Grammar::Bare { prefix }, .. } => prefix.len(),
            Placement::Header { grammar: Grammar::Versions { version }, .. } => version.len() + 1,
            Placement::Header { grammar: Grammar::Fields { separator, signature }, .. } => {
                let field = format!("{signature}=");
                let inner = format!("{separator}{field}");
                value.find(&inner).map_or(field.len(), |at| at + inner.len())
            }
            Placement::Numbered { .. } | Placement::Paired { .. } | Placement::Query { .. } => 0,
        }
    }

    /// The header with others beside its signature, which is the last one or the first, where it can
    /// have many.
    pub(crate) fn list(&self, others: usize, value: &str, is_last: bool) -> Option<String> {
        let Placement::Header { grammar, .. } = self.placement else { return None };
        let other = "0".repeat(value.len() - self.signature_start(value));
        let (entry, separator) = match grammar {
            Grammar::Bare { .. } => return None,
            Grammar::Versions { version } => (format!("{version},{other}"), " "),
            Grammar::Fields { separator, signature } => (format!("{signature}={other}"), separator),
        };
        let mut list = vec![entry; others];
        list.insert(if is_last { others } else { 0 }, value.to_owned());
        Some(list.join(separator))
    }

    /// Signs with a time of any text.
    pub(crate) fn sign_at<'r>(
        &self,
        secret: &Secret,
        request: &Outgoing<'r>,
        time: &str,
    ) -> Result<Signed<'r>, SignError> {
        self.write(request, time, |values| self.signature(secret, values))
    }

    /// Signs with the key that an empty secret is.
    pub(crate) fn sign_unkeyed<'r>(&self, request: &Outgoing<'r>) -> Option<Signed<'r>> {
        let time = self.timestamp.map(|time| time.format(request.unix_millis()));
        let signed = self.write(request, &time.unwrap_or_default(), |values| {
            Ok(match self.algorithm {
                Algorithm::Token | Algorithm::Asymmetric(_) => String::new(),
                // A colon, in base64.
                Algorithm::Basic => "Basic Og==".to_owned(),
                algorithm => {
                    let tag =
                        Key::unkeyed(algorithm).and_then(|key| key.tag(&self.template, values));
                    tag.map(|tag| self.encoding.encode(tag.as_bytes())).unwrap_or_default()
                }
            })
        });
        signed.ok()
    }

    /// The same scheme with each other algorithm that the same secret could be used with, under the
    /// prefixes that name it.
    pub(crate) fn other_algorithms(&self) -> Vec<Self> {
        let families = [
            (Algorithm::HmacSha1, "sha1"),
            (Algorithm::HmacSha256, "sha256"),
            (Algorithm::HmacSha512, "sha512"),
        ];
        if !families.iter().any(|(algorithm, _)| *algorithm == self.algorithm) {
            return Vec::new();
        }
        let mut others = Vec::new();
        for (algorithm, name) in families.into_iter().filter(|(it, _)| *it != self.algorithm) {
            let other = Self { algorithm, ..*self };
            others.push(other);
            if let Placement::Header { name: header, grammar: Grammar::Bare { prefix } } =
                self.placement
                && let Some(prefix) = prefix_named(prefix, name)
            {
                let grammar = Grammar::Bare { prefix };
                others
                    .push(Self { placement: Placement::Header { name: header, grammar }, ..other });
                // The header of the algorithm that came before.
                if let Some(header) = header.strip_suffix("-256") {
                    let placement = Placement::Header { name: header, grammar };
                    others.push(Self { placement, ..other });
                }
            }
        }
        others
    }

    /// The same scheme under each other version that a list of signatures could have.
    pub(crate) fn other_versions(&self) -> Vec<Self> {
        let Placement::Header { name, grammar } = self.placement else { return Vec::new() };
        let versions = ["v0", "v2", "v1a"];
        let grammars = versions.into_iter().filter_map(|version| match grammar {
            Grammar::Versions { version: ours } if ours != version => {
                Some(Grammar::Versions { version })
            }
            Grammar::Fields { separator, signature } if signature != version => {
                Some(Grammar::Fields { separator, signature: version })
            }
            _ => None,
        });
        grammars
            .map(|grammar| Self { placement: Placement::Header { name, grammar }, ..*self })
            .collect()
    }

    /// The same scheme with nothing before the signature; `None` where nothing is there anyway.
    pub(crate) fn without_prefix(&self) -> Option<Self> {
        let Placement::Header { name, grammar } = self.placement else { return None };
        if matches!(grammar, Grammar::Bare { prefix: "" }) {
            return None;
        }
        let grammar = Grammar::Bare { prefix: "" };
        Some(Self { placement: Placement::Header { name, grammar }, ..*self })
    }

    /// The time that is sent, in other words.
    pub(crate) fn time_as(&self, at: std::time::SystemTime) -> Option<String> {
        let time: Timestamp = self.timestamp?;
        Some(time.format(Outgoing::new(b"").at(at).unix_millis()))
    }
}

/// The prefix that names another algorithm as this one does.
fn prefix_named(prefix: &str, algorithm: &str) -> Option<&'static str> {
    if !prefix.starts_with("sha") {
        return None;
    }
    Some(match algorithm {
        "sha1" => "sha1=",
        "sha256" => "sha256=",
        _ => "sha512=",
    })
}

impl Key {
    /// The key that an empty secret is, where there can be one.
    fn unkeyed(algorithm: Algorithm) -> Option<Self> {
        use hmac::KeyInit as _;
        Some(match algorithm {
            Algorithm::HmacSha1 => Self::HmacSha1(hmac::Hmac::new_from_slice(&[]).ok()?),
            Algorithm::HmacSha256 => Self::HmacSha256(hmac::Hmac::new_from_slice(&[]).ok()?),
            Algorithm::HmacSha512 => Self::HmacSha512(hmac::Hmac::new_from_slice(&[]).ok()?),
            Algorithm::Sha256 => Self::Sha256(zeroize::Zeroizing::new(Vec::new())),
            Algorithm::Token | Algorithm::Basic | Algorithm::Asymmetric(_) => return None,
        })
    }
}
