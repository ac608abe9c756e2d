//! The navigation: a rail at the left of a desktop, a tab bar at the foot of a phone.

use super::on_wall;
use crate::state::use_app_state;
use crate::ui::icon::icon_html;
use crate::ui::navigation::{Group, destinations, section, tab_bar};
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use maud::html;
use wasm_bindgen::JsCast;
use web_sys::Element;

/// Links that the navigation marks.
const LINKS: &str = ".rail a, .bar-end a";

/// Returns a function that marks the address to which a path belongs, for `aria-current`.
pub fn current_mark(path: &str) -> impl Fn(&str) -> Option<&'static str> + use<> {
    let current = section(path).map(|to| to.address);
    move |address| (current == Some(address)).then_some("page")
}

/// Marks the links to the current section. They stay in the page, so a link that was pressed by keyboard keeps the focus.
fn mark_links(path: &str) {
    let mark = current_mark(path);
    let Ok(links) = document().query_selector_all(LINKS) else { return };
    for link in (0..links.length()).filter_map(|number| links.item(number)?.dyn_into::<Element>().ok()) {
        let address = link.get_attribute("href").unwrap_or_default();
        let _ = match mark(&address) {
            Some(value) => link.set_attribute("aria-current", value),
            None => link.remove_attribute("aria-current"),
        };
    }
}

/// The navigation of the user's role. Its links are HTML text, which is smaller in the first wasm file than views.
#[component]
pub fn Rail() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let location = use_location();
    let role = Memo::new(move |_| app.session.user.with(|user| user.as_ref().map(|user| user.role)));
    // Every screen shows the number of returned entries and conflicts.
    let notices =
        Memo::new(move |_| app.my_entries.summary.with(|mine| mine.as_ref().map_or(0, |mine| mine.to_settle)));
    let links = move || {
        let (role, notices) = (role.get(), notices.get());
        let mark = current_mark(&location.pathname.get_untracked());
        html! {
            @for group in Group::ALL.into_iter().filter(|group| destinations(role, *group).next().is_some()) {
                ul aria-label=(group.name(texts)) {
                    @for to in destinations(role, group) {
                        li class=[tab_bar(role).contains(&to.address).then_some("rail-tab")] {
                            a href=(to.address) class=[(to.icon == "new").then_some("rail-new")] aria-current=[mark(to.address)] {
                                (icon_html(to.icon))
                                span { ((to.name)(texts)) }
                                @if to.address == "/work" && notices > 0 { " " span class="count" { (notices) } }
                            }
                        }
                    }
                }
            }
        }
        .into_string()
    };
    Effect::new(move |_| location.pathname.with(|path| mark_links(path)));
    view! { <nav class="rail" aria-label=texts.navigation() hidden=on_wall() inner_html=links></nav> }
}
