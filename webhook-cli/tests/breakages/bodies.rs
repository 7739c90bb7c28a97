//! Breakages of bodies.

use std::io::Write as _;

use base64ct::{Base64, Encoding as _};
use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};

use crate::{
    Broken,
    document::{Escapes, Layout, Style, Wanted, document},
    random::Random,
    sample::{FORM, Sample, ToSign, signers},
};

/// A signer, and what it signs.
fn signer(random: &mut Random) -> ToSign {
    let provider = random.pick(&signers());
    ToSign::random(random, provider, Vec::new())
}

/// A document that is signed in one style, and captured in another.
fn rewritten(random: &mut Random, wanted: Wanted, signed: Style, captured: Style) -> Sample {
    let mut to_sign = signer(random);
    let document = document(random, wanted);
    to_sign.write(signed, &document);
    let mut sample = to_sign.sign();
    sample.capture.body = captured.write(&to_sign.timed(&document)).into_bytes();
    sample
}

/// A body that is captured as `change` makes it.
fn changed(
    random: &mut Random,
    style: Style,
    wanted: Wanted,
    change: impl FnOnce(&[u8]) -> Vec<u8>,
) -> Sample {
    let mut sample = rewritten(random, wanted, style, style);
    sample.capture.body = change(&sample.capture.body);
    sample
}

fn any(random: &mut Random) -> (Style, Wanted) {
    let wanted = Wanted { slashes: random.is(2), unicode: random.is(2), ..Wanted::default() };
    (Style::random(random), wanted)
}

pub(crate) fn reserialized(random: &mut Random) -> Broken {
    let style = Style { html: false, ..Style::random(random) };
    let other = random.pick(&Layout::ALL);
    let wanted = Wanted { slashes: true, unicode: true, ..Wanted::default() };
    if other == style.layout {
        // Both escapes are undone at once.
        let signed = Style { slashes: true, unicode: Escapes::Lower, ..style };
        let captured = Style { slashes: false, unicode: Escapes::None, ..style };
        return Broken::new("body-reserialized", rewritten(random, wanted, signed, captured));
    }
    let (style, wanted) = (Style { layout: other, ..style }, Wanted { ..wanted });
    let signed = Style { layout: random.pick(&Layout::ALL), ..style };
    if signed.layout == style.layout {
        return reserialized(random);
    }
    Broken::new("body-reserialized", rewritten(random, wanted, signed, style))
}

/// Written anew with escapes that the sender does not write, as Python and PHP do.
pub(crate) fn escaped_anew(random: &mut Random) -> Broken {
    let wanted = Wanted { slashes: true, unicode: true, ..Wanted::default() };
    let layout = random.pick(&[Layout::Compact, Layout::Spaced, Layout::Two, Layout::Four]);
    let signed = Style { layout, ..Style::PLAIN };
    let layout = random.pick(&Layout::ALL);
    let slashes = layout == signed.layout || random.is(2);
    let captured = Style { layout, slashes, unicode: Escapes::Lower, ..signed };
    Broken::new("body-reserialized", rewritten(random, wanted, signed, captured))
}

/// Written anew in another layout, without the escapes of Rails and Go.
pub(crate) fn html_anew(random: &mut Random) -> Broken {
    let wanted = Wanted { html: true, ..Wanted::default() };
    let signed = Style { html: true, ..Style::PLAIN };
    let captured = Style { layout: Layout::Spaced, ..Style::PLAIN };
    Broken::new("body-reserialized", rewritten(random, wanted, signed, captured))
}

pub(crate) fn slashes(random: &mut Random) -> Broken {
    let wanted = Wanted { slashes: true, unicode: random.is(2), ..Wanted::default() };
    let style = Style::random(random);
    let with = Style { slashes: true, ..style };
    let without = Style { slashes: false, ..style };
    if random.is(2) {
        Broken::new("body-slashes-unescaped", rewritten(random, wanted, with, without))
    } else {
        Broken::new("body-slashes-escaped", rewritten(random, wanted, without, with))
    }
}

pub(crate) fn unicode(random: &mut Random) -> Broken {
    let wanted = Wanted { unicode: true, slashes: random.is(2), ..Wanted::default() };
    let style = Style::random(random);
    let escapes = random.pick(&[Escapes::Lower, Escapes::Upper]);
    let with = Style { unicode: escapes, ..style };
    let without = Style { unicode: Escapes::None, ..style };
    if random.is(2) {
        Broken::new("body-unicode-unescaped", rewritten(random, wanted, with, without))
    } else {
        Broken::new("body-unicode-escaped", rewritten(random, wanted, without, with))
    }
}

pub(crate) fn html(random: &mut Random) -> Broken {
    let wanted = Wanted { html: true, unicode: random.is(2), ..Wanted::default() };
    let style = Style::random(random);
    let (with, without) = (Style { html: true, ..style }, Style { html: false, ..style });
    Broken::new("body-html-escapes-lost", rewritten(random, wanted, with, without))
}

pub(crate) fn numbers(random: &mut Random) -> Broken {
    let wanted = Wanted { fractions: 1 + random.below(3), ..Wanted::default() };
    let style = Style::random(random);
    let captured = Style { fractions: false, ..style };
    Broken::new("body-numbers-normalized", rewritten(random, wanted, style, captured))
}

pub(crate) fn last_line(random: &mut Random) -> Broken {
    let (style, wanted) = any(random);
    let end = random.pick(&["\n", "\r\n"]);
    if random.is(2) {
        let change = |body: &[u8]| [body, end.as_bytes()].concat();
        Broken::new("body-newline-added", changed(random, style, wanted, change))
    } else {
        let signed = Style { end, ..style };
        Broken::new("body-newline-lost", rewritten(random, wanted, signed, style))
    }
}

pub(crate) fn line_ends(random: &mut Random) -> Broken {
    let (style, wanted) = any(random);
    let style = Style { layout: random.pick(&[Layout::Two, Layout::Four, Layout::Tabs]), ..style };
    let crlf = |body: &[u8]| String::from_utf8_lossy(body).replace('\n', "\r\n").into_bytes();
    if random.is(2) {
        return Broken::new("body-crlf-added", changed(random, style, wanted, crlf));
    }
    let mut to_sign = signer(random);
    to_sign.write(style, &document(random, wanted));
    let captured = to_sign.body.clone();
    to_sign.body = crlf(&captured);
    let mut sample = to_sign.sign();
    sample.capture.body = captured;
    Broken::new("body-crlf-lost", sample)
}

pub(crate) fn stripped(random: &mut Random) -> Broken {
    let (style, wanted) = any(random);
    let layout = random.pick(&[Layout::Two, Layout::Three, Layout::Four, Layout::Tabs]);
    let style = Style { layout, end: random.pick(&["", "\n"]), ..style };
    let strip = |body: &[u8]| body.iter().copied().filter(|byte| *byte != b'\n').collect();
    Broken::new("body-newlines-stripped", changed(random, style, wanted, strip))
}

pub(crate) fn mark(random: &mut Random) -> Broken {
    let (style, wanted) = any(random);
    let change = |body: &[u8]| [b"\xef\xbb\xbf", body].concat();
    Broken::new("body-bom-added", changed(random, style, wanted, change))
}

pub(crate) fn coded(random: &mut Random) -> Broken {
    let (style, wanted) = any(random);
    match random.below(4) {
        0 => {
            let padding = random.pick(&["", "="]);
            let base64 = |body: &[u8]| {
                let text = Base64::encode_string(body);
                let bare = text.trim_end_matches('=').to_owned();
                if padding.is_empty() { bare.into_bytes() } else { text.into_bytes() }
            };
            Broken::new("body-base64-encoded", changed(random, style, wanted, base64))
        }
        1 => {
            let quote =
                |body: &[u8]| serde_json::to_vec(&String::from_utf8_lossy(body)).expect("a string");
            Broken::new("body-json-quoted", changed(random, style, wanted, quote))
        }
        2 => {
            let encode = |body: &[u8]| {
                let form: String = form_urlencoded::byte_serialize(body).collect();
                form.into_bytes()
            };
            let mut sample = changed(random, style, wanted, encode);
            if random.is(2) {
                sample.capture.body.push(b'=');
            }
            if random.is(2) {
                sample.set("Content-Type", FORM);
            }
            Broken::new("body-form-encoded", sample)
        }
        _ => {
            let gzip = random.is(2);
            let pack = |body: &[u8]| {
                let level = Compression::default();
                if gzip {
                    let mut encoder = GzEncoder::new(Vec::new(), level);
                    encoder.write_all(body).expect("in memory");
                    return encoder.finish().expect("in memory");
                }
                let mut encoder = ZlibEncoder::new(Vec::new(), level);
                encoder.write_all(body).expect("in memory");
                encoder.finish().expect("in memory")
            };
            let mut sample = changed(random, style, wanted, pack);
            sample.set("Content-Encoding", if gzip { "gzip" } else { "deflate" });
            Broken::new("body-compressed", sample)
        }
    }
}

pub(crate) fn charset(random: &mut Random) -> Broken {
    let style = Style { unicode: Escapes::None, ..Style::random(random) };
    let wanted = Wanted { latin: true, ..Wanted::default() };
    let twice = random.is(2);
    let change = |body: &[u8]| {
        if twice {
            return body.iter().map(|byte| char::from(*byte)).collect::<String>().into_bytes();
        }
        let text = String::from_utf8_lossy(body);
        text.chars().map(|mark| u8::try_from(u32::from(mark)).expect("ISO 8859-1")).collect()
    };
    Broken::new("body-charset-changed", changed(random, style, wanted, change))
}

pub(crate) fn forms(random: &mut Random) -> Broken {
    let wanted = Wanted { slashes: true, unicode: random.is(2), ..Wanted::default() };
    let mut to_sign = signer(random);
    while to_sign.provider.scheme_info().signed_form_field.is_some()
        || to_sign.provider.scheme().is_some_and(|it| it.timestamp_pointer().is_some())
    {
        to_sign = signer(random);
    }
    let json = Style { layout: Layout::Spaced, ..Style::PLAIN }.write(&document(random, wanted));
    let value: String = form_urlencoded::byte_serialize(json.as_bytes()).collect();
    let form = format!("payload={value}");
    to_sign.content_type = FORM;
    to_sign.body = form.clone().into_bytes();
    let spaced = form.replace('+', "%20").into_bytes();
    if random.is(2) {
        let mut sample = to_sign.sign();
        sample.capture.body = json.into_bytes();
        sample.set("Content-Type", "application/json");
        return Broken::new("body-form-unwrapped", sample);
    }
    let mut captured = spaced;
    if random.is(2) {
        std::mem::swap(&mut captured, &mut to_sign.body);
    }
    let mut sample = to_sign.sign();
    sample.capture.body = captured;
    Broken::new("body-form-reencoded", sample)
}

pub(crate) fn cut(random: &mut Random) -> Broken {
    let (style, wanted) = any(random);
    let mut sample = changed(random, style, wanted, <[u8]>::to_vec);
    let length = sample.capture.body.len();
    sample.capture.promised_length = Some(length as u64);
    if random.is(2) {
        sample.capture.body.clear();
        return Broken::new("body-missing", sample);
    }
    sample.capture.body.truncate(1 + random.below(length - 1));
    Broken::new("body-truncated", sample)
}
