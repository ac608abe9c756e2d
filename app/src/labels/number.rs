//! Amounts, shares and counts as text.

use super::code::qualifier_pattern;
use super::texts::{Texts, fill};
use jiedui_core::values::quantity::{Qualifier, Quantity};
use std::fmt::Display;

/// Formats an amount with its qualifier.
pub fn qualified(texts: &Texts, amount: impl Display, qualifier: Qualifier) -> String {
    match qualifier {
        Qualifier::Exact => amount.to_string(),
        inexact => fill(qualifier_pattern(texts, inexact), &[&amount]),
    }
}

/// Formats a number of entries.
pub fn entry_count(texts: &Texts, entries: u64) -> String {
    if entries == 0 { texts.no_entries().to_owned() } else { fill(texts.of_entries(), &[&entries]) }
}

/// Formats a share in whole percent; from ten times the whole on, as a multiple. `None` where the whole is nothing.
pub fn percent(texts: &Texts, part: Quantity, whole: Quantity) -> Option<String> {
    Some(match part.percent_of(whole)? {
        0 if part > Quantity::ZERO => texts.under_percent().to_owned(),
        multiple @ 1000.. => fill(texts.times(), &[&(multiple / 100)]),
        percent => fill(texts.percent(), &[&percent]),
    })
}
