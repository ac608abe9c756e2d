//! Choosing a place: by typing a part of its name, or of the names above it.

use crate::labels::texts::fill;
use crate::state::use_app_state;
use jiedui_core::directory::place::Place;
use leptos::prelude::*;

/// How many places are offered at once.
const OFFERED: usize = 20;

/// A search in the tree of places, within those where the person works.
#[component]
pub fn PlaceField(
    /// The chosen place's code; empty for none.
    #[prop(into)]
    value: Signal<String>,
    /// Takes the code that is chosen.
    on_choose: Callback<String>,
    /// Whether the field is wrong, for those who hear the screen.
    #[prop(into)]
    invalid: Signal<bool>,
) -> impl IntoView {
    let model = use_app_state();
    let texts = model.texts;
    let query = RwSignal::new(String::new());
    let within =
        move || model.user.with(|user| user.as_ref().map(|user| user.scope.places.clone()).unwrap_or_default());
    let found = move || {
        let places = model.places.get();
        let found = places.search(&query.get(), &within(), OFFERED);
        found.into_iter().map(|place: &Place| (place.code.clone(), places.label(&place.code))).collect::<Vec<_>>()
    };
    let chosen = move || !value.get().is_empty();
    view! {
        {move || if chosen() {
            let label = model.places.with(|places| match places.all().is_empty() {
                true => texts.loading.to_owned(),
                false => places.label(&value.get()),
            });
            view! {
                <p class="chosen-place">
                    <strong>{label}</strong>
                    <button type="button" class="quiet" on:click=move |_| on_choose.run(String::new())>{texts.change}</button>
                </p>
            }.into_any()
        } else {
            view! {
                <input
                    id="field-place" type="search" autocomplete="off" placeholder=texts.place_hint
                    aria-invalid=move || invalid.get().to_string() aria-describedby="error-place"
                    prop:value=query on:input=move |event| query.set(event_target_value(&event))
                />
                <ul class="offers" aria-label=texts.places_found>
                    {move || {
                        let found = found();
                        // No place is missing before the places are there.
                        let loading = model.places.with(|places| places.all().is_empty());
                        let none = found.is_empty() && !loading;
                        let full = found.len() == OFFERED;
                        view! {
                            {found.into_iter().map(|(code, label)| view! {
                                <li><button type="button" on:click=move |_| on_choose.run(code.clone())>{label}</button></li>
                            }).collect_view()}
                            {loading.then(|| view! { <li class="empty">{texts.loading}</li> })}
                            {none.then(|| view! { <li class="empty">{texts.no_place_found}</li> })}
                            {full.then(|| view! { <li class="empty">{fill(texts.more_places, &[&OFFERED])}</li> })}
                        }
                    }}
                </ul>
            }.into_any()
        }}
    }
}
