//! JSON that was parsed and written again: other white space, or escapes undone at once.

use super::{AS_RECEIVED, first_fit};
use crate::explain::{
    Cause,
    json::{self, Case, Layout, is_beyond_ascii},
    search::Search,
};

/// The characters that Rails and Go escape besides those that JSON needs.
const HTML: &str = "&<>\u{2028}\u{2029}";

/// A body whose line ends were dropped, as `curl -d @file` does.
pub(super) fn without_lines(search: &Search<'_>, body: &[u8]) -> Option<Cause> {
    let tokens = json::tokens(body)?;
    if body.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
        return None;
    }
    let is_same = |pretty: &Vec<u8>| pretty.iter().filter(|byte| **byte != b'\n').eq(body);
    let pretty = Some(Layout::of_indent(body)?.write(&tokens)).filter(is_same)?;
    let crlf = String::from_utf8_lossy(&pretty).replace('\n', "\r\n").into_bytes();
    let bodies = [[&pretty[..], b"\n"].concat(), [&crlf[..], b"\r\n"].concat(), crlf, pretty];
    first_fit(search, bodies, || {
        Cause::new(
            "body-newlines-stripped",
            "All line breaks of the body are gone: curl -d @file drops them.",
            "Use --data-binary, or read the file unchanged.",
        )
    })
}

pub(super) fn find(search: &Search<'_>, body: &[u8]) -> Option<Cause> {
    let tokens = json::tokens(body)?;
    let text = std::str::from_utf8(body).ok()?;
    let bare = text.trim_end_matches(['\n', '\r']);
    let end = &text[bare.len()..];
    let layouts = [
        Layout::COMPACT,
        Layout::SPACED,
        Layout::SPACED_COLONS,
        Layout::TWO,
        Layout::FOUR,
        Layout::TABS,
    ];
    let as_text = |layout: Layout| String::from_utf8_lossy(&layout.write(&tokens)).into_owned();
    let spaced = layouts.map(as_text);
    let plain = spaced.iter().flat_map(|text| [end, "", "\n"].map(|end| format!("{text}{end}")));
    let escaped = |text: &str| {
        let slashes = json::escape_slashes(text);
        let lower = |text: &str| json::escape(text, Case::Lower, is_beyond_ascii);
        let upper = json::escape(&slashes, Case::Upper, is_beyond_ascii);
        [lower(&slashes), slashes, lower(text), upper]
    };
    // As captured first: both escapes may be gone from a layout that was kept.
    let texts = [bare, &spaced[0], &spaced[3], &spaced[4], &spaced[1]].map(str::to_owned);
    let escaped =
        texts.into_iter().flat_map(|text| escaped(&text)).map(|text| format!("{text}{end}"));
    // The writer may escape more than the sender does: json.dumps, PHP, .NET.
    let unescaped = json::plain(bare);
    let tokens = json::tokens(unescaped.as_bytes())?;
    let [compact, two, four, spaced] = [Layout::COMPACT, Layout::TWO, Layout::FOUR, Layout::SPACED]
        .map(|layout| String::from_utf8_lossy(&layout.write(&tokens)).into_owned());
    let html = |text: &str| json::escape(text, Case::Lower, |mark| HTML.contains(mark));
    let of_others = [html(&compact), html(&two), json::escape_as_dotnet(&compact)];
    let unescaped = [unescaped.clone(), compact, two, four, spaced]
        .into_iter()
        .chain(of_others)
        .map(|text| format!("{text}{end}"));
    first_fit(search, plain.chain(escaped).chain(unescaped), || {
        Cause::new(
            "body-reserialized",
            "The body was parsed and written again: its white space or its escapes are not those that were \
             signed.",
            AS_RECEIVED,
        )
    })
}
