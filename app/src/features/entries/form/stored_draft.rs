//! Drafts of stored entries: loading, and rebasing on a change of another tab.

use super::draft_from_fields::draft_of;
use super::draft_to_fields::changes_of;
use crate::state::AppState;
use crate::storage::StoreError;
use crate::storage::drafts::Draft;
use crate::storage::in_use::OnScreen;
use crate::storage::my_entries::MyEntry;
use crate::storage::saving::ChangedElsewhere;
use crate::sync;
use crate::sync::remote::read_entry;
use crate::ui::drafting::FormDraft;
use jiedui_core::access::rights::may_edit;
use jiedui_core::figures::overview::Overview;
use jiedui_core::sync::{Kind, path};
use leptos::prelude::*;
use uuid::Uuid;

impl FormDraft for Draft {
    const KIND: Kind = Kind::Entry;

    fn identity(&self) -> (Uuid, Option<Uuid>) {
        (self.id, self.copy_of)
    }

    fn set_identity(&mut self, id: Uuid, copy_of: Option<Uuid>) {
        (self.id, self.copy_of) = (id, copy_of);
    }
}

/// Returns the draft of an edit: of an entry of the user, or of another user's that they may edit.
///
/// An entry outside the window is read from the server. It stays on the phone as long as `on_screen`, then because of the
/// draft.
pub async fn stored_draft(
    app: AppState,
    id: Uuid,
    on_screen: StoredValue<OnScreen>,
) -> Result<Option<Draft>, StoreError> {
    // The screen before may have held it; the draft does not exist before the first change.
    on_screen.try_update_value(|on_screen| on_screen.add([id]));
    if let Some((entry, since)) = sync::my_entry_of(app, id).await? {
        return Ok(Some(edit_of(&entry, since)));
    }
    let mut other = sync::entry_view_of(app, id).await?;
    if other.is_none() && read_entry(app, id, on_screen).await? == Some(true) {
        if let Some((entry, since)) = sync::my_entry_of(app, id).await? {
            return Ok(Some(edit_of(&entry, since)));
        }
        other = sync::entry_view_of(app, id).await?;
    }
    let (user, overview) = (app.session.user.get_untracked(), app.overviews.server.get_untracked());
    let (Some((other, since)), Some(user), Some(overview)) = (other, user, overview) else { return Ok(None) };
    let edits = may_edit(&other.fields, &user, &overview.catalogue);
    Ok(edits.then(|| Draft { since, ..draft_of(id, other.rev, &other.fields) }))
}

/// Returns the draft with which an edit starts.
fn edit_of(entry: &MyEntry, since: u64) -> Draft {
    Draft { before: entry.confirmed.clone(), since, ..draft_of(entry.id, entry.rev, &entry.fields) }
}

/// Rebases a draft on an entry that another tab has changed: changes of the draft stay, other fields take their new values.
pub fn rebase(draft: &Draft, now: ChangedElsewhere, overview: &Overview) -> Draft {
    let changes = changes_of(draft, overview.catalogue.form(&draft.activity, draft.version));
    let mut fields = now.fields.clone();
    for (path, value) in path::paths(&changes) {
        path::set(&mut fields, &path, value);
    }
    Draft {
        reason: draft.reason.clone(),
        before: now.fields,
        since: now.since,
        copy_of: draft.copy_of,
        ..draft_of(draft.id, now.rev, &fields)
    }
}
