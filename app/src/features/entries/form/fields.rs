//! The form's fields: each with its label above and its mistake below.

use crate::features::entries::form::returned::is_concerned;
use crate::features::entries::form::validation::{last_day, today_in_china};
use crate::labels::texts::fill;
use crate::state::AppState;
use crate::storage::drafts::Draft;
use crate::ui::form_row::{error_of, form_row};
use crate::ui::place_field::PlaceField;
use jiedui_core::catalogue::Kind;
use jiedui_core::catalogue::{Activity, Field};
use jiedui_core::entry::{NOTE_LENGTH, field};
use jiedui_core::figures::overview::Overview;
use jiedui_core::values::day::is_long_ago;
use jiedui_core::values::{
    date::{format_date, parse_date},
    field_error::FieldError,
    month::Month,
};
use leptos::prelude::*;

/// The change of the draft by an input.
pub type Change = Box<dyn Fn(&mut Draft)>;

/// The context that all fields of the form share.
#[derive(Clone, Copy)]
pub struct Form {
    /// The app's state.
    pub model: AppState,
    /// The draft.
    pub draft: RwSignal<Option<Draft>>,
    /// Its validation errors.
    pub errors: RwSignal<Vec<FieldError>>,
    /// The fields that a reviewer has sent the entry back for.
    pub concerned: StoredValue<Vec<String>>,
    /// Changes the draft and keeps it.
    pub edit: Callback<Change>,
}

impl Form {
    pub fn value(self, read: impl Fn(&Draft) -> String + Send + Sync + 'static) -> Signal<String> {
        let draft = self.draft;
        Signal::derive(move || draft.with(|draft| draft.as_ref().map(&read).unwrap_or_default()))
    }

    pub fn change(self, change: impl Fn(&mut Draft) + 'static) {
        self.edit.run(Box::new(change));
    }

    pub fn error(self, field: &str) -> Signal<Option<String>> {
        error_of(self.model, self.errors, field)
    }

    /// A field with its label above and its mistake below.
    pub fn row(self, field: &str, label: String, control: AnyView) -> impl IntoView + use<> {
        let row = form_row(field, label, self.error(field), control);
        let is_concerned = self.concerned.with_value(|concerned| is_concerned(concerned, field));
        let note = is_concerned.then(|| view! { <p class="ask">{self.model.texts.returned_here}</p> });
        view! { <div class:form-concerned=is_concerned>{note}{row}</div> }
    }

    pub fn summary(self, activity: &str) -> impl IntoView + use<> {
        let (model, errors, activity) = (self.model, self.errors, activity.to_owned());
        view! {
            <div role="alert">
                {move || (!errors.with(Vec::is_empty)).then(|| {
                    let names = errors.get().iter().map(|error| model.field_name(&activity, &error.field)).collect::<Vec<_>>();
                    view! { <p class="notice bad">{fill(model.texts.please_correct, &[&names.join("、")])}</p> }
                })}
            </div>
        }
    }

    pub fn when(self) -> impl IntoView + use<> {
        let (value, error) = (self.value(|draft| draft.date.clone()), self.error(field::DATE));
        let input = move |event| {
            let date = event_target_value(&event);
            self.change(move |draft| draft.date.clone_from(&date));
        };
        let model = self.model;
        let last = move || last_day(model).map(format_date);
        // Not wrong, but likely mistyped.
        let long_ago = Memo::new(move |_| {
            let day = value.with(|value| parse_date(value))?;
            is_long_ago(day, today_in_china()?).then(|| day.year())
        });
        let control = view! {
            <input id="field-date" type="date" max=last prop:value=value on:input=input
                aria-invalid=move || error.get().is_some().to_string() aria-describedby="error-date date-long-ago"/>
            <p class="hint warn" id="date-long-ago" role="status">
                {move || long_ago.get().map(|year| fill(model.texts.date_long_ago, &[&year]))}
            </p>
        };
        self.row(field::DATE, self.model.texts.date.to_owned(), control.into_any())
    }

    pub fn place(self) -> impl IntoView + use<> {
        let error = self.error(field::PLACE);
        let choose = Callback::new(move |code: String| self.change(move |draft| draft.place.clone_from(&code)));
        let (value, invalid) = (self.value(|draft| draft.place.clone()), Signal::derive(move || error.get().is_some()));
        let control = view! { <PlaceField value invalid on_choose=choose/> };
        self.row(field::PLACE, self.model.texts.place.to_owned(), control.into_any())
    }

    pub fn number(self, field: &Field) -> impl IntoView + use<> {
        let (model, code, name) = (self.model, field.code.clone(), field.path().to_string());
        let (error, id) = (self.error(&name), format!("values-{code}"));
        let value = self.value({
            let code = code.clone();
            move |draft| draft.values.get(&code).cloned().unwrap_or_default()
        });
        let input = move |event| {
            let (code, text) = (code.clone(), event_target_value(&event));
            self.change(move |draft| drop(draft.values.insert(code.clone(), text.clone())));
        };
        let keyboard = if field.kind == Kind::Integer { "numeric" } else { "decimal" };
        let optional = if field.required { "" } else { model.texts.optional };
        let label = format!("{}{optional}", model.pick(&field.name, &field.name_en));
        let control = view! {
            <span class="form-with-unit">
                <input id=format!("field-{id}") type="text" inputmode=keyboard autocomplete="off" prop:value=value on:input=input
                    aria-invalid=move || error.get().is_some().to_string() aria-describedby=format!("error-{id}")/>
                <span class="unit">{model.pick(&field.unit, &field.unit_en).to_owned()}</span>
            </span>
            {self.hint(field)}
        };
        self.row(&name, label, control.into_any())
    }

    pub fn select(
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
        let none = self.model.texts.none_of_these;
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

    pub fn partner(self, overview: &Overview, activity: &Activity) -> impl IntoView + use<> {
        let model = self.model;
        let name = |id| {
            let organisation = overview.directory().organisation(id);
            organisation
                .map(|organisation| model.pick(&organisation.name, &organisation.name_en).to_owned())
                .unwrap_or_default()
        };
        let pairings = overview.pairings.iter().filter(|pairing| pairing.programme == activity.programme);
        let options: Vec<(String, String)> = pairings
            .map(|pairing| {
                (pairing.id.to_string(), format!("{} — {}", name(pairing.organisation_a), name(pairing.organisation_b)))
            })
            .collect();
        let value = self.value(|draft| draft.pairing.clone());
        let label = format!("{}{}", model.texts.pairing, model.texts.optional);
        (!options.is_empty())
            .then(|| self.select(field::PAIRING, label, value, options, |draft, chosen| draft.pairing = chosen))
    }

    pub fn organisation(self, overview: &Overview) -> impl IntoView + use<> {
        let model = self.model;
        let name = |organisation: &jiedui_core::directory::organisation::Organisation| {
            model.pick(&organisation.name, &organisation.name_en).to_owned()
        };
        let options = overview
            .organisations
            .iter()
            .map(|organisation| (organisation.id.to_string(), name(organisation)))
            .collect();
        let value = self.value(|draft| draft.organisation.clone());
        let label = format!("{}{}", model.texts.organisation, model.texts.optional);
        self.select(field::ORGANISATION, label, value, options, |draft, chosen| draft.organisation = chosen)
    }

    /// Why an entry of a closed month is changed: for who may do so.
    pub fn reason(self, overview: &Overview) -> impl IntoView + use<> {
        let (model, closed) = (self.model, overview.closed.clone());
        let coordinates =
            model.session.user.with_untracked(|user| user.as_ref().is_some_and(|user| user.role.coordinates()));
        let date = self.value(|draft| draft.date.clone());
        let is_closed = Memo::new(move |_| {
            date.with(|date| parse_date(date).is_some_and(|date| closed.contains(&Month::from(date))))
        });
        move || {
            (coordinates && is_closed.get()).then(|| {
                let control = self.text_area(field::REASON, 2, |draft| &mut draft.reason);
                self.row(field::REASON, model.texts.closed_reason.to_owned(), control)
            })
        }
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

    /// Renders the field of the note.
    pub fn note(self) -> impl IntoView + use<> {
        let control = self.text_area(field::NOTE, 4, |draft| &mut draft.note);
        self.row(field::NOTE, format!("{}{}", self.model.texts.note, self.model.texts.optional), control)
    }
}
