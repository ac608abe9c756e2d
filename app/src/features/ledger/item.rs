//! The form of a ledger item: its description, its pairing, the entries that meet it, and its status. Every keystroke is stored
//! in a draft.

mod draft;
mod entries;
mod field_name;
mod form;
mod saving;

use crate::labels::code::ledger_status;
use crate::labels::directory::pairing_name;
use crate::labels::programme_color::programme_style;
use crate::labels::texts::fill;
use crate::lazy_screen;
use crate::state::{AppState, use_app_state};
use crate::storage::ledger_view::SyncState;
use crate::sync;
use crate::ui::drafting::Drafting;
use crate::ui::ledger_items::use_ledger;
use crate::ui::loading::{LoadingStored, NothingFound};
use crate::ui::place_field::PlaceField;
use draft::{Draft, new_draft};
use entries::MeetingEntries;
use field_name::{name_of, refused};
use form::ItemFormState;
use jiedui_core::entry::{NOTE_LENGTH, field};
use jiedui_core::ledger::{Status, TITLE_LENGTH};
use jiedui_core::sync::Op;
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_navigate, use_params_map, use_query_map};
use saving::{delete_item, save_item};
use serde_json::Value;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;

lazy_screen!(
    /// The form of a ledger item.
    LedgerItem, render_ledger_item, ItemOf
);

/// The screen.
#[component]
fn ItemOf() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    crate::ui::page::title(texts.nav_needs());
    let (params, query) = (use_params_map(), use_query_map());
    let items = use_ledger();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).and_then(|id| Uuid::parse_str(&id).ok()));
    let location = use_location();
    let drafting = Drafting::<Draft>::listening();
    let draft = drafting.draft;
    let fresh = move || new_draft(app, |name| query.with_untracked(|query| query.get(name)).unwrap_or_default());
    Effect::new(move |_| {
        // A change of the ledger must not change the draft while the user types.
        let Some(user) = app.session.user.with(|user| user.as_ref().map(|user| user.id)) else { return };
        let is_read = items.with(Option::is_some);
        let edited = id.get();
        // The router sets the parameters a moment after it renders the screen.
        let is_ready = edited.is_some() && is_read || location.pathname.with(|path| path.ends_with("/new"));
        if !is_ready || !drafting.is_to_begin() {
            return;
        }
        let form = format!("jiedui.need.{user}.{}", edited.map_or("new".to_owned(), |id| id.to_string()));
        spawn_local(async move {
            match edited {
                None => drafting.begin_new(app, &form, None, fresh()).await,
                Some(id) => match sync::item_view_of(app, id).await {
                    Ok(stored) => {
                        drafting.begin_edit(app, &form, stored.map(|(item, since)| Draft::of(&item, since))).await;
                    }
                    Err(error) => {
                        drafting.is_not_found();
                        app.storage.error.set(Some(error));
                    }
                },
            }
        });
    });
    let start_again = Callback::new(move |()| {
        drafting.clear();
        draft.set(None);
        spawn_local(async move {
            let again = match id.get_untracked() {
                None => Some(fresh()),
                Some(id) => {
                    sync::item_view_of(app, id).await.ok().flatten().map(|(item, since)| Draft::of(&item, since))
                }
            };
            if again.is_some() {
                draft.try_set(again);
            }
        });
    });
    let has_draft = Memo::new(move |_| draft.with(Option::is_some));
    move || {
        if app.session.user.with(Option::is_none) {
            return view! { <crate::ui::page::PleaseSignIn/> }.into_any();
        }
        if !has_draft.get() {
            if items.with(Option::is_some) && id.get().is_some() && !drafting.is_beginning() {
                return view! { <NothingFound text=texts.not_found()/> }.into_any();
            }
            return view! { <LoadingStored/> }.into_any();
        }
        let sync_state = Signal::derive(move || {
            items.with(|items| {
                items.as_ref()?.iter().find(|item| Some(item.id) == id.get()).map(|item| item.sync_state.clone())
            })
        });
        view! { <ItemForm drafting start_again sync_state/> }.into_any()
    }
}

#[component]
fn ItemForm(
    drafting: Drafting<Draft>,
    start_again: Callback<()>,
    #[prop(into)] sync_state: Signal<Option<SyncState>>,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let (draft, is_stored) = (drafting.draft, drafting.stored);
    let errors = RwSignal::new(Vec::new());
    let form = ItemFormState { app, drafting, errors };
    let failed = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let navigate = use_navigate();
    let overview = Signal::derive(move || app.overviews.server.get().unwrap_or_default());
    let programmes = Signal::derive(move || {
        let overview = overview.get();
        let programmes = overview
            .catalogue
            .programmes
            .iter()
            .map(|programme| (programme.code.clone(), app.pick(&programme.name, &programme.name_en).to_owned()));
        std::iter::once((String::new(), texts.please_choose().to_owned())).chain(programmes).collect()
    });
    let programme = form.value(field::PROGRAMME);
    let pairings = Signal::derive(move || {
        let (overview, programme) = (overview.get(), programme.get());
        let pairings = overview.pairings.iter().filter(|pairing| pairing.programme == programme);
        let pairings = pairings.map(|pairing| (pairing.id.to_string(), pairing_name(app.labels(), &overview, pairing)));
        std::iter::once((String::new(), texts.none_of_these().to_owned())).chain(pairings).collect::<Vec<_>>()
    });
    let fixed = |options: Vec<(&str, &str)>| {
        Signal::stored(options.into_iter().map(|(code, name)| (code.to_owned(), name.to_owned())).collect::<Vec<_>>())
    };
    let ledgers = fixed(vec![("need", texts.ledger_need()), ("plan", texts.ledger_plan())]);
    let statuses = fixed(Status::ALL.map(|status| (status.code(), ledger_status(texts, status))).to_vec());
    let save = move |op: Op| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        failed.set(None);
        let navigate = navigate.clone();
        spawn_local(async move {
            let saved = match op {
                Op::Put => save_item(form).await,
                Op::Delete => delete_item(form).await,
            };
            match saved {
                Ok(()) => {
                    let saved_draft = draft.try_get_untracked().flatten();
                    let list = saved_draft.map(|draft| {
                        format!("/needs?ledger={}&place={}", draft.get(field::LEDGER), draft.get(field::PLACE))
                    });
                    // Delete the draft only once the item is in the outbox.
                    drafting.is_saved();
                    navigate(list.as_deref().unwrap_or("/needs"), Default::default());
                }
                Err(why) => drop(failed.try_set(why)),
            }
            busy.try_set(false);
        });
    };
    let save = StoredValue::new_local(save);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        save.with_value(|save| save(Op::Put));
    };
    // The list shows the deletion with a button to undo it.
    let delete = move |_| save.with_value(|save| save(Op::Delete));
    let is_old = move || draft.with(|draft| draft.as_ref().is_some_and(|draft| draft.base_rev > 0));
    let place_error = form.error(field::PLACE);
    let place = view! {
        <PlaceField value=form.value(field::PLACE) invalid=Signal::derive(move || place_error.get().is_some())
            on_choose=Callback::new(move |code| form.set(field::PLACE, code))/>
    };
    let note = {
        let (value, error) = (form.value(field::NOTE), form.error(field::NOTE));
        view! {
            <textarea id="field-note" rows="3" maxlength=NOTE_LENGTH.to_string() prop:value=value
                aria-invalid=move || error.get().is_some().to_string() aria-describedby="error-note"
                on:input=move |event| form.set(field::NOTE, event_target_value(&event))></textarea>
        }
    };
    let style = move || programme_style(&overview.get().catalogue, &programme.get());
    view! {
        <section class="narrow programme" style=style>
            <h1>{move || draft.with(|draft| draft.as_ref().map(|draft| draft.get(field::TITLE)).filter(|title| !title.is_empty())).unwrap_or_else(|| texts.need_new().to_owned())}</h1>
            {move || match sync_state.get() {
                Some(SyncState::Waits) => Some(view! { <p class="state waiting">{texts.state_on_phone()}</p> }.into_any()),
                Some(SyncState::Refused(why)) => Some(refused(app, &why).into_any()),
                _ => None,
            }}
            <div role="alert">
                {move || (!errors.with(Vec::is_empty)).then(|| {
                    let names: Vec<&str> = errors.get().iter().map(|error| name_of(app, &error.field)).collect();
                    view! { <p class="notice bad">{fill(texts.please_correct(), &[&names.join("、")])}</p> }
                })}
            </div>
            {drafting.notices(texts, start_again)}
            <form class="form" novalidate on:submit=submit>
                {form.select(field::LEDGER, texts.ledger(), ledgers)}
                {form.input(field::TITLE, texts.need_title(), "text", "text", TITLE_LENGTH)}
                {form.row(field::PLACE, texts.place(), place.into_any())}
                {form.input(field::YEAR, texts.year(), "text", "numeric", 4)}
                {form.select(field::PROGRAMME, texts.need_category(), programmes)}
                {form.input(field::AMOUNT, &format!("{}{}", texts.need_amount(), texts.optional()), "text", "decimal", 20)}
                {form.input(field::UNIT, &format!("{}{}", texts.need_unit(), texts.optional()), "text", "text", 20)}
                {form.input(field::DUE, &format!("{}{}", texts.need_due(), texts.optional()), "date", "text", 10)}
                {form.input(field::RESPONSIBLE, &format!("{}{}", texts.need_responsible(), texts.optional()), "text", "text", TITLE_LENGTH)}
                {form.select(field::STATUS, texts.need_status(), statuses)}
                {move || draft.with(|draft| draft.as_ref().map(steps(app)))}
                {form.select(field::PAIRING, &format!("{}{}", texts.pairing(), texts.optional()), pairings)}
                <MeetingEntries form/>
                {form.row(field::NOTE, &format!("{}{}", texts.note(), texts.optional()), note.into_any())}
                {move || (!is_stored.get()).then(|| view! { <p class="error" role="alert">{texts.draft_not_kept()}</p> })}
                {move || failed.get().map(|words| view! { <p class="error" role="alert">{words}</p> })}
                <div class="actions">
                    <button class="button button-primary" id="save" disabled=busy>{move || if busy.get() { texts.saving() } else { texts.save() }}</button>
                    <span class="hint">{move || if app.sync.online.get() { texts.save_hint_online() } else { texts.save_hint_offline() }}</span>
                </div>
                <div class="actions">
                    <button type="button" class="button button-quiet" on:click=move |_| start_again.run(())>{texts.start_again()}</button>
                    {move || is_old().then(|| view! { <button type="button" class="button button-quiet" on:click=delete>{texts.delete()}</button> })}
                </div>
            </form>
        </section>
    }
}

/// Lists the dates on which the item reached each status.
fn steps(app: AppState) -> impl Fn(&Draft) -> AnyView {
    move |draft| {
        let dates = draft.before.get(field::DATES).and_then(Value::as_object).cloned().unwrap_or_default();
        let step = |status: Status| {
            let day = dates.get(status.code())?.as_str()?.to_owned();
            Some(view! { <li>{format!("{day} {}", ledger_status(app.texts, status))}</li> })
        };
        view! { <ol class="ledger-steps">{Status::ALL.into_iter().filter_map(step).collect_view()}</ol> }.into_any()
    }
}
