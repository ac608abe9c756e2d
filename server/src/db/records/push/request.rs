//! A push as received.

use crate::db::audit::{Act, By};
use crate::db::records::idempotency::MutationDigest;
use jiedui_core::access::user::User;
use jiedui_core::sync::Mutation;
use time::Date;
use uuid::Uuid;

/// A push of one client.
#[derive(Clone, Debug)]
pub struct Push {
    /// Account of the session.
    pub actor: User,
    /// Client identifier.
    pub client: Uuid,
    /// Mutations, each with its digest.
    pub mutations: Vec<(Mutation, MutationDigest)>,
    /// The last day that an entry may have.
    pub last_day: Date,
    /// All or nothing: any rejection or conflict rolls the whole push back.
    pub whole: bool,
    /// Actor and origin, for the audit trail.
    pub by: By,
    /// Act to record with the changes, in place of the decisions on entries.
    pub act: Option<Act>,
}
