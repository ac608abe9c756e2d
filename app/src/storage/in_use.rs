//! Records outside the window that this tab needs: those with an open draft, and those that a screen has read from the server.

use super::{draft_slots::parse_name, drafts, local_storage};
use jiedui_core::values::sort::collect_sorted;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

thread_local! {
    /// Records on open screens, and the number of screens.
    static ON_SCREEN: RefCell<BTreeMap<Uuid, usize>> = const { RefCell::new(BTreeMap::new()) };
}

/// Records that a screen has read from the server. They may leave the phone when it is dropped.
#[derive(Debug, Default)]
pub struct OnScreen(BTreeSet<Uuid>);

impl OnScreen {
    /// Adds records.
    pub fn add(&mut self, ids: impl IntoIterator<Item = Uuid>) {
        for id in ids {
            if self.0.insert(id) {
                ON_SCREEN.with_borrow_mut(|screens| *screens.entry(id).or_default() += 1);
            }
        }
    }
}

impl Drop for OnScreen {
    fn drop(&mut self) {
        ON_SCREEN.with_borrow_mut(|screens| {
            for id in &self.0 {
                if let Some(count) = screens.get_mut(id) {
                    *count -= 1;
                    if *count == 0 {
                        screens.remove(id);
                    }
                }
            }
        });
    }
}

/// Returns the records of a person that are in use.
pub fn of(user: Uuid) -> BTreeSet<Uuid> {
    let mut ids: BTreeSet<Uuid> = collect_sorted(drafts::all(user).into_iter().map(|draft| draft.id));
    // The slot of an edit has the record's identifier in its name.
    for prefix in [drafts::form_of_new(user, ""), format!("jiedui.need.{user}.")] {
        let names = local_storage::names_with(&prefix);
        ids.extend(names.iter().filter_map(|name| Uuid::parse_str(parse_name(name.strip_prefix(&prefix)?).0).ok()));
    }
    ids.extend(ON_SCREEN.with_borrow(|screens| screens.keys().copied().collect::<Vec<_>>()));
    ids
}
