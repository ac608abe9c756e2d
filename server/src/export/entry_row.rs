//! Entries as rows of an exported table.

use crate::clock::CHINA;
use crate::db::reference::load::Reference;
use jiedui_core::entry::{Cell, Entry, field};
use jiedui_core::sync::Record;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

/// Context of a table of entries, which defines its columns.
pub const HEADINGS: [&str; 14] = [
    "编号",
    "日期",
    "工程",
    "活动",
    "地点代码",
    "地点",
    "结对",
    "数值",
    "备注",
    "状态",
    "退回原因",
    "来源",
    "更新时间（北京时间）",
    // The import of a corrected table reads from it the revision that was exported.
    "版本",
];

/// The cells of a row, in the order of [`HEADINGS`].
pub type EntryCells = [String; 14];

/// Writes entries as rows. Names of pairings are looked up by identifier, because a table may have a million rows.
pub struct EntryRows {
    reference: Arc<Reference>,
    pairings: HashMap<Uuid, String>,
}

impl EntryRows {
    /// Creates the names of the pairings.
    pub fn new(reference: Arc<Reference>) -> Self {
        let names: HashMap<Uuid, &str> =
            reference.organisations.iter().map(|organisation| (organisation.id, organisation.name.as_str())).collect();
        let name = |id| names.get(&id).copied().unwrap_or_default();
        let pairings = reference
            .pairings
            .iter()
            .map(|pairing| (pairing.id, [name(pairing.organisation_a), name(pairing.organisation_b)].join("—")));
        let pairings = pairings.collect();
        Self { reference, pairings }
    }

    /// Returns an entry as the columns of [`HEADINGS`].
    pub fn row(&self, record: &Record) -> EntryCells {
        row(&self.reference, &self.pairings, record)
    }
}

fn row(reference: &Reference, pairings: &HashMap<Uuid, String>, record: &Record) -> EntryCells {
    let text = |name: &str| record.fields.get(name).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    let version = record
        .fields
        .get(field::VERSION)
        .and_then(|version| version.as_u64())
        .and_then(|version| u32::try_from(version).ok());
    let activity = reference.catalogue.form(&text(field::ACTIVITY), version);
    let programme = activity.and_then(|activity| reference.catalogue.programme(&activity.programme));
    let entry = Entry::from_checked(&record.fields);
    let Some(Entry { values, details, pairing, .. }) = entry else { return unreadable(record) };
    let field = |code: &str| activity.and_then(|activity| activity.field(code));
    let values = values.iter().map(|(code, value)| {
        let (name, unit) = field(code).map_or((code.as_str(), ""), |field| (&field.name, &field.unit));
        format!("{name} {value} {unit}")
    });
    let details = details.iter().map(|(code, answer)| {
        let word = |answer: &String| {
            field(code).and_then(|field| field.choice(answer)).map_or(answer.clone(), |choice| choice.name.clone())
        };
        let cell = |(column, cell): (&String, &Cell)| {
            let columns = field(code).map(|field| field.columns.as_slice()).unwrap_or_default();
            let name = columns
                .iter()
                .find(|candidate| candidate.code == *column)
                .map_or(column.as_str(), |column| &column.name);
            match cell {
                Cell::Number(number) => format!("{name} {number}"),
                Cell::Text(text) => format!("{name} {text}"),
            }
        };
        let rows = answer.rows().iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join(" "));
        let words: Vec<String> = answer.all().iter().map(word).chain(rows).collect();
        format!("{} {}", field(code).map_or(code.as_str(), |field| &field.name), words.join("、"))
    });
    let pairing = pairing.and_then(|id| pairings.get(&id).cloned());
    [
        record.id.to_string(),
        text(field::DATE),
        programme.map(|programme| programme.name.clone()).unwrap_or_default(),
        activity.map(|activity| activity.name.clone()).unwrap_or_default(),
        text(field::PLACE),
        reference.places.label(&text(field::PLACE)),
        pairing.unwrap_or_default(),
        values.chain(details).collect::<Vec<_>>().join("；"),
        text(field::NOTE),
        text(field::STATE),
        text(field::REVIEW_NOTE),
        text(field::SOURCE),
        in_china(&text(field::UPDATED_AT)),
        record.rev.to_string(),
    ]
    .map(without_nul)
}

/// Drops U+0000, which an earlier version stored: a file that contains it would not be imported as text.
fn without_nul(cell: String) -> String {
    if cell.contains('\0') { cell.replace('\0', "") } else { cell }
}

/// Returns the row of an entry with unreadable answers: a remark and the stored text.
fn unreadable(record: &Record) -> EntryCells {
    tracing::error!(id = %record.id, "a stored entry cannot be read; its export has it as it is stored");
    let stored = Value::Object(record.fields.clone()).to_string();
    let mut row = EntryCells::default();
    (row[0], row[7]) = (record.id.to_string(), format!("无法读取：{stored}"));
    row
}

/// Formats an instant in Chinese time.
fn in_china(instant: &str) -> String {
    let format = time::macros::format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    let parsed = OffsetDateTime::parse(instant, &Rfc3339).ok();
    let shown = parsed.and_then(|at| at.checked_to_offset(CHINA)?.format(format).ok());
    // A value that is not an instant stays unchanged.
    shown.unwrap_or_else(|| instant.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_china_shows_instant_in_chinese_time() {
        assert_eq!(in_china("2026-11-26T16:30:05.123Z"), "2026-11-27 00:30:05");
        assert_eq!(in_china("no instant"), "no instant");
    }
}
