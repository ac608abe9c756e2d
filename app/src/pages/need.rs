//! One item of a ledger: written down, matched with a pairing and the entries that meet it, and brought to its end. What is typed
//! is kept at every keystroke.

mod draft;
mod entries;
mod form;

use super::needs::{status_word, use_ledger};
use crate::components::map::lists::pair_name;
use crate::components::place_field::PlaceField;
use crate::json;
use crate::model::{Model, use_model};
use crate::store::StoreError;
use crate::store::ledger::Way;
use crate::sync;
use crate::texts::fill;
use draft::{Draft, new_draft};
use entries::MeetingEntries;
use form::Form;
use gloo_storage::{LocalStorage, Storage};
use jiedui_core::domain::FieldError;
use jiedui_core::domain::entry::{Fields, NOTE_LENGTH};
use jiedui_core::domain::need::{Status, TITLE_LENGTH};
use jiedui_core::sync::Op;
use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_params_map, use_query_map};
use serde_json::Value;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;

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
