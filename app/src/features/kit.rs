//! The kit page of the demonstration: each component of the kit in every state. Its screenshots are compared.

use crate::labels::programme_color::color_style;
use crate::labels::texts::fill;
use crate::lazy_screen;
use crate::state::{AppState, use_app_state};
use crate::ui::chips::{Chip, Chips};
use crate::ui::data_table::{Column, ColumnChoice, DataTable, Sort, TableCell, TableRow, Width, use_columns};
use crate::ui::date_chips::DateChips;
use crate::ui::detail_pane::DetailPane;
use crate::ui::dialog::Dialog;
use crate::ui::form_row::form_row;
use crate::ui::html::Html;
use crate::ui::list_row::{ListRow, ListRows};
use crate::ui::loading::NothingFound;
use crate::ui::pick_field::{PickField, PickOption};
use crate::ui::place_field::PlaceField;
use crate::ui::save_bar::{Missing, SaveBar};
use crate::ui::skeleton::SkeletonRows;
use crate::ui::snackbar::{Action, Message};
use crate::ui::stepper::NumberInput;
use crate::ui::wide::use_is_wide;
use jiedui_core::catalogue::ProgrammeColor;
use leptos::prelude::*;
use maud::html;
use std::collections::BTreeSet;
use time::Date;
use uuid::Uuid;

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
            {tables(app)}
            {rows(app)}
            {panes(app)}
            {dialogs(app)}
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
        <h2>"Skeleton"</h2>
        <SkeletonRows/>
    }
    .into_any()
}

/// Activity, programme, place, number and recorder of the sample entries.
const SAMPLES: [(&str, &str, &str, &str, &str); 3] = [
    ("转移就业", "labour", "罗甸县 · 沫阳镇 · 沫阳村", "12 人", "王小红"),
    ("实地调研", "party_building", "罗甸县 · 边阳镇", "340 次", "李建国"),
    ("一码贵州平台销售", "marketing", "罗甸县 · 罗悃镇 · 河西村", "0.13 万元", "罗甸县沫阳镇中心卫生院"),
];

/// Returns the identifier of a sample entry.
fn sample_id(at: usize) -> Uuid {
    Uuid::from_u128(at as u128)
}

fn sample_marks(app: AppState, at: usize) -> Html {
    let mark = [None, Some(app.texts.mark_unusual()), Some(app.texts.mark_duplicate())].get(at).copied().flatten();
    html! { @if let Some(mark) = mark { span class="mark" { (mark) } } }.into()
}

fn tables(app: AppState) -> AnyView {
    let texts = app.texts;
    let column = |code, label, width| Column { code, label, width, is_sortable: true, is_shown: true };
    let columns = vec![
        column("activity", texts.activity(), Width::Wide),
        column("place", texts.place(), Width::Wide),
        column("value", texts.value(), Width::Narrow),
        Column { is_shown: false, ..column("recorder", texts.recorder(), Width::Medium) },
    ];
    let row = |(at, (activity, programme, place, value, recorder)): (usize, (&str, &str, &str, &str, &str))| {
        let text = |text: &str| TableCell::text(text.to_owned());
        TableRow {
            id: sample_id(at),
            address: "/kit".to_owned(),
            style: color_style(ProgrammeColor::default_of(programme)),
            cells: vec![
                TableCell::marked(activity.to_owned(), sample_marks(app, at)),
                text(place),
                text(value),
                text(recorder),
            ],
        }
    };
    let rows: Vec<TableRow> = SAMPLES.into_iter().enumerate().map(row).collect();
    let sort = RwSignal::new(Sort { column: "place", is_descending: true });
    let current = RwSignal::new(Some(sample_id(1)));
    let chosen = RwSignal::new(BTreeSet::from([sample_id(2)]));
    let shown = use_columns("kit", &columns);
    let on_open = Callback::new(move |id| current.set(Some(id)));
    view! {
        <h2>"DataTable"</h2>
        <ColumnChoice table="kit" columns=columns.clone() shown/>
        <DataTable label="DataTable" columns shown rows sort current on_open chosen/>
    }
    .into_any()
}

fn rows(app: AppState) -> AnyView {
    let row = |(at, (activity, programme, place, value, recorder)): (usize, (&str, &str, &str, &str, &str))| ListRow {
        id: sample_id(at),
        address: "/kit".to_owned(),
        style: color_style(ProgrammeColor::default_of(programme)),
        title: activity.to_owned(),
        marks: sample_marks(app, at),
        lines: [format!("{place} · {value}"), format!("2026-11-27 · {recorder}")],
        thumbnail: if at == 0 { "/icon-192.png".to_owned() } else { String::new() },
    };
    let rows: Vec<ListRow> = SAMPLES.into_iter().enumerate().map(row).collect();
    let chosen = RwSignal::new(BTreeSet::from([sample_id(1)]));
    view! {
        <h2>"ListRow"</h2>
        <ListRows rows=rows.clone() on_open=Callback::new(|_| {})/>
        <h2>"ListRow, selection"</h2>
        <ListRows rows on_open=Callback::new(|_| {}) chosen is_choosing=RwSignal::new(true)/>
    }
    .into_any()
}

fn panes(app: AppState) -> AnyView {
    let texts = app.texts;
    let is_wide = use_is_wide();
    view! {
        <h2>"DetailPane"</h2>
        <DetailPane label="DetailPane" position=1 rows=3 count=Some(12) on_step=Callback::new(|_| {}) on_close=Callback::new(|()| {}) is_wide>
            <p>{texts.details()}</p>
            <p class="pane-foot actions">
                <button type="button" class="button button-primary">{texts.verify()}</button>
                <button type="button" class="button">{texts.return_entry()}</button>
            </p>
        </DetailPane>
    }
    .into_any()
}

fn dialogs(app: AppState) -> AnyView {
    let texts = app.texts;
    let open = RwSignal::new(false);
    let confirm = fill(texts.approve_confirm(), &[&12]);
    view! {
        <h2>"Dialog"</h2>
        <button type="button" class="button" id="kit-dialog" on:click=move |_| open.set(true)>{confirm.clone()}</button>
        <Dialog label=texts.approve_title() confirm=confirm.clone() open on_confirm=Callback::new(|()| {})>
            <p>{fill(texts.verify_sure(), &[&12])}</p>
        </Dialog>
    }
    .into_any()
}
