//! The form that changes or adds a programme: names, colour and position, next to a preview in light and dark mode.

use crate::api::reference as server;
use crate::features::catalogue::editing::{Submission, editing_screen};
use crate::labels::texts::fill;
use crate::lazy_screen;
use crate::state::use_app_state;
use crate::ui::form_row::{error_of, form_row};
use jiedui_core::catalogue::edit::programme::ProgrammeDraft;
use jiedui_core::catalogue::{Catalogue, ColorError, ProgrammeColor};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

/// Colour that a new programme begins with.
const FIRST_COLOR: &str = "#4a5568";

lazy_screen!(office:
    /// The form of a programme.
    ProgrammeForm, render_programme_edit, ProgrammeEdit
);

/// The screen.
#[component]
fn ProgrammeEdit() -> impl IntoView {
    let not_found = use_app_state().texts.not_found();
    let editor = |programme, base_version| view! { <Editor programme base_version/> }.into_any();
    editing_screen(draft_of, not_found, editor)
}

/// Returns a programme of the catalogue as a draft with its position.
fn draft_of(catalogue: &Catalogue, code: &str) -> Option<ProgrammeDraft> {
    let (order, programme) = (1..).zip(&catalogue.programmes).find(|(_, programme)| programme.code == code)?;
    Some(ProgrammeDraft {
        code: programme.code.clone(),
        name: programme.name.clone(),
        name_en: programme.name_en.clone(),
        color: programme.color.to_string(),
        order: Some(order),
    })
}

#[component]
fn Editor(programme: Option<ProgrammeDraft>, base_version: u32) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let is_new = programme.is_none();
    let overview = app.overviews.server.get_untracked().unwrap_or_default();
    let programmes = &overview.catalogue.programmes;
    let code = programme.as_ref().map(|programme| programme.code.clone()).unwrap_or_default();
    let others = programmes.iter().filter(|programme| programme.code != code);
    let others: Vec<String> = others.map(|other| app.pick(&other.name, &other.name_en).to_owned()).collect();
    let last = u32::try_from(others.len() + 1).ok();
    let first_order = programme.as_ref().map_or(last, |programme| programme.order);
    let new = ProgrammeDraft { color: FIRST_COLOR.to_owned(), order: last, ..ProgrammeDraft::default() };
    let draft = RwSignal::new(programme.unwrap_or(new));
    let submission = Submission::new(app);
    let Submission { errors, failed, .. } = submission;
    let set = move |field: &'static str, change: &dyn Fn(&mut ProgrammeDraft)| {
        draft.update(change);
        errors.update(|errors| errors.retain(|error| error.field != field));
    };
    let text = move |field: &'static str, part: fn(&mut ProgrammeDraft) -> &mut String| {
        let error = error_of(app, errors, field);
        view! {
            <input id=format!("field-{field}") type="text" autocomplete="off"
                prop:value=move || draft.with(|draft| part(&mut draft.clone()).clone())
                aria-invalid=move || error.get().is_some().to_string() aria-describedby=format!("error-{field}")
                on:input=move |event| set(field, &|draft| *part(draft) = event_target_value(&event))/>
        }
    };
    let row = move |field: &'static str, label: String, control: AnyView| {
        form_row(field, label, error_of(app, errors, field), control)
    };
    let color = Memo::new(move |_| draft.with(|draft| draft.color.trim().to_owned()));
    // A colour input shows only valid colours: the last one while another is typed.
    let picked = Memo::new(move |previous: Option<&String>| {
        let color = color.get();
        if is_color(&color) { color } else { previous.cloned().unwrap_or_else(|| FIRST_COLOR.to_owned()) }
    });
    let contrast = move || {
        let contrast = ProgrammeColor::contrast_of(&color.get()).ok()?;
        Some(fill(texts.programme_contrast(), &[&one_decimal(contrast)]))
    };
    let is_too_light = move || color.with(|color| color.parse::<ProgrammeColor>() == Err(ColorError::LowContrast));
    let color_control = view! {
        <div class="catalogue-color">
            {text("color", |draft| &mut draft.color)}
            <input type="color" aria-label=texts.programme_color_pick() prop:value=picked
                on:input=move |event| set("color", &|draft| draft.color = event_target_value(&event))/>
        </div>
        <p class="hint" class:warn=is_too_light role="status">{contrast}</p>
    };
    let positions = std::iter::once(texts.programme_first().to_owned())
        .chain(others.iter().map(|name| fill(texts.programme_after(), &[name])));
    let options = (1..).zip(positions).map(|(order, label)| {
        let is_chosen = move || draft.with(|draft| draft.order == Some(order));
        view! { <option value=order selected=is_chosen>{label}</option> }
    });
    let order_control = view! {
        <select id="field-order" aria-describedby="error-order"
            on:change=move |event| set("order", &|draft| draft.order = event_target_value(&event).parse().ok())>
            {options.collect_view()}
        </select>
    };
    let navigate = use_navigate();
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let mut changed = draft.get_untracked();
        for part in [&mut changed.code, &mut changed.name, &mut changed.name_en, &mut changed.color] {
            *part = part.trim().to_owned();
        }
        // A position that was not changed here stays, even if others have moved programmes meanwhile.
        changed.order = changed.order.filter(|order| Some(*order) != first_order);
        submission.begin();
        if submission.validate(|catalogue| catalogue.with_programme(changed.clone())) {
            let request = async move { server::set_programme(&changed, base_version, app.language).await };
            submission.send(navigate.clone(), request);
        }
    };
    let name = move || {
        let name = draft.with(|draft| app.pick(&draft.name, &draft.name_en).trim().to_owned());
        if name.is_empty() { texts.programme().to_owned() } else { name }
    };
    let swatch = move |label: &'static str, class: &'static str, style: fn(&str) -> String| {
        view! {
            <p class="note">{label}</p>
            <div class=class style=move || style(&picked.get())>
                <strong>{name}</strong>
                <svg viewBox="0 0 96 24" aria-hidden="true">
                    <path d="M12 12h72" stroke-width="3"/>
                    <circle cx="12" cy="12" r="8"/>
                    <circle cx="84" cy="12" r="8"/>
                </svg>
            </div>
        }
    };
    view! {
        <section class="list catalogue">
            <h1>{if is_new { texts.programme_new().to_owned() } else { untrack(name) }}</h1>
            {move || failed.get().map(|why| view! { <p class="notice bad" role="alert">{why}</p> })}
            {is_new.then(|| view! { <p class="lead">{texts.programme_accounts()}</p> })}
            <div class="catalogue-columns">
                <form class="form" novalidate on:submit=save>
                    {row("name", texts.programme_name().to_owned(), text("name", |draft| &mut draft.name).into_any())}
                    {row("name_en", format!("{}{}", texts.programme_name_en(), texts.optional()), text("name_en", |draft| &mut draft.name_en).into_any())}
                    {is_new.then(|| row("code", texts.field_code().to_owned(), text("code", |draft| &mut draft.code).into_any()))}
                    {row("color", texts.programme_color().to_owned(), color_control.into_any())}
                    {row("order", texts.programme_order().to_owned(), order_control.into_any())}
                    <p class="actions"><button class="button button-primary" id="save">{texts.save()}</button></p>
                </form>
                <div class="catalogue-preview">
                    <h2>{texts.form_preview()}</h2>
                    {swatch(texts.preview_light(), "catalogue-swatch", light_style)}
                    {swatch(texts.preview_dark(), "catalogue-swatch catalogue-swatch-dark", dark_style)}
                </div>
            </div>
        </section>
    }
}

fn is_color(text: &str) -> bool {
    ProgrammeColor::contrast_of(text).is_ok()
}

/// Returns the style of the preview in light mode.
fn light_style(color: &str) -> String {
    format!("--accent:{color}")
}

/// Returns the style of the preview in dark mode. A colour that is too light for the catalogue has no variant.
fn dark_style(color: &str) -> String {
    let variant = color.parse::<ProgrammeColor>().map_or_else(|_| color.to_owned(), ProgrammeColor::dark_css);
    format!("--accent:{variant};background:{}", ProgrammeColor::dark_card_css())
}

/// Writes a contrast with one decimal, rounded down: a contrast below 4:1 never reads 4.0.
fn one_decimal(contrast: f64) -> String {
    let tenths = (contrast * 10.0).floor();
    format!("{}.{}", (tenths / 10.0).floor(), tenths % 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn contrast_below_four_is_not_rounded_up() {
        let shown = |color: &str| one_decimal(ProgrammeColor::contrast_of(color).unwrap());
        assert_eq!(["#808080", "#7f7f7f", "#000000", "#ffffff"].map(shown), ["3.9", "4.0", "21.0", "1.0"]);
    }

    #[test]
    fn dark_preview_has_the_variant_of_the_color() {
        let variant: ProgrammeColor = "#123456".parse().unwrap();
        assert!(dark_style("#123456").starts_with(&format!("--accent:{};", variant.dark_css())));
        assert!(dark_style("#ffff00").starts_with("--accent:#ffff00;"));
        assert_eq!(light_style("#123456"), "--accent:#123456");
    }

    #[test]
    fn draft_of_programme_has_its_position() {
        let programme = |code: &str| json!({"code": code, "name": "生态", "name_en": "", "color": "#123456"});
        let programmes = ["labour", "ecology"].map(programme);
        let catalogue = json!({"version": 1, "programmes": programmes, "indicators": [], "activities": []});
        let catalogue: Catalogue = serde_json::from_value(catalogue).unwrap();
        let draft = draft_of(&catalogue, "ecology").unwrap();
        assert_eq!((draft.order, draft.color.as_str()), (Some(2), "#123456"));
        assert_eq!(catalogue.with_programme(draft), Ok(catalogue.clone()));
        assert_eq!(draft_of(&catalogue, "health"), None);
    }
}
