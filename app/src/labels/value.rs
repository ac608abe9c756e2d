//! Values of an entry's fields in words: labels, not codes. What a newer program added is shown as it is.

use crate::features::dashboard::indicator_cards::qualified;
use crate::labels::texts::{Texts, fill};
use crate::ui::entry_list::state_word;
use jiedui_core::catalogue::Field;
use jiedui_core::catalogue::Kind;
use jiedui_core::directory::place::Places;
use jiedui_core::entry::State;
use jiedui_core::figures::overview::Overview;
use jiedui_core::sync::path::of_form;
use jiedui_core::values::{
    field_error::Language,
    quantity::{Qualifier, Quantity},
};
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

/// What values are read with.
pub struct ValueLabels<'a> {
    /// The texts of the language.
    pub texts: &'static Texts,
    /// The language.
    pub language: Language,
    /// Forms and the directory.
    pub overview: &'a Overview,
    /// The names of places.
    pub places: &'a Places,
}

impl ValueLabels<'_> {
    fn pick<'b>(&self, chinese: &'b str, english: &'b str) -> &'b str {
        self.language.pick(chinese, if english.is_empty() { chinese } else { english })
    }

    fn field(&self, activity: &str, version: Option<u32>, code: &str) -> Option<&Field> {
        let catalogue = &self.overview.catalogue;
        let own = catalogue.form(activity, version).and_then(|form| form.field(code));
        own.or_else(|| catalogue.field(activity, code))
    }

    /// A field's name; the path itself where no program here knows it.
    pub fn name(&self, activity: &str, path: &str) -> String {
        let texts = self.texts;
        // A mistake in a table lies at a cell: `details.workers.0.count`.
        if let Some(code) = of_form(path).and_then(|(_, code)| code.split('.').next())
            && let Some(field) = self.field(activity, None, code)
        {
            return self.pick(&field.name, &field.name_en).to_owned();
        }
        match path {
            "activity" => texts.activity,
            "version" => texts.field_version,
            "date" => texts.date,
            "place" => texts.place,
            "pairing" => texts.pairing,
            "organisation" => texts.organisation,
            "note" => texts.note,
            "attachments" => texts.photos,
            "position" => texts.position,
            "qualifiers" => texts.how_exact,
            "reason" => texts.change_reason,
            "state" => texts.state,
            "review_note" => texts.review_note,
            "review_fields" => texts.review_fields,
            "source" => texts.source,
            "duplicate_of" => texts.duplicate_of,
            "values" | "details" => texts.form_fields,
            "id" | "deleted" | "fields" => texts.entry,
            unknown => unknown,
        }
        .to_owned()
    }

    /// A value in words, a line for each row of a table.
    pub fn lines(&self, activity: &str, version: Option<u32>, path: &str, value: &Value) -> Vec<String> {
        if is_nothing(value) {
            return vec![self.texts.nothing_there.to_owned()];
        }
        let words = match of_form(path) {
            Some((_, code)) => self.field(activity, version, code).and_then(|field| self.answer(field, value)),
            None => self.plain(activity, path, value).map(|own| vec![own]),
        };
        words.filter(|lines| lines.iter().any(|line| !line.is_empty())).unwrap_or_else(|| vec![raw(value)])
    }

    /// The same in one line.
    pub fn line(&self, activity: &str, version: Option<u32>, path: &str, value: &Value) -> String {
        self.lines(activity, version, path, value).join("；")
    }

    fn plain(&self, activity: &str, path: &str, value: &Value) -> Option<String> {
        let texts = self.texts;
        let directory = self.overview.directory();
        let organisation = |id: Uuid| directory.organisation(id).map(|own| self.pick(&own.name, &own.name_en));
        match path {
            "place" => Some(self.places.label(value.as_str()?)),
            "activity" => {
                let own = self.overview.catalogue.activity(value.as_str()?)?;
                Some(self.pick(&own.name, &own.name_en).to_owned())
            }
            "state" => Some(state_word(texts, State::deserialize(value).ok()?).to_owned()),
            "organisation" => organisation(Uuid::parse_str(value.as_str()?).ok()?).map(str::to_owned),
            "pairing" => {
                let pairing = directory.pairing(Uuid::parse_str(value.as_str()?).ok()?)?;
                let names = [pairing.organisation_a, pairing.organisation_b].map(organisation);
                Some(names.map(Option::unwrap_or_default).join(" — "))
            }
            "attachments" => Some(fill(texts.photos_count, &[&value.as_array()?.len()])),
            "position" => {
                let (east, north) = <(f64, f64)>::deserialize(value).ok()?;
                Some(format!("{north:.5}, {east:.5}"))
            }
            "qualifiers" => {
                let each = value.as_object()?.iter().map(|(code, own)| {
                    let name = self.name(activity, &format!("values.{code}"));
                    let word = Qualifier::deserialize(own).ok().map(|own| self.qualifier(own));
                    Some(format!("{name}：{}", word?))
                });
                Some(each.collect::<Option<Vec<_>>>()?.join("；"))
            }
            "review_fields" => {
                let names = value.as_array()?.iter().filter_map(Value::as_str).map(|path| self.name(activity, path));
                Some(names.collect::<Vec<_>>().join("、"))
            }
            _ => None,
        }
    }

    fn qualifier(&self, own: Qualifier) -> &'static str {
        let texts = self.texts;
        let word = match own {
            Qualifier::Exact => texts.exactly,
            Qualifier::AtLeast => texts.at_least,
            Qualifier::MoreThan => texts.more_than,
            Qualifier::About => texts.about,
        };
        word.split("{}").next().unwrap_or(word).trim()
    }

    fn answer(&self, field: &Field, value: &Value) -> Option<Vec<String>> {
        match field.kind {
            Kind::Integer | Kind::Number => self.amount(field, value).map(|own| vec![own]),
            Kind::Text | Kind::Choice => Some(vec![self.word(field, value)?]),
            Kind::Choices => {
                let words = value.as_array()?.iter().map(|own| self.word(field, own));
                Some(vec![words.collect::<Option<Vec<_>>>()?.join("、")])
            }
            Kind::Table => {
                let row = |row: &Value| row.as_object().map_or_else(|| raw(row), |row| self.row(field, row));
                Some(value.as_array()?.iter().map(row).collect())
            }
        }
    }

    fn amount(&self, field: &Field, value: &Value) -> Option<String> {
        let quantity = Quantity::from_f64(value.as_f64()?)?;
        let amount = qualified(self.texts, quantity, Qualifier::Exact);
        Some(format!("{amount} {}", self.pick(&field.unit, &field.unit_en)).trim_end().to_owned())
    }

    fn word(&self, field: &Field, value: &Value) -> Option<String> {
        let text = value.as_str()?;
        Some(field.choice(text).map_or(text, |choice| self.pick(&choice.name, &choice.name_en)).to_owned())
    }

    /// A row of a table: each column's name and cell, and at the end cells of columns that the form does not have.
    fn row(&self, field: &Field, row: &Map<String, Value>) -> String {
        let known = field.columns.iter().filter_map(|column| {
            let cell = row.get(&column.code)?;
            let words = if column.kind.is_number() { self.amount(column, cell) } else { self.word(column, cell) };
            Some(format!("{} {}", self.pick(&column.name, &column.name_en), words.unwrap_or_else(|| raw(cell))))
        });
        let unknown = row.iter().filter(|(code, _)| field.columns.iter().all(|own| own.code != **code));
        known.chain(unknown.map(|(code, cell)| format!("{code} {}", raw(cell)))).collect::<Vec<_>>().join("，")
    }
}

/// Whether nothing is there.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(all) => all.is_empty(),
        Value::Object(all) => all.is_empty(),
        _ => false,
    }
}

fn raw(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::texts::texts;
    use jiedui_core::directory::place::{Level, Place, Side};
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
                .map(|own| serde_json::from_value(own).unwrap())
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
    fn value_of_each_kind_is_in_words(#[case] path: &str, #[case] value: Value, #[case] words: &str) {
        let (language, overview) = (Language::Chinese, overview());
        let place = Place {
            code: "522728109".into(),
            parent: String::new(),
            level: Level::Township,
            name: "沫阳镇".into(),
            side: Side::B,
        };
        let places = Places::new(vec![place]);
        let reader = ValueLabels { texts: texts(language), language, overview: &overview, places: &places };
        assert_eq!(reader.line("project", Some(1), path, &value), words);
    }

    #[test]
    fn name_of_a_field_is_its_label_and_of_an_unknown_one_its_path() {
        let (language, overview, places) = (Language::Chinese, overview(), Places::default());
        let reader = ValueLabels { texts: texts(language), language, overview: &overview, places: &places };
        let name = |path: &str| reader.name("project", path);
        assert_eq!([name("details.rows.0.pay"), name("values.people"), name("date")], ["名rows", "名people", "日期"]);
        assert_eq!([name("details.from_tomorrow"), name("from_tomorrow")], ["details.from_tomorrow", "from_tomorrow"]);
    }
}
