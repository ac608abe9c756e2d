//! Briefing of the shared view in the order of a leader's questions. How much is reached? Which programme is behind, and which place
//! has recorded nothing? What needs attention? App and server compute it here, from the figures of every other screen.

mod approved;
mod attention;
mod ranking;
#[cfg(test)]
mod tests;

pub use approved::Approved;
pub use attention::Attention;
pub use ranking::{Order, RankBy, RankRow, Ranking};

use crate::catalogue::Indicator;
use crate::figures::figure::{Figure, Filter};
use crate::figures::overview::Overview;
use crate::figures::selection::Selection;
use crate::figures::target_status::{TargetStatus, target_status};
use crate::values::month::Month;
use crate::values::sort::sort_by_key;
use std::cmp::Reverse;
use time::Date;

/// Figures on the card of a programme.
const LEADS: usize = 2;

/// Number of targets by their status. Each target is in exactly one group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TargetCounts {
    /// All targets of the year.
    pub targets: usize,
    /// Reached targets.
    pub reached: usize,
    /// Targets with their share of the year.
    pub on_pace: usize,
    /// Targets that are behind their share of the year, or were missed.
    pub behind: usize,
    /// Targets of indicators without entries.
    pub idle: usize,
}

/// Entries in the same months of two years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// First and last of the months, in the year of the filter.
    pub months: (Month, Month),
    /// Entries in these months.
    pub entries: u64,
    /// Entries in the same months of the year before.
    pub earlier: u64,
}

impl Comparison {
    /// Returns the change in percent, rounded towards zero. `None` where there were no entries before.
    pub fn percent(&self) -> Option<i64> {
        let [entries, earlier] = [self.entries, self.earlier].map(|number| i64::try_from(number).unwrap_or(i64::MAX));
        (entries - earlier).checked_mul(100)?.checked_div(earlier)
    }
}

/// A programme at a glance.
#[derive(Clone, Debug, PartialEq)]
pub struct ProgrammeBrief {
    /// Code of the programme.
    pub programme: String,
    /// Targets; `None` under a filter that targets do not apply to.
    pub targets: Option<TargetCounts>,
    /// Entries; `None` where the overview does not count them.
    pub entries: Option<Approved>,
    /// Entries against the year before; `None` where no whole months can be compared.
    pub comparison: Option<Comparison>,
    /// Figures with entries that stand for the programme: those with a target first, then those with the most entries.
    pub leads: Vec<Figure>,
}

/// Answers that a leader needs first.
#[derive(Clone, Debug, PartialEq)]
pub struct Briefing {
    /// Targets of the programmes that the filter leaves; `None` under a filter that targets do not apply to.
    pub targets: Option<TargetCounts>,
    /// Entries; `None` where the overview does not count them.
    pub entries: Option<Approved>,
    /// Entries against the year before; `None` where no whole months can be compared.
    pub comparison: Option<Comparison>,
    /// Every programme that has indicators. The filter's programme does not limit them: one can be chosen here.
    pub programmes: Vec<ProgrammeBrief>,
    /// Rows that need attention, the most urgent first.
    pub attention: Vec<Attention>,
}

impl Briefing {
    /// Computes the briefing of an overview under a filter.
    pub fn new(overview: &Overview, filter: &Filter, today: Date) -> Self {
        let everywhere = Filter { programme: None, ..filter.clone() };
        let selections = overview.selections(&everywhere);
        let figures: Vec<(&Indicator, Figure)> =
            selections.iter().map(|selection| (selection.indicator, selection.figure())).collect();
        let is_wanted = |indicator: &Indicator| filter.programme.as_ref().is_none_or(|it| *it == indicator.programme);
        let wanted = || figures.iter().filter(|(indicator, _)| is_wanted(indicator));
        let programme = |code: &str| {
            let of_programme = || figures.iter().filter(|(indicator, _)| indicator.programme == code);
            let below = Filter { programme: Some(code.to_owned()), ..filter.clone() };
            ProgrammeBrief {
                programme: code.to_owned(),
                targets: count_targets(of_programme(), filter, today),
                entries: overview.approved(&below),
                comparison: overview.comparison(&below, today),
                leads: leads(of_programme().map(|(_, figure)| figure)),
            }
        };
        Self {
            targets: count_targets(wanted(), filter, today),
            entries: overview.approved(filter),
            comparison: overview.comparison(filter, today),
            programmes: overview.catalogue.counted_programmes().map(|it| programme(&it.code)).collect(),
            attention: attention::attention(overview, wanted(), filter, today),
        }
    }
}

impl Overview {
    /// Compares the entries of a filter's year with those in the same months of the year before. The current month counts
    /// once it is over: overviews have no days.
    pub fn comparison(&self, filter: &Filter, today: Date) -> Option<Comparison> {
        let (first, last) = comparable_months(filter, today)?;
        let of = |from: Month, until: Month| {
            let months = Filter { year: None, from: Some(from), until: Some(until), ..filter.clone() };
            Some(self.approved(&months)?.entries)
        };
        let (entries, earlier) = (of(first, last)?, of(first.year_before(), last.year_before())?);
        Some(Comparison { months: (first, last), entries, earlier })
    }

    /// Returns an indicator's figure in the months of a filter, a year earlier. `None` without a year in the filter, or where the
    /// overview does not have that year.
    pub fn figure_of_year_before(&self, indicator: &Indicator, filter: &Filter) -> Option<Figure> {
        let before = Filter {
            year: Some(filter.year? - 1),
            from: filter.from.map(Month::year_before),
            until: filter.until.map(Month::year_before),
            ..filter.clone()
        };
        self.counts_entries().then(|| Selection::figure(&self.selection(indicator, &before)))
    }
}

/// Returns the first and the last whole month of a filter's year that is over; `None` without one.
fn comparable_months(filter: &Filter, today: Date) -> Option<(Month, Month)> {
    let year = filter.year?;
    let from = filter.from.max(Some(Month::first_of(year)))?;
    let until = Month::last_of(year).min(filter.until.unwrap_or(Month::last_of(year)));
    let is_over = |month: &Month| month.last_day() < today;
    let last = from.to(until).filter(is_over).last()?;
    Some((from, last))
}

/// Counts targets by status; `None` under a filter that targets do not apply to.
fn count_targets<'a>(
    figures: impl Iterator<Item = &'a (&'a Indicator, Figure)>,
    filter: &Filter,
    today: Date,
) -> Option<TargetCounts> {
    filter.year.filter(|_| filter.covers_target() && filter.counted_until(today).is_some())?;
    let mut counts = TargetCounts::default();
    for (indicator, figure) in figures.filter(|(_, figure)| figure.target.is_some()) {
        counts.targets += 1;
        *match target_status(indicator, figure, filter, today) {
            Some(TargetStatus::Reached) => &mut counts.reached,
            Some(TargetStatus::OnPace) => &mut counts.on_pace,
            Some(TargetStatus::Behind(_) | TargetStatus::Missed(_)) => &mut counts.behind,
            None => &mut counts.idle,
        } += 1;
    }
    Some(counts)
}

/// Selects the figures that stand for a programme.
fn leads<'a>(figures: impl Iterator<Item = &'a Figure>) -> Vec<Figure> {
    let mut leads: Vec<Figure> = figures.filter(|figure| figure.actual.is_some()).cloned().collect();
    sort_by_key(&mut leads, |figure| Reverse((figure.target.is_some(), figure.entries)));
    leads.truncate(LEADS);
    leads
}
