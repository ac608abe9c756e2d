//! Place picker: searches places by their names and the names above them.

use crate::labels::texts::fill;
use crate::state::use_app_state;
use jiedui_core::directory::place::Place;
use leptos::prelude::*;

/// Most places listed at once.
const LIMIT: usize = 20;

/// Searches the places in the user's scope.
#[component]
pub fn PlaceField(
    /// Code of the chosen place; empty for none.
    #[prop(into)]
    value: Signal<String>,
    /// Receives the chosen code.
    on_choose: Callback<String>,
    /// Whether the field has an error, for screen readers.
    #[prop(into)]
    invalid: Signal<bool>,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let query = RwSignal::new(String::new());
    let scope =
        move || app.session.user.with(|user| user.as_ref().map(|user| user.scope.places.clone()).unwrap_or_default());
    let matches = move || {
        let places = app.geography.places.get();
        let matches = places.search(&query.get(), &scope(), LIMIT);
        matches.into_iter().map(|place: &Place| (place.code.clone(), places.label(&place.code))).collect::<Vec<_>>()
    };
    let chosen = move || !value.get().is_empty();
    view! {
        {move || if chosen() {
            let label = app.geography.places.with(|places| match places.all().is_empty() {
                true => texts.loading().to_owned(),
                false => places.label(&value.get()),
            });
            view! {
                <p class="place-chosen">
                    <strong>{label}</strong>
                    <button type="button" class="button-quiet" on:click=move |_| on_choose.run(String::new())>{texts.change()}</button>
                </p>
            }.into_any()
        } else {
            view! {
                <input
                    id="field-place" type="search" autocomplete="off" placeholder=texts.place_hint()
                    aria-invalid=move || invalid.get().to_string() aria-describedby="error-place"
                    prop:value=query on:input=move |event| query.set(event_target_value(&event))
                />
                <ul class="place-offers" aria-label=texts.places_found()>
                    {move || {
                        let matches = matches();
                        // Before the places are loaded, an empty result means nothing.
                        let loading = app.geography.places.with(|places| places.all().is_empty());
                        let none = matches.is_empty() && !loading;
                        let full = matches.len() == LIMIT;
                        view! {
                            {matches.into_iter().map(|(code, label)| view! {
                                <li><button type="button" on:click=move |_| on_choose.run(code.clone())>{label}</button></li>
                            }).collect_view()}
                            {loading.then(|| view! { <li class="empty">{texts.loading()}</li> })}
                            {none.then(|| view! { <li class="empty">{texts.no_place_found()}</li> })}
                            {full.then(|| view! { <li class="empty">{fill(texts.more_places(), &[&LIMIT])}</li> })}
                        }
                    }}
                </ul>
            }.into_any()
        }}
    }
}
