//! A field of a form as an administrator types it, and its conversion to a field of the catalogue.

use crate::features::catalogue::typed_lines::{BAR, KINDS, choice, column, column_line, lines};
use crate::features::catalogue::unreadable::Unreadable;
use crate::ui::number_input::read_number;
use jiedui_core::catalogue::{Choice, Computed, Condition, Field, FieldKind};
use jiedui_core::values::quantity::Quantity;

/// A field as typed text.
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
    /// The previous columns, which have properties that the lines lack.
    pub old_columns: Vec<Field>,
    pub hint: String,
    pub hint_en: String,
    pub when: String,
    pub computed: String,
    pub default: String,
    pub section: String,
    pub section_en: String,
}

impl Typed {
    /// Returns a field of a form as one types it.
    pub fn of(field: &Field) -> Self {
        let quantity = |value: Option<Quantity>| value.map(|value| value.to_f64().to_string()).unwrap_or_default();
        let choice = |choice: &Choice| format!("{}{BAR}{}{BAR}{}", choice.code, choice.name, choice.name_en);
        let computed = match &field.computed {
            None => String::new(),
            Some(Computed::Sum(codes)) => codes.join(" + "),
            Some(Computed::Product(codes)) => codes.join(" × "),
            Some(Computed::Total { table, column }) => format!("{table}.{column}"),
        };
        let when = field.when.as_ref().map(|condition| format!("{} = {}", condition.field, condition.is.join(" ")));
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

    /// Parses the typed text into a field, and lists the parts that cannot be read. A form with unreadable parts is not
    /// published, because they would be missing.
    pub fn read(&self) -> (Field, Vec<Unreadable>) {
        let mut wrong = Vec::new();
        let kind = KINDS.iter().find(|(_, code)| *code == self.kind).map(|(kind, _)| *kind);
        if kind.is_none() {
            wrong.push(Unreadable { part: "kind", line: None });
        }
        let kind = kind.unwrap_or_default();
        let is_number = kind.is_number();
        let mut quantity = |part: &'static str, text: &str| match read_number(text) {
            Ok(None) => None,
            Ok(Some(number)) if Quantity::from_f64(number).is_some() => Quantity::from_f64(number),
            _ => {
                wrong.push(Unreadable { part, line: None });
                None
            }
        };
        // Properties that the kind lacks are not on the screen and are not read.
        let min = is_number.then(|| quantity("min", &self.min)).flatten();
        let max = is_number.then(|| quantity("max", &self.max)).flatten();
        let computed = if is_number { self.computed(&mut wrong) } else { None };
        let when = match self.when.replace('＝', "=").split_once('=') {
            Some((field, is)) => Some(Condition {
                field: field.trim().to_owned(),
                is: is.split_whitespace().map(str::to_owned).collect(),
            }),
            None => {
                wrong.extend((!self.when.trim().is_empty()).then_some(Unreadable { part: "when", line: None }));
                None
            }
        };
        let is_choice = matches!(kind, FieldKind::Choice | FieldKind::Choices);
        let choices = if is_choice { lines("choices", &self.choices, choice, &mut wrong) } else { Vec::new() };
        let columns = if kind == FieldKind::Table {
            lines("columns", &self.columns, |line| column(line, &self.old_columns), &mut wrong)
        } else {
            Vec::new()
        };
        let trimmed = |text: &String| text.trim().to_owned();
        let of_number = |text: &String| if is_number { trimmed(text) } else { String::new() };
        let field = Field {
            code: trimmed(&self.code),
            name: trimmed(&self.name),
            name_en: trimmed(&self.name_en),
            kind,
            unit: of_number(&self.unit),
            unit_en: of_number(&self.unit_en),
            required: self.required,
            min,
            max,
            feeds: Some(of_number(&self.feeds)).filter(|code| !code.is_empty()),
            columns,
            choices,
            hint: trimmed(&self.hint),
            hint_en: trimmed(&self.hint_en),
            when,
            computed,
            default: trimmed(&self.default),
            section: trimmed(&self.section),
            section_en: trimmed(&self.section_en),
        };
        (field, wrong)
    }

    /// Formula of a computed field.
    fn computed(&self, wrong: &mut Vec<Unreadable>) -> Option<Computed> {
        let text = self.computed.trim().replace('＋', "+");
        let codes = |signs: &[char]| text.split(signs).map(|code| code.trim().to_owned()).collect::<Vec<_>>();
        let multiplies = text.contains(PRODUCT);
        if multiplies && text.contains('+') {
            wrong.push(Unreadable { part: "computed", line: None });
            return None;
        }
        match text.split_once('.') {
            _ if text.is_empty() => None,
            _ if multiplies => Some(Computed::Product(codes(&PRODUCT))),
            Some((table, column)) => {
                Some(Computed::Total { table: table.trim().to_owned(), column: column.trim().to_owned() })
            }
            None => Some(Computed::Sum(codes(&['+']))),
        }
    }
}

/// The signs of a multiplication.
const PRODUCT: [char; 3] = ['×', '*', '＊'];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::catalogue::unreadable::part_name;
    use jiedui_core::values::language::Language;
    use rstest::rstest;
    use serde_json::json;

    #[test]
    fn field_round_trips_as_typed_text() {
        let field: Field = serde_json::from_value(json!({
            "code": "total", "name": "合计", "name_en": "Total", "kind": "number", "unit": "元", "unit_en": "yuan",
            "required": true, "min": 1, "max": 500.5, "feeds": "sum", "hint": "两项相加", "hint_en": "Both",
            "when": {"field": "stage", "is": ["start", "finish"]}, "computed": {"product": ["a", "b"]}, "default": "3",
            "section": "结果", "section_en": "Result"}))
        .unwrap();
        assert_eq!(Typed::of(&field).read(), (field, Vec::new()));
        let choice: Field = serde_json::from_value(json!({
            "code": "stage", "name": "阶段", "name_en": "Stage", "kind": "choice", "required": false,
            "choices": [{"code": "start", "name": "启动", "name_en": "Start"}]}))
        .unwrap();
        assert_eq!(Typed::of(&choice).read(), (choice.clone(), Vec::new()));
        let table: Field = serde_json::from_value(json!({
            "code": "rows", "name": "明细", "name_en": "Rows", "kind": "table", "required": false, "columns": [
                {"code": "workers", "name": "人数", "name_en": "Workers", "kind": "integer", "unit": "人", "required": true, "min": 1}]}))
        .unwrap();
        assert_eq!(Typed::of(&table).read(), (table, Vec::new()));
        let total: Field =
            serde_json::from_value(json!({"code": "total", "name": "合计", "name_en": "", "kind": "integer",
            "required": false, "computed": {"total": {"table": "rows", "column": "workers"}}}))
            .unwrap();
        assert_eq!(Typed::of(&total).read(), (total, Vec::new()));
        let typed = Typed { choices: "start ｜ 启动\n\n finish|完工|Finish".into(), ..Typed::of(&choice) };
        let codes: Vec<_> = typed.read().0.choices.into_iter().map(|choice| (choice.code, choice.name_en)).collect();
        assert_eq!(codes, [("start".into(), String::new()), ("finish".into(), "Finish".into())]);
    }

    #[rstest]
    #[case(|typed: &mut Typed| typed.min = "十".into(), "min", None)]
    #[case(|typed: &mut Typed| typed.max = "5OO".into(), "max", None)]
    #[case(|typed: &mut Typed| typed.max = "1e12".into(), "max", None)]
    #[case(|typed: &mut Typed| typed.min = "0.00001".into(), "min", None)]
    #[case(|typed: &mut Typed| typed.when = "stage".into(), "when", None)]
    #[case(|typed: &mut Typed| typed.computed = "a + b × c".into(), "computed", None)]
    #[case(|typed: &mut Typed| typed.kind = "".into(), "kind", None)]
    #[case(|typed: &mut Typed| (typed.kind, typed.choices) = ("choice".into(), "a|甲\n\n乙".into()), "choices", Some(3))]
    #[case(|typed: &mut Typed| (typed.kind, typed.choices) = ("choices".into(), "|甲".into()), "choices", Some(1))]
    #[case(|typed: &mut Typed| (typed.kind, typed.choices) = ("choice".into(), "a|甲|A|x".into()), "choices", Some(1))]
    #[case(|typed: &mut Typed| (typed.kind, typed.columns) = ("table".into(), "a|甲|intger".into()), "columns", Some(1))]
    #[case(|typed: &mut Typed| (typed.kind, typed.columns) = ("table".into(), "a|甲|text\nb|乙".into()), "columns", Some(2))]
    fn unreadable_parts_are_named(
        #[case] change: fn(&mut Typed),
        #[case] part: &'static str,
        #[case] line: Option<usize>,
    ) {
        let mut typed = Typed { kind: "number".into(), code: "own".into(), name: "数".into(), ..Typed::default() };
        assert!(typed.read().1.is_empty());
        change(&mut typed);
        let wrong = Unreadable { part, line };
        assert_eq!(typed.read().1, [wrong]);
        for language in [Language::Chinese, Language::English] {
            let texts = crate::labels::texts::texts(language);
            assert!(wrong.in_words(texts, language).starts_with(&part_name(texts, part)));
        }
    }

    #[test]
    fn properties_that_the_kind_lacks_are_not_read() {
        let typed = Typed {
            kind: "text".into(),
            min: "十".into(),
            feeds: "x".into(),
            computed: "a + b * c".into(),
            ..Typed::default()
        };
        let (field, wrong) = typed.read();
        assert_eq!((field.min, field.feeds, field.computed, wrong), (None, None, None, Vec::new()));
    }
}
