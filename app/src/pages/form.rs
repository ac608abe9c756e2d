//! The entry form: for a new entry and for changing one. What is typed is kept at every keystroke.

mod answers;
mod fields;
mod photos;
mod position;
mod reading;
mod table;

use crate::model::{Model, use_model};
use crate::store::StoreError;
use crate::store::draft::{Draft, DraftKey};
use crate::store::person::new_id;
use crate::sync;
use crate::texts::fill;
use fields::{Change, Form};
use jiedui_core::domain::{Activity, FieldError};
use jiedui_core::sync::Op;
use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_params_map};
pub use reading::read_number;
use reading::{changes_of, check, draft_of, fresh, same_as, today};
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
        // The form is asked for in the version that the draft was begun with.
        let overview = model.received.get()?;
        let form = overview.catalogue.activity(&activity);
        let begin = || Draft { id: new_id(), date: today(), ..fresh(&activity, form) };
        Some((key.read().unwrap_or_else(begin), key))
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
            Some(Draft { before: own.sure.clone(), ..draft_of(own.id, own.rev, &own.fields) })
        });
        Some((key.read().or(stored)?, key))
    };
    view! { <EntryForm start/> }
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
    let busy = RwSignal::new(0);
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
        // A photo that is being scaled down would be missing.
        if saving.get_untracked() == Saving::Busy || busy.get_untracked() > 0 {
            return;
        }
        let found = check(model, &own, &overview);
        if !found.is_empty() {
            focus_on(&found);
            errors.set(found);
            return;
        }
        saving.set(Saving::Busy);
        let changes = changes_of(&own, overview.catalogue.form(&own.activity, own.version));
        let navigate = navigate.clone();
        spawn_local(async move {
            match sync::save(model, own.id, own.base_rev, Op::Put, changes).await {
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
    let form_of = |draft: &Draft| (draft.activity.clone(), draft.version);
    let there = Memo::new(move |_| draft.with(|draft| draft.as_ref().map(form_of)));
    move || {
        if model.user.with(Option::is_none) {
            return view! { <super::PleaseSignIn/> }.into_any();
        }
        let Some((code, version)) = there.get() else {
            let read = model.journal.with(Option::is_some);
            if model.received.with(Option::is_none) && read {
                return view! { <p class="empty">{texts.nothing_kept}</p> }.into_any();
            }
            return view! { <p class="empty">{if read { texts.entry_not_here } else { texts.loading }}</p> }.into_any();
        };
        let Some(overview) = model.received.get_untracked() else {
            return view! { <p class="empty">{texts.nothing_kept}</p> }.into_any();
        };
        let Some(activity) = overview.catalogue.form(&code, version) else {
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
                        Saving::Failed(StoreError::Full) => view! { <p class="error" role="alert">{texts.storage_full}</p> }.into_any(),
                        Saving::Failed(StoreError::Failed(why)) => view! { <p class="error" role="alert">{fill(texts.storage_failed, &[&why])}</p> }.into_any(),
                        _ => ().into_any(),
                    }}
                    <div class="actions">
                        <button class="button primary" id="save" disabled=move || saving.get() == Saving::Busy || (busy.get() > 0)>
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

/// A form as a recorder will see it: it can be tried, and nothing is kept.
#[component]
pub fn Preview(
    /// The form.
    activity: Activity,
) -> impl IntoView {
    let model = use_model();
    let draft = RwSignal::new(Some(fresh(&activity.code, Some(&activity))));
    let change = move |change: Change| {
        draft.update(|draft| {
            if let Some(draft) = draft {
                change(draft);
            }
        });
    };
    let form = Form { model, draft, errors: RwSignal::default(), edit: Callback::new(change) };
    view! {
        <div class=format!("form programme {}", activity.programme)>
            {form.when()}
            {activity.fields.iter().map(|field| form.answer(field)).collect_view()}
        </div>
    }
}

/// Fills a new form in as the last entry of the same activity was, but for its date, numbers and note.
fn same_button(
    model: Model,
    draft: RwSignal<Option<Draft>>,
    edit: Callback<Change>,
    activity: String,
) -> impl IntoView {
    let last = Memo::new(move |_| {
        let is_new = draft.with(|draft| draft.as_ref().is_some_and(|draft| draft.base_rev == 0));
        model.journal.with(|journal| {
            let own = journal.as_ref().filter(|_| is_new)?.entries.iter().find(|own| own.entry.activity == activity)?;
            Some(own.fields.clone())
        })
    });
    let fill_in = move |_| {
        if let Some(fields) = last.get_untracked() {
            edit.run(Box::new(move |draft| *draft = same_as(draft, &fields)));
        }
    };
    move || {
        last.with(Option::is_some).then(|| {
            view! { <button type="button" class="button quiet" on:click=fill_in>{model.texts.same_as_last}</button> }
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
