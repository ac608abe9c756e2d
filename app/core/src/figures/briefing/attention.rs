//! Rows that need attention: short figures, targets without entries, months with many waiting entries, silent places.

use super::ranking::{Order, RankBy, Ranking, ranked_places};
use crate::catalogue::Indicator;
use crate::figures::figure::{Figure, Filter};
use crate::figures::overview::Overview;
use crate::figures::target_status::{TargetStatus, target_status};
use crate::values::month::Month;
use crate::values::quantity::Quantity;
use crate::values::sort::{sort_by, sort_by_key};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use time::Date;

/// Maximum number of rows.
const ROWS: usize = 5;
/// Number of months with waiting entries that are named.
const MONTHS: usize = 2;
/// Number of waiting entries from which a month is named.
const MANY: u64 = 10;

/// Something that needs attention.
#[derive(Clone, Debug, PartialEq)]
pub enum Attention {
    /// An indicator that is behind its share of the year, or has missed its target.
    Short {
        /// Code of the indicator.
        indicator: String,
        /// Amount that is lacking.
        lacking: Quantity,
        /// Reached share of the target in percent.
        percent: i64,
        /// Whether the year is over.
        is_missed: bool,
    },
    /// Indicators with a target and without entries.
    Idle {
        /// Codes of the indicators.
        indicators: Vec<String>,
    },
    /// A month with many entries that wait for a review.
    Waiting {
        /// The month.
        month: Month,
        /// Waiting entries.
        entries: u64,
    },
    /// Places without an entry in the current month.
    Silent {
        /// The month.
        month: Month,
        /// Names of the places.
        places: Vec<String>,
        /// Number of places that were compared.
        of: usize,
    },
}

/// Lists what needs attention under a filter, at most five rows.
pub(super) fn attention<'a>(
    overview: &Overview,
    figures: impl Iterator<Item = &'a (&'a Indicator, Figure)> + Clone,
    filter: &Filter,
    today: Date,
) -> Vec<Attention> {
    let others: Vec<Attention> = idle(figures.clone(), filter, today)
        .into_iter()
        .chain(waiting(overview, filter))
        .chain(silent(overview, filter, today))
        .collect();
    let mut rows = short(figures, filter, today);
    rows.truncate(ROWS - others.len());
    rows.extend(others);
    rows
}

/// Lists the indicators that are short of their target, the least complete first.
fn short<'a>(
    figures: impl Iterator<Item = &'a (&'a Indicator, Figure)>,
    filter: &Filter,
    today: Date,
) -> Vec<Attention> {
    let mut rows: Vec<(i64, Attention)> = figures
        .filter_map(|(indicator, figure)| {
            let (lacking, is_missed) = match target_status(indicator, figure, filter, today)? {
                TargetStatus::Behind(lacking) => (lacking, false),
                TargetStatus::Missed(lacking) => (lacking, true),
                TargetStatus::Reached | TargetStatus::OnPace => return None,
            };
            let percent = figure.actual?.percent_of(figure.target.as_ref()?.value)?;
            let row = Attention::Short { indicator: indicator.code.clone(), lacking, percent, is_missed };
            Some((percent, row))
        })
        .collect();
    sort_by_key(&mut rows, |(percent, _)| *percent);
    rows.into_iter().map(|(_, row)| row).collect()
}

fn idle<'a>(
    figures: impl Iterator<Item = &'a (&'a Indicator, Figure)>,
    filter: &Filter,
    today: Date,
) -> Option<Attention> {
    filter.year.filter(|year| filter.covers_target() && *year <= today.year())?;
    let is_idle = |(_, figure): &&(&Indicator, Figure)| figure.target.is_some() && figure.actual.is_none();
    let indicators: Vec<String> = figures.filter(is_idle).map(|(indicator, _)| indicator.code.clone()).collect();
    (!indicators.is_empty()).then_some(Attention::Idle { indicators })
}

/// Lists the months with the most waiting entries, the latest first.
fn waiting(overview: &Overview, filter: &Filter) -> Vec<Attention> {
    if !overview.counts_entries() || filter.verified_only {
        return Vec::new();
    }
    let compiled = filter.compile(&overview.catalogue, overview.directory());
    let mut by_month: BTreeMap<Month, i64> = BTreeMap::new();
    for count in overview.entry_counts.iter().filter(|count| !count.verified) {
        if compiled.matches_programme(&count.programme)
            && compiled.matches_at(&count.place, count.pairing, count.month, count.verified)
        {
            *by_month.entry(count.month).or_default() += count.entries;
        }
    }
    let many = |(month, entries): (Month, i64)| Some((month, u64::try_from(entries).ok().filter(|it| *it >= MANY)?));
    let mut months: Vec<(Month, u64)> = by_month.into_iter().filter_map(many).collect();
    sort_by_key(&mut months, |(_, entries)| Reverse(*entries));
    months.truncate(MONTHS);
    sort_by(&mut months, |(a, _), (b, _)| b.cmp(a));
    months.into_iter().map(|(month, entries)| Attention::Waiting { month, entries }).collect()
}

/// Names the compared places without an entry in the current month.
fn silent(overview: &Overview, filter: &Filter, today: Date) -> Option<Attention> {
    let month = Month::from(today);
    // The places next to a chosen one are not its business.
    let concerns = |code: &str| filter.place.as_deref().is_none_or(|place| code.starts_with(place));
    if !filter.matches_month(month)
        || !ranked_places(overview, filter.place.as_deref()).iter().any(|it| concerns(&it.code))
    {
        return None;
    }
    let of_month = Filter { from: Some(month), until: Some(month), ..filter.clone() };
    let ranking = Ranking::new(overview, &of_month, RankBy::Entries, Order::Code)?;
    let places: Vec<String> = ranking.silent().filter(|row| concerns(&row.place)).map(|row| row.name.clone()).collect();
    let of = ranking.rows.iter().filter(|row| concerns(&row.place)).count();
    (!places.is_empty()).then_some(Attention::Silent { month, places, of })
}
