//! The form that changes or adds an activity: its fields in order, next to a preview for recorders.

use crate::api::reference as server;
use crate::features::catalogue::editing::{Submission, editing_screen, programme_options};
use crate::features::catalogue::field_edit::FieldEdit;
use crate::features::catalogue::sentence;
use crate::features::catalogue::typed_field::Typed;
use crate::features::catalogue::unreadable::part_name;
use crate::labels::texts::fill;
use crate::lazy_screen;
use crate::state::use_app_state;
use crate::ui::entry_form::Preview;
use jiedui_core::catalogue::Activity;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

lazy_screen!(office:
    /// The form of an activity.
    ActivityForm, render_activity_edit, ActivityOf
);

/// The screen.
#[component]
fn ActivityOf() -> impl IntoView {
    let not_found = use_app_state().texts.no_such_activity();
    let editor = |activity, base_version| view! { <Editor activity base_version/> }.into_any();
    editing_screen(|catalogue, code| catalogue.activity(code).cloned(), not_found, editor)
}

/// A field with a number that identifies it when it is moved.
type Numbered = (u32, RwSignal<Typed>);

#[component]
fn Editor(activity: Option<Activity>, base_version: u32) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let is_new = activity.is_none();
    let version = activity.as_ref().map_or(0, |activity| activity.version);
    let code = RwSignal::new(activity.as_ref().map(|activity| activity.code.clone()).unwrap_or_default());
    let name = RwSignal::new(activity.as_ref().map(|activity| activity.name.clone()).unwrap_or_default());
    let name_en = RwSignal::new(activity.as_ref().map(|activity| activity.name_en.clone()).unwrap_or_default());
    let programme = RwSignal::new(activity.as_ref().map(|activity| activity.programme.clone()).unwrap_or_default());
    let first = activity.iter().flat_map(|activity| &activity.fields).map(|field| RwSignal::new(Typed::of(field)));
    let fields: RwSignal<Vec<Numbered>> = RwSignal::new((0..).zip(first).collect());
    let next = RwSignal::new(u32::try_from(fields.with_untracked(Vec::len)).unwrap_or_default());
    let submission = Submission::new(app);
    let Submission { errors, failed, checked, .. } = submission;
    let activity = Memo::new(move |_| Activity {
        code: code.get().trim().to_owned(),
        programme: programme.get(),
        name: name.get().trim().to_owned(),
        name_en: name_en.get().trim().to_owned(),
        version,
        fields: fields.with(|fields| fields.iter().map(|(_, typed)| typed.with(|typed| typed.read().0)).collect()),
    });
    let add = move |_| {
        let number = next.get_untracked();
        next.set(number + 1);
        let typed = Typed { code: format!("field_{}", number + 1), kind: "integer".to_owned(), ..Typed::default() };
        fields.update(|fields| fields.push((number, RwSignal::new(typed))));
    };
    let navigate = use_navigate();
    let save = move |_| {
        let changed = activity.get_untracked();
        submission.begin();
        let is_valid = submission.validate(|catalogue| catalogue.with_activity(changed.clone()));
        let unreadable = fields.with_untracked(|fields| {
            fields.iter().any(|(_, typed)| typed.with_untracked(|typed| !typed.read().1.is_empty()))
        });
        if is_valid && !unreadable {
            let request = async move { server::set_activity(&changed, base_version, app.language).await };
            submission.send(navigate.clone(), request);
        }
    };
    let programmes = programme_options(app, programme.into());
    let wrong_of = move |typed: RwSignal<Typed>| {
        Signal::derive(move || {
            let (code, unreadable) = typed.with(|typed| (typed.code.clone(), typed.read().1));
            let unreadable = unreadable.into_iter().filter(|_| checked.get());
            let mut words: Vec<String> = unreadable.clone().map(|it| it.in_words(texts, app.language)).collect();
            let prefix = format!("fields.{code}.");
            for error in errors.get() {
                // An unreadable value is also missing; one error is enough.
                if let Some(part) = error.field.strip_prefix(&prefix)
                    && !unreadable.clone().any(|it| it.part == part)
                {
                    let name = part_name(texts, part);
                    words.push(format!("{name}：{}", error.in_language(app.language).message));
                }
            }
            words
        })
    };
    let general = move || {
        let general = errors.get().into_iter().filter(|error| !error.field.starts_with("fields."));
        general.map(|error| sentence(error, app.language)).collect::<Vec<_>>()
    };
    let any_wrong = move || fields.get().into_iter().any(|(_, typed)| !wrong_of(typed).get().is_empty());
    let item = move |(number, typed): Numbered| {
        let at =
            move || fields.with(|fields| fields.iter().position(|(other, _)| *other == number).unwrap_or_default());
        let shift = move |by: isize| {
            fields.update(|fields| {
                let Some(from) = fields.iter().position(|(other, _)| *other == number) else { return };
                if let Some(to) = from.checked_add_signed(by).filter(|to| *to < fields.len()) {
                    fields.swap(from, to);
                }
            });
        };
        let remove = move |_| fields.update(|fields| fields.retain(|(other, _)| *other != number));
        let wrong = wrong_of(typed);
        let is_wrong = move || !wrong.get().is_empty();
        // An invalid field opens by itself, and stays open while it is corrected.
        let opens = Memo::new(move |before: Option<&bool>| before == Some(&true) || is_wrong());
        view! {
            <li class:wrong=is_wrong>
                <details prop:open=opens>
                    <summary>{move || format!("{}. {}", at() + 1, typed.with(|typed| typed.name.clone()))}</summary>
                    <FieldEdit typed programme=programme.into() wrong/>
                    <p class="actions">
                        <button type="button" class="button-quiet" on:click=move |_| shift(-1)>{texts.move_up()}</button>
                        <button type="button" class="button-quiet" on:click=move |_| shift(1)>{texts.move_down()}</button>
                        <button type="button" class="button-quiet" on:click=remove>{texts.take_out()}</button>
                    </p>
                </details>
            </li>
        }
    };
    view! {
        <section class="list catalogue">
            <h1>{if is_new { texts.activity_new().to_owned() } else { name.get_untracked() }}</h1>
            <p class="hint">{if is_new { texts.activity_new_lead().to_owned() } else { fill(texts.form_change_lead(), &[&version]) }}</p>
            {move || failed.get().map(|why| view! { <p class="notice bad" role="alert">{why}</p> })}
            {move || (!general().is_empty()).then(|| view! { <p class="notice bad" role="alert">{general().join("；")}</p> })}
            {move || any_wrong().then(|| view! { <p class="notice bad" role="alert">{texts.form_wrong()}</p> })}
            <div class="catalogue-columns">
                <div class="form">
                    <label><span>{texts.activity_name()}</span>
                        <input id="activity-name" type="text" prop:value=name on:input=move |event| name.set(event_target_value(&event))/></label>
                    <label><span>{texts.activity_name_en()}</span>
                        <input type="text" prop:value=name_en on:input=move |event| name_en.set(event_target_value(&event))/></label>
                    {is_new.then(|| view! {
                        <label><span>{texts.field_code()}</span>
                            <input id="activity-code" type="text" prop:value=code on:input=move |event| code.set(event_target_value(&event))/></label>
                    })}
                    <label><span>{texts.programme()}</span>
                        <select id="activity-programme" on:change=move |event| programme.set(event_target_value(&event))>{programmes}</select></label>
                    <h2>{texts.form_fields()}</h2>
                    <ol class="catalogue-fields"><For each=move || fields.get() key=|(number, _)| *number children=item/></ol>
                    <p class="actions">
                        <button type="button" class="button" id="add-field" on:click=add>{texts.field_add()}</button>
                        <button type="button" class="button button-primary" id="save" on:click=save>{texts.save()}</button>
                    </p>
                </div>
                <div class="catalogue-preview">
                    <h2>{texts.form_preview()}</h2>
                    {move || view! { <Preview activity=activity.get()/> }}
                </div>
            </div>
        </section>
    }
}
