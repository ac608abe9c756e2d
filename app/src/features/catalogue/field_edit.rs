//! Inputs of one field in the form editor.

use super::typed_field::{KINDS, Typed};
use crate::state::{AppState, use_app_state};
use leptos::prelude::*;

/// The inputs of a field.
#[component]
pub fn FieldEdit(
    /// The field.
    typed: RwSignal<Typed>,
    /// The programme whose indicators it may feed.
    programme: Signal<String>,
    /// What is wrong with it, in words.
    wrong: Signal<Vec<String>>,
) -> impl IntoView {
    let model = use_app_state();
    let texts = model.texts;
    let kind = Memo::new(move |_| typed.with(|own| own.kind.clone()));
    let is_number = move || matches!(kind.get().as_str(), "integer" | "number");
    let is_choice = move || matches!(kind.get().as_str(), "choice" | "choices");
    let kinds = [
        texts.kind_integer,
        texts.kind_number,
        texts.kind_text,
        texts.kind_choice,
        texts.kind_choices,
        texts.kind_table,
    ];
    let kind_options = KINDS.iter().zip(kinds).map(|((_, code), name)| {
        view! { <option value=*code selected=move || kind.get() == *code>{name}</option> }
    });
    let is_old = typed.with_untracked(|own| own.is_old);
    view! {
        <div class="catalogue-field">
            {move || (!wrong.get().is_empty()).then(|| view! { <p class="error" role="alert">{wrong.get().join("；")}</p> })}
            {text(typed, texts.field_name, |own| &mut own.name)}
            {text(typed, texts.field_name_en, |own| &mut own.name_en)}
            {(!is_old).then(|| text(typed, texts.field_code, |own| &mut own.code))}
            <label><span>{texts.field_kind}</span>
                <select on:change=move |event| typed.update(|own| own.kind = event_target_value(&event))>{kind_options.collect_view()}</select>
            </label>
            <label class="choose">
                <input type="checkbox" prop:checked=move || typed.with(|own| own.required)
                    on:change=move |event| typed.update(|own| own.required = event_target_checked(&event))/>
                {texts.field_required}
            </label>
            {move || is_number().then(|| view! {
                {text(typed, texts.need_unit, |own| &mut own.unit)}
                {text(typed, texts.field_unit_en, |own| &mut own.unit_en)}
                {text(typed, texts.field_min, |own| &mut own.min)}
                {text(typed, texts.field_max, |own| &mut own.max)}
                {feeds(model, typed, programme)}
                {text(typed, texts.field_computed, |own| &mut own.computed)}
            })}
            {move || is_choice().then(|| view! {
                <label><span>{texts.field_choices}</span>
                    <textarea rows="4" prop:value=move || typed.with(|own| own.choices.clone())
                        on:input=move |event| typed.update(|own| own.choices = event_target_value(&event))></textarea>
                </label>
            })}
            {move || (kind.get() == "table").then(|| view! {
                <label><span>{texts.field_columns}</span>
                    <textarea rows="4" prop:value=move || typed.with(|own| own.columns.clone())
                        on:input=move |event| typed.update(|own| own.columns = event_target_value(&event))></textarea>
                </label>
            })}
            {text(typed, texts.field_default, |own| &mut own.default)}
            {text(typed, texts.field_hint, |own| &mut own.hint)}
            {text(typed, texts.field_hint_en, |own| &mut own.hint_en)}
            {text(typed, texts.field_when, |own| &mut own.when)}
            {text(typed, texts.field_section, |own| &mut own.section)}
            {text(typed, texts.field_section_en, |own| &mut own.section_en)}
        </div>
    }
}

/// An input of one of its texts.
fn text(typed: RwSignal<Typed>, label: &'static str, part: fn(&mut Typed) -> &mut String) -> impl IntoView {
    // What is read is a copy: the part is given as something to be written.
    let value = move || typed.with(|own| part(&mut own.clone()).clone());
    view! {
        <label><span>{label}</span>
            <input type="text" autocomplete="off" prop:value=value on:input=move |event| typed.update(|own| *part(own) = event_target_value(&event))/>
        </label>
    }
}

fn feeds(model: AppState, typed: RwSignal<Typed>, programme: Signal<String>) -> impl IntoView {
    let options = move || {
        let overview = model.overviews.server.get().unwrap_or_default();
        let own = overview.catalogue.indicators.iter().filter(|own| own.programme == programme.get());
        own.map(|own| {
            let code = own.code.clone();
            let name = format!("{}（{}）", model.pick(&own.name, &own.name_en), model.pick(&own.unit, &own.unit_en));
            view! { <option value=own.code.clone() selected=move || typed.with(|own| own.feeds == code)>{name}</option> }
        })
        .collect_view()
    };
    view! {
        <label><span>{model.texts.field_feeds}</span>
            <select on:change=move |event| typed.update(|own| own.feeds = event_target_value(&event))>
                <option value="">{model.texts.none_of_these}</option>
                {options}
            </select>
        </label>
    }
}
