//! A choice from a long list: a row that opens a sheet with search and the recent choices.

use crate::labels::texts::fill;
use crate::state::use_app_state;
use crate::ui::chips::{Chip, Chips};
use crate::ui::sheet::Sheet;
use leptos::prelude::*;

/// Most options listed at once.
const LIMIT: usize = 60;

/// An option of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct PickOption {
    /// Identifier.
    pub id: String,
    /// Name.
    pub name: String,
    /// Lower-case text in which the words of a search must occur.
    pub words: String,
}

/// The row, and the sheet that it opens.
#[component]
pub fn PickField(
    /// Name of the field in the identifiers of its row.
    field: &'static str,
    /// Heading of the sheet.
    label: &'static str,
    /// Identifier of the chosen option; empty for none.
    #[prop(into)]
    value: Signal<String>,
    /// Options.
    options: Vec<PickOption>,
    /// Identifiers of recent choices, the latest first.
    #[prop(into)]
    recent: Signal<Vec<String>>,
    /// Receives the identifier of the chosen option; empty for none.
    on_choose: Callback<String>,
) -> impl IntoView {
    let texts = use_app_state().texts;
    let options = StoredValue::new(options);
    let (open, query) = (RwSignal::new(false), RwSignal::new(String::new()));
    let name_of = move |id: &str| {
        options.with_value(|options| options.iter().find(|option| option.id == id).map(|option| option.name.clone()))
    };
    let name = Signal::derive(move || value.with(|id| name_of(id)));
    let choose = Callback::new(move |id: String| {
        on_choose.run(id);
        query.set(String::new());
        open.set(false);
    });
    let recent_chips = Signal::derive(move || {
        let chip = |id: &String| Some(Chip { value: id.clone(), text: name_of(id)? });
        recent.with(|recent| recent.iter().filter_map(chip).collect())
    });
    let list = move || {
        let text = query.get().to_lowercase();
        let words: Vec<&str> = text.split_whitespace().collect();
        let matches: Vec<PickOption> = options.with_value(|options| {
            let has = |option: &&PickOption| words.iter().all(|word| option.words.contains(word));
            options.iter().filter(has).take(LIMIT).cloned().collect()
        });
        let (is_empty, is_full) = (matches.is_empty(), matches.len() == LIMIT);
        let item = |option: PickOption| {
            let (id, current) = (option.id.clone(), option.id);
            view! {
                <li><button type="button" aria-pressed=move || (value.get() == current).to_string()
                    on:click=move |_| choose.run(id.clone())>{option.name}</button></li>
            }
        };
        view! {
            {words.is_empty().then(|| view! { <li><button type="button" on:click=move |_| choose.run(String::new())>{texts.none_of_these()}</button></li> })}
            {matches.into_iter().map(item).collect_view()}
            {is_empty.then(|| view! { <li class="empty">{texts.no_match()}</li> })}
            {is_full.then(|| view! { <li class="empty">{fill(texts.more_matches(), &[&LIMIT])}</li> })}
        }
    };
    view! {
        <PickRow field text=name open/>
        <Sheet label open>
            <input type="search" autocomplete="off" placeholder=texts.search_organisations() aria-label=texts.search()
                prop:value=query on:input=move |event| query.set(event_target_value(&event)) on:keydown=ignore_enter/>
            <Chips label=texts.recent() options=recent_chips value on_choose=choose is_named=true/>
            <ul class="place-offers">{list}</ul>
        </Sheet>
    }
}

/// The row of a field whose values are chosen in a sheet.
#[component]
pub fn PickRow(
    /// Name of the field in the identifiers of its row.
    field: &'static str,
    /// Text of the chosen value.
    #[prop(into)]
    text: Signal<Option<String>>,
    /// Opens the sheet.
    open: RwSignal<bool>,
) -> impl IntoView {
    let texts = use_app_state().texts;
    let is_chosen = move || text.with(Option::is_some);
    view! {
        <button type="button" class="pick" id=format!("field-{field}") class:place-chosen=is_chosen aria-haspopup="dialog"
            aria-expanded=move || open.get().to_string() aria-labelledby=format!("label-{field} field-{field}")
            aria-describedby=format!("error-{field}") on:click=move |_| open.set(true)>
            <span>{move || text.get().unwrap_or_else(|| texts.please_choose().to_owned())}</span>
            <span class="pick-mark" aria-hidden="true">"›"</span>
        </button>
    }
}

/// Keeps the Enter key of a search from submitting the form around it.
pub fn ignore_enter(event: leptos::ev::KeyboardEvent) {
    if event.key() == "Enter" {
        event.prevent_default();
    }
}
