//! The grammar of signature headers: where in which header the signatures are.

use http::{HeaderMap, HeaderName, HeaderValue, header::AsHeaderName};

use super::VerifyError;

/// The most signatures of one request that are tried. Senders put two or three while they rotate
/// a secret; a longer list is an attempt to make us work.
pub(crate) const MAX_SIGNATURES: usize = 8;

/// Where the signatures of a request are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Placement {
    /// In one header, of the given grammar.
    Header { name: &'static str, grammar: Grammar },
    /// In headers numbered from 1, one for each live key: the name is what precedes the number.
    Numbered { prefix: &'static str },
    /// In one header for each key: the first secret signs the first header, and so on.
    Paired { names: &'static [&'static str] },
    /// In a parameter of the query, where the registered URL carries the credential.
    Query { name: &'static str },
}

/// How signatures stand in one header.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Grammar {
    /// One signature behind a prefix, which may be empty.
    Bare { prefix: &'static str },
    /// `key=value` fields; the signatures are the fields called `signature`, unknown ones are
    /// passed over.
    Fields { separator: &'static str, signature: &'static str },
    /// A list separated by spaces of `version,signature`; other versions are passed over.
    Versions { version: &'static str },
}

/// The names of a scheme's headers, made ready once to be looked up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// Of the signatures, where the names are known.
    pub(crate) signatures: Vec<HeaderName>,
    pub(crate) timestamp: Option<HeaderName>,
    pub(crate) id: Option<HeaderName>,
    pub(crate) required: Vec<HeaderName>,
}

/// What a request's headers claim, not yet believed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claimed<'r> {
    signatures: [Signature<'r>; MAX_SIGNATURES],
    len: usize,
    /// The timestamp, where it stands in the signature header.
    pub(crate) timestamp: Option<&'r str>,
}

/// One claimed signature.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Signature<'r> {
    pub(crate) text: &'r str,
    /// The only secret it may be made with, by position, where headers and secrets are paired.
    pub(crate) secret: Option<usize>,
}

impl<'r> Claimed<'r> {
    pub(crate) fn new() -> Self {
        Self { signatures: [Signature::default(); MAX_SIGNATURES], len: 0, timestamp: None }
    }

    fn push(
        &mut self,
        header: &'static str,
        text: &'r str,
        secret: Option<usize>,
    ) -> Result<(), VerifyError> {
        if self.len == MAX_SIGNATURES {
            return Err(VerifyError::TooManySignatures(header));
        }
        self.signatures[self.len] = Signature { text, secret };
        self.len += 1;
        Ok(())
    }

    pub(crate) fn signatures(&self) -> &[Signature<'r>] {
        &self.signatures[..self.len]
    }
}

impl Placement {
    /// The names of the headers, where they are known.
    pub(crate) fn names(&self) -> Vec<HeaderName> {
        match *self {
            Self::Header { name, .. } => vec![HeaderName::from_static(name)],
            Self::Paired { names } => {
                names.iter().map(|name| HeaderName::from_static(name)).collect()
            }
            Self::Numbered { .. } | Self::Query { .. } => Vec::new(),
        }
    }

    /// Finds the signatures of a request; `known` are the [`names`](Self::names).
    pub(crate) fn read<'r>(
        &self,
        known: &[HeaderName],
        headers: &'r HeaderMap,
        query: &'r str,
        timestamp_field: Option<&'static str>,
        claimed: &mut Claimed<'r>,
    ) -> Result<(), VerifyError> {
        match *self {
            Self::Header { name, grammar } => {
                let value = text_in(headers, name, &known[0])?;
                grammar.read(name, value, timestamp_field, claimed)?;
            }
            Self::Numbered { prefix } => {
                for name in headers.keys() {
                    let number = name.as_str().strip_prefix(prefix);
                    if number.is_some_and(is_number) {
                        let value = text_in(headers, prefix, name)?;
                        claimed.push(prefix, value, None)?;
                    }
                }
                if claimed.len == 0 {
                    return Err(VerifyError::MissingHeader(prefix));
                }
            }
            Self::Query { name } => {
                let mut values =
                    query.split('&').filter_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
                let value = values.next().ok_or(VerifyError::MissingHeader(name))?;
                if values.next().is_some() {
                    return Err(VerifyError::RepeatedHeader(name));
                }
                claimed.push(name, value, None)?;
            }
            Self::Paired { names } => {
                for (secret, (label, name)) in names.iter().zip(known).enumerate() {
                    if headers.contains_key(name) {
                        claimed.push(label, text_in(headers, label, name)?, Some(secret))?;
                    }
                }
                if claimed.len == 0 {
                    return Err(VerifyError::MissingHeader(names[0]));
                }
            }
        }
        if claimed.signatures().iter().all(|signature| signature.text.is_empty()) {
            return Err(VerifyError::MalformedSignature(self.name()));
        }
        Ok(())
    }

    /// Marks the headers that carry signatures as sensitive.
    pub(crate) fn hide(&self, headers: &mut HeaderMap) {
        match self {
            Self::Header { name, .. } => hide(headers, name),
            Self::Numbered { prefix } => {
                for (name, value) in headers {
                    value.set_sensitive(value.is_sensitive() || name.as_str().starts_with(prefix));
                }
            }
            Self::Paired { names } => names.iter().for_each(|name| hide(headers, name)),
            Self::Query { .. } => {}
        }
    }

    /// The header to name in a message.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Header { name, .. } | Self::Query { name } => name,
            Self::Numbered { prefix } => prefix,
            Self::Paired { names } => names[0],
        }
    }
}

impl Grammar {
    fn read<'r>(
        self,
        header: &'static str,
        value: &'r str,
        timestamp_field: Option<&'static str>,
        claimed: &mut Claimed<'r>,
    ) -> Result<(), VerifyError> {
        match self {
            Self::Bare { prefix } => {
                let signature =
                    value.strip_prefix(prefix).ok_or(VerifyError::MalformedSignature(header))?;
                claimed.push(header, signature, None)
            }
            Self::Fields { separator, signature } => {
                let mut rest = Some(value);
                while let Some(text) = rest {
                    let field;
                    (field, rest) = cut(text, separator);
                    // Base64 padding is made of `=` too: only the first one parts key and value.
                    let (key, text) =
                        keyed(field, b'=').ok_or(VerifyError::MalformedSignature(header))?;
                    if key == signature {
                        claimed.push(header, text, None)?;
                    } else if timestamp_field == Some(key)
                        && claimed.timestamp.replace(text).is_some()
                    {
                        return Err(VerifyError::MalformedSignature(header));
                    }
                }
                Ok(())
            }
            Self::Versions { version } => {
                for (at, entry) in value.split(' ').enumerate() {
                    if at == MAX_SIGNATURES {
                        return Err(VerifyError::TooManySignatures(header));
                    }
                    let (its_version, text) =
                        keyed(entry, b',').ok_or(VerifyError::MalformedSignature(header))?;
                    if its_version == version {
                        claimed.push(header, text, None)?;
                    }
                }
                Ok(())
            }
        }
    }

    /// Writes one signature the way [`read`](Self::read) finds it.
    pub(crate) fn write(self, signature: &str, timestamp: Option<(&'static str, &str)>) -> String {
        match self {
            Self::Bare { prefix } => format!("{prefix}{signature}"),
            Self::Fields { separator, signature: key } => match timestamp {
                Some((field, time)) => format!("{field}={time}{separator}{key}={signature}"),
                None => format!("{key}={signature}"),
            },
            Self::Versions { version } => format!("{version},{signature}"),
        }
    }
}

/// Marks one header as sensitive.
pub(crate) fn hide(headers: &mut HeaderMap, name: &str) {
    if let Some(value) = headers.get_mut(name) {
        value.set_sensitive(true);
    }
}

/// A text before its first separator, and what follows that. What the standard library prepares to
/// find a text is not worth its while for a single mark.
fn cut<'t>(text: &'t str, separator: &str) -> (&'t str, Option<&'t str>) {
    let cut = match separator.as_bytes() {
        [mark] => text.split_once(char::from(*mark)),
        _ => text.split_once(separator),
    };
    cut.map_or((text, None), |(before, behind)| (before, Some(behind)))
}

/// A short key before a mark, and what follows it.
fn keyed(text: &str, mark: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|byte| byte == mark)?;
    Some((&text[..at], &text[at + 1..]))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The only value of a header: sent twice, two readers could see two values.
pub(crate) fn single<'r>(
    headers: &'r HeaderMap,
    label: &'static str,
    name: impl AsHeaderName,
) -> Result<&'r HeaderValue, VerifyError> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().ok_or(VerifyError::MissingHeader(label))?;
    if values.next().is_some() {
        return Err(VerifyError::RepeatedHeader(label));
    }
    Ok(value)
}

/// The only value of a header, as visible ASCII.
pub(crate) fn text<'r>(headers: &'r HeaderMap, name: &'static str) -> Result<&'r str, VerifyError> {
    text_in(headers, name, name)
}

/// The same for a name that is ready, or not a constant.
pub(crate) fn text_in<'r>(
    headers: &'r HeaderMap,
    label: &'static str,
    name: impl AsHeaderName,
) -> Result<&'r str, VerifyError> {
    // `to_str` asks of every byte whether it can be seen; whether all are ASCII is asked by words.
    // A tab gets past this, and is of no use to anybody.
    let value = single(headers, label, name)?.as_bytes();
    let text = std::str::from_utf8(value).ok().filter(|text| text.is_ascii());
    text.ok_or(VerifyError::MalformedHeader(label))
}
