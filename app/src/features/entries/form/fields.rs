//! The form's fields of the entry itself: place, partners, note, and the reason for a change of a closed month.

use crate::labels::texts::fill;
use crate::storage::drafts::Draft;
use crate::ui::entry_form::Form;
use crate::ui::place_field::PlaceField;
use jiedui_core::catalogue::Activity;
use jiedui_core::directory::organisation::Organisation;
use jiedui_core::entry::{NOTE_LENGTH, field};
use jiedui_core::figures::overview::Overview;
use jiedui_core::values::date::parse_date;
use jiedui_core::values::month::Month;
use leptos::prelude::*;

impl Form {
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

    /// Renders the choice of a pairing; nothing where the programme has none.
    pub fn partner(self, overview: &Overview, activity: &Activity) -> impl IntoView + use<> {
        let app = self.app;
        let name = |id| {
            let organisation = overview.directory().organisation(id);
            organisation
                .map(|organisation| app.pick(&organisation.name, &organisation.name_en).to_owned())
                .unwrap_or_default()
        };
        let pairings = overview.pairings.iter().filter(|pairing| pairing.programme == activity.programme);
        let options: Vec<(String, String)> = pairings
            .map(|pairing| {
                (pairing.id.to_string(), format!("{} — {}", name(pairing.organisation_a), name(pairing.organisation_b)))
            })
            .collect();
        let value = self.value(|draft| draft.pairing.clone());
        let label = format!("{}{}", app.texts.pairing(), app.texts.optional());
        (!options.is_empty())
            .then(|| self.select(field::PAIRING, label, value, options, |draft, chosen| draft.pairing = chosen))
    }

    /// Renders the choice of an organisation.
    pub fn organisation(self, overview: &Overview) -> impl IntoView + use<> {
        let app = self.app;
        let name = |organisation: &Organisation| app.pick(&organisation.name, &organisation.name_en).to_owned();
        let options = overview
            .organisations
            .iter()
            .map(|organisation| (organisation.id.to_string(), name(organisation)))
            .collect();
        let value = self.value(|draft| draft.organisation.clone());
        let label = format!("{}{}", app.texts.organisation(), app.texts.optional());
        self.select(field::ORGANISATION, label, value, options, |draft, chosen| draft.organisation = chosen)
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
        let control = self.text_area(field::NOTE, 4, |draft| &mut draft.note);
        self.row(field::NOTE, format!("{}{}", self.app.texts.note(), self.app.texts.optional()), control)
    }

    fn select(
        self,
        field: &'static str,
        label: String,
        value: Signal<String>,
        options: Vec<(String, String)>,
        set: fn(&mut Draft, String),
    ) -> impl IntoView + use<> {
        let change = move |event| {
            let chosen = event_target_value(&event);
            self.change(move |draft| set(draft, chosen.clone()));
        };
        let none = self.app.texts.none_of_these();
        let control = view! {
            <select id=format!("field-{field}") on:change=change aria-describedby=format!("error-{field}")>
                <option value="" selected=move || value.get().is_empty()>{none}</option>
                {options.into_iter().map(|(id, name)| {
                    let option_id = id.clone();
                    view! { <option value=id selected=move || value.get() == option_id>{name}</option> }
                }).collect_view()}
            </select>
        };
        self.row(field, label, control.into_any())
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
