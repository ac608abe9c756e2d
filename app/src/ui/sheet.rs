//! A modal sheet: the whole screen of a phone, a dialog on a desktop. Escape and a press outside close it; the focus then
//! returns to the control that opened it.

use crate::state::use_app_state;
use leptos::ev::{KeyboardEvent, keydown};
use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// Controls that can take the focus.
const CONTROLS: &str = "button:not([disabled]):not([tabindex='-1']), input, select, textarea, a[href]";

/// Renders the sheet while `open` is set.
#[component]
pub fn Sheet(
    /// Heading.
    label: &'static str,
    /// Whether the sheet is open.
    open: RwSignal<bool>,
    /// CSS classes.
    #[prop(default = "sheet-panel")]
    class: &'static str,
    /// Content.
    children: ChildrenFn,
) -> impl IntoView {
    let children = StoredValue::new(children);
    move || open.get().then(|| view! { <Panel label open class>{children.with_value(|children| children())}</Panel> })
}

/// The open sheet.
#[component]
fn Panel(
    /// Heading.
    label: &'static str,
    /// Whether the sheet is open.
    open: RwSignal<bool>,
    /// CSS classes.
    class: &'static str,
    /// Content.
    children: Children,
) -> impl IntoView {
    let texts = use_app_state().texts;
    let panel = NodeRef::<Div>::new();
    let opener = StoredValue::new_local(focused());
    // The heading takes the focus: the focus of an input would open the keyboard over the list.
    Effect::new(move |_| {
        if let Some(panel) = panel.get() {
            request_animation_frame(move || drop(panel.focus()));
        }
    });
    on_cleanup(move || {
        let opener = opener.try_get_value().flatten();
        request_animation_frame(move || {
            // The control that the choice leads to may have taken the focus.
            let is_lost = focused().is_none_or(|element| element.tag_name() == "BODY");
            if let Some(opener) = opener.filter(|_| is_lost) {
                let _ = opener.focus();
            }
        });
    });
    let escape = window_event_listener(keydown, move |event| {
        if event.key() == "Escape" {
            open.set(false);
        }
    });
    on_cleanup(move || escape.remove());
    let press = move |event: KeyboardEvent| {
        if event.key() == "Tab" {
            keep_focus(&event, panel.get_untracked().as_deref());
        }
    };
    view! {
        <div class="sheet-back" on:click=move |_| open.set(false)></div>
        <div class=class role="dialog" aria-modal="true" aria-label=label tabindex="-1" node_ref=panel on:keydown=press>
            <div class="sheet-head">
                <strong>{label}</strong>
                <button type="button" class="button-quiet" aria-label=texts.close() on:click=move |_| open.set(false)>"×"</button>
            </div>
            {children()}
        </div>
    }
}

fn focused() -> Option<HtmlElement> {
    document().active_element()?.dyn_into().ok()
}

/// Moves the focus from the last control to the first one, and back.
fn keep_focus(event: &KeyboardEvent, panel: Option<&HtmlElement>) {
    let controls = panel.and_then(|panel| panel.query_selector_all(CONTROLS).ok());
    let control = |at: u32| controls.as_ref()?.item(at)?.dyn_into::<HtmlElement>().ok();
    let last = controls.as_ref().map_or(0, web_sys::NodeList::length).saturating_sub(1);
    let (Some(first), Some(end), Some(current)) = (control(0), control(last), focused()) else { return };
    let target = match event.shift_key() {
        true if current == first || Some(&current) == panel => end,
        false if current == end => first,
        _ => return,
    };
    event.prevent_default();
    let _ = target.focus();
}
