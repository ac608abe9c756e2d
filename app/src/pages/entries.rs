//! My entries: drafts, what waits on this phone, what was received, refused, verified or returned.

use crate::components::entry_list::{answers_line, unsent_photos};
use crate::components::loading::LoadingStored;
use crate::model::{Model, OfflineUse, use_model};
use crate::store::draft::{Left, unfinished};
use crate::store::journal::{Journalled, Progress};
use crate::sync;
use crate::texts::fill;
use jiedui_core::domain::{Entry, Overview, State, format_date};
use jiedui_core::sync::Status;
use jiedui_core::sync::path::of_form;
use leptos::prelude::*;
use leptos_router::components::A;
use std::sync::Arc;
use wasm_bindgen_futures::spawn_local;

/// How many entries are drawn at first, and more each time the button is pressed.
const PAGE: usize = 50;

/// The list.
#[component]
pub fn Entries() -> impl IntoView {
    let model = use_model();
    let texts = model.texts;
    super::title(texts.nav_entries);
    let user = move || model.user.with(|user| user.as_ref().map(|user| user.id));
    let drafts = RwSignal::new(Vec::<Left>::new());
    Effect::new(move |_| drafts.set(user().map(unfinished).unwrap_or_default()));
    let shown = RwSignal::new(PAGE);
    let unsent = move || model.journal.with(|journal| journal.as_ref().map_or(0, |journal| journal.unsent));
    let save_file = move |_| {
        spawn_local(async move {
            if let Err(error) = sync::save_file(model).await {
                model.trouble.set(Some(error));
            }
        });
    };
    move || {
        if user().is_none() {
            return view! { <super::PleaseSignIn/> }.into_any();
        }
        view! {
            <section class="narrow">
                <h1>{texts.nav_entries}</h1>
                <p class="actions">
                    <A href="/entries/new" attr:class="button primary">{texts.nav_new}</A>
                    <span class="ready" inner_html=move || match (model.offline_use.get(), sync::can_work_offline()) {
                        (OfflineUse::Ready, _) => texts.ready_offline,
                        (_, false) => texts.no_offline,
                        (OfflineUse::Preparing, true) => texts.not_ready_offline,
                        (OfflineUse::Impossible, true) => texts.never_offline,
                    }></span>
                </p>
                {move || Some(model.uploaded.get()).filter(|uploaded| *uploaded > 0).map(|uploaded| view! {
                    <p class="notice" role="status">{fill(texts.uploaded_at_once, &[&uploaded])}</p>
                })}
                {move || (unsent() > 0).then(|| view! {
                    <details class="unsent">
                        <summary>{texts.unsent_title}" "{unsent}</summary>
                        <p class="hint">{texts.save_file_hint}</p>
                        <button type="button" class="button" id="save-file" on:click=save_file>{texts.save_file}</button>
                    </details>
                })}
                {move || (!drafts.get().is_empty()).then(|| view! {
                    <h2>{texts.drafts}</h2>
                    <ul class="entries drafts">
                        {drafts.get().into_iter().map(|draft| draft_view(model, draft, drafts)).collect_view()}
                    </ul>
                })}
                {move || match model.journal.get() {
                    None => view! { <LoadingStored/> }.into_any(),
                    Some(journal) if journal.entries.is_empty() => view! { <p class="empty">{texts.no_entries_yet}</p> }.into_any(),
                    Some(journal) => view! {
                        <ul class="entries">
                            {journal.entries.iter().take(shown.get()).map(|own| entry_view(model, own)).collect_view()}
                        </ul>
                        {(journal.entries.len() > shown.get()).then(|| view! {
                            <button type="button" class="button" on:click=move |_| shown.update(|shown| *shown += PAGE)>{texts.more}</button>
                        })}
                    }.into_any(),
                }}
            </section>
        }
        .into_any()
    }
}

fn activity_name(model: Model, code: &str) -> String {
    model.received.with(|overview| {
        let activity = overview.as_ref().and_then(|overview| overview.catalogue.activity(code));
        activity.map_or(code, |activity| model.pick(&activity.name, &activity.name_en)).to_owned()
    })
}

/// A place's name, once the tree is there.
fn place_name(model: Model, code: String) -> impl Fn() -> String {
    move || model.places.with(|places| places.label(&code))
}

fn draft_view(model: Model, left: Left, drafts: RwSignal<Vec<Left>>) -> impl IntoView {
    let texts = model.texts;
    let (draft, address) = (left.draft.clone(), left.address());
    let throw_away = move |_| {
        if window().confirm_with_message(texts.discard_sure).unwrap_or(false) {
            left.clear();
            drafts.update(|drafts| drafts.retain(|own| own.name != left.name));
        }
    };
    view! {
        <li class="entry draft">
            <A href=address>
                <strong>{activity_name(model, &draft.activity)}</strong>
                <span>{draft.date.clone()}" "{place_name(model, draft.place.clone())}</span>
            </A>
            <button type="button" class="quiet" on:click=throw_away>{texts.discard}</button>
        </li>
    }
}

/// The words for where an entry stands, and the class that colours them.
fn progress_words(model: Model, progress: &Progress) -> (&'static str, &'static str) {
    let texts = model.texts;
    match progress {
        Progress::OnPhone(seq) => match model.status.get() {
            Status::Sending { first, last } if (first..=last).contains(seq) => ("busy", texts.state_uploading),
            _ => ("waiting", texts.state_on_phone),
        },
        Progress::Refused(_) => ("bad", texts.state_refused),
        Progress::Conflict(_) => ("bad", texts.conflict_title),
        Progress::Received(State::Submitted) => ("received", texts.state_received),
        Progress::Received(State::Verified) => ("done", texts.state_verified),
        Progress::Received(State::Returned) => ("bad", texts.state_returned),
    }
}

fn entry_view(model: Model, own: &Journalled) -> impl IntoView + use<> {
    let texts = model.texts;
    let id = own.id;
    let progress = StoredValue::new(own.progress.clone());
    let words = move || progress.with_value(|progress| progress_words(model, progress));
    let errors = match &own.progress {
        Progress::Refused(errors) => errors.clone(),
        _ => Vec::new(),
    };
    let refused = matches!(own.progress, Progress::Refused(_));
    let conflict = matches!(own.progress, Progress::Conflict(_)).then(|| format!("/entries/{id}/conflict"));
    let address = conflict.clone().unwrap_or_else(|| format!("/entries/{id}"));
    let reason = own.entry.review_note.clone().filter(|_| own.progress == Progress::Received(State::Returned));
    let entry = own.entry.clone();
    let (values, name) = (answers(model, own), activity_name(model, &entry.activity));
    let discard = move |_| {
        if window().confirm_with_message(texts.discard_sure).unwrap_or(false) {
            spawn_local(async move {
                if let Err(error) = sync::discard_refused(model, id).await {
                    model.trouble.set(Some(error));
                }
            });
        }
    };
    view! {
        <li class="entry" data-entry=id.to_string()>
            <A href=address>
                <strong>{name}</strong>
                <span>{format_date(entry.date)}" "{place_name(model, entry.place.clone())}</span>
                <span class="numbers">{values}</span>
            </A>
            <p class=move || format!("state {}", words().0) inner_html=move || words().1></p>
            {photos_words(model, own.entry.clone())}
            {(!errors.is_empty()).then(|| view! {
                <ul class="reasons">
                    {errors.into_iter().map(|error| {
                        let error = error.in_language(model.language);
                        view! { <li>{format!("{}：{}", field_name(model, &entry.activity, &error.field), error.message)}</li> }
                    }).collect_view()}
                </ul>
            })}
            {reason.map(|reason| view! { <p class="reasons">{fill(texts.returned_because, &[&reason])}</p> })}
            {conflict.map(|address| view! { <A href=address attr:class="button">{texts.conflict_choose}</A> })}
            {refused.then(|| view! { <button type="button" class="quiet" on:click=discard>{texts.discard}</button> })}
        </li>
    }
}

/// What is still to be done about an entry's photos.
fn photos_words(model: Model, entry: Entry) -> impl IntoView {
    move || {
        let (unsent, refused) = unsent_photos(model, &entry);
        let unsent =
            (unsent > 0).then(|| view! { <p class="state waiting">{fill(model.texts.photos_unsent, &[&unsent])}</p> });
        let refused =
            (refused > 0).then(|| view! { <p class="state bad">{fill(model.texts.photos_refused, &[&refused])}</p> });
        (unsent, refused)
    }
}

fn answers(model: Model, own: &Journalled) -> String {
    model.received.with(|overview| {
        let line = |overview: &Arc<Overview>| answers_line(model, overview, &own.entry, " · ");
        overview.as_ref().map(line).unwrap_or_default()
    })
}

/// A field's name on the screen.
pub fn field_name(model: Model, activity: &str, field: &str) -> String {
    let texts = model.texts;
    let of_form = of_form(field).and_then(|(_, code)| {
        model.received.with(|overview| {
            let field = overview.as_ref()?.catalogue.field(activity, code.split('.').next()?)?;
            Some(model.pick(&field.name, &field.name_en).to_owned())
        })
    });
    of_form.unwrap_or_else(|| {
        match field {
            "activity" => texts.activity,
            "date" => texts.date,
            "place" => texts.place,
            "pairing" => texts.pairing,
            "organisation" => texts.organisation,
            "note" => texts.note,
            "attachments" => texts.photos,
            "reason" => texts.closed_reason,
            "state" => texts.state,
            _ => texts.entry,
        }
        .to_owned()
    })
}
