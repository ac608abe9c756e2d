//! A table in a form: rows with the same columns.

use super::fields::EntryFormState;
use crate::labels::texts::fill;
use crate::storage::drafts::Draft;
use jiedui_core::catalogue::Field;
use jiedui_core::catalogue::{Choice, FieldKind};
use jiedui_core::entry::ROWS;
use jiedui_core::sync::Path;
use leptos::prelude::*;

impl EntryFormState {
    /// Renders the rows and the button that adds one.
    pub fn table(self, field: &Field) -> impl IntoView + use<> {
        let texts = self.app.texts;
        let (code, columns) = (StoredValue::new(field.code.clone()), StoredValue::new(field.columns.clone()));
        let draft = self.draft;
        let count = Memo::new(move |_| {
            draft.with(|draft| {
                let rows = draft.as_ref().and_then(|draft| code.with_value(|code| draft.rows.get(code)));
                rows.map_or(0, Vec::len)
            })
        });
        let add = move |_| {
            let code = code.get_value();
            self.change(move |draft| draft.rows.entry(code.clone()).or_default().push(Default::default()));
        };
        let row = move |number: usize| {
            let remove = move |_| {
                let code = code.get_value();
                self.change(move |draft| {
                    let rows = draft.rows.entry(code.clone()).or_default();
                    if number < rows.len() {
                        rows.remove(number);
                    }
                });
            };
            let cells = columns.with_value(|columns| {
                columns.iter().map(|column| code.with_value(|code| self.cell(code, number, column))).collect_view()
            });
            view! {
                <li>
                    <p class="form-row-head">
                        <strong>{fill(texts.row_number(), &[&(number + 1)])}</strong>
                        <button type="button" class="button-quiet" on:click=remove>{texts.take_out()}</button>
                    </p>
                    {cells}
                </li>
            }
        };
        let optional = if field.required { "" } else { texts.optional() };
        let legend = format!("{}{optional}", self.app.pick(&field.name, &field.name_en));
        let error = self.error(&field.path().to_string());
        view! {
            <fieldset class="form-row form-table" id=format!("field-details-{}", field.code) tabindex="-1" class:wrong=move || error.get().is_some()>
                <legend>{legend}</legend>
                <ol>{move || (0..count.get()).map(row).collect_view()}</ol>
                {move || (count.get() < ROWS).then(|| view! { <button type="button" class="button" on:click=add>{texts.row_add()}</button> })}
                {self.hint(field)}
                <p class="error">{move || error.get()}</p>
            </fieldset>
        }
    }

    fn cell(self, table: &str, number: usize, column: &Field) -> impl IntoView + use<> {
        let name = Path::cell(table, number, &column.code).to_string();
        let id = name.replace('.', "-");
        let (table, code, error) = (table.to_owned(), column.code.clone(), self.error(&name));
        let value = self.value({
            let (table, code) = (table.clone(), code.clone());
            move |draft: &Draft| {
                draft.rows.get(&table).and_then(|rows| rows.get(number)?.get(&code).cloned()).unwrap_or_default()
            }
        });
        let set = move |text: String| {
            let (table, code) = (table.clone(), code.clone());
            self.change(move |draft| {
                if let Some(row) = draft.rows.entry(table.clone()).or_default().get_mut(number) {
                    row.insert(code.clone(), text.clone());
                }
            });
        };
        let invalid = move || error.get().is_some().to_string();
        let control = match column.kind {
            FieldKind::Choice => {
                let option = |choice: &Choice| {
                    let (code, option_code) = (choice.code.clone(), choice.code.clone());
                    let name = self.app.pick(&choice.name, &choice.name_en).to_owned();
                    view! { <option value=code selected=move || value.get() == option_code>{name}</option> }
                };
                view! {
                    <select id=format!("field-{id}") aria-invalid=invalid on:change=move |event| set(event_target_value(&event))>
                        <option value="">{self.app.texts.please_choose()}</option>
                        {column.choices.iter().map(option).collect_view()}
                    </select>
                }
                .into_any()
            }
            kind => {
                let keyboard = match kind {
                    FieldKind::Integer => "numeric",
                    FieldKind::Number => "decimal",
                    _ => "text",
                };
                view! {
                    <span class="stepper-box">
                        <input id=format!("field-{id}") type="text" inputmode=keyboard autocomplete="off" prop:value=value
                            aria-invalid=invalid on:input=move |event| set(event_target_value(&event))/>
                        <span class="unit">{self.app.pick(&column.unit, &column.unit_en).to_owned()}</span>
                    </span>
                }
                .into_any()
            }
        };
        let optional = if column.required { "" } else { self.app.texts.optional() };
        self.row(&name, format!("{}{optional}", self.app.pick(&column.name, &column.name_en)), control)
    }
}
