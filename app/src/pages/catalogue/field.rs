//! One field of a form that is being changed: as it is typed, and what it comes to.

use crate::model::{Model, use_model};
use crate::pages::form::read_number;
use jiedui_core::domain::catalogue::{Choice, Computed, Condition, Kind};
use jiedui_core::domain::{Field, Quantity};
use leptos::prelude::*;

/// What there is to choose from: a line each, code, name and English name between bars.
const BAR: char = '|';

/// A field as it is typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Typed {
    /// Whether the form had it before: then its code stays.
    pub is_old: bool,
    pub code: String,
    pub name: String,
    pub name_en: String,
    pub kind: String,
    pub unit: String,
    pub unit_en: String,
    pub required: bool,
    pub min: String,
    pub max: String,
    pub feeds: String,
    pub choices: String,
    /// A line each: code, name, kind and unit between bars.
    pub columns: String,
    /// The columns as they were, of which the lines say not all.
    pub old_columns: Vec<Field>,
    pub hint: String,
    pub hint_en: String,
    pub when: String,
    pub computed: String,
    pub default: String,
    pub section: String,
    pub section_en: String,
}

/// The kinds and their codes.
const KINDS: [(Kind, &str); 6] = [
    (Kind::Integer, "integer"),
    (Kind::Number, "number"),
    (Kind::Text, "text"),
    (Kind::Choice, "choice"),
    (Kind::Choices, "choices"),
    (Kind::Table, "table"),
];

impl Typed {
    /// A field of a form as one types it.
    pub fn of(field: &Field) -> Self {
        let quantity = |own: Option<Quantity>| own.map(|own| own.to_f64().to_string()).unwrap_or_default();
        let choice = |own: &Choice| format!("{}{BAR}{}{BAR}{}", own.code, own.name, own.name_en);
        let computed = match &field.computed {
            None => String::new(),
            Some(Computed::Sum(codes)) => codes.join(" + "),
            Some(Computed::Product(codes)) => codes.join(" × "),
            Some(Computed::Total { table, column }) => format!("{table}.{column}"),
        };
        let when = field.when.as_ref().map(|own| format!("{} = {}", own.field, own.is.join(" ")));
        let kind = KINDS.iter().find(|(kind, _)| *kind == field.kind).map_or("", |(_, code)| code);
        Self {
            is_old: true,
            code: field.code.clone(),
            name: field.name.clone(),
            name_en: field.name_en.clone(),
            kind: kind.to_owned(),
            unit: field.unit.clone(),
            unit_en: field.unit_en.clone(),
            required: field.required,
            min: quantity(field.min),
            max: quantity(field.max),
            feeds: field.feeds.clone().unwrap_or_default(),
            choices: field.choices.iter().map(choice).collect::<Vec<_>>().join("\n"),
            columns: field.columns.iter().map(column_line).collect::<Vec<_>>().join("\n"),
            old_columns: field.columns.clone(),
            hint: field.hint.clone(),
            hint_en: field.hint_en.clone(),
            when: when.unwrap_or_default(),
            computed,
            default: field.default.clone(),
            section: field.section.clone(),
            section_en: field.section_en.clone(),
        }
    }

    /// What it comes to. A bound that is no number is none.
    pub fn field(&self) -> Field {
        let quantity = |text: &str| read_number(text).ok().flatten().and_then(Quantity::from_f64);
        let kind = KINDS.iter().find(|(_, code)| *code == self.kind).map(|(kind, _)| *kind).unwrap_or_default();
        let is_choice = matches!(kind, Kind::Choice | Kind::Choices);
        let line = |line: &str| {
            let mut parts = line.split([BAR, '｜']).map(|part| part.trim().to_owned());
            let code = parts.next().filter(|code| !code.is_empty())?;
            Some(Choice { code, name: parts.next().unwrap_or_default(), name_en: parts.next().unwrap_or_default() })
        };
        let codes = |text: &str| text.split(['+', '×', '*']).map(|own| own.trim().to_owned()).collect::<Vec<_>>();
        let computed = match self.computed.trim() {
            "" => None,
            text if text.contains(['×', '*']) => Some(Computed::Product(codes(text))),
            text if text.contains('.') => text.split_once('.').map(|(table, column)| Computed::Total {
                table: table.trim().to_owned(),
                column: column.trim().to_owned(),
            }),
            text => Some(Computed::Sum(codes(text))),
        };
        let when = self.when.split_once('=').map(|(field, is)| Condition {
            field: field.trim().to_owned(),
            is: is.split_whitespace().map(str::to_owned).collect(),
        });
        let trimmed = |text: &String| text.trim().to_owned();
        Field {
            code: trimmed(&self.code),
            name: trimmed(&self.name),
            name_en: trimmed(&self.name_en),
            kind,
            unit: trimmed(&self.unit),
            unit_en: trimmed(&self.unit_en),
            required: self.required,
            min: quantity(&self.min),
            max: quantity(&self.max),
            feeds: Some(self.feeds.clone()).filter(|own| !own.is_empty()),
            columns: if kind == Kind::Table {
                self.columns.lines().filter_map(|line| column(line, &self.old_columns)).collect()
            } else {
                Vec::new()
            },
            choices: if is_choice { self.choices.lines().filter_map(line).collect() } else { Vec::new() },
            hint: trimmed(&self.hint),
            hint_en: trimmed(&self.hint_en),
            when,
            computed,
            default: trimmed(&self.default),
            section: trimmed(&self.section),
            section_en: trimmed(&self.section_en),
        }
    }
}

fn column_line(column: &Field) -> String {
    let kind = KINDS.iter().find(|(kind, _)| *kind == column.kind).map_or("", |(_, code)| code);
    format!("{}{BAR}{}{BAR}{kind}{BAR}{}", column.code, column.name, column.unit)
}

/// A column as its line says, and for the rest as it was.
fn column(line: &str, old: &[Field]) -> Option<Field> {
    let mut parts = line.split([BAR, '｜']).map(|part| part.trim().to_owned());
    let code = parts.next().filter(|code| !code.is_empty())?;
    let was = old.iter().find(|own| own.code == code).cloned();
    let (name, kind, unit) = (parts.next().unwrap_or_default(), parts.next(), parts.next().unwrap_or_default());
    let kind = KINDS.iter().find(|(_, own)| Some(*own) == kind.as_deref()).map_or(Kind::Text, |(kind, _)| *kind);
    let required = was.as_ref().is_none_or(|was| was.required);
    Some(Field { code, name, kind, unit, required, ..was.unwrap_or_default() })
}

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
    let model = use_model();
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
        <div class="field-edit">
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

fn feeds(model: Model, typed: RwSignal<Typed>, programme: Signal<String>) -> impl IntoView {
    let options = move || {
        let overview = model.received.get().unwrap_or_default();
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_field_is_the_same_after_it_was_typed() {
        let field: Field = serde_json::from_value(json!({
            "code": "total", "name": "合计", "name_en": "Total", "kind": "number", "unit": "元", "unit_en": "yuan",
            "required": true, "min": 1, "max": 500.5, "feeds": "sum", "hint": "两项相加", "hint_en": "Both",
            "when": {"field": "stage", "is": ["start", "finish"]}, "computed": {"product": ["a", "b"]}, "default": "3",
            "section": "结果", "section_en": "Result"}))
        .unwrap();
        assert_eq!(Typed::of(&field).field(), field);
        let choice: Field = serde_json::from_value(json!({
            "code": "stage", "name": "阶段", "name_en": "Stage", "kind": "choice", "required": false,
            "choices": [{"code": "start", "name": "启动", "name_en": "Start"}]}))
        .unwrap();
        assert_eq!(Typed::of(&choice).field(), choice);
        let table: Field = serde_json::from_value(json!({
            "code": "rows", "name": "明细", "name_en": "Rows", "kind": "table", "required": false, "columns": [
                {"code": "workers", "name": "人数", "name_en": "Workers", "kind": "integer", "unit": "人", "required": true, "min": 1}]}))
        .unwrap();
        assert_eq!(Typed::of(&table).field(), table);
        let total: Field =
            serde_json::from_value(json!({"code": "total", "name": "合计", "name_en": "", "kind": "integer",
            "required": false, "computed": {"total": {"table": "rows", "column": "workers"}}}))
            .unwrap();
        assert_eq!(Typed::of(&total).field(), total);
        let typed = Typed { choices: "start ｜ 启动\n\n finish|完工|Finish".into(), ..Typed::of(&choice) };
        let codes: Vec<_> = typed.field().choices.into_iter().map(|own| (own.code, own.name_en)).collect();
        assert_eq!(codes, [("start".into(), String::new()), ("finish".into(), "Finish".into())]);
    }
}
