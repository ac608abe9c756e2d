//! Values of an entry's fields by their paths, as text. Codes that this program does not know are shown as they are.

use super::Labels;
use super::code::{entry_state, qualifier};
use super::directory::{organisation_name, pairing_name};
use super::entry::activity_name;
use super::field;
use super::texts::fill;
use jiedui_core::catalogue::{Field, FieldKind};
use jiedui_core::directory::place::Places;
use jiedui_core::entry::{State, field as record_field};
use jiedui_core::figures::overview::Overview;
use jiedui_core::sync::Path;
use jiedui_core::values::quantity::{Qualifier, Quantity};
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

/// Renders the fields of entries.
pub struct ValueLabels<'a> {
    /// Texts and language.
    pub labels: Labels,
    /// Forms and the directory.
    pub overview: &'a Overview,
    /// Names of places.
    pub places: &'a Places,
}

impl ValueLabels<'_> {
    fn field(&self, activity: &str, version: Option<u32>, code: &str) -> Option<&Field> {
        let catalogue = &self.overview.catalogue;
        let of_version = catalogue.form(activity, version).and_then(|form| form.field(code));
        of_version.or_else(|| catalogue.field(activity, code))
    }

    /// Returns the name of the field at a path; the path itself where the catalogue does not have the field.
    pub fn name<'p>(&self, activity: &str, path: impl Into<Path<'p>>) -> String {
        let (texts, path) = (self.labels.texts, path.into());
        if let Some(code) = path.form_field() {
            let field = self.field(activity, None, code);
            return field.map_or_else(|| path.to_string(), |field| field::name(self.labels, field).to_owned());
        }
        match path.field() {
            record_field::ACTIVITY => texts.activity(),
            record_field::VERSION => texts.field_version(),
            record_field::DATE => texts.date(),
            record_field::PLACE => texts.place(),
            record_field::PAIRING => texts.pairing(),
            record_field::ORGANISATION => texts.organisation(),
            record_field::NOTE => texts.note(),
            record_field::ATTACHMENTS => texts.photos(),
            record_field::POSITION => texts.position(),
            record_field::QUALIFIERS => texts.how_exact(),
            record_field::REASON => texts.change_reason(),
            record_field::STATE => texts.state(),
            record_field::REVIEW_NOTE => texts.review_note(),
            record_field::REVIEW_FIELDS => texts.review_fields(),
            record_field::SOURCE => texts.source(),
            record_field::DUPLICATE_OF => texts.duplicate_of(),
            record_field::VALUES | record_field::DETAILS => texts.form_fields(),
            "id" | "deleted" | "fields" => texts.entry(),
            unknown => unknown,
        }
        .to_owned()
    }

    /// Renders a value; a table takes one line per row.
    pub fn lines<'p>(
        &self,
        activity: &str,
        version: Option<u32>,
        path: impl Into<Path<'p>>,
        value: &Value,
    ) -> Vec<String> {
        let path = path.into();
        if is_empty(value) {
            return vec![self.labels.texts.nothing_there().to_owned()];
        }
        let lines = match path.answer() {
            Some(code) => self.field(activity, version, code).and_then(|field| self.answer(field, value)),
            None => self.entry_field(activity, path.field(), value).map(|line| vec![line]),
        };
        lines.filter(|lines| lines.iter().any(|line| !line.is_empty())).unwrap_or_else(|| vec![raw(value)])
    }

    /// Renders a value in one line.
    pub fn line<'p>(&self, activity: &str, version: Option<u32>, path: impl Into<Path<'p>>, value: &Value) -> String {
        self.lines(activity, version, path, value).join("；")
    }

    /// Renders a field that every entry has.
    fn entry_field(&self, activity: &str, name: &str, value: &Value) -> Option<String> {
        let (labels, texts, overview) = (self.labels, self.labels.texts, self.overview);
        match name {
            record_field::PLACE => Some(self.places.label(value.as_str()?)),
            record_field::ACTIVITY => Some(activity_name(labels, overview, value.as_str()?).to_owned()),
            record_field::STATE => Some(entry_state(texts, State::deserialize(value).ok()?).to_owned()),
            record_field::ORGANISATION => {
                organisation_name(labels, overview, Uuid::parse_str(value.as_str()?).ok()?).map(str::to_owned)
            }
            record_field::PAIRING => {
                let pairing = overview.directory().pairing(Uuid::parse_str(value.as_str()?).ok()?)?;
                Some(pairing_name(labels, overview, pairing))
            }
            record_field::ATTACHMENTS => Some(fill(texts.photos_count(), &[&value.as_array()?.len()])),
            record_field::POSITION => {
                let (east, north) = <(f64, f64)>::deserialize(value).ok()?;
                Some(format!("{north:.5}, {east:.5}"))
            }
            record_field::QUALIFIERS => {
                let lines = value.as_object()?.iter().map(|(code, value)| {
                    let name = self.name(activity, Path::value(code));
                    Some(format!("{name}：{}", qualifier(texts, Qualifier::deserialize(value).ok()?)))
                });
                Some(lines.collect::<Option<Vec<_>>>()?.join("；"))
            }
            record_field::REVIEW_FIELDS => {
                let names = value.as_array()?.iter().filter_map(Value::as_str).map(|path| self.name(activity, path));
                Some(names.collect::<Vec<_>>().join("、"))
            }
            _ => None,
        }
    }

    /// Renders an answer to a field of the form.
    fn answer(&self, field: &Field, value: &Value) -> Option<Vec<String>> {
        match field.kind {
            FieldKind::Integer | FieldKind::Number => self.amount(field, value).map(|amount| vec![amount]),
            FieldKind::Text | FieldKind::Choice => Some(vec![self.choice(field, value)?]),
            FieldKind::Choices => {
                let names = value.as_array()?.iter().map(|choice| self.choice(field, choice));
                Some(vec![names.collect::<Option<Vec<_>>>()?.join("、")])
            }
            FieldKind::Table => {
                let row = |row: &Value| row.as_object().map_or_else(|| raw(row), |row| self.row(field, row));
                Some(value.as_array()?.iter().map(row).collect())
            }
        }
    }

    fn amount(&self, field: &Field, value: &Value) -> Option<String> {
        let quantity = Quantity::from_f64(value.as_f64()?)?;
        Some(field::amount(self.labels, field, quantity, Qualifier::Exact))
    }

    fn choice(&self, field: &Field, value: &Value) -> Option<String> {
        Some(field::choice(self.labels, field, value.as_str()?).to_owned())
    }

    /// Renders a table row: each column's name and cell, then the cells of columns that the form does not have.
    fn row(&self, field: &Field, row: &Map<String, Value>) -> String {
        let in_form = field.columns.iter().filter_map(|column| {
            let cell = row.get(&column.code)?;
            let text = if column.kind.is_number() { self.amount(column, cell) } else { self.choice(column, cell) };
            Some(format!("{} {}", field::name(self.labels, column), text.unwrap_or_else(|| raw(cell))))
        });
        let unknown = row.iter().filter(|(code, _)| field.columns.iter().all(|column| column.code != **code));
        in_form.chain(unknown.map(|(code, cell)| format!("{code} {}", raw(cell)))).collect::<Vec<_>>().join("，")
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

fn raw(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiedui_core::directory::place::{Level, Place, Side};
    use jiedui_core::values::language::Language;
    use rstest::rstest;
    use serde_json::json;

    fn overview() -> Overview {
        let field = |code: &str, kind: &str, more: Value| {
            let mut field =
                json!({"code": code, "name": format!("名{code}"), "name_en": code, "kind": kind, "required": false});
            field.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            field
        };
        let choices = json!([{"code": "sign", "name": "标牌", "name_en": "Sign"}, {"code": "hall", "name": "会堂", "name_en": "Hall"}]);
        let fields = json!([
            field("people", "integer", json!({"unit": "人", "unit_en": "people"})),
            field("words", "text", json!({})),
            field("model", "choice", json!({"choices": choices})),
            field("met", "choices", json!({"choices": choices})),
            field(
                "rows",
                "table",
                json!({"columns": [field("who", "text", json!({})),
                field("pay", "number", json!({"unit": "元", "unit_en": "yuan"}))]})
            ),
        ]);
        let catalogue = json!({"version": 1, "programmes": [], "indicators": [], "activities": [
            {"code": "project", "programme": "industry", "name": "项目", "name_en": "Project", "version": 1, "fields": fields}]});
        let organisation = |id: u128, name: &str| {
            json!({"id": Uuid::from_u128(id), "name": name, "name_en": name, "kind": "village", "side": "a", "place": "522728",
                "programme": "industry"})
        };
        Overview {
            catalogue: serde_json::from_value(catalogue).unwrap(),
            organisations: [organisation(1, "花溪区"), organisation(2, "沫阳镇")]
                .map(|organisation| serde_json::from_value(organisation).unwrap())
                .into(),
            pairings: vec![
                serde_json::from_value(json!({"id": Uuid::from_u128(3), "programme": "industry",
                    "organisation_a": Uuid::from_u128(1), "organisation_b": Uuid::from_u128(2)}))
                .unwrap(),
            ],
            ..Overview::default()
        }
    }

    #[rstest]
    #[case("values.people", json!(1200), "1,200 人")]
    #[case("values.people", json!(null), "（空）")]
    #[case("details.words", json!("修了路"), "修了路")]
    #[case("details.model", json!("sign"), "标牌")]
    #[case("details.met", json!(["sign", "hall"]), "标牌、会堂")]
    #[case("details.met", json!([]), "（空）")]
    #[case("details.rows", json!([{"who": "甲", "pay": 30.5}, {"who": "乙"}]), "名who 甲，名pay 30.5 元；名who 乙")]
    #[case("place", json!("522728109"), "沫阳镇")]
    #[case("date", json!("2026-11-20"), "2026-11-20")]
    #[case("pairing", json!(Uuid::from_u128(3)), "花溪区 — 沫阳镇")]
    #[case("pairing", json!("gone"), "gone")]
    #[case("organisation", json!(Uuid::from_u128(2)), "沫阳镇")]
    #[case("note", json!("备注"), "备注")]
    #[case("attachments", json!(["a", "b"]), "2 张照片")]
    #[case("qualifiers", json!({"people": "about"}), "名people：约")]
    #[case("position", json!([106.75, 25.43]), "25.43000, 106.75000")]
    #[case("state", json!("verified"), "已审核")]
    #[case("activity", json!("project"), "项目")]
    #[case("details.from_tomorrow", json!({"deep": [1]}), r#"{"deep":[1]}"#)]
    #[case("from_tomorrow", json!(true), "true")]
    fn line_renders_each_kind_of_value(#[case] path: &str, #[case] value: Value, #[case] words: &str) {
        let overview = overview();
        let place = Place {
            code: "522728109".into(),
            parent: String::new(),
            level: Level::Township,
            name: "沫阳镇".into(),
            side: Side::B,
            initials: String::new(),
        };
        let places = Places::new(vec![place]);
        let values = ValueLabels { labels: Labels::new(Language::Chinese), overview: &overview, places: &places };
        assert_eq!(values.line("project", Some(1), path, &value), words);
    }

    #[test]
    fn name_of_unknown_field_is_its_path() {
        let (overview, places) = (overview(), Places::default());
        let values = ValueLabels { labels: Labels::new(Language::Chinese), overview: &overview, places: &places };
        let name = |path: &str| values.name("project", path);
        assert_eq!([name("details.rows.0.pay"), name("values.people"), name("date")], ["名rows", "名people", "日期"]);
        assert_eq!([name("details.from_tomorrow"), name("from_tomorrow")], ["details.from_tomorrow", "from_tomorrow"]);
    }
}
