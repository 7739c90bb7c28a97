//! Bodies as they are stored: compressed, where that pays.

use bytes::Bytes;

use crate::inbox::record::{NewDelivery, PackedBody};

/// The shortest body that is compressed.
const SHORTEST: usize = 256;

/// Packs the body of a delivery before its turn comes.
pub(crate) fn pack_ahead(delivery: &mut NewDelivery) {
    let (stored, unpacked) = pack(&delivery.body);
    delivery.packed = Some(PackedBody { of: delivery.body.clone(), stored, unpacked });
}

/// The body of a delivery as it is stored, and its length before it was compressed; 0 if it is as it
/// was sent.
pub(crate) fn packed(delivery: &NewDelivery) -> (Bytes, i32) {
    let is_same = |packed: &&PackedBody| {
        packed.of.as_ptr() == delivery.body.as_ptr() && packed.of.len() == delivery.body.len()
    };
    // The body may have been exchanged since.
    match delivery.packed.as_ref().filter(is_same) {
        Some(PackedBody { stored, unpacked, .. }) => (stored.clone(), *unpacked),
        None => pack(&delivery.body),
    }
}

fn pack(body: &Bytes) -> (Bytes, i32) {
    let unpacked = i32::try_from(body.len()).unwrap_or_default();
    if body.len() < SHORTEST || unpacked == 0 {
        return (body.clone(), 0);
    }
    let packed = lz4_flex::block::compress(body);
    // Text is halved. What is compressed already, such as an image, stays as it is.
    if packed.len() > body.len() / 8 * 7 { (body.clone(), 0) } else { (packed.into(), unpacked) }
}

/// The body as it was sent; `None` if it is damaged.
pub(crate) fn unpack(stored: Vec<u8>, unpacked: i32) -> Option<Bytes> {
    if unpacked == 0 {
        return Some(stored.into());
    }
    let length = usize::try_from(unpacked).ok()?;
    // No block is shorter than a 255th of what it holds: a damaged length reserves no memory.
    if length / 256 > stored.len() {
        return None;
    }
    let body = lz4_flex::block::decompress(&stored, length).ok()?;
    (body.len() == length).then(|| body.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text() -> Bytes {
        let items = (0..400).map(|number| format!(r#"{{"number":{number},"kind":"order"}},"#));
        items.collect::<String>().into()
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        let noise: Bytes =
            (0..4000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
        for body in
            [Bytes::new(), Bytes::from_static(b"{}"), noise, text(), vec![0; 1 << 20].into()]
        {
            let (stored, unpacked) = pack(&body);
            assert!(stored.len() <= body.len());
            assert_eq!(unpack(stored.to_vec(), unpacked), Some(body));
        }
        let (stored, unpacked) = pack(&text());
        assert!(unpacked > 0 && stored.len() < text().len() / 2, "{} bytes", stored.len());
    }

    #[test]
    fn a_body_that_was_exchanged_is_packed_anew() {
        let mut delivery = NewDelivery::new("a", "b", "key", text(), std::time::UNIX_EPOCH);
        pack_ahead(&mut delivery);
        assert_eq!(packed(&delivery), pack(&text()));
        delivery.body = text().slice(1..);
        let (stored, unpacked) = packed(&delivery);
        assert_eq!(unpack(stored.to_vec(), unpacked), Some(text().slice(1..)));
    }

    #[test]
    fn what_is_damaged_is_not_unpacked() {
        let (stored, unpacked) = pack(&text());
        for length in [1, unpacked - 1, unpacked + 1, i32::MAX, -1] {
            assert_eq!(unpack(stored.to_vec(), length), None, "{length}");
        }
        assert_eq!(unpack(stored[..stored.len() / 2].to_vec(), unpacked), None);
    }
}
