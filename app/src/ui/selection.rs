//! The current row of a table on a wide screen, whose record the detail pane shows: the first one until another is selected.

use crate::ui::detail_pane::Neighbour;
use leptos::ev;
use leptos::prelude::*;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

/// The selection.
#[derive(Clone, Copy)]
pub struct RowSelection {
    /// The current row.
    pub current: Memo<Option<Uuid>>,
    selected: RwSignal<Option<Uuid>>,
    ids: Memo<Vec<Uuid>>,
}

/// Creates the selection of a list with these rows.
pub fn use_selection(ids: Memo<Vec<Uuid>>) -> RowSelection {
    let selected = RwSignal::new(None::<Uuid>);
    let current = Memo::new(move |_| {
        ids.with(|ids| selected.get().filter(|id| ids.contains(id)).or_else(|| ids.first().copied()))
    });
    RowSelection { current, selected, ids }
}

impl RowSelection {
    /// Selects a row.
    pub fn select(self, id: Uuid) {
        self.selected.set(Some(id));
    }

    /// Selects a neighbour of the current row.
    pub fn step(self, step: Neighbour) {
        let neighbour = self.ids.with_untracked(|ids| {
            let at = ids.iter().position(|id| Some(*id) == self.current.get_untracked())?;
            let at = if step == Neighbour::Next { at + 1 } else { at.checked_sub(1)? };
            ids.get(at).copied()
        });
        if let Some(id) = neighbour {
            self.select(id);
        }
    }

    /// Returns the position of the current row, from 1; 0 without one.
    pub fn position(self) -> usize {
        let current = self.current.get();
        self.ids.with(|ids| ids.iter().position(|id| Some(*id) == current).map_or(0, |at| at + 1))
    }
}

/// Calls `press` for each key that no control and no dialog takes. It returns whether it has used the key.
pub fn use_keys(press: impl Fn(&str) -> bool + 'static) {
    let keys = window_event_listener(ev::keydown, move |event| {
        let has_modifier = event.ctrl_key() || event.alt_key() || event.meta_key();
        if !has_modifier && !is_typing(&event) && press(&event.key()) {
            event.prevent_default();
        }
    });
    on_cleanup(move || keys.remove());
}

/// Returns whether a key is the input of a control, or of an open dialog.
fn is_typing(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let input = "textarea, select, input:not([type=checkbox]), [role=dialog] *, [role=dialog]";
    target.is_some_and(|target| target.matches(input).unwrap_or_default())
}
