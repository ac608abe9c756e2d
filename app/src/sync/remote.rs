//! Records outside the window of this phone, read from the server for a screen.

use crate::api::endpoints;
use crate::state::AppState;
use crate::storage::StoreError;
use crate::storage::in_use::OnScreen;
use crate::storage::user_db::UserDb;
use jiedui_core::sync::Record;
use leptos::prelude::*;
use uuid::Uuid;

/// Pages that one request of a person reads, while they contain nothing new.
const MOST_PAGES: usize = 10;

/// A list that the server continues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoteList {
    /// Entries, newest date first.
    Entries,
    /// Ledger items.
    LedgerItems,
}

/// Result of a read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// Where the list continues; `None` at its end.
    UpTo(Option<String>),
    /// The server gave no answer.
    Failed,
}

/// Reads pages of a list until one contains records that are not on this phone. They stay at least as long as `shown`.
pub async fn read_on(
    app: AppState,
    list: RemoteList,
    query: &str,
    after: String,
    shown: StoredValue<OnScreen>,
) -> Result<Read, StoreError> {
    let mut after = after;
    for _ in 0..MOST_PAGES {
        let page = match list {
            RemoteList::Entries => {
                endpoints::entries_by_date(query, &after).await.map(|page| (page.entries, page.next))
            }
            RemoteList::LedgerItems => endpoints::ledger_items(query, &after).await.map(|page| (page.items, page.next)),
        };
        let Ok((records, next)) = page else { return Ok(Read::Failed) };
        let new = hold(app, &records, shown).await?;
        match next {
            Some(next) if new == 0 => after = next,
            next => return Ok(Read::UpTo(next)),
        }
    }
    Ok(Read::UpTo(Some(after)))
}

/// Reads an entry that is not on this phone. Returns whether the server has it, or `None` without an answer.
pub async fn read_entry(app: AppState, id: Uuid, shown: StoredValue<OnScreen>) -> Result<Option<bool>, StoreError> {
    match endpoints::entry(id).await {
        Ok(record) if record.deleted => Ok(Some(false)),
        Ok(record) => {
            hold(app, &[record], shown).await?;
            Ok(Some(true))
        }
        // No such entry, or not for this person.
        Err(error) if matches!(error.status, 403 | 404) => Ok(Some(false)),
        Err(_) => Ok(None),
    }
}

async fn hold(app: AppState, records: &[Record], shown: StoredValue<OnScreen>) -> Result<usize, StoreError> {
    let Some(user) = app.session.user.with_untracked(|user| user.as_ref().map(|user| user.id)) else { return Ok(0) };
    // The screen may have been left.
    let is_open = shown.try_update_value(|shown| shown.add(records.iter().map(|record| record.id))).is_some();
    if !is_open {
        return Ok(0);
    }
    let db = UserDb::open(user).await?;
    let new = db.hold(records).await?;
    if new > 0 {
        // Own entries may be among them.
        app.show_my_entries(db.my_entries().await?);
        app.replica.version.update(|version| *version += 1);
    }
    Ok(new)
}
