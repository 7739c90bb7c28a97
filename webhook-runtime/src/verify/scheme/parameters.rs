//! The parameters of a request that a scheme reads, with their forms, for documents.

use super::{
    Encoding, Scheme,
    grammar::{Grammar, Placement},
    timestamp::{TimestampLocation, TimestampUnit},
};

/// One header or query parameter that a scheme reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SchemeParameter {
    pub(crate) name: String,
    pub(crate) in_query: bool,
    pub(crate) role: ParameterRole,
    /// The form of the value, as a regular expression, if it has one.
    pub(crate) pattern: Option<String>,
}

/// The meaning of a parameter for the scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ParameterRole {
    /// It contains the signature, or the secret itself.
    Signature,
    /// One of several that may contain the signature.
    OneOfSignatures,
    /// It contains the signed id of the delivery.
    Id,
    /// It contains the signed time.
    Time,
    /// It contains another signed value.
    Value { is_optional: bool },
    /// It always has this value.
    Fixed(&'static str),
}

impl Scheme {
    /// The parameters that the scheme reads, the signature first.
    pub(crate) fn parameters(&self) -> Vec<SchemeParameter> {
        let header = |name: &str, role, pattern| SchemeParameter {
            name: name.to_owned(),
            in_query: false,
            role,
            pattern,
        };
        let mut all = match self.placement {
            Placement::Header { name, .. } => {
                vec![header(name, ParameterRole::Signature, self.signature_form())]
            }
            Placement::Numbered { prefix } => {
                let first = format!("{prefix}1");
                vec![header(&first, ParameterRole::Signature, self.signature_form())]
            }
            Placement::Paired { names } | Placement::Any { names } => {
                let role = match names {
                    [_] => ParameterRole::Signature,
                    _ => ParameterRole::OneOfSignatures,
                };
                names.iter().map(|name| header(name, role, self.signature_form())).collect()
            }
            Placement::Query { name } => vec![SchemeParameter {
                in_query: true,
                ..header(name, ParameterRole::Signature, self.signature_form())
            }],
            Placement::Pointer { .. } => Vec::new(),
        };
        all.extend(self.id.map(|name| header(name, ParameterRole::Id, None)));
        if let Some(time) = self.timestamp
            && let TimestampLocation::Header(name) = time.location
        {
            let form = match time.unit {
                TimestampUnit::Seconds => Some("^[0-9]{10}$".to_owned()),
                TimestampUnit::Millis => Some("^[0-9]{13}$".to_owned()),
                TimestampUnit::SecondsOrMillis => Some("^[0-9]{10}([0-9]{3})?$".to_owned()),
                TimestampUnit::Rfc3339
                | TimestampUnit::Rfc3339WithoutZone
                | TimestampUnit::HttpDate
                | TimestampUnit::HttpDateOrSeconds => None,
            };
            all.push(header(name, ParameterRole::Time, form));
        }
        all.extend(self.values.iter().map(|value| {
            let name = value.header_name().or_else(|| value.query_parameter());
            let role = ParameterRole::Value { is_optional: value.optional_between().is_some() };
            SchemeParameter {
                in_query: value.header_name().is_none(),
                ..header(name.unwrap_or_default(), role, None)
            }
        }));
        let fixed = self.requires.iter();
        all.extend(fixed.map(|(name, value)| header(name, ParameterRole::Fixed(value), None)));
        all
    }

    /// The names of a second family of headers: each name, and the other one.
    pub(crate) const fn alternatives(&self) -> &'static [(&'static str, &'static str)] {
        self.alternatives
    }

    /// The text before the secret, if the secret itself is sent in a header.
    pub(crate) const fn credential_prefix(&self) -> Option<&'static str> {
        match self.placement {
            Placement::Header { grammar: Grammar::Bare { prefix }, .. }
                if self.algorithm.is_credential() =>
            {
                Some(prefix)
            }
            _ => None,
        }
    }

    /// True if the secret itself is sent, so that nothing of the request is signed.
    pub(crate) const fn is_credential(&self) -> bool {
        self.algorithm.is_credential()
    }

    /// The form of the header that contains the signature, as a regular expression.
    fn signature_form(&self) -> Option<String> {
        let grammar = match self.placement {
            Placement::Header { grammar, .. } => grammar,
            _ => Grammar::Bare { prefix: "" },
        };
        if self.algorithm.is_credential() {
            return match grammar {
                Grammar::Bare { prefix } if !prefix.is_empty() => {
                    Some(format!("^{}.+$", escaped(prefix)))
                }
                _ => None,
            };
        }
        let signature = self.encoding.form(self.algorithm.signature_len());
        Some(match grammar {
            Grammar::Bare { prefix } => format!("^{}{signature}$", escaped(prefix)),
            Grammar::Fields { separator, signature: "" } | Grammar::List { separator } => {
                entry(&escaped(separator), &signature)
            }
            Grammar::Fields { separator, signature: field } => {
                entry(&escaped(separator), &format!("{}={signature}", escaped(field)))
            }
            Grammar::Groups { between, separator, signature: field } => {
                let separator = format!("({}|{})", escaped(separator), escaped(between));
                entry(&separator, &format!("{}={signature}", escaped(field)))
            }
            Grammar::Versions { version } => {
                format!("^(.* )?{},{signature}( .*)?$", escaped(version))
            }
        })
    }
}

impl Encoding {
    /// The form of a signature of `len` bytes, or of any length, as a regular expression.
    fn form(self, len: Option<usize>) -> String {
        match (self, len) {
            (Self::Hex, Some(len)) => format!("[0-9a-f]{{{}}}", 2 * len),
            (Self::Hex, None) => "[0-9a-f]+".to_owned(),
            (Self::Base64, Some(len)) => {
                let padding = (3 - len % 3) % 3;
                let characters = len.div_ceil(3) * 4 - padding;
                format!("[A-Za-z0-9+/]{{{characters}}}{}", "=".repeat(padding))
            }
            (Self::Base64, None) => "[A-Za-z0-9+/]+={0,2}".to_owned(),
            (Self::Base64Url, Some(len)) => format!("[A-Za-z0-9_-]{{{}}}", (len * 4).div_ceil(3)),
            (Self::Base64Url, None) => "[A-Za-z0-9_-]+".to_owned(),
        }
    }
}

/// The form of a list that has this entry somewhere.
fn entry(separator: &str, entry: &str) -> String {
    format!("^(.*{separator})?{entry}({separator}.*)?$")
}

/// A text as a part of a regular expression.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for mark in text.chars() {
        if r"\^$.|?*+()[]{}/".contains(mark) {
            escaped.push('\\');
        }
        escaped.push(mark);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::scheme::Timestamp;

    const HMAC: Scheme = Scheme::hmac_sha256().header("x-signature");

    fn pattern(scheme: &Scheme) -> String {
        scheme.parameters()[0].pattern.clone().unwrap_or_default()
    }

    fn roles(scheme: &Scheme) -> Vec<(String, ParameterRole)> {
        scheme.parameters().into_iter().map(|it| (it.name, it.role)).collect()
    }

    #[test]
    fn forms_follow_grammar_and_encoding() {
        assert_eq!(pattern(&HMAC.prefix("sha256=")), "^sha256=[0-9a-f]{64}$");
        assert_eq!(pattern(&HMAC.base64()), "^[A-Za-z0-9+/]{43}=$");
        assert_eq!(pattern(&HMAC.base64url()), "^[A-Za-z0-9_-]{43}$");
        assert_eq!(
            pattern(&Scheme::hmac_sha1().header("x-signature").base64()),
            "^[A-Za-z0-9+/]{27}=$"
        );
        assert_eq!(pattern(&HMAC.fields(",", "v1")), "^(.*,)?v1=[0-9a-f]{64}(,.*)?$");
        assert_eq!(pattern(&HMAC.versions("v1")), "^(.* )?v1,[0-9a-f]{64}( .*)?$");
        assert_eq!(pattern(&HMAC.prefix("a.b+")), r"^a\.b\+[0-9a-f]{64}$");
        let token = Scheme::token().header("authorization").prefix("Token ");
        assert_eq!(pattern(&token), "^Token .+$");
        assert_eq!(pattern(&Scheme::token().header("x-token")), "");
        assert_eq!((token.credential_prefix(), HMAC.credential_prefix()), (Some("Token "), None));
    }

    #[test]
    fn every_parameter_is_listed() {
        let named = |name: &str, role| (name.to_owned(), role);
        let all = HMAC
            .timestamp(Timestamp::header("x-time").unix_millis())
            .id_header("x-id")
            .require_headers(&[("x-version", "1")]);
        assert_eq!(
            roles(&all),
            [
                named("x-signature", ParameterRole::Signature),
                named("x-id", ParameterRole::Id),
                named("x-time", ParameterRole::Time),
                named("x-version", ParameterRole::Fixed("1")),
            ]
        );
        assert_eq!(all.parameters()[2].pattern.as_deref(), Some("^[0-9]{13}$"));
        let in_field = HMAC.fields(",", "v1").timestamp(Timestamp::field("t"));
        assert_eq!(roles(&in_field), [named("x-signature", ParameterRole::Signature)]);
        assert_eq!(
            roles(&HMAC.paired_headers(&["x-a", "x-b"])),
            [
                named("x-a", ParameterRole::OneOfSignatures),
                named("x-b", ParameterRole::OneOfSignatures)
            ]
        );
        assert_eq!(
            roles(&HMAC.numbered_headers("x-sig-")),
            [named("x-sig-1", ParameterRole::Signature)]
        );
        let query = Scheme::token().query("code").parameters();
        assert!(query[0].in_query && query[0].name == "code", "{query:?}");
        assert_eq!(query[0].pattern, None);
        assert_eq!(pattern(&HMAC.query("signature")), "^[0-9a-f]{64}$");
    }
}
