//! The sync: what travels, what a mutation does to a record, and the state machine that drives it.

pub mod apply;
pub mod engine;
pub mod outbox;
pub mod wire;

pub use apply::{Decision, Existing, all_paths, decide, fold, is_since, mistakes};
pub use engine::{Engine, Failure, Input, Output, Status};
pub use outbox::{Change, Outgoing, settle};
pub use wire::{Mutation, Op, Outcome, PullResponse, PushRequest, PushResponse, PushResult, Record};
