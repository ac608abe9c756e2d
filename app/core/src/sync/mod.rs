//! The sync: what travels, what a mutation does to a record, and the state machine that drives it.

pub mod apply;
pub mod choice;
pub mod clock;
pub mod engine;
pub mod outbox;
pub mod path;
pub mod wire;

pub use apply::{Decision, Existing, all_paths, decide, fold, is_since, mistakes, number_value};
pub use choice::{Choice, chosen};
pub use clock::Clock;
pub use engine::{Engine, Failure, Input, Output, Status};
pub use outbox::{Change, Outgoing, settle};
pub use wire::{Mutation, Op, Other, Outcome, PullResponse, PushRequest, PushResponse, PushResult, Record};
