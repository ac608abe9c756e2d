//! Hands fields and focus over from the page that the server painted to the page that the app renders.

use leptos::prelude::{document, request_animation_frame};
use wasm_bindgen::JsCast;
use web_sys::{
    Element, Event, EventInit, HtmlElement, HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement, NodeList,
};

/// A changed or focused field, identified by its position and its attributes.
struct SavedField {
    number: u32,
    identity: [Option<String>; 3],
    answer: Option<Value>,
    focused: bool,
}

/// Value that the user has entered.
enum Value {
    Text(String),
    Choice(String),
}

/// Clears the page except for the icons, lets `render` render it again, and restores the fields. The browser shows nothing in between, and keeps the
/// scroll position since the height is the same.
pub fn hand_over(render: impl FnOnce()) {
    let saved = saved_fields();
    if let Some(body) = document().body() {
        let icons = document().get_element_by_id("icons");
        body.set_inner_html("");
        if let Some(icons) = icons {
            let _ = body.append_child(&icons);
        }
    }
    render();
    // The router renders its page a moment later, but before the next frame.
    request_animation_frame(move || saved.iter().for_each(restore));
}

fn fields() -> Option<NodeList> {
    document().query_selector_all("input, select, textarea").ok()
}

fn identity(element: &Element) -> [Option<String>; 3] {
    ["id", "name", "type"].map(|name| element.get_attribute(name))
}

/// Collects the fields that the user has changed or focused.
fn saved_fields() -> Vec<SavedField> {
    let Some(fields) = fields() else { return Vec::new() };
    let focused = document().active_element();
    let field = |number| {
        let element = fields.item(number)?.dyn_into::<Element>().ok()?;
        let answer = answer(&element);
        let focused = focused.as_ref() == Some(&element);
        (answer.is_some() || focused).then(|| SavedField { number, identity: identity(&element), answer, focused })
    };
    (0..fields.length()).filter_map(field).collect()
}

/// Returns the value that the user has entered; `None` for an unchanged field.
fn answer(element: &Element) -> Option<Value> {
    if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
        return match input.type_().as_str() {
            // The server paints no checkbox; a script may not choose a file; the browser restores sliders by itself.
            "checkbox" | "radio" | "file" | "range" => None,
            _ => (input.value() != input.default_value()).then(|| Value::Text(input.value())),
        };
    }
    if let Some(area) = element.dyn_ref::<HtmlTextAreaElement>() {
        return (area.value() != area.default_value().unwrap_or_default()).then(|| Value::Text(area.value()));
    }
    let select = element.dyn_ref::<HtmlSelectElement>()?;
    let first =
        ["option[selected]", "option"].iter().find_map(|selector| select.query_selector(selector).ok().flatten())?;
    let first = first.get_attribute("value").or_else(|| first.text_content())?;
    (select.value() != first).then(|| Value::Choice(select.value()))
}

fn restore(saved: &SavedField) {
    let element = fields().and_then(|fields| fields.item(saved.number)?.dyn_into::<HtmlElement>().ok());
    let Some(element) = element.filter(|element| identity(element) == saved.identity) else { return };
    match &saved.answer {
        Some(Value::Text(text)) => {
            if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
                input.set_value(text);
            } else if let Some(area) = element.dyn_ref::<HtmlTextAreaElement>() {
                area.set_value(text);
            }
            dispatch(&element, "input");
        }
        Some(Value::Choice(value)) => {
            if let Some(select) = element.dyn_ref::<HtmlSelectElement>() {
                select.set_value(value);
                dispatch(&element, "change");
            }
        }
        None => {}
    }
    if saved.focused {
        let _ = element.focus();
    }
}

/// Dispatches an event as the browser does after input.
fn dispatch(element: &Element, name: &str) {
    let bubbling = EventInit::new();
    bubbling.set_bubbles(true);
    if let Ok(event) = Event::new_with_event_init_dict(name, &bubbling) {
        let _ = element.dispatch_event(&event);
    }
}
