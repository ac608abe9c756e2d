//! The form of a new or an existing entry. The draft is stored at every keystroke.

mod answers;
mod fields;
mod photos;
mod position;
mod reading;
mod returned;
mod table;

use crate::labels::programme_color::programme_style;
use crate::labels::texts::fill;
use crate::lazy_screen;
use crate::state::{AppState, use_app_state};
use crate::storage::StoreError;
use crate::storage::drafts::{Draft, form_of_edit, form_of_new};
use crate::storage::my_entries::MyEntry;
use crate::storage::saving::{ChangedElsewhere, SaveBase, SaveOutcome, SaveRequest};
use crate::storage::user_db::new_id;
use crate::sync;
use crate::ui::drafting::{Drafting, FormDraft};
use crate::ui::loading::{LoadingStored, NothingFound};
use fields::{Change, Form};
use jiedui_core::access::rights::may_edit;
use jiedui_core::catalogue::Activity;
use jiedui_core::entry::State;
use jiedui_core::figures::overview::Overview;
use jiedui_core::sync::Kind;
use jiedui_core::sync::path;
use jiedui_core::values::field_error::FieldError;
use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_params_map, use_query_map};
use reading::{changes_of, check, copy_from_last, draft_of, fresh, today};
use serde_json::json;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;

lazy_screen!(
    /// The form of a new entry.
    NewEntryForm, render_new_entry, NewEntry
);

/// A new entry of the activity that the address names.
#[component]
fn NewEntry() -> impl IntoView {
    let model = use_app_state();
    crate::ui::page::title(model.texts.nav_new);
    let (params, query) = (use_params_map(), use_query_map());
    let activity = Memo::new(move |_| params.get().get("activity").unwrap_or_default());
    // Another activity is another form.
    move || {
        let activity = StoredValue::new(activity.get());
        let start = move || {
            let user = model.session.user.with(|user| user.as_ref().map(|user| user.id))?;
            let activity = activity.try_get_value().filter(|activity| !activity.is_empty())?;
            // The form is asked for in the version that the draft was begun with.
            let overview = model.overviews.server.get()?;
            let fresh =
                Draft { id: new_id(), date: today(), ..fresh(&activity, overview.catalogue.activity(&activity)) };
            let wanted = query.with_untracked(|query| query.get("draft")?.parse().ok());
            Some((form_of_new(user, &activity), Start::New { fresh: Box::new(fresh), wanted }))
        };
        view! { <EntryForm start/> }
    }
}

lazy_screen!(
    /// The form of an existing entry.
    EditEntryForm, render_edit_entry, EditEntry
);

/// The change of the entry that the address names.
#[component]
fn EditEntry() -> impl IntoView {
    let model = use_app_state();
    crate::ui::page::title(model.texts.entry);
    let params = use_params_map();
    let id = Memo::new(move |_| params.get().get("id").and_then(|id| Uuid::parse_str(&id).ok()));
    move || {
        let id = id.get();
        let start = move || {
            let user = model.session.user.with(|user| user.as_ref().map(|user| user.id))?;
            let id = id?;
            // It may arrive while one waits for it, and so may the forms, by which others' entries are one's to change or not.
            model.overviews.server.track();
            model.journal.entries.with(Option::is_some).then(|| (form_of_edit(user, id), Start::Edit(id)))
        };
        view! { <EntryForm start/> }
    }
}

/// The start of a form.
enum Start {
    New { fresh: Box<Draft>, wanted: Option<u32> },
    Edit(Uuid),
}

impl FormDraft for Draft {
    fn identity(&self) -> (Uuid, Option<Uuid>) {
        (self.id, self.copy_of)
    }

    fn become_copy(&mut self, id: Uuid) {
        self.copy_of = Some(self.id);
        self.id = id;
    }
}

/// How far saving has come.
#[derive(Clone, PartialEq)]
enum Saving {
    Not,
    Busy,
    /// Catalogue or places, which validate the answers, are not on the phone.
    NotReady,
    /// Another tab has changed these fields.
    Elsewhere(Vec<String>),
    Failed(StoreError),
}

/// The form. `start` gives where its drafts are kept and what it begins with, once both are known.
#[component]
fn EntryForm(start: impl Fn() -> Option<(String, Start)> + Copy + Send + Sync + 'static) -> impl IntoView {
    let model = use_app_state();
    let texts = model.texts;
    let drafting = Drafting::<Draft>::listening();
    let (draft, kept) = (drafting.draft, drafting.stored);
    let errors = RwSignal::new(Vec::<FieldError>::new());
    let busy = RwSignal::new(0);
    let saving = RwSignal::new(Saving::Not);
    Effect::new(move |_| {
        // The journal changes while somebody types; what they type must not.
        let Some((form, first)) = start() else { return };
        if !drafting.is_to_begin() {
            return;
        }
        spawn_local(async move {
            match first {
                Start::New { fresh, wanted } => drafting.begin_new(&form, wanted, *fresh).await,
                Start::Edit(id) => match stored(model, id).await {
                    Ok(stored) => drafting.begin_edit(&form, stored).await,
                    Err(error) => {
                        drafting.is_not_found();
                        model.storage.error.set(Some(error));
                    }
                },
            }
        });
    });
    let start_again = Callback::new(move |()| {
        drafting.clear();
        errors.set(Vec::new());
        saving.set(Saving::Not);
        spawn_local(async move {
            let again = match untrack(start) {
                Some((_, Start::New { fresh, .. })) => Some(*fresh),
                Some((_, Start::Edit(id))) => stored(model, id).await.ok().flatten(),
                None => None,
            };
            if again.is_some() {
                draft.try_set(again);
            }
        });
    });
    let edit = move |change: &dyn Fn(&mut Draft)| {
        drafting.change(change);
        // A mistake that was pointed out goes away as it is put right.
        if !errors.with_untracked(Vec::is_empty)
            && let (Some(draft), Some(overview)) = (draft.get_untracked(), model.overviews.server.get_untracked())
        {
            let now = check(model, &draft, &overview, &model.geography.places.get_untracked());
            errors.update(|errors| errors.retain(|error| now.iter().any(|own| own.field == error.field)));
        }
    };
    let navigate = use_navigate();
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        // A photo that is being scaled down would be missing.
        if saving.get_untracked() == Saving::Busy || busy.get_untracked() > 0 {
            return;
        }
        saving.set(Saving::Busy);
        let navigate = navigate.clone();
        spawn_local(async move {
            // No answer is judged before what judges it is there.
            let judges = sync::judges(model).await;
            // What was typed while one waited counts.
            let (Some(own), Some((overview, places))) = (draft.try_get_untracked().flatten(), judges) else {
                saving.try_set(Saving::NotReady);
                return;
            };
            let found = check(model, &own, &overview, &places);
            if !found.is_empty() {
                focus_on(&found);
                errors.try_set(found);
                saving.try_set(Saving::Not);
                return;
            }
            let mut fields = changes_of(&own, overview.catalogue.form(&own.activity, own.version));
            if returned::is_resubmitted(model, &own) {
                // What is sent in again waits for review again, even where nothing had to be changed.
                fields.insert("state".to_owned(), json!(State::Submitted.code()));
            }
            let after = if returned::is_own(model, &own) { "/entries".to_owned() } else { format!("/list/{}", own.id) };
            let begun = if drafting.is_new() {
                SaveBase::New
            } else {
                SaveBase::With { since: own.since, before: own.before.clone() }
            };
            match sync::save_made(
                model,
                &SaveRequest { kind: Kind::Entry, id: own.id, base_rev: own.base_rev, fields, begun },
            )
            .await
            {
                Ok(SaveOutcome::Done) => {
                    // Not before the entry is in the outbox may its draft go.
                    drafting.is_saved();
                    navigate(&after, Default::default());
                }
                Ok(SaveOutcome::Elsewhere(now)) => {
                    let names = now.paths.iter().map(|path| model.field_name(&own.activity, path)).collect();
                    drafting.change(|draft| *draft = on_top_of(draft, now, &overview));
                    saving.try_set(Saving::Elsewhere(names));
                }
                Err(error) => drop(saving.try_set(Saving::Failed(error))),
            }
        });
    };
    let save = StoredValue::new(save);
    let form_of = |draft: &Draft| (draft.activity.clone(), draft.version);
    let there = Memo::new(move |_| draft.with(|draft| draft.as_ref().map(form_of)));
    move || {
        if model.session.user.with(Option::is_none) {
            return view! { <crate::ui::page::PleaseSignIn/> }.into_any();
        }
        let Some((code, version)) = there.get() else {
            if drafting.is_beginning() || model.journal.entries.with(Option::is_none) {
                return view! { <LoadingStored/> }.into_any();
            }
            let words = match untrack(start) {
                Some((_, Start::New { .. })) => texts.nothing_kept,
                _ if model.overviews.server.with(Option::is_none) => texts.nothing_kept,
                _ => return view! { <NothingFound text=texts.entry_not_here/> }.into_any(),
            };
            return view! { <p class="empty">{words}</p> }.into_any();
        };
        let Some(overview) = model.overviews.server.get_untracked() else {
            return view! { <p class="empty">{texts.nothing_kept}</p> }.into_any();
        };
        let Some(activity) = overview.catalogue.form(&code, version) else {
            return view! { <p class="empty">{texts.no_such_activity}</p> }.into_any();
        };
        let edit = StoredValue::new(edit);
        let begun = draft.with_untracked(Clone::clone).unwrap_or_default();
        let stands = returned::stands(model, &begun);
        let banner = returned::banner(model, &stands);
        let resubmits = banner.is_some() && returned::is_own(model, &begun);
        let concerned = StoredValue::new(returned::concerned(&stands));
        let form = Form {
            model,
            draft,
            errors,
            concerned,
            edit: Callback::new(move |change: Change| edit.with_value(|edit| edit(&*change))),
        };
        let style = programme_style(&overview.catalogue, &activity.programme);
        view! {
            <section class="narrow programme" style=style>
                <h1>{model.pick(&activity.name, &activity.name_en).to_owned()}</h1>
                {banner}
                <form class="form" novalidate on:submit=move |event| save.with_value(|save| save(event))>
                    {form.summary(&code)}
                    {drafting.notices(texts, start_again)}
                    {same_button(model, draft, form.edit, code.clone())}
                    {form.when()}
                    {form.place()}
                    {form.position()}
                    {activity.fields.iter().map(|field| form.answer(field)).collect_view()}
                    {form.partner(&overview, activity)}
                    {form.organisation(&overview)}
                    {form.note()}
                    {form.photos(busy)}
                    {form.reason(&overview)}
                    {move || (!kept.get()).then(|| view! { <p class="error" role="alert">{texts.draft_not_kept}</p> })}
                    {move || match saving.get() {
                        Saving::NotReady => view! { <p class="error" role="alert">{texts.not_ready_to_save}</p> }.into_any(),
                        Saving::Elsewhere(names) => view! { <p class="error" role="alert">{fill(texts.changed_elsewhere, &[&names.join("、")])}</p> }.into_any(),
                        Saving::Failed(error) => view! { <p class="error" role="alert">{error.words(texts)}</p> }.into_any(),
                        _ => ().into_any(),
                    }}
                    <div class="actions">
                        <button class="button button-primary" id="save" disabled=move || saving.get() == Saving::Busy || (busy.get() > 0)>
                            {move || match (saving.get() == Saving::Busy, resubmits) {
                                (true, _) => texts.saving,
                                (false, true) => texts.save_again,
                                (false, false) => texts.save,
                            }}
                        </button>
                        <span class="hint">{move || if model.sync.online.get() { texts.save_hint_online } else { texts.save_hint_offline }}</span>
                    </div>
                </form>
            </section>
        }
        .into_any()
    }
}

/// Returns the draft of an edit: of an entry of this person's, or of another's that they may edit.
async fn stored(model: AppState, id: Uuid) -> Result<Option<Draft>, StoreError> {
    if let Some((own, since)) = sync::own_entry(model, id).await? {
        return Ok(Some(edit_of(&own, since)));
    }
    let other = sync::known_entry(model, id).await?;
    let (user, overview) = (model.session.user.get_untracked(), model.overviews.server.get_untracked());
    let (Some((other, since)), Some(user), Some(overview)) = (other, user, overview) else { return Ok(None) };
    let edits = may_edit(&other.fields, &user, &overview.catalogue);
    Ok(edits.then(|| Draft { since, ..draft_of(id, other.rev, &other.fields) }))
}

/// The change of an entry, as it begins.
fn edit_of(own: &MyEntry, since: u64) -> Draft {
    Draft { before: own.confirmed.clone(), since, ..draft_of(own.id, own.rev, &own.fields) }
}

/// Rebases a draft on an entry that another tab has changed: changes of the draft stay, other fields take their new values.
fn on_top_of(draft: &Draft, now: ChangedElsewhere, overview: &Overview) -> Draft {
    let changes = changes_of(draft, overview.catalogue.form(&draft.activity, draft.version));
    let mut fields = now.fields.clone();
    for (path, value) in path::paths(&changes) {
        path::set(&mut fields, &path, value);
    }
    Draft {
        reason: draft.reason.clone(),
        before: now.fields,
        since: now.since,
        copy_of: draft.copy_of,
        ..draft_of(draft.id, now.rev, &fields)
    }
}

/// A form as a recorder will see it: it can be tried, and nothing is kept.
#[component]
pub fn Preview(
    /// The form.
    activity: Activity,
) -> impl IntoView {
    let model = use_app_state();
    let draft = RwSignal::new(Some(fresh(&activity.code, Some(&activity))));
    let change = move |change: Change| {
        draft.update(|draft| {
            if let Some(draft) = draft {
                change(draft);
            }
        });
    };
    let (errors, concerned) = (RwSignal::default(), StoredValue::new(Vec::new()));
    let form = Form { model, draft, errors, concerned, edit: Callback::new(change) };
    let overview = model.server_overview.get_untracked().unwrap_or_default();
    let style = programme_style(&overview.catalogue, &activity.programme);
    view! {
        <div class="form programme" style=style>
            {form.when()}
            {activity.fields.iter().map(|field| form.answer(field)).collect_view()}
        </div>
    }
}

/// Fills a new form in as the last entry of the same activity was, but for its date, numbers and note.
fn same_button(
    model: AppState,
    draft: RwSignal<Option<Draft>>,
    edit: Callback<Change>,
    activity: String,
) -> impl IntoView {
    let last = Memo::new(move |_| {
        let is_new = draft.with(|draft| draft.as_ref().is_some_and(|draft| draft.base_rev == 0));
        model.journal.entries.with(|journal| {
            let own = journal.as_ref().filter(|_| is_new)?.entries.iter().find(|own| own.entry.activity == activity)?;
            Some(own.fields.clone())
        })
    });
    let fill_in = move |_| {
        if let Some(fields) = last.get_untracked() {
            edit.run(Box::new(move |draft| *draft = copy_from_last(draft, &fields)));
        }
    };
    move || {
        last.with(Option::is_some).then(|| {
            view! { <button type="button" class="button button-quiet" on:click=fill_in>{model.texts.same_as_last}</button> }
        })
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
