//! Hash sets and maps keyed by UUID with a fast hash: UUIDs are mostly random (RFC 9562), so one multiplication
//! suffices.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use uuid::Uuid;

/// Set of UUIDs.
pub type UuidSet = HashSet<Uuid, BuildHasherDefault<Spread>>;
/// Map keyed by UUID.
pub type UuidMap<T> = HashMap<Uuid, T, BuildHasherDefault<Spread>>;

/// 2⁶⁴ divided by the golden ratio (Knuth, The Art of Computer Programming, 6.4), which spreads nearby numbers.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Hasher of the last eight bytes of a UUID.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(last) = bytes.last_chunk() {
            // The low bits of a product depend on the low bits of its factors only, so the halves are folded before
            // and after.
            let fold = |number: u64| number ^ (number >> 32);
            self.0 = fold(fold(u64::from_be_bytes(*last)).wrapping_mul(GOLDEN));
        }
    }

    // All UUIDs have the same length.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::hash::BuildHasher;

    #[test]
    fn hash_spreads_nearby_identifiers() {
        let numbers = (0..4_096).chain((1..4_096).map(|number| number << 50)).map(Uuid::from_u128);
        let ids: UuidSet = numbers.collect();
        assert_eq!(ids.len(), 8_191);
        assert!(ids.iter().all(|id| ids.contains(id)) && !ids.contains(&Uuid::max()));
        let squares: BTreeSet<u64> = ids.iter().map(|id| ids.hasher().hash_one(id) % 16_384).collect();
        assert!(squares.len() > 4_000, "{} of 16,384 for 8,191", squares.len());
    }
}
