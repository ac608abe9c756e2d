//! The sync: the protocol, what a mutation does to a record, and the state machine that drives a phone.

pub mod clock;
pub mod engine;
pub mod entry;
pub mod ledger;
pub mod merge;
pub mod outbox;
pub mod path;
pub mod protocol;
pub mod resolution;
pub mod upload;

pub use clock::Clock;
pub use engine::{Engine, Failure, Input, Output, Status};
pub use entry::{all_paths, decide, fold, mistakes, number_value};
pub use ledger::{decide_need, fold_need, mistakes_of_need};
pub use merge::{Author, Decision, Existing, Maker, of_this_life};
pub use outbox::{Acknowledged, Outgoing, REMEMBERED, Sender, acknowledge, again, next_batch, outgoing, whole_outbox};
pub use protocol::{Mutation, Op, Other, Outcome, PullResponse, PushRequest, PushResponse, PushResult, Record};
pub use resolution::{Choice, Differing, chosen, differing};
pub use upload::Upload;
