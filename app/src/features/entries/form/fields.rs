//! The form's fields of the entry itself: place, partners, note, and the reason for a change of a closed month.

use crate::labels::directory::pairing_name;
use crate::labels::texts::fill;
use crate::storage::drafts::Draft;
use crate::ui::entry_form::EntryFormState;
use crate::ui::pick_field::{PickField, PickOption};
use crate::ui::place_field::PlaceField;
use crate::ui::recent::use_recent;
use jiedui_core::catalogue::Activity;
use jiedui_core::directory::organisation::Organisation;
use jiedui_core::entry::{NOTE_LENGTH, field};
use jiedui_core::figures::overview::Overview;
use jiedui_core::values::date::parse_date;
use jiedui_core::values::month::Month;
use jiedui_core::values::sort::sort_by_key;
use leptos::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;

/// Most recent choices in a sheet.
const RECENT: usize = 4;

/// Returns the text in which a search for an organisation looks.
fn words_of(organisation: &Organisation) -> String {
    format!("{} {} {}", organisation.name, organisation.name_en, organisation.initials).to_lowercase()
}

impl EntryFormState {
    /// Lists the fields with errors above the form.
    pub fn summary(self, activity: &str) -> impl IntoView + use<> {
        let (app, errors, activity) = (self.app, self.errors, activity.to_owned());
        view! {
            <div role="alert">
                {move || (!errors.with(Vec::is_empty)).then(|| {
                    let names = errors.get().iter().map(|error| app.field_name(&activity, &error.field)).collect::<Vec<_>>();
                    view! { <p class="notice bad">{fill(app.texts.please_correct(), &[&names.join("、")])}</p> }
                })}
            </div>
        }
    }

    /// Renders the field of the place.
    pub fn place(self) -> impl IntoView + use<> {
        let error = self.error(field::PLACE);
        let choose = Callback::new(move |code: String| self.change(move |draft| draft.place.clone_from(&code)));
        let (value, invalid) = (self.value(|draft| draft.place.clone()), Signal::derive(move || error.get().is_some()));
        let control = view! { <PlaceField value invalid on_choose=choose/> };
        self.row(field::PLACE, self.app.texts.place().to_owned(), control.into_any())
    }

    /// Renders the choice of a pairing; nothing where the programme has none. A pairing also fills an empty organisation: its
    /// supporting side.
    pub fn partner(self, overview: &Overview, activity: &Activity) -> impl IntoView + use<> {
        let app = self.app;
        let directory = overview.directory();
        let pairings = overview.pairings.iter().filter(|pairing| pairing.programme == activity.programme);
        let side = |id| directory.organisation(id).map(words_of).unwrap_or_default();
        let options: Vec<PickOption> = pairings
            .clone()
            .map(|pairing| PickOption {
                id: pairing.id.to_string(),
                name: pairing_name(app.labels(), overview, pairing),
                words: format!("{} {}", side(pairing.organisation_a), side(pairing.organisation_b)),
            })
            .collect();
        let supporting: BTreeMap<String, String> =
            pairings.map(|pairing| (pairing.id.to_string(), pairing.organisation_a.to_string())).collect();
        let choose = Callback::new(move |id: String| {
            let organisation = supporting.get(&id).cloned().unwrap_or_default();
            self.change(move |draft| {
                draft.pairing.clone_from(&id);
                if draft.organisation.is_empty() {
                    draft.organisation.clone_from(&organisation);
                }
            });
        });
        let value = self.value(|draft| draft.pairing.clone());
        (!options.is_empty()).then(|| self.pick(field::PAIRING, app.texts.pairing(), value, options, choose))
    }

    /// Renders the choice of an organisation.
    pub fn organisation(self, overview: &Overview) -> impl IntoView + use<> {
        let app = self.app;
        let option = |organisation: &Organisation| PickOption {
            id: organisation.id.to_string(),
            name: app.pick(&organisation.name, &organisation.name_en).to_owned(),
            words: words_of(organisation),
        };
        let mut options: Vec<PickOption> = overview.organisations.iter().map(option).collect();
        sort_by_key(&mut options, |option| option.name.clone());
        let choose = Callback::new(move |id: String| self.change(move |draft| draft.organisation.clone_from(&id)));
        let value = self.value(|draft| draft.organisation.clone());
        self.pick(field::ORGANISATION, app.texts.organisation(), value, options, choose)
    }

    /// Renders the field of the reason for changing an entry of a closed month; only coordinators may change one.
    pub fn reason(self, overview: &Overview) -> impl IntoView + use<> {
        let (app, closed) = (self.app, overview.closed.clone());
        let coordinates =
            app.session.user.with_untracked(|user| user.as_ref().is_some_and(|user| user.role.coordinates()));
        let date = self.value(|draft| draft.date.clone());
        let is_closed = Memo::new(move |_| {
            date.with(|date| parse_date(date).is_some_and(|date| closed.contains(&Month::from(date))))
        });
        move || {
            (coordinates && is_closed.get()).then(|| {
                let control = self.text_area(field::REASON, 2, |draft| &mut draft.reason);
                self.row(field::REASON, app.texts.closed_reason().to_owned(), control)
            })
        }
    }

    /// Renders the field of the note.
    pub fn note(self) -> impl IntoView + use<> {
        let control = self.text_area(field::NOTE, 2, |draft| &mut draft.note);
        self.row(field::NOTE, format!("{}{}", self.app.texts.note(), self.app.texts.optional()), control)
    }

    fn pick(
        self,
        field: &'static str,
        label: &'static str,
        value: Signal<String>,
        options: Vec<PickOption>,
        on_choose: Callback<String>,
    ) -> impl IntoView + use<> {
        let app = self.app;
        let entries = use_recent();
        let recent = Memo::new(move |_| {
            let mut ids: Vec<String> = Vec::new();
            entries.with(|entries| {
                for entry in entries.iter().flat_map(|entries| entries.iter()) {
                    let id = entry.fields.get(field).and_then(Value::as_str).unwrap_or_default();
                    if ids.len() < RECENT && !id.is_empty() && !ids.iter().any(|other| other == id) {
                        ids.push(id.to_owned());
                    }
                }
            });
            ids
        });
        let control = view! { <PickField field label value options recent on_choose/> };
        self.row(field, format!("{label}{}", app.texts.optional()), control.into_any())
    }

    /// Renders the text area of a field of the entry.
    fn text_area(self, field: &'static str, rows: u8, part: fn(&mut Draft) -> &mut String) -> AnyView {
        let (value, error) = (self.value(move |draft| part(&mut draft.clone()).clone()), self.error(field));
        let input = move |event| {
            let text = event_target_value(&event);
            self.change(move |draft| part(draft).clone_from(&text));
        };
        view! {
            <textarea id=format!("field-{field}") rows=rows.to_string() maxlength=NOTE_LENGTH.to_string() prop:value=value on:input=input
                aria-invalid=move || error.get().is_some().to_string() aria-describedby=format!("error-{field}")></textarea>
        }
        .into_any()
    }
}
