//! Sets and maps by identifier, for a phone that asks for tens of thousands of them whenever a filter changes: identifiers
//! are mostly random already (RFC 9562), so that one multiplication is hash enough.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use uuid::Uuid;

/// Identifiers.
pub type UuidSet = HashSet<Uuid, BuildHasherDefault<Spread>>;
/// Something for each identifier.
pub type UuidMap<T> = HashMap<Uuid, T, BuildHasherDefault<Spread>>;

/// 2⁶⁴ by the golden ratio (Knuth, The Art of Computer Programming, 6.4): it spreads what lies close together.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Makes a hash of an identifier's last eight bytes, in which two of them differ.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(last) = bytes.last_chunk() {
            // A product's bits depend on those of its factors that are no higher, so each half is brought to the other.
            let fold = |number: u64| number ^ (number >> 32);
            self.0 = fold(fold(u64::from_be_bytes(*last)).wrapping_mul(GOLDEN));
        }
    }

    // How many bytes there are is the same for all.
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
    fn what_lies_close_together_is_spread_and_found() {
        let numbers = (0..4_096).chain((1..4_096).map(|number| number << 50)).map(Uuid::from_u128);
        let ids: UuidSet = numbers.collect();
        assert_eq!(ids.len(), 8_191);
        assert!(ids.iter().all(|id| ids.contains(id)) && !ids.contains(&Uuid::max()));
        let squares: BTreeSet<u64> = ids.iter().map(|id| ids.hasher().hash_one(id) % 16_384).collect();
        assert!(squares.len() > 4_000, "{} of 16,384 for 8,191", squares.len());
    }
}
