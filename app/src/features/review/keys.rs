//! Keys of the queue: J and K move, V approves, R opens the reason, X chooses, E edits.

use super::queue::Queue;
use crate::ui::detail_pane::Step;
use leptos::ev;
use leptos::prelude::*;
use std::collections::BTreeSet;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

/// Handles the keys while the screen is shown. `edit` opens the form of an entry.
pub fn use_keys(queue: Queue, chosen: RwSignal<BTreeSet<Uuid>>, edit: impl Fn(Uuid) + 'static) {
    let keys = window_event_listener(ev::keydown, move |event| {
        if is_typing(&event) || event.ctrl_key() || event.alt_key() || event.meta_key() {
            return;
        }
        let current = queue.current.get_untracked();
        match event.key().as_str() {
            "j" => queue.step(Step::Next),
            "k" => queue.step(Step::Previous),
            "v" => press("[data-decide=verify]"),
            "r" => press("[data-decide=return]"),
            "x" => {
                if let Some(id) = current {
                    chosen.update(|chosen| {
                        if !chosen.remove(&id) {
                            chosen.insert(id);
                        }
                    });
                }
            }
            "e" if find(".pane-foot a").is_some() => {
                if let Some(id) = current {
                    edit(id);
                }
            }
            _ => return,
        }
        event.prevent_default();
    });
    on_cleanup(move || keys.remove());
}

/// Returns whether a key is the input of a control, or of an open dialog.
fn is_typing(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let input = "textarea, select, input:not([type=checkbox]), [role=dialog] *, [role=dialog]";
    target.is_some_and(|target| target.matches(input).unwrap_or_default())
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
