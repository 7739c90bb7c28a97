//! The grammar of signature headers, and the location of signatures in a request.

use http::{HeaderMap, HeaderName, HeaderValue, header::AsHeaderName};

use super::VerifyError;

/// The maximum number of signatures in one request. Senders put two or three while they rotate a
/// secret. A longer list would only cost CPU time.
pub(crate) const MAX_SIGNATURES: usize = 8;

/// The location of the signatures in a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Placement {
    /// In one header with the given grammar.
    Header { name: &'static str, grammar: Grammar },
    /// In headers numbered from 1, one for each live key. The number follows the prefix.
    Numbered { prefix: &'static str },
    /// In one header for each key: the first secret belongs to the first header, and so on.
    Paired { names: &'static [&'static str] },
    /// In one or more of these headers, for any key.
    Any { names: &'static [&'static str] },
    /// In a query parameter: the registered URL contains the token, or the sender adds the
    /// signature.
    Query { name: &'static str },
    /// The token is a text in the JSON body, at this pointer.
    Pointer { pointer: &'static str },
}

/// The grammar of signatures in one header.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Grammar {
    /// One signature after a prefix, which may be empty.
    Bare { prefix: &'static str },
    /// `key=value` fields. The signatures are the fields named `signature`, or the entries without a
    /// name if it is empty. Other fields are ignored.
    Fields { separator: &'static str, signature: &'static str },
    /// Groups of such fields. Each group has its own time and its own signatures.
    Groups { between: &'static str, separator: &'static str, signature: &'static str },
    /// Signatures and nothing else, except a time that may be the first entry.
    List { separator: &'static str },
    /// A list of `version,signature`, separated by spaces. Other versions are ignored.
    Versions { version: &'static str },
}

/// The names of a scheme's headers, prepared once for look-ups.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeaderNames {
    /// The signature headers with a fixed name.
    pub(crate) signatures: Vec<HeaderName>,
    pub(crate) timestamp: Option<HeaderName>,
    /// The header to read if the request lacks that of the timestamp.
    pub(crate) other_timestamp: Option<HeaderName>,
    pub(crate) id: Option<HeaderName>,
    pub(crate) required: Vec<HeaderName>,
    /// The headers of further signed values; `None` for a value that is not in a header.
    pub(crate) values: Vec<Option<HeaderName>>,
}

/// The signatures in a request, before verification.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signatures<'r> {
    list: [Signature<'r>; MAX_SIGNATURES],
    len: usize,
    /// The timestamp, if it is in the signature header.
    pub(crate) timestamp: Option<&'r str>,
}

/// A signature in a request, before verification.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Signature<'r> {
    pub(crate) text: &'r str,
    /// The index of the only secret that it may match, if headers and secrets are paired.
    pub(crate) secret: Option<usize>,
    /// The timestamp of its group; empty if the timestamp is not in the signature header.
    pub(crate) timestamp: &'r str,
}

/// The timestamp to look for in the signature header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimestampEntry {
    /// None.
    Absent,
    /// The field with this name.
    Field(&'static str),
    /// The first entry.
    First,
}

impl<'r> Signatures<'r> {
    pub(crate) fn new() -> Self {
        Self { list: [Signature::default(); MAX_SIGNATURES], len: 0, timestamp: None }
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
        self.list[self.len] = Signature { text, secret, timestamp: "" };
        self.len += 1;
        Ok(())
    }

    /// Gives the signatures from `start` on the timestamp that was found beside them.
    fn close_group(&mut self, start: usize) {
        let timestamp = self.timestamp.unwrap_or_default();
        for signature in &mut self.list[start..self.len] {
            signature.timestamp = timestamp;
        }
    }

    /// A token that is not in the head.
    pub(crate) fn of(token: &'r str) -> Self {
        let mut signatures = Self::new();
        signatures.list[0].text = token;
        signatures.len = 1;
        signatures
    }

    /// The signatures, in groups of the same timestamp.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &[Signature<'r>]> {
        self.all().chunk_by(|left, right| left.timestamp == right.timestamp)
    }

    pub(crate) fn all(&self) -> &[Signature<'r>] {
        &self.list[..self.len]
    }
}

impl Placement {
    /// The names of the headers, if they are fixed.
    pub(crate) fn names(&self) -> Vec<HeaderName> {
        match *self {
            Self::Header { name, .. } => vec![HeaderName::from_static(name)],
            Self::Paired { names } | Self::Any { names } => {
                names.iter().map(|name| HeaderName::from_static(name)).collect()
            }
            Self::Numbered { .. } | Self::Query { .. } | Self::Pointer { .. } => Vec::new(),
        }
    }

    /// Reads the signatures of a request. `known` are the [`names`](Self::names).
    pub(crate) fn read<'r>(
        &self,
        known: &[HeaderName],
        headers: &'r HeaderMap,
        query: &'r str,
        timestamp: TimestampEntry,
        claimed: &mut Signatures<'r>,
    ) -> Result<(), VerifyError> {
        match *self {
            Self::Header { name, grammar } => {
                let value = named_header_text(headers, name, &known[0])?;
                grammar.read(name, value, timestamp, claimed)?;
            }
            Self::Numbered { prefix } => {
                for name in headers.keys() {
                    let number = name.as_str().strip_prefix(prefix);
                    if number.is_some_and(is_number) {
                        let value = named_header_text(headers, prefix, name)?;
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
                let value = values.next().ok_or(VerifyError::MissingParameter(name))?;
                if values.next().is_some() {
                    return Err(VerifyError::RepeatedParameter(name));
                }
                claimed.push(name, value, None)?;
            }
            Self::Paired { names } | Self::Any { names } => {
                let is_paired = matches!(self, Self::Paired { .. });
                for (at, (label, name)) in names.iter().zip(known).enumerate() {
                    if headers.contains_key(name) {
                        let text = named_header_text(headers, label, name)?;
                        claimed.push(label, text, is_paired.then_some(at))?;
                    }
                }
                if claimed.len == 0 {
                    return Err(VerifyError::MissingHeader(names[0]));
                }
            }
            // The body is read later.
            Self::Pointer { .. } => return Ok(()),
        }
        if claimed.all().iter().all(|signature| signature.text.is_empty()) {
            return Err(VerifyError::MalformedSignature(self.name()));
        }
        Ok(())
    }

    /// True if each group of signatures has its own timestamp.
    pub(crate) const fn has_groups(&self) -> bool {
        matches!(self, Self::Header { grammar: Grammar::Groups { .. }, .. })
    }

    /// Marks the signature headers as sensitive.
    pub(crate) fn mark_sensitive(&self, headers: &mut HeaderMap) {
        match self {
            Self::Header { name, .. } => mark_sensitive(headers, name),
            Self::Numbered { prefix } => {
                for (name, value) in headers {
                    value.set_sensitive(value.is_sensitive() || name.as_str().starts_with(prefix));
                }
            }
            Self::Paired { names } | Self::Any { names } => {
                names.iter().for_each(|name| mark_sensitive(headers, name));
            }
            Self::Query { .. } | Self::Pointer { .. } => {}
        }
    }

    /// The header name for error messages; empty for a token in the body.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Header { name, .. } | Self::Query { name } => name,
            Self::Numbered { prefix } => prefix,
            Self::Paired { names } | Self::Any { names } => names[0],
            Self::Pointer { .. } => "",
        }
    }
}

impl Grammar {
    fn read<'r>(
        self,
        header: &'static str,
        value: &'r str,
        timestamp: TimestampEntry,
        claimed: &mut Signatures<'r>,
    ) -> Result<(), VerifyError> {
        match self {
            Self::Bare { prefix } => {
                let signature =
                    value.strip_prefix(prefix).ok_or(VerifyError::MalformedSignature(header))?;
                claimed.push(header, signature, None)
            }
            Self::Fields { separator, signature } => {
                read_fields(header, value, [separator, signature], timestamp, claimed)
            }
            Self::Groups { between, separator, signature } => {
                let mut rest = Some(value);
                while let Some(text) = rest {
                    let (group, start) = (split_first(text, between), claimed.len);
                    rest = group.1;
                    claimed.timestamp = None;
                    read_fields(header, group.0, [separator, signature], timestamp, claimed)?;
                    if claimed.len == start {
                        return Err(VerifyError::MalformedSignature(header));
                    }
                    claimed.close_group(start);
                }
                Ok(())
            }
            Self::List { separator } => {
                let mut rest = Some(value);
                if timestamp == TimestampEntry::First {
                    let (first, behind) = split_first(value, separator);
                    (claimed.timestamp, rest) = (Some(first), behind);
                }
                while let Some(text) = rest {
                    let signature;
                    (signature, rest) = split_first(text, separator);
                    claimed.push(header, signature, None)?;
                }
                Ok(())
            }
            Self::Versions { version } => {
                for (at, entry) in value.split(' ').enumerate() {
                    if at == MAX_SIGNATURES {
                        return Err(VerifyError::TooManySignatures(header));
                    }
                    let (its_version, text) =
                        split_key(entry, b',').ok_or(VerifyError::MalformedSignature(header))?;
                    if its_version == version {
                        claimed.push(header, text, None)?;
                    }
                }
                Ok(())
            }
        }
    }

    /// Writes a signature in this grammar. `timestamp` is what stands in the header: the name of its
    /// field, which is empty for the first entry of a list, and its text.
    pub(crate) fn write(self, signature: &str, timestamp: Option<(&'static str, &str)>) -> String {
        match self {
            Self::Bare { prefix } => format!("{prefix}{signature}"),
            Self::Fields { separator, signature: "" } => match timestamp {
                Some((field, time)) => format!("{field}={time}{separator}{signature}"),
                None => signature.to_owned(),
            },
            Self::Fields { separator, signature: key }
            | Self::Groups { separator, signature: key, .. } => match timestamp {
                Some((field, time)) => format!("{field}={time}{separator}{key}={signature}"),
                None => format!("{key}={signature}"),
            },
            Self::List { separator } => match timestamp {
                Some((_, time)) => format!("{time}{separator}{signature}"),
                None => signature.to_owned(),
            },
            Self::Versions { version } => format!("{version},{signature}"),
        }
    }
}

/// Reads fields: the separator between them, and the name of those with a signature.
fn read_fields<'r>(
    header: &'static str,
    value: &'r str,
    [separator, signature]: [&'static str; 2],
    timestamp: TimestampEntry,
    claimed: &mut Signatures<'r>,
) -> Result<(), VerifyError> {
    let mut rest = Some(value);
    while let Some(text) = rest {
        let field;
        (field, rest) = split_first(text, separator);
        // Base64 padding also contains `=`, so only the first one separates key and value.
        let (key, text) = match split_key(field, b'=') {
            Some(("", _)) if signature.is_empty() => {
                return Err(VerifyError::MalformedSignature(header));
            }
            Some(pair) => pair,
            None if signature.is_empty() => ("", field),
            None => return Err(VerifyError::MalformedSignature(header)),
        };
        if key == signature {
            claimed.push(header, text, None)?;
        } else if matches!(timestamp, TimestampEntry::Field(name) if name == key)
            && claimed.timestamp.replace(text).is_some()
        {
            return Err(VerifyError::MalformedSignature(header));
        }
    }
    Ok(())
}

/// Marks one header as sensitive.
pub(crate) fn mark_sensitive(headers: &mut HeaderMap, name: &str) {
    if let Some(value) = headers.get_mut(name) {
        value.set_sensitive(true);
    }
}

/// Splits a text at its first separator. For a separator of one byte, a search for a `char` is
/// faster than one for a `str`.
fn split_first<'t>(text: &'t str, separator: &str) -> (&'t str, Option<&'t str>) {
    let split = match separator.as_bytes() {
        [mark] => text.split_once(char::from(*mark)),
        _ => text.split_once(separator),
    };
    split.map_or((text, None), |(before, behind)| (before, Some(behind)))
}

/// Splits a text at its first `mark`, which is expected near the start.
fn split_key(text: &str, mark: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|byte| byte == mark)?;
    Some((&text[..at], &text[at + 1..]))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The only value of a header. A repeated header is rejected, because two parsers could read
/// different values.
pub(crate) fn single_value<'r>(
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

/// The only value of a header, as ASCII text.
pub(crate) fn header_text<'r>(
    headers: &'r HeaderMap,
    name: &'static str,
) -> Result<&'r str, VerifyError> {
    named_header_text(headers, name, name)
}

/// The same, for a prepared or dynamic name. Errors contain `label`.
pub(crate) fn named_header_text<'r>(
    headers: &'r HeaderMap,
    label: &'static str,
    name: impl AsHeaderName,
) -> Result<&'r str, VerifyError> {
    // Faster than `to_str`, which checks byte by byte that the text is visible. Unlike `to_str`,
    // this accepts a tab, which does no harm.
    let value = single_value(headers, label, name)?.as_bytes();
    let text = std::str::from_utf8(value).ok().filter(|text| text.is_ascii());
    text.ok_or(VerifyError::MalformedHeader(label))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "x-signature";
    const BARE: Grammar = Grammar::Bare { prefix: "sha256=" };
    const FIELDS: Grammar = Grammar::Fields { separator: ",", signature: "v1" };
    const VERSIONS: Grammar = Grammar::Versions { version: "v1" };

    fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in all {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).expect("a value"));
        }
        headers
    }

    /// The signatures, each with the index of its only secret, and the time.
    type Found = (Vec<(String, Option<usize>)>, Option<String>);

    fn find(
        placement: Placement,
        headers: &HeaderMap,
        query: &str,
        field: Option<&'static str>,
    ) -> Result<Found, VerifyError> {
        let mut claimed = Signatures::new();
        let entry = field.map_or(TimestampEntry::Absent, TimestampEntry::Field);
        placement.read(&placement.names(), headers, query, entry, &mut claimed)?;
        let signatures = claimed.all().iter();
        let signatures = signatures.map(|found| (found.text.to_owned(), found.secret)).collect();
        Ok((signatures, claimed.timestamp.map(str::to_owned)))
    }

    fn in_header(grammar: Grammar, value: &str) -> Result<Found, VerifyError> {
        let placement = Placement::Header { name: HEADER, grammar };
        find(placement, &headers(&[(HEADER, value)]), "", Some("t"))
    }

    #[allow(clippy::unnecessary_wraps, reason = "to be compared with what is found")]
    fn found(signatures: &[&str], time: Option<&str>) -> Result<Found, VerifyError> {
        let signatures = signatures.iter().map(|text| ((*text).to_owned(), None)).collect();
        Ok((signatures, time.map(str::to_owned)))
    }

    const MALFORMED: Result<Found, VerifyError> = Err(VerifyError::MalformedSignature(HEADER));
    const TOO_MANY: Result<Found, VerifyError> = Err(VerifyError::TooManySignatures(HEADER));

    #[test]
    fn a_bare_signature_follows_its_prefix() {
        assert_eq!(in_header(BARE, "sha256=ab"), found(&["ab"], None));
        assert_eq!(in_header(Grammar::Bare { prefix: "" }, "ab=="), found(&["ab=="], None));
        for value in ["ab", "SHA256=ab", " sha256=ab", "sha256=", "sha256", ""] {
            assert_eq!(in_header(BARE, value), MALFORMED, "{value:?}");
        }
    }

    #[test]
    fn fields_are_found_by_name() {
        let both = found(&["ab=="], Some("7"));
        assert_eq!(in_header(FIELDS, "t=7,v1=ab=="), both);
        assert_eq!(in_header(FIELDS, "v1=ab==,t=7"), both);
        assert_eq!(in_header(FIELDS, "t=7,v0=no,v1=ab==,=x"), both);
        assert_eq!(in_header(FIELDS, "v1=a,t=7,v1=b"), found(&["a", "b"], Some("7")));
        assert_eq!(in_header(FIELDS, "v1=a,v1="), found(&["a", ""], None));
        let spaced = Grammar::Fields { separator: ", ", signature: "v1" };
        assert_eq!(in_header(spaced, "t=7, v1=a"), found(&["a"], Some("7")));
        assert_eq!(in_header(spaced, "v1=a,t=7"), found(&["a,t=7"], None));
        for value in ["", ",", "v1", "v1=a,", "v1=a,,t=7", "t=7,t=7,v1=a", "t=7", "v1=", "V1=a"] {
            assert_eq!(in_header(FIELDS, value), MALFORMED, "{value:?}");
        }
    }

    #[test]
    fn a_time_field_counts_only_if_configured() {
        let placement = Placement::Header { name: HEADER, grammar: FIELDS };
        let sent = headers(&[(HEADER, "t=7,t=8,v1=a")]);
        assert_eq!(find(placement, &sent, "", None), found(&["a"], None));
    }

    #[test]
    fn a_signature_may_have_no_name() {
        const UNNAMED: Grammar = Grammar::Fields { separator: ";", signature: "" };
        assert_eq!(in_header(UNNAMED, "t=7;ab"), found(&["ab"], Some("7")));
        assert_eq!(in_header(UNNAMED, "ab;t=7;x=1;cd"), found(&["ab", "cd"], Some("7")));
        for value in ["", ";", "t=7", "t=7;", "t=7;=ab", "t=7;t=8;ab"] {
            assert_eq!(in_header(UNNAMED, value), MALFORMED, "{value:?}");
        }
        assert_eq!(UNNAMED.write("ab", Some(("t", "7"))), "t=7;ab");
        assert_eq!(UNNAMED.write("ab", None), "ab");
    }

    #[test]
    fn each_group_has_its_own_time() {
        const GROUPS: Grammar = Grammar::Groups { between: " ", separator: ",", signature: "v1" };
        let read = |value: &str| {
            let mut claimed = Signatures::new();
            let entry = TimestampEntry::Field("t");
            let sent = headers(&[(HEADER, value)]);
            let placement = Placement::Header { name: HEADER, grammar: GROUPS };
            placement.read(&placement.names(), &sent, "", entry, &mut claimed)?;
            let all = claimed.all().iter();
            Ok(all.map(|it| (it.text.to_owned(), it.timestamp.to_owned())).collect::<Vec<_>>())
        };
        let pairs = |all: &[(&str, &str)]| {
            let own = all.iter().map(|(text, time)| ((*text).to_owned(), (*time).to_owned()));
            Ok(own.collect::<Vec<_>>())
        };
        assert_eq!(read("t=7,v1=a"), pairs(&[("a", "7")]));
        assert_eq!(
            read("t=7,v1=a v1=b,v0=x,t=8,v1=c"),
            pairs(&[("a", "7"), ("b", "8"), ("c", "8")])
        );
        // The time is missed when it is read.
        assert_eq!(read("t=7,v1=a v1=b"), pairs(&[("a", "7"), ("b", "")]));
        for value in ["", " ", "t=7,v1=a ", "t=7,v1=a  t=7,v1=b", "t=7,v1=a t=8", "t=7,t=8,v1=a"] {
            let malformed = Err(VerifyError::MalformedSignature(HEADER));
            assert_eq!(read(value), malformed, "{value:?}");
        }
        assert_eq!(GROUPS.write("a", Some(("t", "7"))), "t=7,v1=a");
    }

    #[test]
    fn a_list_has_nothing_but_signatures() {
        const LIST: Grammar = Grammar::List { separator: "," };
        assert_eq!(in_header(LIST, "ab=="), found(&["ab=="], None));
        assert_eq!(in_header(LIST, "a,b,t=7"), found(&["a", "b", "t=7"], None));
        assert_eq!(in_header(LIST, "a, b"), found(&["a", " b"], None));
        assert_eq!(in_header(LIST, "a,"), found(&["a", ""], None));
        for value in ["", ",", ",,"] {
            assert_eq!(in_header(LIST, value), MALFORMED, "{value:?}");
        }
        assert_eq!(in_header(LIST, &["a"; 9].join(",")), TOO_MANY);
        let timed = |value: &str| {
            let mut claimed = Signatures::new();
            let placement = Placement::Header { name: HEADER, grammar: LIST };
            let sent = headers(&[(HEADER, value)]);
            let names = placement.names();
            placement.read(&names, &sent, "", TimestampEntry::First, &mut claimed)?;
            let signatures = claimed.all().iter().map(|it| (it.text.to_owned(), it.secret));
            Ok((signatures.collect(), claimed.timestamp.map(str::to_owned)))
        };
        assert_eq!(timed("7,a,b"), found(&["a", "b"], Some("7")));
        assert_eq!(timed("a,7"), found(&["7"], Some("a")));
        for value in ["", "7", "7,", "a"] {
            assert_eq!(timed(value), MALFORMED, "{value:?}");
        }
        assert_eq!(LIST.write("a", Some(("", "7"))), "7,a");
        assert_eq!(LIST.write("a", None), "a");
    }

    #[test]
    fn any_of_several_headers_is_read() {
        let placement = Placement::Any { names: &["x-a", "x-b"] };
        let judge = |all: &[(&'static str, &str)]| find(placement, &headers(all), "", None);
        assert_eq!(judge(&[("x-a", "1")]), found(&["1"], None));
        assert_eq!(judge(&[("x-b", "2")]), found(&["2"], None));
        assert_eq!(judge(&[("x-a", "1"), ("x-b", "2")]), found(&["1", "2"], None));
        assert_eq!(judge(&[]), Err(VerifyError::MissingHeader("x-a")));
        let twice = judge(&[("x-a", "1"), ("x-b", "2"), ("x-b", "2")]);
        assert_eq!(twice, Err(VerifyError::RepeatedHeader("x-b")));
        assert_eq!(judge(&[("x-a", "")]), Err(VerifyError::MalformedSignature("x-a")));
    }

    #[test]
    fn versions_are_found_by_name() {
        assert_eq!(in_header(VERSIONS, "v1,a"), found(&["a"], None));
        assert_eq!(in_header(VERSIONS, "v1a,x v1,a,b v2,y v1,c"), found(&["a,b", "c"], None));
        for value in ["", "v1", "v1,a ", "v1,a  v1,b", "v2,a", "v1,", "V1,a"] {
            assert_eq!(in_header(VERSIONS, value), MALFORMED, "{value:?}");
        }
    }

    #[test]
    fn a_list_has_at_most_eight_signatures() {
        let list = |entry: &str, separator: &str, count| vec![entry; count].join(separator);
        assert_eq!(in_header(VERSIONS, &list("v1,a", " ", 8)), found(&["a"; 8], None));
        assert_eq!(in_header(VERSIONS, &list("v1,a", " ", 9)), TOO_MANY);
        // Ignored entries count too.
        assert_eq!(in_header(VERSIONS, &list("v2,a", " ", 9)), TOO_MANY);
        assert_eq!(in_header(FIELDS, &list("v1=a", ",", 8)), found(&["a"; 8], None));
        assert_eq!(in_header(FIELDS, &list("v1=a", ",", 9)), TOO_MANY);
    }

    #[test]
    fn a_header_is_sent_once_as_ascii() {
        let placement = Placement::Header { name: HEADER, grammar: BARE };
        let judge = |all: &[(&'static str, &str)]| find(placement, &headers(all), "", None);
        assert_eq!(judge(&[]), Err(VerifyError::MissingHeader(HEADER)));
        let twice = judge(&[(HEADER, "sha256=a"), (HEADER, "sha256=a")]);
        assert_eq!(twice, Err(VerifyError::RepeatedHeader(HEADER)));
        let foreign = judge(&[(HEADER, "sha256=\u{e4}")]);
        assert_eq!(foreign, Err(VerifyError::MalformedHeader(HEADER)));
        let sent = headers(&[(HEADER, "a")]);
        assert_eq!(header_text(&sent, HEADER), Ok("a"));
        assert_eq!(single_value(&sent, HEADER, HEADER), Ok(&sent[HEADER]));
        assert_eq!(header_text(&sent, "x-other"), Err(VerifyError::MissingHeader("x-other")));
    }

    #[test]
    fn numbered_headers_end_in_a_number() {
        let placement = Placement::Numbered { prefix: "x-sig-" };
        assert!(placement.names().is_empty());
        let judge = |all: &[(&'static str, &str)]| find(placement, &headers(all), "", None);
        assert_eq!(judge(&[("x-sig-1", "a")]), found(&["a"], None));
        assert_eq!(judge(&[("x-sig-123", "a")]), found(&["a"], None));
        assert_eq!(judge(&[("x-sig-1", "a"), ("x-sig-2", "b")]).map(|(all, _)| all.len()), Ok(2));
        for name in ["x-sig-", "x-sig-a", "x-sig-1a", "x-sig-1234", "x-sig", "x-other-1"] {
            let missing = Err(VerifyError::MissingHeader("x-sig-"));
            assert_eq!(judge(&[(name, "a")]), missing, "{name}");
        }
        let twice = judge(&[("x-sig-1", "a"), ("x-sig-1", "b")]);
        assert_eq!(twice, Err(VerifyError::RepeatedHeader("x-sig-")));
        assert_eq!(judge(&[("x-sig-1", "")]), Err(VerifyError::MalformedSignature("x-sig-")));
    }

    #[test]
    fn paired_headers_have_one_secret_each() {
        const NAMES: &[&str] = &["x-first", "x-second"];
        let placement = Placement::Paired { names: NAMES };
        assert_eq!(placement.names(), NAMES);
        let judge = |all: &[(&'static str, &str)]| find(placement, &headers(all), "", None);
        let of = |text: &str, secret| (text.to_owned(), Some(secret));
        let both = judge(&[("x-second", "b"), ("x-first", "a")]);
        assert_eq!(both, Ok((vec![of("a", 0), of("b", 1)], None)));
        assert_eq!(judge(&[("x-second", "b")]), Ok((vec![of("b", 1)], None)));
        assert_eq!(judge(&[("x-third", "b")]), Err(VerifyError::MissingHeader("x-first")));
    }

    #[test]
    fn a_query_parameter_is_sent_once() {
        let placement = Placement::Query { name: "code" };
        assert!(placement.names().is_empty());
        let judge = |query: &str| find(placement, &HeaderMap::new(), query, None);
        assert_eq!(judge("code=a%2Bb"), found(&["a%2Bb"], None));
        assert_eq!(judge("x=1&code=a=b&y"), found(&["a=b"], None));
        for query in ["", "code", "xcode=a", "codes=a", "Code=a"] {
            assert_eq!(judge(query), Err(VerifyError::MissingParameter("code")), "{query:?}");
        }
        assert_eq!(judge("code=a&code=a"), Err(VerifyError::RepeatedParameter("code")));
        assert_eq!(judge("code="), Err(VerifyError::MalformedSignature("code")));
    }

    #[test]
    fn signature_headers_become_sensitive() {
        let shown = |placement: Placement| {
            let names = ["x-signature", "x-signature-1", "x-other"];
            let mut headers = headers(&names.map(|name| (name, "a")));
            headers.insert("x-secret", {
                let mut secret = HeaderValue::from_static("a");
                secret.set_sensitive(true);
                secret
            });
            placement.mark_sensitive(&mut headers);
            assert!(headers["x-secret"].is_sensitive(), "it was before");
            names.map(|name| headers[name].is_sensitive())
        };
        let header = Placement::Header { name: HEADER, grammar: BARE };
        assert_eq!(shown(header), [true, false, false]);
        assert_eq!(shown(Placement::Numbered { prefix: "x-signature-" }), [false, true, false]);
        let paired = Placement::Paired { names: &["x-signature", "x-missing", "x-other"] };
        assert_eq!(shown(paired), [true, false, true]);
        assert_eq!(shown(Placement::Query { name: HEADER }), [false; 3]);
    }

    #[test]
    fn messages_name_the_header() {
        assert_eq!(Placement::Header { name: HEADER, grammar: BARE }.name(), HEADER);
        assert_eq!(Placement::Numbered { prefix: "x-sig-" }.name(), "x-sig-");
        assert_eq!(Placement::Paired { names: &["x-first", "x-second"] }.name(), "x-first");
        assert_eq!(Placement::Query { name: "code" }.name(), "code");
    }

    #[test]
    fn written_signatures_are_read_back() {
        for (grammar, time, written) in [
            (BARE, None, "sha256=ab"),
            (FIELDS, None, "v1=ab"),
            (FIELDS, Some(("t", "7")), "t=7,v1=ab"),
            (VERSIONS, None, "v1,ab"),
        ] {
            assert_eq!(grammar.write("ab", time), written);
            assert_eq!(in_header(grammar, written), found(&["ab"], time.map(|(_, time)| time)));
        }
    }
}
