//! The form that changes or adds an indicator: its names, unit, aggregation and targets.

use crate::api::reference as server;
use crate::features::catalogue::editing::{Submission, editing_screen, programme_options};
use crate::labels::number::qualified;
use crate::lazy_screen;
use crate::state::use_app_state;
use crate::ui::number_input::read_number;
use jiedui_core::catalogue::Subject;
use jiedui_core::catalogue::{Aggregation, Indicator, Target};
use jiedui_core::values::halfwidth::to_halfwidth;
use jiedui_core::values::{
    field_error::{ErrorCode, FieldError},
    quantity::{Qualifier, Quantity},
};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

/// Aggregations with their codes.
const AGGREGATIONS: [(Aggregation, &str); 4] = [
    (Aggregation::Sum, "sum"),
    (Aggregation::Latest, "latest"),
    (Aggregation::Mean, "mean"),
    (Aggregation::Distinct, "distinct"),
];
/// Precisions of a target with their codes.
const EXACT: [(Qualifier, &str); 4] = [
    (Qualifier::Exact, "exact"),
    (Qualifier::AtLeast, "at_least"),
    (Qualifier::MoreThan, "more_than"),
    (Qualifier::About, "about"),
];

/// A target as typed text.
#[derive(Clone, Debug, Default, PartialEq)]
struct Typed {
    year: String,
    value: String,
    exact: String,
}

impl Typed {
    fn of(target: &Target) -> Self {
        let exact = EXACT.iter().find(|(qualifier, _)| *qualifier == target.qualifier).map_or("", |(_, code)| code);
        Self { year: target.year.to_string(), value: target.value.to_f64().to_string(), exact: exact.to_owned() }
    }

    /// Returns the target, or which of its parts cannot be read.
    fn target(&self) -> Result<Target, &'static str> {
        let year = to_halfwidth(&self.year).parse().ok().filter(|year| (2010..=2099).contains(year)).ok_or("year")?;
        let value = read_number(&self.value).ok().flatten().and_then(Quantity::from_f64).ok_or("value")?;
        let qualifier =
            EXACT.iter().find(|(_, code)| *code == self.exact).map(|(qualifier, _)| *qualifier).ok_or("exact")?;
        Ok(Target { year, value, qualifier })
    }
}

lazy_screen!(office:
    /// The form of an indicator.
    IndicatorForm, render_indicator_edit, IndicatorEdit
);

/// The screen.
#[component]
fn IndicatorEdit() -> impl IntoView {
    let not_found = use_app_state().texts.not_found();
    let editor = |indicator, base_version| view! { <Editor indicator base_version/> }.into_any();
    editing_screen(|catalogue, code| catalogue.indicator(code).cloned(), not_found, editor)
}

#[component]
fn Editor(indicator: Option<Indicator>, base_version: u32) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let is_new = indicator.is_none();
    let indicator = indicator.unwrap_or_else(|| Indicator {
        code: String::new(),
        programme: String::new(),
        name: String::new(),
        name_en: String::new(),
        unit: String::new(),
        unit_en: String::new(),
        aggregation: Aggregation::Sum,
        distinct_by: Subject::default(),
        targets: Vec::new(),
    });
    let targets =
        RwSignal::new(indicator.targets.iter().map(|target| RwSignal::new(Typed::of(target))).collect::<Vec<_>>());
    let shown = RwSignal::new(indicator);
    let submission = Submission::new(app);
    let Submission { errors, failed, checked, .. } = submission;
    let text = move |label: &'static str, id: &'static str, part: fn(&mut Indicator) -> &mut String| {
        let value = move || shown.with(|indicator| part(&mut indicator.clone()).clone());
        let error = move || {
            let error = errors.get().into_iter().find(|error| error.field == id)?;
            Some(error.in_language(app.language).message)
        };
        view! {
            <label><span>{label}</span>
                <input id=format!("indicator-{id}") type="text" prop:value=value
                    on:input=move |event| shown.update(|indicator| *part(indicator) = event_target_value(&event))/>
                <small class="error">{error}</small>
            </label>
        }
    };
    let navigate = use_navigate();
    let save = move |_| {
        let typed = targets
            .with_untracked(|targets| targets.iter().map(|target| target.get_untracked().target()).collect::<Vec<_>>());
        submission.begin();
        let Ok(targets) = typed.into_iter().collect() else {
            failed.set(Some(texts.target_wrong().to_owned()));
            return;
        };
        let changed = Indicator { targets, ..shown.get_untracked() };
        if submission.validate(|catalogue| catalogue.with_indicator(changed.clone())) {
            let request = async move { server::set_indicator(&changed, base_version, app.language).await };
            submission.send(navigate.clone(), request);
        } else {
            submission.show_first_error();
        }
    };
    let programme = Signal::derive(move || shown.with(|indicator| indicator.programme.clone()));
    let labels = [texts.way_sum(), texts.way_latest(), texts.way_mean(), texts.way_distinct()];
    let labels = AGGREGATIONS
        .iter()
        .zip(labels)
        .map(|((_, code), words)| view! { <option value=*code>{words}</option> })
        .collect_view();
    let set_way = move |event| {
        let code = event_target_value(&event);
        let aggregation = AGGREGATIONS
            .iter()
            .find(|(_, name)| *name == code)
            .map_or(Aggregation::Sum, |(aggregation, _)| *aggregation);
        shown.update(|indicator| indicator.aggregation = aggregation);
    };
    let row = move |typed: RwSignal<Typed>| {
        let number = move |label: &'static str, part: fn(&mut Typed) -> &mut String| {
            view! {
                <input type="text" inputmode="decimal" aria-label=label prop:value=move || typed.with(|typed| part(&mut typed.clone()).clone())
                    on:input=move |event| typed.update(|typed| *part(typed) = event_target_value(&event))/>
            }
        };
        let words = [texts.exactly(), texts.at_least(), texts.more_than(), texts.about()];
        let options = EXACT.iter().zip(words).map(|((_, code), words)| {
            let is_chosen = move || typed.with(|typed| typed.exact == *code);
            view! { <option value=*code selected=is_chosen>{words.replace("{}", "").trim().to_owned()}</option> }
        });
        let wrong = move || {
            let part = checked.get().then(|| typed.with(Typed::target).err()).flatten()?;
            let (label, code) = match part {
                "year" => (texts.year(), ErrorCode::Unknown),
                "value" => (texts.target(), ErrorCode::NotAmount),
                _ => (texts.how_exact(), ErrorCode::Unknown),
            };
            Some(format!("{label}：{}", FieldError::new(part, code).in_language(app.language).message))
        };
        let remove = move |_| targets.update(|targets| targets.retain(|target| *target != typed));
        view! {
            <li class="catalogue-target" class:wrong=move || wrong().is_some()>
                {number(texts.year(), |typed| &mut typed.year)}
                <select aria-label=texts.how_exact() on:change=move |event| typed.update(|typed| typed.exact = event_target_value(&event))>{options.collect_view()}</select>
                {number(texts.target(), |typed| &mut typed.value)}
                <button type="button" class="button-quiet" on:click=remove>{texts.take_out()}</button>
                <small class="error">{wrong}</small>
            </li>
        }
    };
    let add = move |_| {
        let year = targets.with_untracked(|targets| {
            targets.iter().filter_map(|target| target.get_untracked().year.parse::<i32>().ok()).max()
        });
        let year = year.map_or(app.today.year(), |year| year + 1).to_string();
        targets.update(|targets| {
            targets.push(RwSignal::new(Typed { year, value: String::new(), exact: "exact".to_owned() }))
        });
    };
    let preview = move || {
        let indicator = shown.get();
        let unit = app.pick(&indicator.unit, &indicator.unit_en).to_owned();
        let lines = targets.with(|targets| {
            let line = |typed: &RwSignal<Typed>| {
                let target = typed.with(Typed::target).ok()?;
                let amount = qualified(texts, target.value, target.qualifier);
                Some(view! { <li>{format!("{}：{amount} {unit}", target.year)}</li> })
            };
            targets.iter().filter_map(line).collect_view()
        });
        view! { <strong>{app.pick(&indicator.name, &indicator.name_en).to_owned()}</strong><ul>{lines}</ul> }
    };
    view! {
        <section class="list catalogue">
            <h1>{if is_new { texts.indicator_new().to_owned() } else { shown.with_untracked(|indicator| app.pick(&indicator.name, &indicator.name_en).to_owned()) }}</h1>
            {move || failed.get().map(|why| view! { <p class="notice bad" role="alert">{why}</p> })}
            <div class="catalogue-columns">
                <div class="form">
                    {text(texts.indicator_name(), "name", |indicator| &mut indicator.name)}
                    {text(texts.indicator_name_en(), "name_en", |indicator| &mut indicator.name_en)}
                    {text(texts.need_unit(), "unit", |indicator| &mut indicator.unit)}
                    {text(texts.field_unit_en(), "unit_en", |indicator| &mut indicator.unit_en)}
                    {is_new.then(|| view! {
                        {text(texts.field_code(), "code", |indicator| &mut indicator.code)}
                        <label><span>{texts.programme()}</span>
                            <select id="indicator-programme" on:change=move |event| shown.update(|indicator| indicator.programme = event_target_value(&event))>{programme_options(app, programme)}</select></label>
                        <label><span>{texts.how_counted()}</span><select on:change=set_way>{labels}</select></label>
                    })}
                    <h2>{texts.targets()}</h2>
                    <ul class="catalogue-fields"><For each=move || targets.get() key=|typed| *typed children=row/></ul>
                    <p class="actions">
                        <button type="button" class="button" id="add-target" on:click=add>{texts.target_add()}</button>
                        <button type="button" class="button button-primary" id="save" on:click=save>{texts.save()}</button>
                    </p>
                </div>
                <div class="catalogue-preview"><h2>{texts.form_preview()}</h2>{preview}</div>
            </div>
        </section>
    }
}
