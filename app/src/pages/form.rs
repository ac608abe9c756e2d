//! The entry form: for a new entry and for changing one. What is typed is kept at every keystroke.

use super::entries::field_name;
use crate::components::place_field::PlaceField;
use crate::model::{Model, use_model};
use crate::store::StoreError;
use crate::store::draft::{Draft, DraftKey};
use crate::store::person::new_id;
use crate::sync;
use crate::texts::fill;
use jiedui_core::domain::catalogue::Kind;
use jiedui_core::domain::entry::{Fields, NOTE_LENGTH, Rules};
use jiedui_core::domain::{Activity, ErrorCode, Field, FieldError, Overview};
use jiedui_core::sync::{Op, mistakes};
use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_params_map};
use serde_json::{Value, json};
use uuid::Uuid;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;

/// A new entry of the activity that the address names.
#[component]
pub fn NewEntry() -> impl IntoView {
    let model = use_model();
    super::title(model.texts.nav_new);
    let params = use_params_map();
    let activity = Memo::new(move |_| params.get().get("activity").unwrap_or_default());
    let start = move || {
        let user = model.user.with(|user| user.as_ref().map(|user| user.id))?;
        let (activity, key) = (activity.get(), DraftKey::of_new(user, &activity.get()));
        let fresh = || Draft { id: new_id(), activity, date: today(), ..Draft::default() };
        Some((key.read().unwrap_or_else(fresh), key))
    };
    view! { <EntryForm start/> }
}

/// The change of the entry that the address names.
#[component]
pub fn EditEntry() -> impl IntoView {
    let model = use_model();
    super::title(model.texts.entry);
    let params = use_params_map();
    let id = Memo::new(move |_| params.get().get("id").and_then(|id| Uuid::parse_str(&id).ok()));
    let start = move || {
        let user = model.user.with(|user| user.as_ref().map(|user| user.id))?;
        let id = id.get()?;
        let key = DraftKey::of_edit(user, id);
        let stored = model.journal.with(|journal| {
            let own = journal.as_ref()?.entries.iter().find(|own| own.id == id)?;
            Some(draft_of(own.id, own.rev, &own.fields))
        });
        Some((key.read().or(stored)?, key))
    };
    view! { <EntryForm start/> }
}

/// Today by this phone's clock.
fn today() -> String {
    let now = js_sys::Date::new_0();
    format!("{:04}-{:02}-{:02}", now.get_full_year(), now.get_month() + 1, now.get_date())
}

fn draft_of(id: Uuid, base_rev: u64, fields: &Fields) -> Draft {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let values = fields.get("values").and_then(Value::as_object).into_iter().flatten();
    Draft {
        id,
        base_rev,
        activity: text("activity"),
        date: text("date"),
        place: text("place"),
        pairing: text("pairing"),
        organisation: text("organisation"),
        values: values.map(|(code, number)| (code.clone(), number.to_string())).collect(),
        note: text("note"),
    }
}

/// A number as it is typed: spaces around it, full-width digits and points of a Chinese keyboard are understood.
fn read_number(text: &str) -> Result<Option<f64>, ()> {
    let narrow = |letter: char| match letter {
        '０'..='９' => char::from_u32(letter as u32 - '０' as u32 + '0' as u32).unwrap_or(letter),
        '．' | '。' => '.',
        _ => letter,
    };
    let text: String = text.trim().chars().map(narrow).collect();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse::<f64>().map(Some).map_err(drop)
}

/// The fields that a draft makes; numbers that are none are mistakes.
fn fields_of(draft: &Draft) -> (Fields, Vec<FieldError>) {
    let or_null = |text: &str| if text.is_empty() { Value::Null } else { json!(text) };
    let (mut values, mut errors) = (Fields::new(), Vec::new());
    for (code, text) in &draft.values {
        match read_number(text) {
            // As a whole number where it is one, so that it stands in the entry as it was typed.
            Ok(Some(number)) if number.fract() == 0.0 && number.abs() < 1e15 => {
                drop(values.insert(code.clone(), json!(number as i64)))
            }
            Ok(Some(number)) => drop(values.insert(code.clone(), json!(number))),
            Ok(None) => drop(values.insert(code.clone(), Value::Null)),
            Err(()) => errors.push(FieldError::new(format!("values.{code}"), ErrorCode::NotAmount)),
        }
    }
    let fields = json!({
        "activity": draft.activity, "date": draft.date, "place": draft.place, "pairing": or_null(&draft.pairing),
        "organisation": or_null(&draft.organisation), "values": values, "note": draft.note,
    });
    (fields.as_object().cloned().unwrap_or_default(), errors)
}

/// What is wrong with a draft: the same rules as on the server.
fn check(model: Model, draft: &Draft, overview: &Overview) -> Vec<FieldError> {
    let Some(user) = model.user.get_untracked() else { return Vec::new() };
    let (fields, mut errors) = fields_of(draft);
    let places = model.places.get_untracked();
    let rules = Rules {
        catalogue: &overview.catalogue,
        places: &places,
        organisations: &overview.organisations,
        pairings: &overview.pairings,
        // The phone's clock may stand in 1970; the server knows which day it is.
        last_day: None,
    };
    for error in mistakes(&fields, &user, rules) {
        if !errors.iter().any(|own| own.field == error.field) {
            errors.push(error);
        }
    }
    errors
}

/// How far saving has come.
#[derive(Clone, PartialEq)]
enum Saving {
    Not,
    Busy,
    Failed(StoreError),
}

/// The form. `start` gives the draft to begin with and where it is kept, once both are known.
#[component]
fn EntryForm(start: impl Fn() -> Option<(Draft, DraftKey)> + Send + Sync + 'static) -> impl IntoView {
    let model = use_model();
    let texts = model.texts;
    let draft = RwSignal::new(None::<Draft>);
    let key = StoredValue::new(None::<DraftKey>);
    let errors = RwSignal::new(Vec::<FieldError>::new());
    let (kept, saving) = (RwSignal::new(true), RwSignal::new(Saving::Not));
    Effect::new(move |_| {
        // The journal changes while somebody types; what they type must not.
        if draft.with_untracked(Option::is_none)
            && let Some((first, place)) = start()
        {
            key.set_value(Some(place));
            draft.set(Some(first));
        }
    });
    let edit = move |change: &dyn Fn(&mut Draft)| {
        draft.update(|draft| {
            if let Some(draft) = draft {
                change(draft);
            }
        });
        let result = key.with_value(|key| draft.with_untracked(|draft| Some(key.as_ref()?.keep(draft.as_ref()?))));
        kept.set(!matches!(result, Some(Err(_))));
        // A mistake that was pointed out goes away as it is put right.
        if !errors.with_untracked(Vec::is_empty)
            && let (Some(draft), Some(overview)) = (draft.get_untracked(), model.received.get_untracked())
        {
            let now = check(model, &draft, &overview);
            errors.update(|errors| errors.retain(|error| now.iter().any(|own| own.field == error.field)));
        }
    };
    let navigate = use_navigate();
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (Some(own), Some(overview)) = (draft.get_untracked(), model.received.get_untracked()) else { return };
        if saving.get_untracked() == Saving::Busy {
            return;
        }
        let found = check(model, &own, &overview);
        if !found.is_empty() {
            focus_on(&found);
            errors.set(found);
            return;
        }
        saving.set(Saving::Busy);
        let navigate = navigate.clone();
        spawn_local(async move {
            match sync::save(model, own.id, own.base_rev, Op::Put, fields_of(&own).0).await {
                Ok(()) => {
                    // Not before the entry is in the outbox may its draft go.
                    key.with_value(|key| key.as_ref().map(DraftKey::clear));
                    navigate("/entries", Default::default());
                }
                Err(error) => saving.set(Saving::Failed(error)),
            }
        });
    };
    let save = StoredValue::new(save);
    let there = Memo::new(move |_| draft.with(|draft| draft.as_ref().map(|draft| draft.activity.clone())));
    move || {
        if model.user.with(Option::is_none) {
            return view! { <super::PleaseSignIn/> }.into_any();
        }
        let Some(code) = there.get() else {
            let read = model.journal.with(Option::is_some);
            return view! { <p class="empty">{if read { texts.entry_not_here } else { texts.loading }}</p> }.into_any();
        };
        let Some(overview) = model.received.get_untracked() else {
            return view! { <p class="empty">{texts.nothing_kept}</p> }.into_any();
        };
        let Some(activity) = overview.catalogue.activity(&code) else {
            return view! { <p class="empty">{texts.no_such_activity}</p> }.into_any();
        };
        let edit = StoredValue::new(edit);
        let form = Form {
            model,
            draft,
            errors,
            edit: Callback::new(move |change: Change| edit.with_value(|edit| edit(&*change))),
        };
        view! {
            <section class=format!("narrow programme {}", activity.programme)>
                <h1>{model.pick(&activity.name, &activity.name_en).to_owned()}</h1>
                <form class="form" novalidate on:submit=move |event| save.with_value(|save| save(event))>
                    {form.summary(&code)}
                    {form.when()}
                    {form.place()}
                    {activity.fields.iter().map(|field| form.number(field)).collect_view()}
                    {form.partner(&overview, activity)}
                    {form.organisation(&overview)}
                    {form.note()}
                    {move || (!kept.get()).then(|| view! { <p class="error" role="alert">{texts.draft_not_kept}</p> })}
                    {move || match saving.get() {
                        Saving::Failed(StoreError::Full) => view! { <p class="error" role="alert">{texts.storage_full}</p> }.into_any(),
                        Saving::Failed(StoreError::Failed(why)) => view! { <p class="error" role="alert">{fill(texts.storage_failed, &[&why])}</p> }.into_any(),
                        _ => ().into_any(),
                    }}
                    <div class="actions">
                        <button class="button primary" id="save" disabled=move || saving.get() == Saving::Busy>
                            {move || if saving.get() == Saving::Busy { texts.saving } else { texts.save }}
                        </button>
                        <span class="hint">{move || if model.online.get() { texts.save_hint_online } else { texts.save_hint_offline }}</span>
                    </div>
                </form>
            </section>
        }
        .into_any()
    }
}

/// Leads to the first field that is wrong.
fn focus_on(errors: &[FieldError]) {
    let found = errors.iter().find_map(|error| {
        let id = format!("field-{}", error.field.replace('.', "-"));
        document().get_element_by_id(&id)
    });
    if let Some(element) = found.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

type Change = Box<dyn Fn(&mut Draft)>;

/// What the fields of the form have in common.
#[derive(Clone, Copy)]
struct Form {
    model: Model,
    draft: RwSignal<Option<Draft>>,
    errors: RwSignal<Vec<FieldError>>,
    edit: Callback<Change>,
}

impl Form {
    fn value(self, read: impl Fn(&Draft) -> String + Send + Sync + 'static) -> Signal<String> {
        let draft = self.draft;
        Signal::derive(move || draft.with(|draft| draft.as_ref().map(&read).unwrap_or_default()))
    }

    fn change(self, change: impl Fn(&mut Draft) + 'static) {
        self.edit.run(Box::new(change));
    }

    fn error(self, field: &str) -> Signal<Option<String>> {
        let field = field.to_owned();
        Signal::derive(move || {
            self.errors.with(|errors| {
                let error = errors.iter().find(|error| error.field == field)?;
                Some(error.clone().in_language(self.model.language).message)
            })
        })
    }

    /// A field with its label above and its mistake below.
    fn row(self, field: &str, label: String, control: AnyView) -> impl IntoView + use<> {
        let id = field.replace('.', "-");
        let error = self.error(field);
        view! {
            <div class="row" class:wrong=move || error.get().is_some()>
                <label for=format!("field-{id}")>{label}</label>
                {control}
                <p class="error" id=format!("error-{id}")>{move || error.get()}</p>
            </div>
        }
    }

    fn summary(self, activity: &str) -> impl IntoView + use<> {
        let (model, errors, activity) = (self.model, self.errors, activity.to_owned());
        view! {
            <div role="alert">
                {move || (!errors.with(Vec::is_empty)).then(|| {
                    let names = errors.get().iter().map(|error| field_name(model, &activity, &error.field)).collect::<Vec<_>>();
                    view! { <p class="notice bad">{fill(model.texts.please_correct, &[&names.join("、")])}</p> }
                })}
            </div>
        }
    }

    fn when(self) -> impl IntoView + use<> {
        let (value, error) = (self.value(|draft| draft.date.clone()), self.error("date"));
        let input = move |event| {
            let date = event_target_value(&event);
            self.change(move |draft| draft.date.clone_from(&date));
        };
        let control = view! {
            <input id="field-date" type="date" prop:value=value on:input=input
                aria-invalid=move || error.get().is_some().to_string() aria-describedby="error-date"/>
        };
        self.row("date", self.model.texts.date.to_owned(), control.into_any())
    }

    fn place(self) -> impl IntoView + use<> {
        let error = self.error("place");
        let choose = Callback::new(move |code: String| self.change(move |draft| draft.place.clone_from(&code)));
        let (value, invalid) = (self.value(|draft| draft.place.clone()), Signal::derive(move || error.get().is_some()));
        let control = view! { <PlaceField value invalid on_choose=choose/> };
        self.row("place", self.model.texts.place.to_owned(), control.into_any())
    }

    fn number(self, field: &Field) -> impl IntoView + use<> {
        let (model, code, name) = (self.model, field.code.clone(), format!("values.{}", field.code));
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
            <span class="with-unit">
                <input id=format!("field-{id}") type="text" inputmode=keyboard autocomplete="off" prop:value=value on:input=input
                    aria-invalid=move || error.get().is_some().to_string() aria-describedby=format!("error-{id}")/>
                <span class="unit">{model.pick(&field.unit, &field.unit_en).to_owned()}</span>
            </span>
        };
        self.row(&name, label, control.into_any())
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
        let none = self.model.texts.none_of_these;
        let control = view! {
            <select id=format!("field-{field}") on:change=change aria-describedby=format!("error-{field}")>
                <option value="" selected=move || value.get().is_empty()>{none}</option>
                {options.into_iter().map(|(id, name)| {
                    let own = id.clone();
                    view! { <option value=id selected=move || value.get() == own>{name}</option> }
                }).collect_view()}
            </select>
        };
        self.row(field, label, control.into_any())
    }

    fn partner(self, overview: &Overview, activity: &Activity) -> impl IntoView + use<> {
        let model = self.model;
        let name = |id| {
            let own = overview.directory().organisation(id);
            own.map(|own| model.pick(&own.name, &own.name_en).to_owned()).unwrap_or_default()
        };
        let own = overview.pairings.iter().filter(|pairing| pairing.programme == activity.programme);
        let options: Vec<(String, String)> = own
            .map(|pairing| {
                (pairing.id.to_string(), format!("{} — {}", name(pairing.organisation_a), name(pairing.organisation_b)))
            })
            .collect();
        let value = self.value(|draft| draft.pairing.clone());
        let label = format!("{}{}", model.texts.pairing, model.texts.optional);
        (!options.is_empty())
            .then(|| self.select("pairing", label, value, options, |draft, chosen| draft.pairing = chosen))
    }

    fn organisation(self, overview: &Overview) -> impl IntoView + use<> {
        let model = self.model;
        let name = |own: &jiedui_core::domain::Organisation| model.pick(&own.name, &own.name_en).to_owned();
        let options = overview.organisations.iter().map(|own| (own.id.to_string(), name(own))).collect();
        let value = self.value(|draft| draft.organisation.clone());
        let label = format!("{}{}", model.texts.organisation, model.texts.optional);
        self.select("organisation", label, value, options, |draft, chosen| draft.organisation = chosen)
    }

    fn note(self) -> impl IntoView + use<> {
        let (value, error) = (self.value(|draft| draft.note.clone()), self.error("note"));
        let input = move |event| {
            let note = event_target_value(&event);
            self.change(move |draft| draft.note.clone_from(&note));
        };
        let control = view! {
            <textarea id="field-note" rows="4" maxlength=NOTE_LENGTH.to_string() prop:value=value on:input=input
                aria-invalid=move || error.get().is_some().to_string() aria-describedby="error-note"></textarea>
        };
        self.row("note", format!("{}{}", self.model.texts.note, self.model.texts.optional), control.into_any())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn understands_numbers_as_they_are_typed() {
        assert_eq!(read_number(" 12.5 "), Ok(Some(12.5)));
        assert_eq!(read_number("１２。５"), Ok(Some(12.5)));
        assert_eq!(read_number("  "), Ok(None));
        assert_eq!(read_number("十二"), Err(()));
    }

    #[test]
    fn a_draft_becomes_fields_and_an_entry_becomes_a_draft() {
        let values = [("count", "3"), ("area", "4.5"), ("people", "")];
        let values = values.map(|(code, text)| (code.to_owned(), text.to_owned())).into();
        let draft = Draft {
            activity: "survey".into(),
            date: "2026-11-24".into(),
            place: "522728".into(),
            values,
            ..Draft::default()
        };
        let (fields, errors) = fields_of(&draft);
        assert!(errors.is_empty());
        assert_eq!(fields["values"], json!({"count": 3, "area": 4.5, "people": null}));
        assert_eq!((&fields["pairing"], &fields["note"]), (&Value::Null, &json!("")));
        let again = draft_of(draft.id, 2, &fields);
        assert_eq!((again.values["count"].as_str(), again.values["area"].as_str(), again.base_rev), ("3", "4.5", 2));
    }
}
