//! Offline sync: the protocol, the merge rules for each kind of record, and the state machine that drives a phone.

pub mod acknowledge;
pub mod clock;
pub mod engine;
pub mod entry;
pub mod kind;
pub mod ledger;
pub mod merge;
pub mod outbox;
pub mod protocol;
#[cfg(feature = "openapi")]
pub mod record_fields;
pub mod resolution;
pub mod upload;
pub mod window;

pub use crate::entry::path::{self, Path};
pub use acknowledge::{ReplicaUpdates, acknowledge};
pub use clock::Clock;
pub use engine::{Engine, Failure, Input, Output, Status};
pub use entry::{all_paths, apply_locally, merge_entry, number_value, set_user_locally, validate_entry};
pub use kind::Kind;
pub use ledger::{apply_item_locally, merge_item, validate_item};
pub use merge::{Decision, Existing, MutationAuthor, RevisionAuthor, rebased_to_current_epoch};
pub use outbox::{MAX_SENT_ITEMS, OutboxItem, Sender, enqueue, next_batch, requeue, unsent_mutations};
pub use protocol::{
    ConcurrentChange, Mutation, Op, Outcome, PullResponse, PushRequest, PushResponse, PushResult, Record,
};
pub use resolution::{ConflictingValue, Resolution, conflicting_values, resolution_mutation};
pub use upload::Upload;
pub use window::{ReplicaRule, Window};
