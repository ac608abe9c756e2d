//! The kit page of the demonstration: each component of the kit in every state. Its screenshots are compared.

use crate::lazy_screen;
use crate::state::{AppState, use_app_state};
use crate::ui::chips::{Chip, Chips};
use crate::ui::date_chips::DateChips;
use crate::ui::form_row::form_row;
use crate::ui::loading::NothingFound;
use crate::ui::pick_field::{PickField, PickOption};
use crate::ui::place_field::PlaceField;
use crate::ui::save_bar::{Missing, SaveBar};
use crate::ui::snackbar::{Action, Message};
use crate::ui::stepper::NumberInput;
use leptos::prelude::*;
use time::Date;

lazy_screen!(kit:
    /// The kit page.
    Kit, render_kit, KitPage
);

/// A fixed day, so that screenshots stay the same.
fn sample_day() -> Date {
    Date::from_ordinal_date(2026, 331).unwrap_or(Date::MIN)
}

/// The page.
#[component]
fn KitPage() -> impl IntoView {
    let app = use_app_state();
    if !app.is_demo {
        return view! { <p class="empty">{app.texts.not_found()}</p> }.into_any();
    }
    crate::ui::page::title("Kit");
    view! {
        <section class="narrow kit">
            <h1>"Kit"</h1>
            {buttons(app)}
            {snackbars(app)}
            {chips(app)}
            {numbers(app)}
            {pickers(app)}
            {save_bars(app)}
            {states(app)}
        </section>
    }
    .into_any()
}

fn buttons(app: AppState) -> AnyView {
    let texts = app.texts;
    view! {
        <h2>"Button"</h2>
        <p class="actions">
            <button type="button" class="button button-primary">{texts.save()}</button>
            <button type="button" class="button">{texts.change()}</button>
            <button type="button" class="button button-quiet">{texts.cancel()}</button>
            <button type="button" class="button button-danger">{texts.delete()}</button>
            <button type="button" class="button" disabled=true>{texts.saving()}</button>
        </p>
    }
    .into_any()
}

fn snackbars(app: AppState) -> AnyView {
    let texts = app.texts;
    let action = |id: &'static str, label: &'static str| Action::new(id, label, || {});
    view! {
        <h2>"Snackbar"</h2>
        <Message text=texts.save_undone().to_owned() actions=Vec::new() stays=true/>
        <Message text=texts.deleted_entry().to_owned() actions=vec![action("kit-undo", texts.undo())] stays=true/>
        <Message text=texts.saved_offline().to_owned()
            actions=vec![action("kit-another", texts.another()), action("kit-undo-save", texts.undo())] stays=true/>
    }
    .into_any()
}

fn chips(app: AppState) -> AnyView {
    let texts = app.texts;
    let chosen = RwSignal::new("b".to_owned());
    let day = RwSignal::new(jiedui_core::values::date::format_date(sample_day()));
    let options: Vec<Chip> = [("a", "沫阳村"), ("b", "大桥社区"), ("c", "罗沟村"), ("d", "沫阳镇")]
        .map(|(value, text)| Chip { value: value.to_owned(), text: text.to_owned() })
        .into();
    view! {
        <h2>"Chips"</h2>
        <Chips label=texts.recent() options=options value=chosen on_choose=Callback::new(move |value| chosen.set(value)) is_named=true/>
        <h2>"DateChips"</h2>
        <DateChips today=sample_day() value=day on_choose=Callback::new(move |value| day.set(value))/>
    }
    .into_any()
}

fn row(field: &str, label: &str, error: Option<&str>, control: AnyView) -> AnyView {
    let error = error.map(str::to_owned);
    form_row(field, label.to_owned(), Signal::derive(move || error.clone()), control).into_any()
}

fn numbers(app: AppState) -> AnyView {
    let number = |id: &'static str, text: &str, unit: &str, is_whole: bool, error: Option<&'static str>| {
        let value = RwSignal::new(text.to_owned());
        let control = view! {
            <NumberInput id=format!("field-{id}") error_id=format!("error-{id}") value unit=unit.to_owned() is_whole
                on_change=Callback::new(move |text| value.set(text)) invalid=error.is_some()/>
        };
        row(id, id, error, control.into_any())
    };
    view! {
        <h2>"NumberInput"</h2>
        <div class="form">
            {number("empty", "", "人", true, None)}
            {number("whole", "12", "人", true, None)}
            {number("decimal", "4.5", "万元", false, None)}
            {number("invalid", "一批", "次", true, Some(app.texts.please_choose()))}
        </div>
    }
    .into_any()
}

fn pickers(app: AppState) -> AnyView {
    let texts = app.texts;
    let option = |(id, name, initials): (&str, &str, &str)| PickOption {
        id: id.to_owned(),
        name: name.to_owned(),
        words: format!("{name} {initials}"),
    };
    let options: Vec<PickOption> =
        [("1", "花溪区 — 沫阳镇", "hxq myz"), ("2", "南明区 — 边阳镇", "nmq byz"), ("3", "云岩区 — 龙坪镇", "yyq lpz")]
            .map(option)
            .into();
    let pick = |field: &'static str, value: &str, error: Option<&str>| {
        let value = RwSignal::new(value.to_owned());
        let control = view! {
            <PickField field label=texts.pairing() value options=options.clone() recent=vec!["2".to_owned()]
                on_choose=Callback::new(move |id| value.set(id))/>
        };
        row(field, field, error, control.into_any())
    };
    let place = RwSignal::new(String::new());
    let place = view! { <PlaceField value=place invalid=false on_choose=Callback::new(move |code| place.set(code))/> };
    view! {
        <h2>"PickField"</h2>
        <div class="form">
            {pick("none", "", None)}
            {pick("chosen", "1", None)}
            {pick("wrong", "", Some(texts.please_choose()))}
        </div>
        <h2>"PlaceField"</h2>
        <div class="form">{row("place", texts.place(), None, place.into_any())}</div>
    }
    .into_any()
}

fn save_bars(app: AppState) -> AnyView {
    let texts = app.texts;
    let missing = |names: &[&str]| -> Vec<Missing> {
        names.iter().map(|name| Missing { field: "place".to_owned(), name: (*name).to_owned() }).collect()
    };
    view! {
        <h2>"SaveBar"</h2>
        <div class="form">
            <SaveBar label=texts.save() disabled=false missing=missing(&[]) hint=texts.save_hint_offline()/>
            <SaveBar label=texts.save() disabled=false missing=missing(&[texts.place(), texts.note()]) hint=texts.save_hint_online()/>
            <SaveBar label=texts.saving() disabled=true missing=missing(&[]) hint=texts.save_hint_online()/>
            <SaveBar label=texts.save_again() disabled=false missing=missing(&[]) hint=texts.save_hint_online()/>
        </div>
    }
    .into_any()
}

fn states(app: AppState) -> AnyView {
    let texts = app.texts;
    view! {
        <h2>"StateBadge"</h2>
        <p class="state waiting">{texts.state_on_phone()}</p>
        <p class="state received">{texts.state_received()}</p>
        <p class="state done">{texts.state_verified()}</p>
        <p class="state bad">{texts.state_returned()}</p>
        <h2>"EmptyState"</h2>
        <NothingFound text=texts.no_entries_yet()/>
    }
    .into_any()
}
