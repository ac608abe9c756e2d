//! Sums of entries, which a reviewer sees before approving them together.

use crate::labels::Labels;
use crate::labels::entry::{activity_name, amount_of};
use crate::storage::entry_view::EntryView;
use jiedui_core::catalogue::Aggregation;
use jiedui_core::figures::overview::Overview;
use jiedui_core::values::quantity::Quantity;
use std::collections::BTreeMap;

/// Entries of one activity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivityTotal {
    /// Name of the activity.
    pub name: String,
    /// Number of entries.
    pub entries: usize,
    /// Names and sums of the fields whose indicator is a sum.
    pub sums: Vec<(String, String)>,
}

/// Returns the totals of each activity.
pub fn totals(labels: Labels, overview: &Overview, views: &[EntryView]) -> Vec<ActivityTotal> {
    let mut by_activity: BTreeMap<&str, (usize, BTreeMap<&str, Quantity>)> = BTreeMap::new();
    for EntryView { entry, .. } in views {
        let (entries, sums) = by_activity.entry(&entry.activity).or_default();
        *entries += 1;
        for (code, value) in &entry.values {
            let feeds = overview.catalogue.field(&entry.activity, code).and_then(|field| field.feeds.as_deref());
            let indicator = feeds.and_then(|code| overview.catalogue.indicator(code));
            let adds_up = [Aggregation::Sum, Aggregation::Distinct];
            if indicator.is_some_and(|indicator| adds_up.contains(&indicator.aggregation)) {
                let sum = sums.entry(code).or_insert(Quantity::ZERO);
                *sum = *sum + *value;
            }
        }
    }
    let total = |(activity, (entries, sums)): (&str, (usize, BTreeMap<&str, Quantity>))| ActivityTotal {
        name: activity_name(labels, overview, activity).to_owned(),
        entries,
        sums: sums.into_iter().filter_map(|(code, sum)| amount_of(labels, overview, activity, code, sum)).collect(),
    };
    by_activity.into_iter().map(total).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiedui_core::entry::Entry;
    use jiedui_core::values::language::Language;
    use serde_json::json;
    use uuid::Uuid;

    #[test]
    fn totals_add_up_sums_but_neither_means_nor_other_numbers() {
        let field = |code: &str, name: &str, feeds: serde_json::Value| json!({"code": code, "name": name, "name_en": "", "kind": "integer", "unit": "人", "required": true, "feeds": feeds});
        let indicator = |code: &str, aggregation: &str| {
            json!({"code": code, "programme": "labour", "name": code, "name_en": "", "unit": "人", "unit_en": "",
                "aggregation": aggregation, "definition": "", "definition_en": "", "targets": []})
        };
        let overview = Overview {
            catalogue: serde_json::from_value(json!({"version": 1,
                "programmes": [{"code": "labour", "name": "劳务", "name_en": ""}],
                "indicators": [indicator("jobs", "sum"), indicator("rate", "mean")],
                "activities": [{"code": "transfer", "version": 1, "programme": "labour", "name": "转移就业", "name_en": "",
                    "fields": [field("people", "就业人数", json!("jobs")), field("rate", "占比", json!("rate")),
                        field("wage", "工资", json!(null))]}]}))
            .unwrap(),
            ..Overview::default()
        };
        let view = |people: u32| {
            let fields = json!({"activity": "transfer", "version": 1, "date": "2026-11-20", "place": "522728109",
                "values": {"people": people, "rate": 50, "wage": 4000}});
            let fields = fields.as_object().unwrap().clone();
            EntryView { id: Uuid::nil(), rev: 1, entry: Entry::from_checked(&fields).unwrap(), fields, waits: false }
        };
        let expected = ActivityTotal {
            name: "转移就业".to_owned(),
            entries: 2,
            sums: vec![("就业人数".to_owned(), "143 人".to_owned())],
        };
        assert_eq!(totals(Labels::new(Language::Chinese), &overview, &[view(100), view(43)]), [expected]);
        assert_eq!(totals(Labels::new(Language::Chinese), &overview, &[]), []);
    }
}
