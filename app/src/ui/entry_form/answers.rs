//! The fields of an activity: numbers, texts, choices, checklists, tables and computed numbers.

use super::fields::EntryFormState;
use crate::storage::drafts::Draft;
use crate::ui::number_input::read_number;
use jiedui_core::catalogue::Field;
use jiedui_core::catalogue::{Choice, Computed, FieldKind};
use leptos::prelude::*;

impl EntryFormState {
    /// Renders a field of the activity. It is hidden while its condition is not met.
    pub fn answer(self, field: &Field) -> impl IntoView + use<> {
        let control = match (&field.computed, field.kind) {
            (Some(computed), _) => self.computed(field, computed.clone()).into_any(),
            (None, FieldKind::Integer | FieldKind::Number) => self.number(field).into_any(),
            (None, FieldKind::Text) => self.words(field).into_any(),
            (None, FieldKind::Choice) => self.one_of(field).into_any(),
            (None, FieldKind::Choices) => self.any_of(field).into_any(),
            (None, FieldKind::Table) => self.table(field).into_any(),
        };
        let (when, draft) = (StoredValue::new(field.clone()), self.draft);
        let is_asked = Memo::new(move |_| {
            draft.with(|draft| {
                let chosen = |code: &str| draft.as_ref().map(|draft| draft.chosen(code)).unwrap_or_default();
                when.with_value(|field| field.is_asked(chosen))
            })
        });
        let section = self.app.pick(&field.section, &field.section_en).to_owned();
        view! {
            {(!section.is_empty()).then(|| view! { <h2 class="section">{section}</h2> })}
            <div hidden=move || !is_asked.get()>{control}</div>
        }
    }

    /// Returns the field's label, and whether it is optional.
    fn label(self, field: &Field) -> String {
        let optional = if field.required { "" } else { self.app.texts.optional() };
        format!("{}{optional}", self.app.pick(&field.name, &field.name_en))
    }

    /// Renders the hint of a field, if it has one.
    pub fn hint(self, field: &Field) -> Option<impl IntoView + use<>> {
        let hint = self.app.pick(&field.hint, &field.hint_en).to_owned();
        (!hint.is_empty()).then(|| view! { <p class="hint">{hint}</p> })
    }

    fn answer_error(self, field: &Field) -> (String, Signal<Option<String>>) {
        let name = field.path().to_string();
        (name.clone(), self.error(&name))
    }

    fn choose(self, code: &str, chosen: Vec<String>) {
        let code = code.to_owned();
        self.change(move |draft| drop(draft.details.insert(code.clone(), chosen.clone())));
    }

    fn words(self, field: &Field) -> impl IntoView + use<> {
        let (name, error) = self.answer_error(field);
        let (code, id) = (field.code.clone(), format!("details-{}", field.code));
        let value = self.value({
            let code = code.clone();
            move |draft: &Draft| draft.chosen(&code).into_iter().next().unwrap_or_default()
        });
        let control = view! {
            <input id=format!("field-{id}") type="text" autocomplete="off" maxlength="2000" prop:value=value
                on:input=move |event| self.choose(&code, vec![event_target_value(&event)])
                aria-invalid=move || error.get().is_some().to_string() aria-describedby=format!("error-{id}")/>
            {self.hint(field)}
        };
        self.row(&name, self.label(field), control.into_any())
    }

    fn one_of(self, field: &Field) -> impl IntoView + use<> {
        let (name, error) = self.answer_error(field);
        let (code, id) = (field.code.clone(), format!("details-{}", field.code));
        let value = self.value({
            let code = code.clone();
            move |draft: &Draft| draft.chosen(&code).into_iter().next().unwrap_or_default()
        });
        let option = |choice: &Choice| {
            let (code, value_code) = (choice.code.clone(), choice.code.clone());
            let name = self.app.pick(&choice.name, &choice.name_en).to_owned();
            view! { <option value=code selected=move || value.get() == value_code>{name}</option> }
        };
        let control = view! {
            <select id=format!("field-{id}") on:change=move |event| self.choose(&code, vec![event_target_value(&event)])
                aria-invalid=move || error.get().is_some().to_string() aria-describedby=format!("error-{id}")>
                <option value="" selected=move || value.get().is_empty()>{self.app.texts.please_choose()}</option>
                {field.choices.iter().map(option).collect_view()}
            </select>
            {self.hint(field)}
        };
        self.row(&name, self.label(field), control.into_any())
    }

    fn any_of(self, field: &Field) -> impl IntoView + use<> {
        let (_, error) = self.answer_error(field);
        let (code, id, draft) = (field.code.clone(), format!("details-{}", field.code), self.draft);
        let item = |choice: &Choice| {
            let (code, value_code) = (code.clone(), StoredValue::new(choice.code.clone()));
            let name = self.app.pick(&choice.name, &choice.name_en).to_owned();
            let chosen = {
                let code = code.clone();
                move || draft.with(|draft| draft.as_ref().map(|draft| draft.chosen(&code)).unwrap_or_default())
            };
            let is_chosen = {
                let chosen = chosen.clone();
                move || value_code.with_value(|value_code| chosen().contains(value_code))
            };
            let toggle = move |_| {
                let (mut all, value_code) = (untrack(&chosen), value_code.get_value());
                let before = all.len();
                all.retain(|code| *code != value_code);
                if all.len() == before {
                    all.push(value_code);
                }
                self.choose(&code, all);
            };
            view! {
                <label class="choose">
                    <input type="checkbox" prop:checked=is_chosen on:change=toggle/>
                    {name}
                </label>
            }
        };
        view! {
            <fieldset class="form-row" id=format!("field-{id}") tabindex="-1" class:wrong=move || error.get().is_some()>
                <legend>{self.label(field)}</legend>
                {field.choices.iter().map(item).collect_view()}
                {self.hint(field)}
                <p class="error">{move || error.get()}</p>
            </fieldset>
        }
    }

    fn computed(self, field: &Field, computed: Computed) -> impl IntoView + use<> {
        let draft = self.draft;
        let amount = move || {
            let number = |code: &str| {
                draft.with(|draft| draft.as_ref()?.values.get(code).and_then(|text| read_number(text).ok()?))
            };
            let column = |table: &str, column: &str| {
                draft.with(|draft| {
                    let rows = draft.as_ref().and_then(|draft| draft.rows.get(table)).into_iter().flatten();
                    rows.filter_map(|row| read_number(row.get(column)?).ok()?).collect()
                })
            };
            computed.of(number, column).map_or("—".to_owned(), |number| number.to_string())
        };
        let unit = self.app.pick(&field.unit, &field.unit_en).to_owned();
        view! {
            <div class="form-row">
                <span class="label">{self.app.pick(&field.name, &field.name_en).to_owned()}</span>
                <output class="form-with-unit"><strong>{amount}</strong><span class="unit">{unit}</span></output>
                {self.hint(field)}
            </div>
        }
    }
}
