//! Entries as text: their activity, their answers, and why a reviewer returned them.

use super::texts::fill;
use super::time_format::in_china;
use super::{Labels, field};
use jiedui_core::catalogue::Field;
use jiedui_core::entry::field::{REVIEW_NOTE, REVIEWED_AT, REVIEWED_BY, STATE};
use jiedui_core::entry::{Cell, Entry, Fields, State};
use jiedui_core::figures::overview::Overview;
use jiedui_core::values::quantity::{Qualifier, Quantity};
use serde_json::Value;
use std::collections::BTreeMap;
use time::Date;

/// Returns an activity's name; its code where the catalogue does not have it.
pub fn activity_name<'a>(labels: Labels, overview: &'a Overview, code: &'a str) -> &'a str {
    overview.catalogue.activity(code).map_or(code, |activity| labels.pick(&activity.name, &activity.name_en))
}

/// Returns the name and the answer of each form field that the entry fills in.
pub fn answers_of(labels: Labels, overview: &Overview, entry: &Entry) -> Vec<(String, String)> {
    let Some(activity) = overview.catalogue.form(&entry.activity, entry.version) else { return Vec::new() };
    let answer = |field: &Field| {
        let name = field::name(labels, field).to_owned();
        if let Some(value) = entry.values.get(&field.code) {
            let qualifier = entry.qualifiers.get(&field.code).copied().unwrap_or_default();
            return Some((name, field::amount(labels, field, *value, qualifier)));
        }
        let answer = entry.details.get(&field.code)?;
        let row = |row: &BTreeMap<String, Cell>| {
            let cells = field.columns.iter().filter_map(|column| {
                let cell = row.get(&column.code)?;
                Some(field::cell(labels, column, cell))
            });
            cells.collect::<Vec<_>>().join(" ")
        };
        let choices = answer.all().iter().map(|text| field::choice(labels, field, text).to_owned());
        Some((name, choices.chain(answer.rows().iter().map(row)).collect::<Vec<_>>().join("、")))
    };
    activity.fields.iter().filter_map(answer).collect()
}

/// Returns the main number of an entry, for sorting and as text: the first one that feeds an indicator, otherwise the first.
pub fn main_number(labels: Labels, overview: &Overview, entry: &Entry) -> Option<(Quantity, String)> {
    let form = overview.catalogue.form(&entry.activity, entry.version)?;
    let numbers = || form.fields.iter().filter_map(|field| Some((field, *entry.values.get(&field.code)?)));
    let (field, value) = numbers().find(|(field, _)| field.feeds.is_some()).or_else(|| numbers().next())?;
    let qualifier = entry.qualifiers.get(&field.code).copied().unwrap_or_default();
    Some((value, field::amount(labels, field, value, qualifier)))
}

/// Returns the name of a form field and an amount in its unit; `None` where no version of the form has the field.
pub fn amount_of(
    labels: Labels,
    overview: &Overview,
    activity: &str,
    code: &str,
    value: Quantity,
) -> Option<(String, String)> {
    let field = overview.catalogue.field(activity, code)?;
    Some((field::name(labels, field).to_owned(), field::amount(labels, field, value, Qualifier::Exact)))
}

/// Joins the names and answers of [`answers_of`] with a separator.
pub fn answers_line(labels: Labels, overview: &Overview, entry: &Entry, separator: &str) -> String {
    let answers = answers_of(labels, overview, entry).into_iter().map(|(name, value)| format!("{name} {value}"));
    answers.collect::<Vec<_>>().join(separator)
}

/// Describes who returned an entry, when and why; `None` for an entry that was not returned.
pub fn return_reason(labels: Labels, today: Date, fields: &Fields) -> Option<String> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    text(STATE).filter(|state| *state == State::Returned.code())?;
    let reason = text(REVIEW_NOTE).unwrap_or_default();
    let time = text(REVIEWED_AT).map(in_china).unwrap_or_default();
    // The current year is omitted.
    let time = time.strip_prefix(&format!("{:04}-", today.year())).unwrap_or(&time);
    let reviewer_and_time: Vec<&str> =
        text(REVIEWED_BY).into_iter().chain(Some(time)).filter(|part| !part.is_empty()).collect();
    Some(match reviewer_and_time.is_empty() {
        true => fill(labels.texts.returned_because(), &[&reason]),
        false => fill(labels.texts.returned_banner(), &[&reviewer_and_time.join(" · "), &reason]),
    })
}
