//! Deletes an entry from its menu, and voids a duplicate from a reviewer's actions.

use crate::labels::code::entry_state;
use crate::labels::entry::{activity_name, answers_line};
use crate::state::screen::Deleted;
use crate::state::{AppState, use_app_state};
use crate::storage::entry_view::EntryView;
use crate::storage::my_entries::PendingDeletion;
use crate::sync;
use crate::ui::snackbar::{self, Action};
use jiedui_core::access::rights::{Deletion, deletion};
use jiedui_core::entry::field::{self, DUPLICATE_OF, REASON};
use jiedui_core::entry::{Fields, State};
use jiedui_core::values::date::format_date;
use leptos::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;

/// Returns the input that the user must give to delete an entry; `None` if they may not delete it.
pub fn deletion_of(app: AppState, fields: &Fields) -> Option<Deletion> {
    let user = app.session.user.get()?;
    app.overviews.server.with(|overview| {
        let overview = overview.as_ref()?;
        deletion(fields, &user, &overview.catalogue, &overview.closed).ok()
    })
}

/// Deletes an entry; it can be undone for a while.
pub fn delete(app: AppState, id: Uuid, rev: u64, fields: Fields, reason: &str, duplicate_of: Option<Uuid>) {
    let reason = reason.trim();
    let mut reasons = Fields::new();
    if !reason.is_empty() {
        reasons.insert(REASON.to_owned(), json!(reason));
    }
    if let Some(duplicated) = duplicate_of {
        reasons.insert(DUPLICATE_OF.to_owned(), json!(duplicated));
    }
    spawn_local(async move {
        match sync::delete(app, id, rev, fields, reasons).await {
            Ok(deleted) => offer_undo(app, deleted),
            Err(error) => app.storage.error.set(Some(error)),
        }
    });
}

fn offer_undo(app: AppState, deleted: Deleted) {
    let seq = deleted.seq;
    let undo = Action::new("undo", app.texts.undo(), move || undo_deletion(app, deleted.clone()));
    snackbar::show(app, app.texts.deleted_entry().to_owned(), vec![undo], Some(seq));
}

fn undo_deletion(app: AppState, deleted: Deleted) {
    spawn_local(async move {
        if let Err(error) = sync::undo_delete(app, deleted).await {
            app.storage.error.set(Some(error));
        }
    });
}

/// Entries of a screen whose menus are open. An entry can be redrawn at any time; its open menu stays open.
pub type OpenMenus = RwSignal<BTreeSet<Uuid>>;

/// The menu of an entry that the user may delete. `ask` opens the field of the reason, if one is required.
#[component]
pub fn EntryMenu(
    /// The entry's identifier.
    id: Uuid,
    /// Its revision.
    rev: u64,
    /// Its fields.
    fields: Fields,
    /// Opens the reason's field.
    ask: Callback<()>,
    /// Open menus of the screen.
    open: OpenMenus,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let fields = StoredValue::new(fields);
    let needs = Memo::new(move |_| fields.with_value(|fields| deletion_of(app, fields)));
    let press = move |event: leptos::ev::MouseEvent| {
        if let Ok(Some(menu)) = event_target::<web_sys::Element>(&event).closest("details") {
            let _ = menu.remove_attribute("open");
        }
        open.update_untracked(|open| {
            open.remove(&id);
        });
        match needs.get_untracked() {
            Some(Deletion::Free) => delete(app, id, rev, fields.get_value(), "", None),
            _ => ask.run(()),
        }
    };
    let toggled = move |event: leptos::ev::Event| {
        let is_open = event_target::<web_sys::Element>(&event).has_attribute("open");
        open.try_update_untracked(|open| if is_open { open.insert(id) } else { open.remove(&id) });
    };
    move || {
        matches!(needs.get(), Some(Deletion::Free | Deletion::Reason)).then(|| {
            let is_open = open.with_untracked(|open| open.contains(&id));
            view! {
                <details class="entry-menu" open=is_open on:toggle=toggled>
                    <summary aria-label=texts.more_actions() title=texts.more_actions()><span aria-hidden="true">"⋯"</span></summary>
                    <button type="button" class="button-danger" data-delete on:click=press>{texts.delete()}</button>
                </details>
            }
        })
    }
}

/// Deletions that wait to be sent, each with a button to undo it.
#[component]
pub fn PendingDeletions() -> impl IntoView {
    let app = use_app_state();
    let deletions = Memo::new(move |_| {
        app.my_entries
            .summary
            .with(|entries| entries.as_ref().map(|entries| entries.deletions.clone()).unwrap_or_default())
    });
    move || {
        let rows = deletions.get();
        (!rows.is_empty()).then(|| {
            let rows = rows.into_iter().map(|deletion| view! { <PendingDeletionRow deletion/> }).collect_view();
            view! { <ul class="entries deletions">{rows}</ul> }
        })
    }
}

/// A deletion that waits to be sent.
#[component]
pub fn PendingDeletionRow(
    /// The deletion.
    deletion: PendingDeletion,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let PendingDeletion { id, rev, fields, seq } = deletion;
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (activity, date, place) = (text(field::ACTIVITY), text(field::DATE), text(field::PLACE));
    let name = move || {
        let overview = app.overviews.server.get().unwrap_or_default();
        activity_name(app.labels(), &overview, &activity).to_owned()
    };
    let place = move || app.geography.places.with(|places| places.label(&place));
    // For the first seconds, the bar at the bottom of the screen has the button.
    let in_bar = Memo::new(move |_| app.screen.offers_undo(seq));
    let undo = move |_| undo_deletion(app, Deleted { id, rev, fields: fields.clone(), seq });
    view! {
        <li class="entry-deletion" data-deletion=id.to_string()>
            <strong>{name}</strong>
            <span>{date}" "{place}</span>
            <p class="state waiting">{texts.deletion_waits()}</p>
            <button type="button" class="button-quiet" hidden=move || in_bar.get() on:click=undo>{texts.undo()}</button>
        </li>
    }
}

/// The field of the reason for a deletion.
#[component]
pub fn DeleteForm(
    /// The entry in the replica, with unsent changes.
    #[prop(into)]
    record: Signal<EntryView>,
    /// Whether the form is open.
    asked: RwSignal<bool>,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let confirm = move |reason: String| {
        let record = record.get_untracked();
        asked.set(false);
        delete(app, record.id, record.rev, record.fields, &reason, None);
    };
    let id = record.with_untracked(|record| record.id);
    move || {
        asked.get().then(|| {
            let form =
                ReasonForm { id, label: texts.delete_reason(), button: texts.delete_now(), first: String::new() };
            reason_form(form, asked, confirm)
        })
    }
}

/// Texts of a field for a required reason.
struct ReasonForm {
    id: Uuid,
    label: &'static str,
    button: &'static str,
    first: String,
}

fn reason_form(form: ReasonForm, open: RwSignal<bool>, confirm: impl Fn(String) + 'static) -> impl IntoView {
    let texts = use_app_state().texts;
    let ReasonForm { id, label, button, first } = form;
    let (reason, missing) = (RwSignal::new(first), RwSignal::new(false));
    let press = move |_| {
        let why = reason.get_untracked().trim().to_owned();
        missing.set(why.is_empty());
        if !why.is_empty() {
            confirm(why);
        }
    };
    view! {
        <div class="form-row reason" class:wrong=move || missing.get()>
            <label for=format!("delete-{id}")>{label}</label>
            <textarea id=format!("delete-{id}") rows="2" maxlength="2000" prop:value=move || reason.get()
                aria-invalid=move || missing.get().to_string() aria-describedby=format!("delete-error-{id}")
                on:input=move |event| { missing.set(false); reason.set(event_target_value(&event)) }></textarea>
            <p class="error" id=format!("delete-error-{id}")>{move || missing.get().then_some(texts.delete_reason_missing())}</p>
            <p class="actions">
                <button type="button" class="button button-danger" data-confirm on:click=press>{button}</button>
                <button type="button" class="button button-quiet" on:click=move |_| open.set(false)>{texts.cancel()}</button>
            </p>
        </div>
    }
}

/// A reviewer's third action: voids an entry as a duplicate of one that the reviewer chooses among likely duplicates.
#[component]
pub fn VoidForm(
    /// The entry.
    #[prop(into)]
    record: Signal<EntryView>,
    /// Likely duplicates of the entry.
    same: Signal<Vec<EntryView>>,
    /// Whether the form is open.
    asked: RwSignal<bool>,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let id = record.with_untracked(|record| record.id);
    let only = same.with_untracked(|same| same.first().filter(|_| same.len() == 1).map(|view| view.id));
    let (chosen, missing) = (RwSignal::new(only), RwSignal::new(false));
    move || {
        asked.get().then(|| {
            let overview = app.overviews.server.get_untracked().unwrap_or_default();
            let row = |view: &EntryView| {
                let of = view.id;
                let place = app.geography.places.with(|places| places.label(&view.entry.place));
                let name = activity_name(app.labels(), &overview, &view.entry.activity).to_owned();
                let words = format!("{name} {} {place}", format_date(view.entry.date));
                let state = entry_state(texts, view.entry.state);
                let answers = answers_line(app.labels(), &overview, &view.entry, "；");
                view! {
                    <label class="choose">
                        <input type="radio" name=format!("void-{id}") prop:checked=move || chosen.get() == Some(of)
                            on:change=move |_| { missing.set(false); chosen.set(Some(of)) }/>
                        <span>{words}<small>{format!("{answers} · {state}")}</small></span>
                    </label>
                }
            };
            let rows = same.with(|same| same.iter().map(row).collect_view());
            let form = ReasonForm {
                id,
                label: texts.void_reason(),
                button: texts.void_now(),
                first: texts.void_usual().to_owned(),
            };
            let confirm = move |reason: String| {
                let Some(of) = chosen.get_untracked() else {
                    missing.set(true);
                    return;
                };
                let record = record.get_untracked();
                asked.set(false);
                delete(app, record.id, record.rev, record.fields, &reason, Some(of));
            };
            view! {
                <fieldset class="form-row review-void" class:wrong=move || missing.get()>
                    <legend>{texts.void_which()}</legend>
                    {rows}
                    <p class="error" role="alert">{move || missing.get().then_some(texts.void_choose())}</p>
                </fieldset>
                {reason_form(form, asked, confirm)}
            }
        })
    }
}

/// Returns whether a reviewer may void an entry as a duplicate.
pub fn may_void(app: AppState, record: &EntryView) -> bool {
    let needs = record.entry.state != State::Returned && record.rev > 0;
    needs && matches!(deletion_of(app, &record.fields), Some(Deletion::Duplicate | Deletion::Reason))
}
