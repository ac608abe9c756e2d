//! The sync: what travels, what a mutation does to a record, and the state machine that drives it.

pub mod apply;
pub mod choice;
pub mod clock;
pub mod decision;
pub mod engine;
pub mod need;
pub mod outbox;
pub mod path;
pub mod rights;
pub mod upload;
pub mod wire;

pub use apply::{all_paths, decide, fold, mistakes, number_value};
pub use choice::{Choice, Differing, chosen, differing};
pub use clock::Clock;
pub use decision::{Author, Decision, Existing, Maker, of_this_life};
pub use engine::{Engine, Failure, Input, Output, Status};
pub use need::{decide_need, fold_need, mistakes_of_need};
pub use outbox::{Acknowledged, Outgoing, REMEMBERED, Sender, acknowledge, again, next_batch, outgoing, whole_outbox};
pub use upload::Upload;
pub use wire::{Mutation, Op, Other, Outcome, PullResponse, PushRequest, PushResponse, PushResult, Record};
