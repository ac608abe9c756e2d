//! From the page that the server painted to the one that the app paints, without losing what was filled in or looked at.

use leptos::prelude::{document, request_animation_frame};
use wasm_bindgen::JsCast;
use web_sys::{
    Element, Event, EventInit, HtmlElement, HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement, NodeList,
};

/// A field of the page, known again by its place among them and what it is.
struct Left {
    number: u32,
    identity: [Option<String>; 3],
    answer: Option<Answer>,
    focused: bool,
}

/// What somebody has filled in.
enum Answer {
    Text(String),
    Choice(String),
}

/// Empties the page, lets `paint` paint it again and puts back what was filled in. The browser shows nothing in
/// between, and the height being the same, it stays where it was scrolled to.
pub fn with(paint: impl FnOnce()) {
    let left = left();
    if let Some(body) = document().body() {
        body.set_inner_html("");
    }
    paint();
    // The router draws its page a moment later, but before the browser shows the next frame.
    request_animation_frame(move || left.iter().for_each(put_back));
}

fn fields() -> Option<NodeList> {
    document().query_selector_all("input, select, textarea").ok()
}

fn identity(element: &Element) -> [Option<String>; 3] {
    ["id", "name", "type"].map(|own| element.get_attribute(own))
}

/// The fields that somebody has changed or is in.
fn left() -> Vec<Left> {
    let Some(fields) = fields() else { return Vec::new() };
    let focused = document().active_element();
    let field = |number| {
        let element = fields.item(number)?.dyn_into::<Element>().ok()?;
        let answer = answer(&element);
        let focused = focused.as_ref() == Some(&element);
        (answer.is_some() || focused).then(|| Left { number, identity: identity(&element), answer, focused })
    };
    (0..fields.length()).filter_map(field).collect()
}

/// What a field was changed to.
fn answer(element: &Element) -> Option<Answer> {
    if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
        return match input.type_().as_str() {
            // No box is painted by the server, a script may not choose a file, and a slider that nobody has seen yet stands
            // where the browser put it.
            "checkbox" | "radio" | "file" | "range" => None,
            _ => (input.value() != input.default_value()).then(|| Answer::Text(input.value())),
        };
    }
    if let Some(area) = element.dyn_ref::<HtmlTextAreaElement>() {
        return (area.value() != area.default_value().unwrap_or_default()).then(|| Answer::Text(area.value()));
    }
    let select = element.dyn_ref::<HtmlSelectElement>()?;
    let first = ["option[selected]", "option"].iter().find_map(|own| select.query_selector(own).ok().flatten())?;
    let first = first.get_attribute("value").or_else(|| first.text_content())?;
    (select.value() != first).then(|| Answer::Choice(select.value()))
}

fn put_back(left: &Left) {
    let element = fields().and_then(|fields| fields.item(left.number)?.dyn_into::<HtmlElement>().ok());
    let Some(element) = element.filter(|element| identity(element) == left.identity) else { return };
    match &left.answer {
        Some(Answer::Text(text)) => {
            if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
                input.set_value(text);
            } else if let Some(area) = element.dyn_ref::<HtmlTextAreaElement>() {
                area.set_value(text);
            }
            tell(&element, "input");
        }
        Some(Answer::Choice(value)) => {
            if let Some(select) = element.dyn_ref::<HtmlSelectElement>() {
                select.set_value(value);
                tell(&element, "change");
            }
        }
        None => {}
    }
    if left.focused {
        let _ = element.focus();
    }
}

/// Tells the app of a change as the browser does.
fn tell(element: &Element, what: &str) {
    let bubbling = EventInit::new();
    bubbling.set_bubbles(true);
    if let Ok(event) = Event::new_with_event_init_dict(what, &bubbling) {
        let _ = element.dispatch_event(&event);
    }
}
