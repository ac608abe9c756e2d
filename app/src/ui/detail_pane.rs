//! The detail pane of a list: next to the list on a wide screen, over it on a phone. On a phone a swipe shows the neighbours.

use crate::labels::texts::fill;
use crate::state::use_app_state;
use leptos::ev::PointerEvent;
use leptos::html::Section;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Element;

/// Minimum length of a swipe in pixels.
const SWIPE: i32 = 60;

/// A step to a neighbour in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Neighbour {
    /// To the row above.
    Previous,
    /// To the row below.
    Next,
}

/// The pane.
#[component]
pub fn DetailPane(
    /// Name of the pane for screen readers.
    label: &'static str,
    /// Position of the record in the list, from 1.
    #[prop(into)]
    position: Signal<usize>,
    /// Number of rows of the list.
    #[prop(into)]
    rows: Signal<usize>,
    /// Number of all records of the list; `None` while they cannot be counted.
    #[prop(into)]
    count: Signal<Option<usize>>,
    /// Receives the steps to neighbours.
    on_step: Callback<Neighbour>,
    /// Closes the pane; a wide screen has no button for it.
    on_close: Callback<()>,
    /// Whether the screen is wide.
    is_wide: Signal<bool>,
    /// Content.
    children: Children,
) -> impl IntoView {
    let texts = use_app_state().texts;
    let pane = NodeRef::<Section>::new();
    // The list below it is hidden on a phone: the focus moves into the pane.
    Effect::new(move |_| {
        if let Some(pane) = pane.get().filter(|_| !is_wide.get_untracked()) {
            request_animation_frame(move || drop(pane.focus()));
        }
    });
    let start = StoredValue::new(None::<(i32, i32)>);
    let press = move |event: PointerEvent| {
        let is_swipe = event.pointer_type() == "touch" && !scrolls_sideways(&event);
        start.set_value(is_swipe.then(|| (event.client_x(), event.client_y())));
    };
    let release = move |event: PointerEvent| {
        let Some((x, y)) = start.get_value() else { return };
        start.set_value(None);
        let (right, down) = (event.client_x() - x, event.client_y() - y);
        if right.abs() >= SWIPE && right.abs() > 2 * down.abs() {
            on_step.run(if right < 0 { Neighbour::Next } else { Neighbour::Previous });
        }
    };
    let is_first = move || position.get() <= 1;
    let is_last = move || position.get() >= rows.get();
    let place = move || match count.get() {
        Some(count) => fill(texts.position_of(), &[&position.get(), &count]),
        None => fill(texts.position_at(), &[&position.get()]),
    };
    view! {
        <section class="pane" class:pane-wide=is_wide aria-label=label tabindex="-1" node_ref=pane
            on:pointerdown=press on:pointerup=release on:pointercancel=move |_| start.set_value(None)>
            <div class="pane-head">
                <button type="button" class="button-quiet pane-close" aria-label=texts.close() on:click=move |_| on_close.run(())>"×"</button>
                <span class="pane-position">{place}</span>
                <button type="button" class="button-quiet" aria-label=texts.previous() title=texts.previous() disabled=is_first
                    on:click=move |_| on_step.run(Neighbour::Previous)>"‹"</button>
                <button type="button" class="button-quiet" aria-label=texts.next() title=texts.next() disabled=is_last
                    on:click=move |_| on_step.run(Neighbour::Next)>"›"</button>
            </div>
            {children()}
        </section>
    }
}

/// Returns whether an event is within a box that scrolls sideways.
fn scrolls_sideways(event: &PointerEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let scroll_box = target.and_then(|target| target.closest(".scroll").ok().flatten());
    scroll_box.is_some_and(|element| element.scroll_width() > element.client_width())
}
