//! One item of a ledger: written down, matched with a pairing and the entries that meet it, and brought to its end. What is typed
//! is kept at every keystroke.

use super::needs::{status_word, use_ledger};
use crate::components::entry_list::{activity_name, use_entries};
use crate::components::map::lists::pair_name;
use crate::components::place_field::PlaceField;
use crate::json;
use crate::model::{Model, use_model};
use crate::pages::form::read_number;
use crate::store::StoreError;
use crate::store::known::Known;
use crate::store::ledger::{Item, Way};
use crate::store::person::new_id;
use crate::sync::{self, clock};
use crate::texts::fill;
use gloo_storage::{LocalStorage, Storage};
use jiedui_core::domain::entry::{Fields, NOTE_LENGTH, Rules};
use jiedui_core::domain::need::{Status, TITLE_LENGTH};
use jiedui_core::domain::place::covers;
use jiedui_core::domain::{ErrorCode, FieldError, Overview, format_date};
use jiedui_core::sync::{Op, mistakes_of_need, number_value};
use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_params_map, use_query_map};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;

/// So many entries are offered to be chosen.
const OFFERED: usize = 30;

/// An item as it is filled in: texts as they were typed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Draft {
    id: Uuid,
    base_rev: u64,
    /// By the names of the fields.
    texts: BTreeMap<String, String>,
    /// The entries that meet it.
    entries: Vec<Uuid>,
    /// The item's fields when this was begun.
    before: Fields,
}

/// The fields that are words, as they are typed.
const WORDS: [&str; 10] =
    ["ledger", "place", "programme", "title", "unit", "due", "responsible", "status", "pairing", "note"];

impl Draft {
    fn get(&self, name: &str) -> String {
        self.texts.get(name).cloned().unwrap_or_default()
    }

    fn of(item: &Item) -> Self {
        let mut texts = BTreeMap::new();
        for (name, value) in &item.fields {
            match value {
                Value::String(text) => drop(texts.insert(name.clone(), text.clone())),
                Value::Number(number) => drop(texts.insert(name.clone(), number.to_string())),
                _ => {}
            }
        }
        Self { id: item.id, base_rev: item.rev, texts, entries: item.need.entries.clone(), before: item.sure.clone() }
    }

    /// All fields, and the numbers that are none.
    fn fields(&self) -> (Fields, Vec<FieldError>) {
        let (mut fields, mut errors) = (Fields::new(), Vec::new());
        for name in WORDS {
            let text = self.get(name);
            fields.insert(name.to_owned(), if text.trim().is_empty() { Value::Null } else { json!(text.trim()) });
        }
        for name in ["year", "amount"] {
            match read_number(&self.get(name)) {
                Ok(number) => drop(fields.insert(name.to_owned(), number.map_or(Value::Null, number_value))),
                Err(()) => errors.push(FieldError::new(name, ErrorCode::NotAmount)),
            }
        }
        fields.insert("entries".to_owned(), json!(self.entries));
        let mut dates = self.before.get("dates").cloned().unwrap_or_else(|| json!({}));
        let status = self.get("status");
        let is_new = self.before.get("status").and_then(Value::as_str) != Some(&status);
        if let Some(dates) = dates.as_object_mut().filter(|_| is_new) {
            dates.insert(status, json!(format_date(clock::today())));
        }
        fields.insert("dates".to_owned(), dates);
        (fields, errors)
    }

    /// Those of them that are not what they were.
    fn changes(&self) -> Fields {
        let (mut fields, _) = self.fields();
        fields.retain(|name, value| self.before.get(name).unwrap_or(&Value::Null) != value);
        fields
    }
}

/// The screen.
#[component]
pub fn NeedOf() -> impl IntoView {
    let model = use_model();
    let texts = model.texts;
    super::title(texts.nav_needs);
    let (params, query) = (use_params_map(), use_query_map());
    let items = use_ledger();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).and_then(|id| Uuid::parse_str(&id).ok()));
    let key = Memo::new(move |_| {
        let user = model.user.with(|user| user.as_ref().map(|user| user.id))?;
        Some(format!("jiedui.need.{user}.{}", id.get().map_or("new".to_owned(), |id| id.to_string())))
    });
    let draft = RwSignal::new(None::<Draft>);
    Effect::new(move |_| {
        // The ledger changes while somebody types; what they type must not.
        if draft.with_untracked(Option::is_some) {
            return;
        }
        let kept = key.get().and_then(|key| json::kept::<Draft>(&key));
        let begun = match id.get() {
            None => Some(new_draft(model, |name| query.with(|query| query.get(name)).unwrap_or_default())),
            Some(id) => items.with(|items| items.as_ref()?.iter().find(|own| own.id == id).map(Draft::of)),
        };
        if let Some(first) = kept.or(begun) {
            draft.set(Some(first));
        }
    });
    let there = Memo::new(move |_| draft.with(Option::is_some));
    move || {
        if model.user.with(Option::is_none) {
            return view! { <super::PleaseSignIn/> }.into_any();
        }
        if !there.get() {
            let read = items.with(Option::is_some);
            return view! { <p class="empty">{if read { texts.not_found } else { texts.loading }}</p> }.into_any();
        }
        let way = Signal::derive(move || {
            items.with(|items| items.as_ref()?.iter().find(|own| Some(own.id) == id.get()).map(|own| own.way.clone()))
        });
        view! { <NeedForm draft key way/> }.into_any()
    }
}

fn new_draft(model: Model, given: impl Fn(&str) -> String) -> Draft {
    let scope = model.user.with_untracked(|user| user.as_ref().map(|user| user.scope.clone())).unwrap_or_default();
    let only = |all: Vec<String>| if all.len() == 1 { all.into_iter().next() } else { None }.unwrap_or_default();
    let place = Some(given("place")).filter(|place| !place.is_empty()).unwrap_or_else(|| only(scope.places));
    let texts = [
        ("ledger", Some(given("ledger")).filter(|own| own == "plan").unwrap_or_else(|| "need".to_owned())),
        ("year", clock::today().year().to_string()),
        ("place", place),
        ("programme", only(scope.programmes)),
        ("status", Status::Open.code().to_owned()),
    ];
    let texts = texts.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
    Draft { id: new_id(), texts, ..Draft::default() }
}

/// What the parts of the form have in common.
#[derive(Clone, Copy)]
struct Form {
    model: Model,
    draft: RwSignal<Option<Draft>>,
    errors: RwSignal<Vec<FieldError>>,
    key: Memo<Option<String>>,
    /// Whether what is typed could be kept.
    kept: RwSignal<bool>,
}

impl Form {
    fn value(self, name: &'static str) -> Signal<String> {
        Signal::derive(move || self.draft.with(|draft| draft.as_ref().map(|draft| draft.get(name)).unwrap_or_default()))
    }

    fn change(self, change: impl FnOnce(&mut Draft)) {
        self.draft.update(|draft| {
            if let Some(draft) = draft {
                change(draft);
            }
        });
        let result = self
            .draft
            .with_untracked(|draft| self.key.with_untracked(|key| Some(json::keep(key.as_ref()?, draft.as_ref()?))));
        self.kept.set(!matches!(result, Some(Err(_))));
        if !self.errors.with_untracked(Vec::is_empty) {
            let now = self.mistakes();
            self.errors.update(|errors| errors.retain(|error| now.iter().any(|own| own.field == error.field)));
        }
    }

    fn set(self, name: &'static str, text: String) {
        self.change(move |draft| drop(draft.texts.insert(name.to_owned(), text)));
    }

    fn mistakes(self) -> Vec<FieldError> {
        let (Some(draft), Some(user)) = (self.draft.get_untracked(), self.model.user.get_untracked()) else {
            return Vec::new();
        };
        let (fields, mut errors) = draft.fields();
        let (overview, places) =
            (self.model.received.get_untracked().unwrap_or_default(), self.model.places.get_untracked());
        let rules = Rules {
            catalogue: &overview.catalogue,
            places: &places,
            organisations: &overview.organisations,
            pairings: &overview.pairings,
            last_day: None,
            closed: &[],
        };
        let more = mistakes_of_need(&fields, &user, rules);
        let new = |error: &FieldError| !errors.iter().any(|own: &FieldError| own.field == error.field);
        let more: Vec<FieldError> = more.into_iter().filter(new).collect();
        errors.extend(more);
        errors
    }

    fn error(self, name: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || {
            self.errors.with(|errors| {
                let error = errors.iter().find(|error| error.field == name)?;
                Some(error.clone().in_language(self.model.language).message)
            })
        })
    }

    fn row(self, name: &'static str, label: &str, control: AnyView) -> impl IntoView + use<> {
        let error = self.error(name);
        view! {
            <div class="row" class:wrong=move || error.get().is_some()>
                <label for=format!("field-{name}")>{label.to_owned()}</label>
                {control}
                <p class="error" id=format!("error-{name}")>{move || error.get()}</p>
            </div>
        }
    }

    fn input(
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

    fn select(self, name: &'static str, label: &str, options: Signal<Vec<(String, String)>>) -> impl IntoView + use<> {
        let (value, error) = (self.value(name), self.error(name));
        let option = move |(code, words): (String, String)| {
            let own = code.clone();
            view! { <option value=code selected=move || value.get() == own>{words}</option> }
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

#[component]
fn NeedForm(
    draft: RwSignal<Option<Draft>>,
    key: Memo<Option<String>>,
    #[prop(into)] way: Signal<Option<Way>>,
) -> impl IntoView {
    let model = use_model();
    let texts = model.texts;
    let (errors, kept) = (RwSignal::new(Vec::new()), RwSignal::new(true));
    let form = Form { model, draft, errors, key, kept };
    let failed = RwSignal::new(None::<StoreError>);
    let navigate = use_navigate();
    let overview = Signal::derive(move || model.received.get().unwrap_or_default());
    let programmes = Signal::derive(move || {
        let overview = overview.get();
        let own = overview
            .catalogue
            .programmes
            .iter()
            .map(|own| (own.code.clone(), model.pick(&own.name, &own.name_en).to_owned()));
        std::iter::once((String::new(), texts.please_choose.to_owned())).chain(own).collect()
    });
    let programme = form.value("programme");
    let pairings = Signal::derive(move || {
        let (overview, programme) = (overview.get(), programme.get());
        let own = overview.pairings.iter().filter(|own| own.programme == programme);
        let own = own.map(|own| (own.id.to_string(), pair_name(model, &overview, own)));
        std::iter::once((String::new(), texts.none_of_these.to_owned())).chain(own).collect::<Vec<_>>()
    });
    let fixed = |options: Vec<(&str, &str)>| {
        Signal::stored(options.into_iter().map(|(code, name)| (code.to_owned(), name.to_owned())).collect::<Vec<_>>())
    };
    let ledgers = fixed(vec![("need", texts.ledger_need), ("plan", texts.ledger_plan)]);
    let statuses = fixed(Status::ALL.map(|own| (own.code(), status_word(texts, own))).to_vec());
    let save = move |op: Op| {
        let Some(own) = draft.get_untracked() else { return };
        let found = if op == Op::Put { form.mistakes() } else { Vec::new() };
        if !found.is_empty() {
            errors.set(found);
            return;
        }
        let navigate = navigate.clone();
        let changes = if op == Op::Put { own.changes() } else { Fields::new() };
        let list = format!("/needs?ledger={}&place={}", own.get("ledger"), own.get("place"));
        spawn_local(async move {
            match sync::save_need(model, own.id, own.base_rev, op, changes).await {
                Ok(()) => {
                    // Not before it is in the outbox may its draft go.
                    key.with_untracked(|key| key.iter().for_each(LocalStorage::delete));
                    navigate(&list, Default::default());
                }
                Err(error) => failed.set(Some(error)),
            }
        });
    };
    let save = StoredValue::new_local(save);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        save.with_value(|save| save(Op::Put));
    };
    let delete = move |_| {
        if window().confirm_with_message(texts.need_delete_sure).unwrap_or(false) {
            save.with_value(|save| save(Op::Delete));
        }
    };
    let start_again = move |_| {
        key.with_untracked(|key| key.iter().for_each(LocalStorage::delete));
        draft.set(None);
    };
    let is_old = move || draft.with(|draft| draft.as_ref().is_some_and(|draft| draft.base_rev > 0));
    let place_error = form.error("place");
    let place = view! {
        <PlaceField value=form.value("place") invalid=Signal::derive(move || place_error.get().is_some())
            on_choose=Callback::new(move |code| form.set("place", code))/>
    };
    let note = {
        let (value, error) = (form.value("note"), form.error("note"));
        view! {
            <textarea id="field-note" rows="3" maxlength=NOTE_LENGTH.to_string() prop:value=value
                aria-invalid=move || error.get().is_some().to_string() aria-describedby="error-note"
                on:input=move |event| form.set("note", event_target_value(&event))></textarea>
        }
    };
    view! {
        <section class=move || format!("narrow programme {}", programme.get())>
            <h1>{move || draft.with(|draft| draft.as_ref().map(|draft| draft.get("title")).filter(|own| !own.is_empty())).unwrap_or_else(|| texts.need_new.to_owned())}</h1>
            {move || match way.get() {
                Some(Way::Waits) => Some(view! { <p class="state waiting">{texts.state_on_phone}</p> }.into_any()),
                Some(Way::Refused(why)) => Some(refused(model, &why).into_any()),
                _ => None,
            }}
            <div role="alert">
                {move || (!errors.with(Vec::is_empty)).then(|| {
                    let names: Vec<&str> = errors.get().iter().map(|error| name_of(model, &error.field)).collect();
                    view! { <p class="notice bad">{fill(texts.please_correct, &[&names.join("、")])}</p> }
                })}
            </div>
            <form class="form" novalidate on:submit=submit>
                {form.select("ledger", texts.ledger, ledgers)}
                {form.input("title", texts.need_title, "text", "text", TITLE_LENGTH)}
                {form.row("place", texts.place, place.into_any())}
                {form.input("year", texts.year, "text", "numeric", 4)}
                {form.select("programme", texts.need_category, programmes)}
                {form.input("amount", &format!("{}{}", texts.need_amount, texts.optional), "text", "decimal", 20)}
                {form.input("unit", &format!("{}{}", texts.need_unit, texts.optional), "text", "text", 20)}
                {form.input("due", &format!("{}{}", texts.need_due, texts.optional), "date", "text", 10)}
                {form.input("responsible", &format!("{}{}", texts.need_responsible, texts.optional), "text", "text", TITLE_LENGTH)}
                {form.select("status", texts.need_status, statuses)}
                {move || draft.with(|draft| draft.as_ref().map(steps(model)))}
                {form.select("pairing", &format!("{}{}", texts.pairing, texts.optional), pairings)}
                <MeetingEntries form/>
                {form.row("note", &format!("{}{}", texts.note, texts.optional), note.into_any())}
                {move || (!kept.get()).then(|| view! { <p class="error" role="alert">{texts.draft_not_kept}</p> })}
                {move || failed.get().map(|error| {
                    let words = match error {
                        StoreError::Full => texts.storage_full.to_owned(),
                        StoreError::Failed(why) => fill(texts.storage_failed, &[&why]),
                    };
                    view! { <p class="error" role="alert">{words}</p> }
                })}
                <div class="actions">
                    <button class="button primary" id="save">{texts.save}</button>
                    <span class="hint">{move || if model.online.get() { texts.save_hint_online } else { texts.save_hint_offline }}</span>
                </div>
                <div class="actions">
                    <button type="button" class="button quiet" on:click=start_again>{texts.start_again}</button>
                    {move || is_old().then(|| view! { <button type="button" class="button quiet" on:click=delete>{texts.delete}</button> })}
                </div>
            </form>
        </section>
    }
}

/// On which days it came to each status.
fn steps(model: Model) -> impl Fn(&Draft) -> AnyView {
    move |draft| {
        let dates = draft.before.get("dates").and_then(Value::as_object).cloned().unwrap_or_default();
        let step = |status: Status| {
            let day = dates.get(status.code())?.as_str()?.to_owned();
            Some(view! { <li>{format!("{day} {}", status_word(model.texts, status))}</li> })
        };
        view! { <ol class="steps">{Status::ALL.into_iter().filter_map(step).collect_view()}</ol> }.into_any()
    }
}

fn refused(model: Model, why: &[FieldError]) -> impl IntoView + use<> {
    let reasons: Vec<String> = why
        .iter()
        .map(|error| format!("{}：{}", name_of(model, &error.field), error.clone().in_language(model.language).message))
        .collect();
    view! { <p class="notice bad">{format!("{} {}", model.texts.state_refused, reasons.join("；"))}</p> }
}

fn name_of(model: Model, field: &str) -> &'static str {
    let texts = model.texts;
    match field {
        "ledger" => texts.ledger,
        "title" => texts.need_title,
        "place" => texts.place,
        "year" => texts.year,
        "programme" => texts.need_category,
        "amount" => texts.need_amount,
        "unit" => texts.need_unit,
        "due" => texts.need_due,
        "responsible" => texts.need_responsible,
        "status" | "dates" => texts.need_status,
        "pairing" => texts.pairing,
        "entries" => texts.need_entries,
        "note" => texts.note,
        _ => texts.nav_needs,
    }
}

/// The entries that meet it: those of its programme at its place or under its pairing, to be chosen.
#[component]
fn MeetingEntries(form: Form) -> impl IntoView {
    let (model, texts) = (form.model, form.model.texts);
    let entries = use_entries(|| true);
    let offered = Memo::new(move |_| {
        let draft = form.draft.get().unwrap_or_default();
        let overview = model.received.get().unwrap_or_default();
        let (place, programme, pairing) = (draft.get("place"), draft.get("programme"), draft.get("pairing"));
        let fits = |own: &&Known| {
            let entry = &own.entry;
            let is_of = overview.catalogue.activity(&entry.activity).is_some_and(|own| own.programme == programme);
            let is_at = !place.is_empty() && (covers(&place, &entry.place) || covers(&entry.place, &place));
            let is_under = entry.pairing.is_some_and(|id| id.to_string() == pairing);
            draft.entries.contains(&own.id) || is_of && (is_at || is_under)
        };
        let all = entries.get()?;
        let mut found: Vec<Known> = all.iter().filter(fits).cloned().collect();
        found.sort_by_key(|own| !draft.entries.contains(&own.id));
        found.truncate(OFFERED.max(draft.entries.len()));
        // In an order that does not change while one chooses.
        found.sort_by_key(|own| std::cmp::Reverse((own.entry.date, own.id)));
        Some(found)
    });
    let item = move |own: &Known, overview: &Overview| {
        let id = own.id;
        let name = activity_name(model, overview, &own.entry.activity).to_owned();
        let line = crate::components::entry_list::answers_line(model, overview, &own.entry, "；");
        let words = format!("{} {name} {line}", format_date(own.entry.date));
        let is_chosen =
            move || form.draft.with(|draft| draft.as_ref().is_some_and(|draft| draft.entries.contains(&id)));
        let toggle = move |_| {
            form.change(|draft| {
                let before = draft.entries.len();
                draft.entries.retain(|own| *own != id);
                if draft.entries.len() == before {
                    draft.entries.push(id);
                }
            });
        };
        view! { <label class="choose"><input type="checkbox" prop:checked=is_chosen on:change=toggle/>{words}</label> }
    };
    view! {
        <fieldset class="row" id="field-entries">
            <legend>{format!("{}{}", texts.need_entries, texts.optional)}</legend>
            {move || {
                let overview = model.received.get().unwrap_or_default();
                match offered.get() {
                    None => view! { <p class="empty">{texts.loading}</p> }.into_any(),
                    Some(found) if found.is_empty() => view! { <p class="hint">{texts.need_no_entries}</p> }.into_any(),
                    Some(found) => found.iter().map(|own| item(own, &overview)).collect_view().into_any(),
                }
            }}
        </fieldset>
    }
}
