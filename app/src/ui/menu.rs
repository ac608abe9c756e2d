//! A menu button as in the ARIA practices. Arrow keys move through the items. Escape closes the menu and returns the focus; a
//! press elsewhere closes it.

use leptos::ev::{FocusEvent, KeyboardEvent, pointerdown};
use leptos::html::{Button, Div};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, Node};

/// Renders the button and the menu. Items are `li` with the role `none` around a link or a button with the role `menuitem`.
#[component]
pub fn Menu(
    /// Label of the button for screen readers.
    label: &'static str,
    /// CSS class of this menu.
    class: &'static str,
    /// Content of the button.
    face: AnyView,
    /// Items of the menu.
    children: Children,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let (root, button) = (NodeRef::<Div>::new(), NodeRef::<Button>::new());
    let focus_button = move || button.get_untracked().map(|button| button.focus());
    let items = move || items(root.get_untracked().as_deref());
    let go = move |to: Step| {
        let items = items();
        let last = items.len().saturating_sub(1);
        let active = document().active_element();
        let at = items.iter().position(|item| active.as_ref() == Some(item));
        let number = match (to, at) {
            (Step::Next, Some(at)) if at < last => at + 1,
            (Step::Next | Step::First, _) => 0,
            (Step::Previous, Some(at)) if at > 0 => at - 1,
            (Step::Previous | Step::Last, _) => last,
        };
        let _ = items.get(number).map(|item| item.focus());
    };
    // Items can take the focus once the menu is visible.
    let show = move |to: Step| {
        open.set(true);
        request_animation_frame(move || go(to));
    };
    let press = move |event: KeyboardEvent| {
        let is_open = open.get_untracked();
        match event.key().as_str() {
            "ArrowDown" if is_open => go(Step::Next),
            "ArrowUp" if is_open => go(Step::Previous),
            "Home" if is_open => go(Step::First),
            "End" if is_open => go(Step::Last),
            "ArrowDown" => show(Step::First),
            "ArrowUp" => show(Step::Last),
            "Escape" if is_open => {
                open.set(false);
                focus_button();
            }
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let is_inside = move |target: Option<web_sys::EventTarget>| {
        let node = target.and_then(|target| target.dyn_into::<Node>().ok());
        root.get_untracked().is_some_and(|root| root.contains(node.as_ref()))
    };
    let elsewhere = window_event_listener(pointerdown, move |event| {
        if open.get_untracked() && !is_inside(event.target()) {
            open.set(false);
        }
    });
    on_cleanup(move || elsewhere.remove());
    let leave = move |event: FocusEvent| {
        if event.related_target().is_some() && !is_inside(event.related_target()) {
            open.set(false);
        }
    };
    view! {
        <div class=format!("menu {class}") class:open=open node_ref=root on:keydown=press on:focusout=leave>
            <button
                type="button" class="button" node_ref=button aria-label=label title=label aria-haspopup="menu"
                aria-expanded=move || open.get().to_string()
                on:click=move |_| if open.get_untracked() { open.set(false) } else { show(Step::First) }
            >{face}</button>
            <ul role="menu" aria-label=label on:click=move |_| { open.set(false); focus_button(); }>{children()}</ul>
        </div>
    }
}

#[derive(Clone, Copy)]
enum Step {
    Next,
    Previous,
    First,
    Last,
}

fn items(root: Option<&HtmlElement>) -> Vec<HtmlElement> {
    let nodes = root.and_then(|root| root.query_selector_all("[role=menuitem]").ok());
    let item = |number| nodes.as_ref()?.item(number)?.dyn_into::<HtmlElement>().ok();
    (0..nodes.as_ref().map_or(0, web_sys::NodeList::length)).filter_map(item).collect()
}
