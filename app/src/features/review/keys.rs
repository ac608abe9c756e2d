//! Keys of the queue: J and K move, V approves, R opens the reason, X chooses, E edits.

use super::queue::Queue;
use crate::ui::detail_pane::Neighbour;
use leptos::prelude::*;
use std::collections::BTreeSet;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// Handles a key. `edit` opens the form of an entry. Returns whether the key is one of the queue.
pub fn press_key(key: &str, queue: Queue, chosen: RwSignal<BTreeSet<Uuid>>, edit: impl FnOnce(Uuid)) -> bool {
    let current = queue.current.get_untracked();
    match (key, current) {
        ("j", _) => queue.step(Neighbour::Next),
        ("k", _) => queue.step(Neighbour::Previous),
        ("v", Some(_)) => press("[data-decide=verify]"),
        ("r", Some(_)) => press("[data-decide=return]"),
        ("x", Some(id)) => chosen.update(|chosen| {
            if !chosen.remove(&id) {
                chosen.insert(id);
            }
        }),
        ("e", Some(id)) if find(".pane-foot a").is_some() => edit(id),
        _ => return false,
    }
    true
}

/// Finds an element of the detail pane.
fn find(selector: &str) -> Option<HtmlElement> {
    document().query_selector(&format!(".pane {selector}")).ok().flatten()?.dyn_into().ok()
}

fn press(selector: &str) {
    if let Some(button) = find(selector).filter(|button| !button.hidden()) {
        button.click();
    }
}
