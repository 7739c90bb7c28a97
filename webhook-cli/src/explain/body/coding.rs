//! Bodies that are still encoded: compressed, in base64, or in a JSON string.

use std::io::Read as _;

use base64ct::{Base64, Base64Unpadded, Base64UrlUnpadded, Encoding as _};
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use super::first_fit;
use crate::explain::{Cause, MAX_BODY, search::Search};

pub(super) fn find(search: &Search<'_>, body: &[u8]) -> Option<Cause> {
    compressed(search, body).or_else(|| base64(search, body)).or_else(|| quoted(search, body))
}

fn compressed(search: &Search<'_>, body: &[u8]) -> Option<Cause> {
    let coding = search.question.capture.header("content-encoding").unwrap_or_default();
    let unpacked = if body.starts_with(b"\x1f\x8b") {
        unpack(MultiGzDecoder::new(body))
    } else if coding.contains("deflate") || matches!(body, [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..]) {
        unpack(ZlibDecoder::new(body)).or_else(|| unpack(DeflateDecoder::new(body)))
    } else {
        None
    };
    first_fit(search, unpacked, || {
        Cause::new(
            "body-compressed",
            "The body is still compressed; the signature covers the uncompressed one.",
            "Decompress it before the check, or stop the proxy from compressing requests.",
        )
    })
}

/// Decompresses a body; `None` if it is broken, or gets too large.
fn unpack(decoder: impl std::io::Read) -> Option<Vec<u8>> {
    let mut unpacked = Vec::new();
    decoder.take(MAX_BODY as u64 + 1).read_to_end(&mut unpacked).ok()?;
    (unpacked.len() <= MAX_BODY).then_some(unpacked)
}

fn base64(search: &Search<'_>, body: &[u8]) -> Option<Cause> {
    let text = std::str::from_utf8(body).ok()?.trim();
    let joined: String = text.split_ascii_whitespace().collect();
    let bare = joined.trim_end_matches('=');
    let decoded = Base64::decode_vec(&joined)
        .or_else(|_| Base64Unpadded::decode_vec(bare))
        .or_else(|_| Base64UrlUnpadded::decode_vec(bare))
        .ok()?;
    first_fit(search, [decoded], || {
        Cause::new(
            "body-base64-encoded",
            "The body is still base64; the signature covers what it stands for.",
            "Decode it when isBase64Encoded is true, as API Gateway and Lambda say, then verify.",
        )
    })
}

fn quoted(search: &Search<'_>, body: &[u8]) -> Option<Cause> {
    let inner: String = serde_json::from_slice(body).ok()?;
    first_fit(search, [inner], || {
        Cause::new(
            "body-json-quoted",
            "The body was put into a JSON string: it was encoded a second time.",
            "Do not stringify the body; pass it on as it is.",
        )
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    #[test]
    fn decompression_is_bounded() {
        let packed = |size: usize| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(&vec![b' '; size]).and_then(|()| encoder.finish()).expect("in memory")
        };
        let unpacked = |size| unpack(MultiGzDecoder::new(&*packed(size))).map(|body| body.len());
        assert_eq!(unpacked(9), Some(9));
        assert_eq!(unpacked(MAX_BODY), Some(MAX_BODY));
        assert_eq!(unpacked(MAX_BODY + 1), None);
        assert_eq!(unpack(MultiGzDecoder::new(&b"\x1f\x8bno"[..])), None);
    }
}
