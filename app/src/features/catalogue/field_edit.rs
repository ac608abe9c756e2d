//! Inputs of one field in the form editor.

use super::typed_field::Typed;
use super::typed_lines::KINDS;
use crate::state::{AppState, use_app_state};
use leptos::prelude::*;

/// The inputs of a field.
#[component]
pub fn FieldEdit(
    /// The field.
    typed: RwSignal<Typed>,
    /// The programme whose indicators it may feed.
    programme: Signal<String>,
    /// Error messages of the field.
    wrong: Signal<Vec<String>>,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let kind = Memo::new(move |_| typed.with(|typed| typed.kind.clone()));
    let is_number = move || matches!(kind.get().as_str(), "integer" | "number");
    let is_choice = move || matches!(kind.get().as_str(), "choice" | "choices");
    let kinds = [
        texts.kind_integer(),
        texts.kind_number(),
        texts.kind_text(),
        texts.kind_choice(),
        texts.kind_choices(),
        texts.kind_table(),
    ];
    let kind_options = KINDS.iter().zip(kinds).map(|((_, code), name)| {
        view! { <option value=*code selected=move || kind.get() == *code>{name}</option> }
    });
    let is_old = typed.with_untracked(|typed| typed.is_old);
    view! {
        <div class="catalogue-field">
            {move || (!wrong.get().is_empty()).then(|| view! { <p class="error" role="alert">{wrong.get().join("；")}</p> })}
            {text(typed, texts.field_name(), |typed| &mut typed.name)}
            {text(typed, texts.field_name_en(), |typed| &mut typed.name_en)}
            {(!is_old).then(|| text(typed, texts.field_code(), |typed| &mut typed.code))}
            <label><span>{texts.field_kind()}</span>
                <select on:change=move |event| typed.update(|typed| typed.kind = event_target_value(&event))>{kind_options.collect_view()}</select>
            </label>
            <label class="choose">
                <input type="checkbox" prop:checked=move || typed.with(|typed| typed.required)
                    on:change=move |event| typed.update(|typed| typed.required = event_target_checked(&event))/>
                {texts.field_required()}
            </label>
            {move || is_number().then(|| view! {
                {text(typed, texts.need_unit(), |typed| &mut typed.unit)}
                {text(typed, texts.field_unit_en(), |typed| &mut typed.unit_en)}
                {text(typed, texts.field_min(), |typed| &mut typed.min)}
                {text(typed, texts.field_max(), |typed| &mut typed.max)}
                {feeds(app, typed, programme)}
                {text(typed, texts.field_computed(), |typed| &mut typed.computed)}
            })}
            {move || is_choice().then(|| view! {
                <label><span>{texts.field_choices()}</span>
                    <textarea rows="4" prop:value=move || typed.with(|typed| typed.choices.clone())
                        on:input=move |event| typed.update(|typed| typed.choices = event_target_value(&event))></textarea>
                </label>
            })}
            {move || (kind.get() == "table").then(|| view! {
                <label><span>{texts.field_columns()}</span>
                    <textarea rows="4" prop:value=move || typed.with(|typed| typed.columns.clone())
                        on:input=move |event| typed.update(|typed| typed.columns = event_target_value(&event))></textarea>
                </label>
            })}
            {text(typed, texts.field_default(), |typed| &mut typed.default)}
            {text(typed, texts.field_hint(), |typed| &mut typed.hint)}
            {text(typed, texts.field_hint_en(), |typed| &mut typed.hint_en)}
            {text(typed, texts.field_when(), |typed| &mut typed.when)}
            {text(typed, texts.field_section(), |typed| &mut typed.section)}
            {text(typed, texts.field_section_en(), |typed| &mut typed.section_en)}
        </div>
    }
}

/// An input of one of its texts.
fn text(typed: RwSignal<Typed>, label: &'static str, part: fn(&mut Typed) -> &mut String) -> impl IntoView {
    // Reads a copy: `part` returns a mutable reference.
    let value = move || typed.with(|typed| part(&mut typed.clone()).clone());
    view! {
        <label><span>{label}</span>
            <input type="text" autocomplete="off" prop:value=value on:input=move |event| typed.update(|typed| *part(typed) = event_target_value(&event))/>
        </label>
    }
}

fn feeds(app: AppState, typed: RwSignal<Typed>, programme: Signal<String>) -> impl IntoView {
    let options = move || {
        let overview = app.overviews.server.get().unwrap_or_default();
        let indicators =
            overview.catalogue.indicators.iter().filter(|indicator| indicator.programme == programme.get());
        indicators.map(|indicator| {
            let code = indicator.code.clone();
            let name = format!("{}（{}）", app.pick(&indicator.name, &indicator.name_en), app.pick(&indicator.unit, &indicator.unit_en));
            view! { <option value=indicator.code.clone() selected=move || typed.with(|typed| typed.feeds == code)>{name}</option> }
        })
        .collect_view()
    };
    view! {
        <label><span>{app.texts.field_feeds()}</span>
            <select on:change=move |event| typed.update(|typed| typed.feeds = event_target_value(&event))>
                <option value="">{app.texts.none_of_these()}</option>
                {options}
            </select>
        </label>
    }
}
