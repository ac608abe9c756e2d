//! Conflict resolution as chosen by a user.

use super::answer::rejected;
use super::batch::{Batch, Turn};
use super::concurrent::name_others;
use super::request::Push;
use crate::db::records::conflict;
use crate::db::{Result, Tx, signed};
use jiedui_core::sync::{Mutation, PushResult, Resolution, resolution_mutation};
use jiedui_core::values::field_error::{ErrorCode, FieldError};
use serde_json::Value;

impl Batch<'_> {
    /// Resolves a conflict. It stays unresolved if the values that the user saw have changed since.
    pub(super) async fn resolve(
        &mut self,
        tx: &mut Tx,
        push: &Push,
        mutation: &Mutation,
        turn: &Turn,
    ) -> Result<PushResult> {
        let reject = |field: &str, code| Ok(rejected(mutation.seq, vec![FieldError::new(field, code)]));
        let resolution: Resolution = match serde_path_to_error::deserialize(Value::Object(mutation.fields.clone())) {
            Ok(resolution) => resolution,
            Err(error) => {
                let path = error.path().to_string();
                return reject(if path == "." { "fields" } else { &path }, ErrorCode::WrongType);
            }
        };
        let (client, seq) = (resolution.client, signed(resolution.seq));
        let Some(conflicting_values) = conflict::waiting(tx, mutation.id, client, seq).await? else {
            return reject("seq", ErrorCode::Unknown);
        };
        let Some(edit) = resolution_mutation(mutation, &resolution.take, &conflicting_values) else {
            return reject("take", ErrorCode::Unknown);
        };
        let since = self.since(tx, push, &edit, turn).await?;
        let mut result = self.apply_to_record(push, &edit, &since, false)?;
        name_others(tx, &since, &mut result).await?;
        if result.outcome.is_done() {
            conflict::resolve(tx, mutation.id, (client, seq), push.actor.id, self.at).await?;
            self.unresolved.remove(&mutation.id);
        }
        Ok(result)
    }
}
