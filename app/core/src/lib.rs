//! What the phone and the server agree on: the domain, its rules, and the sync's state machine.
//!
//! Nothing here does I/O or reads a clock: times, random seeds and answers come in as arguments. That is what lets
//! the same code run in the browser, on the server and in a replay of a broken history.

pub mod chance;
pub mod domain;
pub mod sync;
