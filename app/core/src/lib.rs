//! The domain that phone and server share: what is recorded, the rules it must keep, the figures it makes, and the sync.
//!
//! Nothing here does I/O or reads a clock: times, random seeds and answers come in as arguments. The same code therefore
//! runs in the browser, on the server and in a replay of a broken history.

pub mod access;
pub mod catalogue;
pub mod directory;
pub mod entry;
pub mod figures;
pub mod fixtures;
pub mod ledger;
pub mod map;
pub mod sync;
pub mod values;
