//! The context of an entry's form, and its fields that the preview shows too.

use super::last_day::{last_day, today_in_china};
use crate::labels::texts::fill;
use crate::state::AppState;
use crate::storage::drafts::Draft;
use crate::ui::date_chips::DateChips;
use crate::ui::form_row::{error_of, form_row};
use crate::ui::stepper::NumberInput;
use jiedui_core::catalogue::{Field, FieldKind};
use jiedui_core::entry::{Path, field};
use jiedui_core::values::date::{format_date, parse_date};
use jiedui_core::values::day::is_long_ago;
use jiedui_core::values::field_error::FieldError;
use leptos::prelude::*;

/// A change of the draft by an input.
pub type DraftChange = Box<dyn Fn(&mut Draft)>;

/// The context that all fields of the form share.
#[derive(Clone, Copy)]
pub struct EntryFormState {
    /// The app's state.
    pub app: AppState,
    /// The draft.
    pub draft: RwSignal<Option<Draft>>,
    /// Validation errors.
    pub errors: RwSignal<Vec<FieldError>>,
    /// Fields for which a reviewer has returned the entry.
    pub concerned: StoredValue<Vec<String>>,
    /// The reviewer's reason for that.
    pub return_reason: StoredValue<String>,
    /// Changes the draft and stores it.
    pub edit: Callback<DraftChange>,
}

impl EntryFormState {
    /// Derives the text of a control from the draft.
    pub fn value(self, read: impl Fn(&Draft) -> String + Send + Sync + 'static) -> Signal<String> {
        let draft = self.draft;
        Signal::derive(move || draft.with(|draft| draft.as_ref().map(&read).unwrap_or_default()))
    }

    /// Changes the draft and stores it.
    pub fn change(self, change: impl Fn(&mut Draft) + 'static) {
        self.edit.run(Box::new(change));
    }

    /// Returns the validation error of a field.
    pub fn error(self, field: &str) -> Signal<Option<String>> {
        error_of(self.app, self.errors, field)
    }

    /// Renders a field with its label above and its error below.
    pub fn row(self, field: &str, label: String, control: AnyView) -> impl IntoView + use<> {
        let row = form_row(field, label, self.error(field), control);
        let is_concerned = self.concerned.with_value(|concerned| is_concerned(concerned, field));
        let note = is_concerned.then(|| {
            let words = self.app.texts.returned_here();
            let words = self.return_reason.with_value(|reason| match reason.is_empty() {
                true => words.to_owned(),
                false => format!("{words}：{reason}"),
            });
            view! { <p class="ask">{words}</p> }
        });
        view! { <div class:form-flagged=is_concerned>{note}{row}</div> }
    }

    /// Renders the field of the date.
    pub fn when(self) -> impl IntoView + use<> {
        let (value, error) = (self.value(|draft| draft.date.clone()), self.error(field::DATE));
        let set = move |date: String| self.change(move |draft| draft.date.clone_from(&date));
        let app = self.app;
        let last = move || last_day(app).map(format_date);
        // Not wrong, but likely mistyped.
        let long_ago = Memo::new(move |_| {
            let day = value.with(|value| parse_date(value))?;
            is_long_ago(day, today_in_china()?).then(|| day.year())
        });
        let chips = today_in_china().map(|today| view! { <DateChips today value on_choose=Callback::new(set)/> });
        let control = view! {
            {chips}
            <input id="field-date" type="date" max=last prop:value=value on:input=move |event| set(event_target_value(&event))
                aria-invalid=move || error.get().is_some().to_string() aria-describedby="error-date date-long-ago"/>
            <p class="hint warn" id="date-long-ago" role="status">
                {move || long_ago.get().map(|year| fill(app.texts.date_long_ago(), &[&year]))}
            </p>
        };
        self.row(field::DATE, self.app.texts.date().to_owned(), control.into_any())
    }

    /// Renders the field of a number, with its unit.
    pub fn number(self, field: &Field) -> impl IntoView + use<> {
        let (app, code, name) = (self.app, field.code.clone(), field.path().to_string());
        let (error, id) = (self.error(&name), format!("values-{code}"));
        let value = self.value({
            let code = code.clone();
            move |draft| draft.values.get(&code).cloned().unwrap_or_default()
        });
        let change = Callback::new(move |text: String| {
            let code = code.clone();
            self.change(move |draft| drop(draft.values.insert(code.clone(), text.clone())));
        });
        let optional = if field.required { "" } else { app.texts.optional() };
        let label = format!("{}{optional}", app.pick(&field.name, &field.name_en));
        let unit = app.pick(&field.unit, &field.unit_en).to_owned();
        let invalid = Signal::derive(move || error.get().is_some());
        let control = view! {
            <NumberInput id=format!("field-{id}") error_id=format!("error-{id}") value on_change=change unit
                is_whole=field.kind == FieldKind::Integer invalid/>
            {self.hint(field)}
        };
        self.row(&name, label, control.into_any())
    }
}

/// Returns whether an entry was returned because of a field. `values` means every number.
pub fn is_concerned(concerned: &[String], field: &str) -> bool {
    concerned.iter().any(|path| Path::from(field).is_within(&Path::from(path)))
}
