//! The form of a new or an existing entry. The draft is stored at every keystroke.

mod copy_last;
mod draft_from_fields;
mod draft_to_fields;
mod fields;
mod photos;
mod position;
mod returned;
mod saved;
mod screens;
mod stored_draft;
mod validation;

pub use screens::{EditEntryForm, NewEntryForm};

use crate::labels::programme_color::programme_style;
use crate::labels::texts::fill;
use crate::state::use_app_state;
use crate::storage::StoreError;
use crate::storage::drafts::Draft;
use crate::storage::in_use::OnScreen;
use crate::storage::saving::{SaveBase, SaveOutcome, SaveRequest};
use crate::storage::user_db::UserDb;
use crate::sync;
use crate::ui::drafting::Drafting;
use crate::ui::entry::deletion::{delete, deletion_of};
use crate::ui::entry_form::{DraftChange, EntryFormState};
use crate::ui::form_row::focus_field;
use crate::ui::loading::{LoadingStored, NothingFound};
use crate::ui::save_bar::SaveBar;
use crate::ui::stored::use_stored;
use copy_last::copy_last_button;
use draft_to_fields::changes_of;
use jiedui_core::access::rights::Deletion;
use jiedui_core::entry::{Fields, State, field};
use jiedui_core::sync::Kind;
use jiedui_core::values::field_error::FieldError;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use serde_json::json;
use stored_draft::{rebase, stored_draft};
use uuid::Uuid;
use validation::check;
use wasm_bindgen_futures::spawn_local;

/// The start of a form.
enum Start {
    /// A new entry; `wanted` is the number of the draft slot.
    New { fresh: Box<Draft>, wanted: Option<u32> },
    /// An edit of the entry with this identifier.
    Edit(Uuid),
}

/// State of saving.
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

/// The form. `start` returns the name of its draft slots and its start, once both are loaded.
#[component]
fn EntryForm(start: impl Fn() -> Option<(String, Start)> + Copy + Send + Sync + 'static) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let drafting = Drafting::<Draft>::listening();
    let on_screen = StoredValue::new(OnScreen::default());
    let (draft, is_stored) = (drafting.draft, drafting.stored);
    let errors = RwSignal::new(Vec::<FieldError>::new());
    let busy = RwSignal::new(0);
    let saving = RwSignal::new(Saving::Not);
    // The entry's current fields. It may have been returned after the draft was started.
    let present = StoredValue::new(None::<Fields>);
    Effect::new(move |_| {
        // The entries change while the user types; the draft must not.
        let Some((form, first)) = start() else { return };
        if !drafting.is_to_begin() {
            return;
        }
        spawn_local(async move {
            match first {
                Start::New { fresh, wanted } => drafting.begin_new(app, &form, wanted, *fresh).await,
                Start::Edit(id) => match stored_draft(app, id, on_screen).await {
                    Ok(stored) => {
                        present.set_value(stored.as_ref().map(|stored| stored.before.clone()));
                        drafting.begin_edit(app, &form, stored).await;
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
        errors.set(Vec::new());
        saving.set(Saving::Not);
        spawn_local(async move {
            let again = match untrack(start) {
                Some((_, Start::New { fresh, .. })) => Some(*fresh),
                Some((_, Start::Edit(id))) => stored_draft(app, id, on_screen).await.ok().flatten(),
                None => None,
            };
            if again.is_some() {
                draft.try_set(again);
            }
        });
    });
    let edit = move |change: &dyn Fn(&mut Draft)| {
        drafting.change(change);
        // A reported error disappears once it is corrected.
        if !errors.with_untracked(Vec::is_empty)
            && let (Some(draft), Some(overview)) = (draft.get_untracked(), app.overviews.server.get_untracked())
        {
            let now = check(app, &draft, &overview, &app.geography.places.get_untracked());
            errors.update(|errors| errors.retain(|error| now.iter().any(|current| current.field == error.field)));
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
            // Validation needs the catalogue and the places.
            let reference_data = sync::reference_data(app).await;
            // The draft may have changed meanwhile.
            let (Some(edited), Some((overview, places))) = (draft.try_get_untracked().flatten(), reference_data) else {
                saving.try_set(Saving::NotReady);
                return;
            };
            let invalid = check(app, &edited, &overview, &places);
            if !invalid.is_empty() {
                focus_on(&invalid);
                errors.try_set(invalid);
                saving.try_set(Saving::Not);
                return;
            }
            let mut fields = changes_of(&edited, overview.catalogue.form(&edited.activity, edited.version));
            if returned::is_resubmitted(app, &edited) {
                // A returned entry is submitted for review again, even without a change.
                fields.insert(field::STATE.to_owned(), json!(State::Submitted.code()));
            }
            let after =
                if returned::is_own(app, &edited) { "/entries".to_owned() } else { format!("/list/{}", edited.id) };
            let begun = if drafting.is_new() {
                SaveBase::New
            } else {
                SaveBase::With { since: edited.since, before: edited.before.clone() }
            };
            drafting.begin_saving(&fields);
            match sync::save_made(
                app,
                &SaveRequest { kind: Kind::Entry, id: edited.id, base_rev: edited.base_rev, fields, begun },
            )
            .await
            {
                Ok(SaveOutcome::Done(id)) => {
                    // Delete the draft only once the entry is in the outbox.
                    drafting.is_saved();
                    let is_new = drafting.is_new();
                    navigate(&after, Default::default());
                    saved::show(app, edited, id, is_new, navigate);
                }
                Ok(SaveOutcome::Elsewhere(now)) => {
                    let names = now.paths.iter().map(|path| app.field_name(&edited.activity, path)).collect();
                    drafting.change(|draft| *draft = rebase(draft, now, &overview));
                    saving.try_set(Saving::Elsewhere(names));
                }
                Err(error) => drop(saving.try_set(Saving::Failed(error))),
            }
        });
    };
    let save = StoredValue::new(save);
    let form_of = |draft: &Draft| (draft.activity.clone(), draft.version);
    let form_code = Memo::new(move |_| draft.with(|draft| draft.as_ref().map(form_of)));
    move || {
        if app.session.user.with(Option::is_none) {
            return view! { <crate::ui::page::PleaseSignIn/> }.into_any();
        }
        let Some((code, version)) = form_code.get() else {
            if drafting.is_beginning() || app.my_entries.summary.with(Option::is_none) {
                return view! { <LoadingStored/> }.into_any();
            }
            let words = match untrack(start) {
                Some((_, Start::New { .. })) => texts.nothing_kept(),
                _ if app.overviews.server.with(Option::is_none) => texts.nothing_kept(),
                _ => return view! { <NothingFound text=texts.entry_not_here()/> }.into_any(),
            };
            return view! { <p class="empty">{words}</p> }.into_any();
        };
        let Some(overview) = app.overviews.server.get_untracked() else {
            return view! { <p class="empty">{texts.nothing_kept()}</p> }.into_any();
        };
        let Some(activity) = overview.catalogue.form(&code, version) else {
            return view! { <p class="empty">{texts.no_such_activity()}</p> }.into_any();
        };
        let edit = StoredValue::new(edit);
        let begun = draft.with_untracked(Clone::clone).unwrap_or_default();
        let current = present.get_value().unwrap_or_else(|| begun.before.clone());
        let banner = returned::banner(app, &current);
        let resubmits = banner.is_some() && returned::is_own(app, &begun);
        let concerned = StoredValue::new(returned::concerned(&current));
        let return_reason = StoredValue::new(returned::reason(&current));
        let form = EntryFormState {
            app,
            draft,
            errors,
            concerned,
            return_reason,
            edit: Callback::new(move |change: DraftChange| edit.with_value(|edit| edit(&*change))),
        };
        let style = programme_style(&overview.catalogue, &activity.programme);
        let deletes = (!drafting.is_new()).then(|| (begun.id, returned::is_own(app, &begun)));
        let is_blocked = Signal::derive(move || saving.get() == Saving::Busy || busy.get() > 0);
        let save_label = Signal::derive(move || match (saving.get() == Saving::Busy, resubmits) {
            (true, _) => texts.saving(),
            (false, true) => texts.save_again(),
            (false, false) => texts.save(),
        });
        let save_hint = Signal::derive(move || match app.sync.online.get() {
            true => texts.save_hint_online(),
            false => texts.save_hint_offline(),
        });
        let missing = Memo::new(move |_| {
            draft.with(|draft| draft.as_ref().map(|draft| validation::missing(app, draft)).unwrap_or_default())
        });
        view! {
            <section class="narrow programme" style=style>
                <h1>{app.pick(&activity.name, &activity.name_en).to_owned()}</h1>
                {banner}
                <form class="form" novalidate on:submit=move |event| save.with_value(|save| save(event))>
                    {form.summary(&code)}
                    {drafting.notices(texts, start_again)}
                    {copy_last_button(app, draft, form.edit, code.clone())}
                    {form.when()}
                    {form.place()}
                    {form.position()}
                    {activity.fields.iter().map(|field| form.answer(field)).collect_view()}
                    {form.partner(&overview, activity)}
                    {form.organisation(&overview)}
                    {form.note()}
                    {form.photos(busy)}
                    {form.reason(&overview)}
                    {move || (!is_stored.get()).then(|| view! { <p class="error" role="alert">{texts.draft_not_kept()}</p> })}
                    {move || match saving.get() {
                        Saving::NotReady => view! { <p class="error" role="alert">{texts.not_ready_to_save()}</p> }.into_any(),
                        Saving::Elsewhere(names) => view! { <p class="error" role="alert">{fill(texts.changed_elsewhere(), &[&names.join("、")])}</p> }.into_any(),
                        Saving::Failed(error) => view! { <p class="error" role="alert">{error.words(texts)}</p> }.into_any(),
                        _ => ().into_any(),
                    }}
                    {deletes.map(|(id, is_own)| view! { <DeleteButton id is_own/> })}
                    <SaveBar label=save_label disabled=is_blocked missing hint=save_hint/>
                </form>
            </section>
        }
        .into_any()
    }
}

/// Focuses the first field with an error.
fn focus_on(errors: &[FieldError]) {
    let _ = errors.iter().any(|error| focus_field(&error.field));
}

/// The button that deletes a stored entry, where the user may delete it.
#[component]
fn DeleteButton(
    /// Identifier of the entry.
    id: Uuid,
    /// Whether the user recorded it.
    is_own: bool,
) -> impl IntoView {
    let app = use_app_state();
    let navigate = use_navigate();
    let read = use_stored(move |reading| {
        Some(async move {
            let mine = UserDb::open(reading.user).await?.my_entry_of(id).await?;
            Ok(mine.map(|(mine, _)| (mine.rev, mine.fields)))
        })
    });
    let entry = Memo::new(move |_| read.get().flatten());
    let needs = Memo::new(move |_| entry.with(|entry| deletion_of(app, &entry.as_ref()?.1)));
    let press = move |_| match (entry.get_untracked(), needs.get_untracked()) {
        (Some((rev, fields)), Some(Deletion::Free)) => {
            delete(app, id, rev, fields, "", None);
            navigate(if is_own { "/entries" } else { "/list" }, Default::default());
        }
        _ => navigate(&format!("/list/{id}?do=delete"), Default::default()),
    };
    let press = StoredValue::new(press);
    move || {
        matches!(needs.get(), Some(Deletion::Free | Deletion::Reason)).then(|| {
            view! {
                <p class="actions">
                    <button type="button" class="button-danger" id="delete" on:click=move |event| press.with_value(|press| press(event))>{app.texts.delete()}</button>
                </p>
            }
        })
    }
}
