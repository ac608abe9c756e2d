//! Places and programmes of an account.

use crate::state::use_app_state;
use crate::ui::form_row::{error_of, form_row};
use crate::ui::place_field::PlaceField;
use jiedui_core::access::user::{Scope, User};
use jiedui_core::values::field_error::FieldError;
use leptos::prelude::*;

/// Choice of places and programmes within the scope of the user. An empty list stands for all of them, and is
/// offered to users who have all.
#[component]
pub fn ScopeFields(
    /// The scope.
    scope: RwSignal<Scope>,
    /// Errors of the form.
    errors: RwSignal<Vec<FieldError>>,
    /// Scope of the user who administers.
    actor: User,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let is_admin = actor.role == jiedui_core::access::user::Role::Admin;
    let (has_all_places, has_all_programmes) =
        (is_admin || actor.scope.places.is_empty(), is_admin || actor.scope.programmes.is_empty());
    let place_error = error_of(app, errors, "places");
    let clear = move |field: &'static str| errors.update(|errors| errors.retain(|error| error.field != field));
    let add = Callback::new(move |code: String| {
        clear("places");
        scope.update(|scope| {
            if !scope.places.contains(&code) {
                scope.places.push(code);
            }
        });
    });
    let chosen = move || {
        let codes = scope.with(|scope| scope.places.clone());
        if codes.is_empty() {
            let words = if has_all_places { texts.all_places() } else { texts.please_choose() };
            return view! { <li class="note">{words}</li> }.into_any();
        }
        let row = |code: String| {
            let name = app.geography.places.with(|places| places.label(&code));
            let remove = move |_| scope.update(|scope| scope.places.retain(|other| *other != code));
            view! {
                <li><span>{name}</span><button type="button" class="button button-quiet" on:click=remove>{texts.remove_place()}</button></li>
            }
        };
        codes.into_iter().map(row).collect_view().into_any()
    };
    let place_control = view! {
        <PlaceField value=Signal::stored(String::new()) invalid=Signal::derive(move || place_error.get().is_some()) on_choose=add/>
        <ul class="people-places">{chosen}</ul>
    };
    let programmes = app.overviews.server.with_untracked(|overview| {
        let all = overview.iter().flat_map(|overview| &overview.catalogue.programmes);
        let of_actor = all.filter(|programme| is_admin || actor.scope.has_programme(&programme.code));
        of_actor
            .map(|programme| (programme.code.clone(), app.pick(&programme.name, &programme.name_en).to_owned()))
            .collect::<Vec<_>>()
    });
    let programme = move |(code, name): (String, String)| {
        let (of_value, of_change) = (code.clone(), code);
        let checked = move || scope.with(|scope| scope.programmes.contains(&of_value));
        let toggle = move |event: leptos::ev::Event| {
            clear("programmes");
            let is_on = event_target_checked(&event);
            scope.update(|scope| {
                scope.programmes.retain(|other| *other != of_change);
                if is_on {
                    scope.programmes.push(of_change.clone());
                }
            });
        };
        view! { <label class="choose"><input type="checkbox" prop:checked=checked on:change=toggle/>{name}</label> }
    };
    let programme_error = error_of(app, errors, "programmes");
    view! {
        {form_row("place", texts.account_places().to_owned(), place_error, place_control.into_any())}
        <fieldset class="form-row" class:wrong=move || programme_error.get().is_some()>
            <legend>{texts.person_programmes()}</legend>
            {has_all_programmes.then(|| view! { <p class="hint">{texts.person_programmes_hint()}</p> })}
            {programmes.into_iter().map(programme).collect_view()}
            <p class="error">{move || programme_error.get()}</p>
        </fieldset>
    }
}
