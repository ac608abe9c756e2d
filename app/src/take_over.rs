//! From the page that the server painted to the one that the app paints, without losing what was typed or looked at.

use leptos::prelude::{document, request_animation_frame};
use wasm_bindgen::JsCast;
use web_sys::{Event, EventInit, HtmlElement, HtmlInputElement, HtmlSelectElement};

/// Something that somebody has filled in.
struct Filled {
    selector: String,
    value: String,
    focused: bool,
}

/// Empties the page, lets `paint` paint it again and puts back what was filled in. The browser shows nothing in
/// between, and the height being the same, it stays where it was scrolled to.
pub fn with(paint: impl FnOnce()) {
    let filled = filled();
    if let Some(body) = document().body() {
        body.set_inner_html("");
    }
    paint();
    // The router draws its page a moment later, but before the browser shows the next frame.
    request_animation_frame(move || filled.iter().for_each(put_back));
}

fn filled() -> Vec<Filled> {
    let Ok(fields) = document().query_selector_all("input[name], select[name]") else { return Vec::new() };
    let focused = document().active_element();
    let field = |index| {
        let element = fields.item(index)?.dyn_into::<HtmlElement>().ok()?;
        let input = element.dyn_ref::<HtmlInputElement>();
        let (tag, value, changed) = match input {
            Some(input) => ("input", input.value(), input.value() != input.default_value()),
            // A choice in a filter is in the address only once it has been sent.
            None => ("select", element.dyn_ref::<HtmlSelectElement>()?.value(), false),
        };
        let focused = focused.as_ref() == Some(element.as_ref());
        let selector = format!("{tag}[name={}]", element.get_attribute("name")?);
        (changed || focused).then_some(Filled { selector, value, focused })
    };
    (0..fields.length()).filter_map(field).collect()
}

fn put_back(own: &Filled) {
    let Ok(Some(element)) = document().query_selector(&own.selector) else { return };
    if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
        input.set_value(&own.value);
        let bubbling = EventInit::new();
        bubbling.set_bubbles(true);
        if let Ok(event) = Event::new_with_event_init_dict("input", &bubbling) {
            let _ = input.dispatch_event(&event);
        }
    }
    if own.focused
        && let Some(element) = element.dyn_ref::<HtmlElement>()
    {
        let _ = element.focus();
    }
}
