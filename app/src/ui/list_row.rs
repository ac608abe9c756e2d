//! Rows of a list on a phone, 72 px high: a title, two lines and a thumbnail. Rows can be chosen in selection mode, which a long
//! press begins.

use crate::state::use_app_state;
use crate::ui::data_table::is_within;
use crate::ui::html::Html;
use leptos::ev::MouseEvent;
use leptos::prelude::*;
use maud::html;
use std::collections::BTreeSet;
use uuid::Uuid;

/// A row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ListRow {
    /// Identifier of the record.
    pub id: Uuid,
    /// Address of the record's page.
    pub address: String,
    /// Style attribute, with the colour of a programme.
    pub style: String,
    /// Title.
    pub title: String,
    /// Marks next to the title.
    pub marks: Html,
    /// Lines below the title.
    pub lines: [String; 2],
    /// Address of the thumbnail; empty for none.
    pub thumbnail: String,
}

/// The rows.
#[component]
pub fn ListRows(
    /// Rows of the page.
    #[prop(into)]
    rows: Signal<Vec<ListRow>>,
    /// Receives the row that is pressed.
    on_open: Callback<Uuid>,
    /// Chosen rows; without it, rows cannot be chosen.
    #[prop(optional)]
    chosen: Option<RwSignal<BTreeSet<Uuid>>>,
    /// Whether a press chooses a row.
    #[prop(optional)]
    is_choosing: RwSignal<bool>,
) -> impl IntoView {
    let texts = use_app_state().texts;
    let toggle = move |id: Uuid| {
        if let Some(chosen) = chosen {
            chosen.update(|chosen| {
                if !chosen.remove(&id) {
                    chosen.insert(id);
                }
            });
        }
    };
    let row = move |ListRow { id, address, style, title, marks, lines: [first, second], thumbnail }: ListRow| {
        let press = move |event: MouseEvent| {
            if event.ctrl_key() || event.meta_key() || event.button() != 0 || is_within(&event, ".row-check") {
                return;
            }
            event.prevent_default();
            if is_choosing.get_untracked() { toggle(id) } else { on_open.run(id) }
        };
        let hold = move |event: MouseEvent| {
            if chosen.is_some() && !is_choosing.get_untracked() {
                event.prevent_default();
                is_choosing.set(true);
                toggle(id);
            }
        };
        let checkbox = move || {
            let chosen = chosen.filter(|_| is_choosing.get())?;
            Some(view! {
                <label class="row-check">
                    <input type="checkbox" aria-label=texts.choose_this()
                        prop:checked=move || chosen.with(|chosen| chosen.contains(&id)) on:change=move |_| toggle(id)/>
                </label>
            })
        };
        let photo = (!thumbnail.is_empty())
            .then(|| view! { <img class="row-photo" src=thumbnail alt=texts.photo() loading="lazy"/> });
        let text = html! {
            strong { (title) (marks) }
            span { (first) }
            span { (second) }
        };
        view! {
            <li class="row" data-entry=id.to_string() style=style on:click=press on:contextmenu=hold>
                {checkbox}
                <a href=address inner_html=text.into_string()></a>
                {photo}
            </li>
        }
    };
    view! { <ul class="rows"><For each=move || rows.get() key=ListRow::clone children=row/></ul> }
}
