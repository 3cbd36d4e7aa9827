//! Bodies as they are stored: exact bytes, compressed, since they are most of the disk.

use crate::store::StoreError;

/// Compresses a body.
pub fn pack(body: &[u8]) -> Vec<u8> {
    lz4_flex::compress_prepend_size(body)
}

/// The exact bytes again.
///
/// # Errors
/// [`StoreError::Corrupt`] when the stored bytes are not what [`pack`] made.
pub fn unpack(stored: &[u8]) -> Result<Vec<u8>, StoreError> {
    lz4_flex::decompress_size_prepended(stored)
        .map_err(|_damaged| StoreError::Corrupt("event_bodies.body"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_body_comes_back_byte_for_byte(body in proptest::collection::vec(any::<u8>(), 0..4_000)) {
            prop_assert_eq!(unpack(&pack(&body)).unwrap(), body);
        }
    }
}
