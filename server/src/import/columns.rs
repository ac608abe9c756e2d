//! Which column of a table is which field of a form.

use jiedui_core::domain::catalogue::Kind;
use jiedui_core::domain::{Activity, Field};

/// A field that a column may be, by its path in an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Such as `date` or `values.people`.
    pub path: String,
    /// The heading that the template has for it, in Chinese.
    pub label: String,
    /// The same in English.
    pub label_en: String,
    /// Whether a row must have it.
    pub required: bool,
    /// Other headings that mean it.
    other: Vec<String>,
}

/// What everybody's tables call the fields that every form has.
const USUAL: [(&str, &str, &str, bool, &[&str]); 5] = [
    ("date", "日期", "Date", true, &["时间", "活动日期", "活动时间", "发生日期"]),
    ("place", "地点", "Place", true, &["地方", "村", "村名", "所在村", "乡镇", "乡镇村", "活动地点", "village"]),
    ("pairing", "结对", "Pairing", false, &["结对关系", "结对单位"]),
    ("organisation", "单位", "Organisation", false, &["机构", "单位名称", "企业", "学校", "医院", "organization"]),
    ("note", "备注", "Note", false, &["说明", "情况说明", "notes", "remark"]),
];

/// All that a table of an activity may have, in the order of its template.
pub fn targets(activity: &Activity) -> Vec<Target> {
    let usual = |(path, label, label_en, required, other): &(&str, &str, &str, bool, &[&str])| Target {
        path: (*path).to_owned(),
        label: (*label).to_owned(),
        label_en: (*label_en).to_owned(),
        required: *required,
        other: other.iter().map(|own| (*own).to_owned()).collect(),
    };
    let of_form =
        activity.fields.iter().filter(|field| field.computed.is_none() && field.kind != Kind::Table).map(of_form);
    let (first, last) = USUAL.split_at(2);
    first.iter().map(usual).chain(of_form).chain(last.iter().map(usual)).collect()
}

fn of_form(field: &Field) -> Target {
    let with_unit =
        |name: &str, unit: &str| if unit.is_empty() { name.to_owned() } else { format!("{name}（{unit}）") };
    Target {
        path: format!("{}.{}", if field.kind.is_number() { "values" } else { "details" }, field.code),
        label: with_unit(&field.name, &field.unit),
        label_en: with_unit(&field.name_en, &field.unit_en),
        required: field.required && field.when.is_none(),
        other: vec![field.name.clone(), field.name_en.clone(), field.code.clone()],
    }
}

/// A heading without what people write differently: space, case, marks, and what stands in brackets.
fn plain(heading: &str) -> String {
    let mut depth = 0;
    let mut plain = String::new();
    for letter in heading.chars() {
        match letter {
            '(' | '（' | '[' | '【' => depth += 1,
            ')' | '）' | ']' | '】' => depth -= 1,
            _ if depth > 0 || letter.is_whitespace() || "*＊:：".contains(letter) => {}
            _ => plain.extend(letter.to_lowercase()),
        }
    }
    plain
}

/// What each column is likely to be: the same words as a field has, each field once.
pub fn guess(heading: &[String], targets: &[Target]) -> Vec<Option<String>> {
    let mut left: Vec<&Target> = targets.iter().collect();
    let mut guessed = Vec::with_capacity(heading.len());
    for own in heading {
        let own = plain(own);
        let means = |target: &&Target| {
            !own.is_empty()
                && [&target.label, &target.label_en].into_iter().chain(&target.other).any(|word| plain(word) == own)
        };
        let found = left.iter().position(means);
        guessed.push(found.map(|at| left.remove(at).path.clone()));
    }
    guessed
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_column_is_known_by_the_words_of_its_field_however_they_are_written() {
        let activity: Activity = serde_json::from_value(json!({
            "code": "training", "programme": "labour", "name": "", "name_en": "", "version": 1, "fields": [
                {"code": "people", "name": "培训人数", "name_en": "People", "kind": "integer", "unit": "人", "required": true},
                {"code": "kind", "name": "类型", "name_en": "Kind", "kind": "choice", "required": false, "choices": []},
                {"code": "total", "name": "合计", "name_en": "Total", "kind": "number", "required": false,
                    "computed": {"sum": ["people"]}},
            ]
        }))
        .unwrap();
        let targets = targets(&activity);
        let paths: Vec<&str> = targets.iter().map(|own| own.path.as_str()).collect();
        assert_eq!(paths, ["date", "place", "values.people", "details.kind", "pairing", "organisation", "note"]);
        let heading =
            ["序号", " 活动时间", "村 名", "培训人数 (人)*", "合计", "PEOPLE", "备注：", ""].map(str::to_owned);
        let guessed = guess(&heading, &targets);
        let expected = [None, Some("date"), Some("place"), Some("values.people"), None, None, Some("note"), None];
        assert_eq!(guessed, expected.map(|own| own.map(str::to_owned)));
    }
}
