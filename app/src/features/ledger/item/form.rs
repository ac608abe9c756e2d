//! Fields of the ledger item form: label, control and error.

use crate::features::ledger::item::draft::Draft;
use crate::state::AppState;
use crate::ui::drafting::Drafting;
use crate::ui::form_row::{error_of, form_row, is_half_typed};
use jiedui_core::directory::place::Places;
use jiedui_core::entry::field;
use jiedui_core::figures::overview::Overview;
use jiedui_core::sync::validate_item;
use jiedui_core::values::field_error::add_new;
use jiedui_core::values::field_error::{ErrorCode, FieldError};
use leptos::prelude::*;
use std::sync::Arc;

/// State that the parts of the form share.
#[derive(Clone, Copy)]
pub struct ItemFormState {
    /// State of the app.
    pub app: AppState,
    /// Draft of the item.
    pub drafting: Drafting<Draft>,
    /// Errors of the draft.
    pub errors: RwSignal<Vec<FieldError>>,
}

impl ItemFormState {
    pub(super) fn value(self, name: &'static str) -> Signal<String> {
        Signal::derive(move || {
            self.drafting.draft.with(|draft| draft.as_ref().map(|draft| draft.get(name)).unwrap_or_default())
        })
    }

    /// Changes and stores the draft, and removes errors that are corrected.
    pub fn change(self, change: impl FnOnce(&mut Draft)) {
        self.drafting.change(change);
        if !self.errors.with_untracked(Vec::is_empty)
            && let Some(overview) = self.app.overviews.server.get_untracked()
        {
            let now = self.validate(&(overview, self.app.geography.places.get_untracked()));
            self.errors.update(|errors| errors.retain(|error| now.iter().any(|current| current.field == error.field)));
        }
    }

    pub(super) fn set(self, name: &'static str, text: String) {
        self.change(move |draft| drop(draft.texts.insert(name.to_owned(), text)));
    }

    /// Validates the draft against an overview and the places.
    pub(super) fn validate(self, (overview, places): &(Arc<Overview>, Arc<Places>)) -> Vec<FieldError> {
        let (Some(draft), Some(user)) = (self.drafting.draft.get_untracked(), self.app.session.user.get_untracked())
        else {
            return Vec::new();
        };
        let (fields, mut errors) = draft.fields();
        if is_half_typed("field-due") {
            errors.push(FieldError::new(field::DUE, ErrorCode::NotDate));
        }
        add_new(&mut errors, validate_item(&fields, &user, overview.rules(places)));
        errors
    }

    pub(super) fn error(self, name: &'static str) -> Signal<Option<String>> {
        error_of(self.app, self.errors, name)
    }

    pub(super) fn row(self, name: &'static str, label: &str, control: AnyView) -> impl IntoView + use<> {
        form_row(name, label.to_owned(), self.error(name), control)
    }

    pub(super) fn input(
        self,
        name: &'static str,
        label: &str,
        kind: &'static str,
        mode: &'static str,
        longest: usize,
    ) -> impl IntoView + use<> {
        let (value, error) = (self.value(name), self.error(name));
        let control = view! {
            <input id=format!("field-{name}") type=kind inputmode=mode autocomplete="off" maxlength=longest.to_string() prop:value=value
                aria-invalid=move || error.get().is_some().to_string() aria-describedby=format!("error-{name}")
                on:input=move |event| self.set(name, event_target_value(&event))/>
        };
        self.row(name, label, control.into_any())
    }

    pub(super) fn select(
        self,
        name: &'static str,
        label: &str,
        options: Signal<Vec<(String, String)>>,
    ) -> impl IntoView + use<> {
        let (value, error) = (self.value(name), self.error(name));
        let option = move |(code, words): (String, String)| {
            let option_code = code.clone();
            view! { <option value=code selected=move || value.get() == option_code>{words}</option> }
        };
        let control = view! {
            <select id=format!("field-{name}") aria-invalid=move || error.get().is_some().to_string() aria-describedby=format!("error-{name}")
                on:change=move |event| self.set(name, event_target_value(&event))>
                {move || options.get().into_iter().map(option).collect_view()}
            </select>
        };
        self.row(name, label, control.into_any())
    }
}
