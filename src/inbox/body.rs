//! Bodies as they are stored: exact bytes, compressed with zstd and a dictionary of their processor, since they are most of the disk. The ledger packs
//! its facts in the same way.
//!
//! A dictionary is what a processor's bodies have in common (`scripts/train-dictionaries.py`); it makes a body an eighth. Each stored body names the
//! one that it needs, as the format of zstd has it. So a dictionary that has been shipped stays for ever, byte for byte: a better one is added
//! under the next number.

use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::num::NonZero;
use std::sync::LazyLock;

use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};
use zstd::zstd_safe::{get_dict_id_from_frame, get_frame_content_size};

use crate::store::StoreError;

/// Of zstd: more of it makes bodies a few bytes smaller and takes twice as long.
const LEVEL: i32 = 3;
/// The largest body that is unpacked: far above what a server can be set to accept.
const UNPACKED_MAX_BYTES: u64 = 1 << 30;

/// One processor's dictionary, or that of facts.
struct Dictionary {
    /// As [`providers::Adapter`] names the processor; else `facts`.
    of: &'static str,
    /// What a body that needs it says.
    id: u32,
    bytes: &'static [u8],
}

macro_rules! dictionaries {
    ($($of:literal $number:literal $id:literal,)*) => {
        &[$(Dictionary {
            of: $of,
            id: $id,
            bytes: include_bytes!(concat!("dictionaries/", $of, "-", $number, ".zstd")),
        }),*]
    };
}

/// All that were ever shipped; of those of one name the last packs.
static DICTIONARIES: &[Dictionary] = dictionaries![
    "stripe" 1 40_011,
    "shopify" 1 40_012,
    "paddle" 1 40_013,
    "polar" 1 40_014,
    "revenuecat" 1 40_015,
    "facts" 1 40_016,
];

static ENCODERS: LazyLock<HashMap<&str, EncoderDictionary<'static>>> = LazyLock::new(|| {
    let all = DICTIONARIES.iter();
    all.map(|one| (one.of, EncoderDictionary::copy(one.bytes, LEVEL)))
        .collect()
});

static DECODERS: LazyLock<HashMap<u32, DecoderDictionary<'static>>> = LazyLock::new(|| {
    let all = DICTIONARIES.iter();
    all.map(|one| (one.id, DecoderDictionary::copy(one.bytes)))
        .collect()
});

thread_local! {
    /// Each holds some hundred KiB, so they are made once for each thread and processor.
    static PACKERS: RefCell<HashMap<&'static str, Compressor<'static>>> = RefCell::default();
    /// By the id of their dictionary; 0 stands for none.
    static UNPACKERS: RefCell<HashMap<u32, Decompressor<'static>>> = RefCell::default();
}

/// Compresses what has a dictionary of its own with it, and all else without one.
///
/// # Errors
/// [`StoreError::Corrupt`] when there is no memory for it.
pub fn pack(name: &str, body: &[u8]) -> Result<Vec<u8>, StoreError> {
    let own = ENCODERS.get_key_value(name);
    PACKERS
        .with_borrow_mut(|packers| -> io::Result<Vec<u8>> {
            let packer = match packers.entry(own.map_or("", |(name, _)| name)) {
                Entry::Occupied(packer) => packer.into_mut(),
                Entry::Vacant(place) => place.insert(match own {
                    Some((_, dictionary)) => Compressor::with_prepared_dictionary(dictionary)?,
                    None => Compressor::new(LEVEL)?,
                }),
            };
            packer.compress(body)
        })
        .map_err(|_no_memory| StoreError::Corrupt("event_bodies.body"))
}

/// The exact bytes again.
///
/// # Errors
/// [`StoreError::Corrupt`] when the stored bytes are not what [`pack`] made, or need a dictionary of a newer program.
pub fn unpack(stored: &[u8]) -> Result<Vec<u8>, StoreError> {
    let size = match get_frame_content_size(stored) {
        Ok(Some(size)) if size <= UNPACKED_MAX_BYTES => usize::try_from(size).ok(),
        _ => None,
    };
    let id = get_dict_id_from_frame(stored).map_or(0, NonZero::get);
    let body = size.and_then(|size| {
        UNPACKERS.with_borrow_mut(|unpackers| {
            let unpacker = match unpackers.entry(id) {
                Entry::Occupied(unpacker) => unpacker.into_mut(),
                Entry::Vacant(place) => place.insert(unpacker(id)?),
            };
            unpacker.decompress(stored, size).ok()
        })
    });
    body.ok_or(StoreError::Corrupt("event_bodies.body"))
}

/// What unpacks bodies that need this dictionary; `None` where it is not known.
fn unpacker(id: u32) -> Option<Decompressor<'static>> {
    if id == 0 {
        return Decompressor::new().ok();
    }
    let dictionary = DECODERS.get(&id)?;
    Decompressor::with_prepared_dictionary(dictionary).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::fixtures::shipped;

    #[test]
    fn the_bodies_of_each_processor_come_back_and_take_a_fifth() {
        for processor in DICTIONARIES
            .iter()
            .map(|one| one.of)
            .filter(|of| *of != "facts")
        {
            let (mut plain, mut packed) = (0, 0);
            for fixture in shipped().unwrap() {
                for delivery in fixture
                    .deliveries
                    .iter()
                    .filter(|_| fixture.processor == processor)
                {
                    let stored = pack(processor, delivery.body.as_bytes()).unwrap();
                    assert_eq!(unpack(&stored).unwrap(), delivery.body.as_bytes());
                    plain += delivery.body.len();
                    packed += stored.len();
                }
            }
            assert!(
                plain > 0 && packed * 5 < plain,
                "{processor}: {packed} of {plain} bytes"
            );
        }
    }

    /// Databases hold what was packed with them.
    #[test]
    fn a_dictionary_that_was_shipped_is_there_unchanged() {
        let digests: Vec<String> = DICTIONARIES
            .iter()
            .map(|one| {
                let digest = hex::encode(Sha256::digest(one.bytes));
                format!("{} {} {}", one.of, one.id, digest.get(..16).unwrap())
            })
            .collect();
        assert_eq!(digests, PINNED);
    }

    const PINNED: [&str; 6] = [
        "stripe 40011 924b7237da3aed9c",
        "shopify 40012 e730f8c730eea837",
        "paddle 40013 7a407d0e4ba89b9d",
        "polar 40014 90fc625c6cc90a8b",
        "revenuecat 40015 a7319a8d8a1b8089",
        "facts 40016 3b0bbd0fea53f21a",
    ];

    #[test]
    fn what_pack_did_not_make_is_damaged() {
        let stored = pack("stripe", br#"{"id": "evt_1"}"#).unwrap();
        for damaged in [&b""[..], b"{}", &stored[..stored.len() - 1], &stored[1..]] {
            assert!(matches!(unpack(damaged), Err(StoreError::Corrupt(_))));
        }
    }

    proptest! {
        #[test]
        fn any_body_comes_back_byte_for_byte(body in proptest::collection::vec(any::<u8>(), 0..4_000), which in 0_usize..7) {
            let processor = DICTIONARIES.get(which).map_or("api", |one| one.of);
            let stored = pack(processor, &body).unwrap();
            prop_assert_eq!(unpack(&stored).unwrap(), body);
        }
    }
}
