//! Slots for drafts in local storage. A draft belongs to one tab at a time; another tab with the same form gets another slot.

use crate::storage::local_storage::{self, NotStored};
use crate::storage::tab_lock::{Hold, try_hold};
use gloo_timers::future::TimeoutFuture;
use jiedui_core::entry::Fields;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The separator between a form's name and the number of a slot; the first slot has no number.
const NUMBER: char = '~';
/// Milliseconds that a reloaded page may need to release its lock, after the new page requests it.
const RELEASE_DELAY: u32 = 120;

/// A slot in local storage that belongs to this tab until it is dropped.
pub struct Slot {
    name: String,
    _hold: Hold,
}

/// The result of claiming a draft slot.
pub struct Claimed {
    /// The slot of this tab.
    pub slot: Slot,
    /// Name of a slot whose draft another tab is filling in.
    pub elsewhere: Option<String>,
}

/// Returns the name of a form's slot by its number, from 1.
pub fn name_of(form: &str, number: u32) -> String {
    if number <= 1 { form.to_owned() } else { format!("{form}{NUMBER}{number}") }
}

/// Returns form and number of a slot by its name.
pub fn parse_name(name: &str) -> (&str, u32) {
    let parts = name.rsplit_once(NUMBER);
    parts.and_then(|(form, number)| Some((form, number.parse().ok()?))).unwrap_or((name, 1))
}

/// Returns the name under which the changes are stored that a form has begun to save from a slot.
fn saving_name(slot: &str) -> String {
    format!("jiedui.saving.{slot}")
}

/// Returns the changes that a form has begun to save from a slot, unless the draft was changed since. If the phone has them all,
/// the draft is saved: the page was closed before it could remove the draft.
pub fn begun_changes(slot: &str) -> Option<Fields> {
    local_storage::get(&saving_name(slot))
}

/// Removes the draft of a slot.
pub fn clear(slot: &str) {
    local_storage::remove(slot);
    local_storage::remove(&saving_name(slot));
}

/// Claims a free slot: the requested one, otherwise the first with a draft, otherwise an empty one.
pub async fn claim(form: &str, wanted: Option<u32>) -> Claimed {
    let (mut elsewhere, mut empty) = (None, None);
    for number in wanted.into_iter().chain(1..) {
        let name = name_of(form, number);
        let has_draft = local_storage::has(&name);
        if !has_draft && empty.is_some() {
            break;
        }
        let hold = if has_draft && elsewhere.is_none() { hold_soon(&name).await } else { try_hold(&name).await };
        match hold {
            Some(hold) if has_draft => return Claimed { slot: Slot { name, _hold: hold }, elsewhere },
            Some(hold) => empty = Some(Slot { name, _hold: hold }),
            None if has_draft => elsewhere = elsewhere.or(Some(name)),
            None => {}
        }
    }
    let slot = match empty {
        Some(slot) => slot,
        None => claim_empty(form).await,
    };
    Claimed { slot, elsewhere }
}

/// Takes the lock of a slot; waits briefly if it is being released.
async fn hold_soon(name: &str) -> Option<Hold> {
    if let Some(hold) = try_hold(name).await {
        return Some(hold);
    }
    TimeoutFuture::new(RELEASE_DELAY).await;
    try_hold(name).await
}

/// Claims an empty slot.
pub async fn claim_empty(form: &str) -> Slot {
    let mut number = 1;
    loop {
        let name = name_of(form, number);
        if !local_storage::has(&name)
            && let Some(hold) = try_hold(&name).await
        {
            return Slot { name, _hold: hold };
        }
        number += 1;
    }
}

impl Slot {
    /// Claims the slot with a name, unless another tab holds it.
    pub async fn again(name: &str) -> Option<Self> {
        Some(Self { name: name.to_owned(), _hold: hold_soon(name).await? })
    }

    /// Returns the name of the slot.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the number of the slot.
    pub fn number(&self) -> u32 {
        parse_name(&self.name).1
    }

    /// Reads the draft.
    pub fn read<T: DeserializeOwned>(&self) -> Option<T> {
        local_storage::get(&self.name)
    }

    /// Stores a draft.
    pub fn store(&self, draft: &impl Serialize) -> Result<(), NotStored> {
        local_storage::remove(&saving_name(&self.name));
        local_storage::set(&self.name, draft)
    }

    /// Stores the changes that the form begins to save. Without them, a draft that is not removed is offered again.
    pub fn begin_saving(&self, changes: &Fields) {
        let _ = local_storage::set(&saving_name(&self.name), changes);
    }

    /// Removes the draft.
    pub fn clear(&self) {
        clear(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slot_name_consists_of_form_and_number() {
        assert_eq!([1, 2].map(|number| name_of("draft.u.survey", number)), ["draft.u.survey", "draft.u.survey~2"]);
        assert_eq!(parse_name("draft.u.survey"), ("draft.u.survey", 1));
        assert_eq!(parse_name("draft.u.survey~12"), ("draft.u.survey", 12));
        assert_eq!(parse_name("draft.u.a~b"), ("draft.u.a~b", 1));
    }
}
