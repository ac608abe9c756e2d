//! Parts of the page that the server painted and whose code is in a lazy chunk. The app shows the painting until the chunk is there.

use leptos::prelude::document;
use std::cell::RefCell;
use std::collections::BTreeMap;
use wasm_bindgen::JsCast;
use web_sys::Element;

thread_local! {
    static PAINTED: RefCell<BTreeMap<String, String>> = const { RefCell::new(BTreeMap::new()) };
}

/// Keeps the painting of every element that has the attribute `data-painted`, before the page is cleared.
pub fn keep() {
    let Ok(elements) = document().query_selector_all("[data-painted]") else { return };
    let painting = |number| {
        let element = elements.item(number)?.dyn_into::<Element>().ok()?;
        Some((element.get_attribute("data-painted")?, element.inner_html()))
    };
    PAINTED.set((0..elements.length()).filter_map(painting).collect());
}

/// Takes the painting of a part: it is shown once. Always `None` on the server.
pub fn take(part: &str) -> Option<String> {
    PAINTED.with_borrow_mut(|painted| painted.remove(part))
}
