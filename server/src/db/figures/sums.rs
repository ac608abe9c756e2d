//! Stored sums of scopes and entry counts of the map, changed by addition.

use crate::db::bulk::insert;
use crate::db::{Result, Tx};
use jiedui_core::directory::index::DirectoryIndex;
use jiedui_core::figures::contribution::Contribution;
use jiedui_core::figures::entry_count::{EntryCount, merge_counts};
use jiedui_core::figures::pack::{Scope, counts, month_in};
use jiedui_core::values::quantity::Qualifier;
use std::cmp::Ordering;

/// Row of `figure_sum`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SumRow<'a> {
    year: i32,
    piece: String,
    scope: String,
    indicator: &'a str,
    verified: bool,
    month: u8,
    qualifier: Qualifier,
    value: i64,
    entries: i64,
}

impl SumRow<'_> {
    fn key(&self) -> (i32, &str, &str, &str, bool, u8, Qualifier) {
        (self.year, &self.piece, &self.scope, self.indicator, self.verified, self.month, self.qualifier)
    }
}

/// Returns the sums to which contributions add, sorted by key.
pub fn sums_of<'a>(contributions: &'a [Contribution], directory: &DirectoryIndex) -> Vec<SumRow<'a>> {
    let mut rows = Vec::with_capacity(contributions.len() * 8);
    for part in contributions {
        // Values with a discriminator are stored by `subjects` and `latest`.
        let value = if part.discriminator.is_some() { 0 } else { part.value.ten_thousandths() };
        for scope in Scope::of_entry(&part.place, part.pairing, directory) {
            rows.push(SumRow {
                year: part.month.year,
                piece: scope.piece().to_string(),
                scope: scope.to_string(),
                indicator: &part.indicator,
                verified: part.verified,
                month: month_in(&scope, part.month),
                qualifier: part.qualifier,
                value,
                entries: part.entries,
            });
        }
    }
    merge_rows(&mut rows, |left, right| left.key().cmp(&right.key()), |row| [&mut row.value, &mut row.entries]);
    rows
}

/// Sorts rows, adds up the amounts of those with equal keys, and drops those that add nothing.
pub fn merge_rows<T>(rows: &mut Vec<T>, order: fn(&T, &T) -> Ordering, amounts: fn(&mut T) -> [&mut i64; 2]) {
    rows.sort_unstable_by(order);
    rows.dedup_by(|next, sum| {
        let has_same_key = order(next, sum).is_eq();
        if has_same_key {
            for (sum, next) in amounts(sum).into_iter().zip(amounts(next)) {
                // An overflow in between cancels out. The table's check rejects a sum that is too large at the end.
                *sum = sum.wrapping_add(*next);
            }
        }
        has_same_key
    });
    rows.retain_mut(|row| amounts(row).into_iter().any(|amount| *amount != 0));
}

/// Returns the entry counts of the map to which counts by place, pairing and organisation add.
pub fn map_counts_of(counts: &[EntryCount], directory: &DirectoryIndex) -> Vec<EntryCount> {
    merge_counts(counts.iter().flat_map(|count| counts::rows_of(count, directory)).collect())
}

/// Adds to the stored sums; `change` is the number of the transaction's last change.
pub async fn write_sums(tx: &mut Tx, rows: &[SumRow<'_>], change: i64) -> Result<()> {
    let head = "INSERT INTO figure_sum (year, piece, scope, indicator, verified, month, qualifier, value, entries,
        change) ";
    let tail = " ON CONFLICT (year, piece, scope, indicator, verified, month, qualifier) DO UPDATE SET
        value = figure_sum.value + excluded.value, entries = figure_sum.entries + excluded.entries,
        change = excluded.change";
    insert!(tx, head, rows, tail, |values, row| {
        values.push_bind(i64::from(row.year)).push_bind(row.piece.as_str()).push_bind(row.scope.as_str());
        values.push_bind(row.indicator).push_bind(row.verified).push_bind(i64::from(row.month));
        values.push_bind(row.qualifier.code()).push_bind(row.value).push_bind(row.entries).push_bind(change);
    });
    Ok(())
}

/// Adds to the stored entry counts of the map.
pub async fn write_map_counts(tx: &mut Tx, counts: &[EntryCount], change: i64) -> Result<()> {
    let head =
        "INSERT INTO map_count (year, organisation, place, pairing, programme, month, verified, entries, change) ";
    let tail = " ON CONFLICT (year, place, organisation, pairing, programme, month, verified) DO UPDATE SET
        entries = map_count.entries + excluded.entries, change = excluded.change";
    insert!(tx, head, counts, tail, |values, count| {
        values.push_bind(i64::from(count.month.year)).push_bind(count.organisation.unwrap_or_default());
        values.push_bind(&count.place).push_bind(count.pairing.unwrap_or_default()).push_bind(&count.programme);
        values.push_bind(count.month.to_string()).push_bind(count.verified).push_bind(count.entries).push_bind(change);
    });
    Ok(())
}
