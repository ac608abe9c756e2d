//! Domain model, validation rules, figures and sync state machines, shared by the app and the server.
//!
//! The crate does no I/O and reads no clock: times, random seeds and responses are arguments. The same code therefore
//! runs in the browser, on the server and in the simulation that replays recorded faults.

pub mod access;
pub mod api;
pub mod audit;
pub mod catalogue;
pub mod directory;
pub mod entry;
pub mod figures;
pub mod fixtures;
pub mod ledger;
pub mod map;
pub mod rng;
pub mod storage;
pub mod sync;
pub mod values;
