//! Figures, breakdowns and entry counts under a filter, read from a year pack.

use super::{IndicatorFigures, MONTHS, Row, Scope, ScopeFigures, YearPack};
use crate::catalogue::{Aggregation, Catalogue, Indicator};
use crate::directory::index::DirectoryIndex;
use crate::directory::place::{Level, covers};
use crate::figures::breakdown::{Group, Slice};
use crate::figures::entry_count::EntryCount;
use crate::figures::figure::{Figure, Filter};
use crate::values::month::Month;
use crate::values::quantity::{Qualifier, Quantity};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use uuid::Uuid;

/// All months of a year.
const WHOLE_YEAR: RangeInclusive<u8> = 1..=MONTHS as u8;

impl YearPack {
    /// Returns whether it can answer a filter for its year. A pack has no villages.
    pub fn has(&self, filter: &Filter) -> bool {
        let place = filter.place.as_deref().unwrap_or_default();
        filter.year == Some(self.year)
            && filter.village().is_none()
            && self.pieces.contains(&super::Piece::of_place(place))
    }

    /// Returns the months of its year that pass a filter; an empty range if none does.
    fn months(&self, filter: &Filter) -> RangeInclusive<u8> {
        let (start, end) = (Month::first_of(self.year), Month::last_of(self.year));
        let (first, last) = (filter.from.unwrap_or(start).max(start), filter.until.unwrap_or(end).min(end));
        if filter.year.is_some_and(|year| year != self.year) || first > last {
            return RangeInclusive::new(1, 0);
        }
        first.number()..=last.number()
    }

    /// Returns the figures of the scope that a filter selects.
    fn at(&self, filter: &Filter) -> Option<&ScopeFigures> {
        self.scopes.get(&Scope::At(filter.place.clone().unwrap_or_default()))
    }

    fn indicator_at(&self, indicator: &Indicator, filter: &Filter) -> Option<&IndicatorFigures> {
        self.at(filter)?.get(&indicator.code)
    }

    /// Returns the figure of an indicator, with the target of the year.
    pub fn figure(&self, indicator: &Indicator, filter: &Filter) -> Figure {
        let figures = self.indicator_at(indicator, filter);
        figure_of(indicator, figures, &self.months(filter), filter.verified_only, self.year)
    }

    /// Returns the figures of all indicators that pass a filter, in the catalogue's order.
    pub fn figures(&self, filter: &Filter, catalogue: &Catalogue) -> Vec<Figure> {
        let is_wanted =
            |indicator: &&Indicator| filter.programme.as_ref().is_none_or(|code| *code == indicator.programme);
        catalogue.indicators.iter().filter(is_wanted).map(|indicator| self.figure(indicator, filter)).collect()
    }

    /// Returns whether entries pass a filter.
    pub fn has_entries(&self, filter: &Filter, catalogue: &Catalogue) -> bool {
        let months = self.months(filter);
        let is_wanted = |code: &str| {
            filter.programme.is_none()
                || catalogue.indicator(code).map(|indicator| &indicator.programme) == filter.programme.as_ref()
        };
        self.at(filter).is_some_and(|figures| {
            let has_months = |figures: &IndicatorFigures| !figures.months(&months, filter.verified_only).is_empty();
            figures.iter().any(|(code, figures)| is_wanted(code) && has_months(figures))
        })
    }

    /// Returns the first and the last month in which an indicator has entries.
    pub fn months_with_entries(&self, indicator: &Indicator, filter: &Filter) -> Option<(Month, Month)> {
        let months = self.indicator_at(indicator, filter)?.months(&self.months(filter), filter.verified_only);
        let of_year = || Month::first_of(self.year).to(Month::last_of(self.year));
        let month = |number: u8| of_year().find(|month| month.number() == number);
        month(*months.first()?).zip(month(*months.last()?))
    }

    /// Returns an indicator's figure at the end of each month, or `None` before the first entry.
    pub fn running_totals(&self, indicator: &Indicator, filter: &Filter) -> Vec<Option<Quantity>> {
        let (months, figures) = (self.months(filter), self.indicator_at(indicator, filter));
        let until = |last: u8| {
            let months = *months.start()..=last.min(*months.end());
            Some(figures?.amount(indicator.aggregation, &months, filter.verified_only)?.0)
        };
        WHOLE_YEAR.map(until).collect()
    }

    /// Returns an indicator's figure by month.
    pub fn by_month(&self, indicator: &Indicator, filter: &Filter) -> Vec<Slice> {
        let Some(figures) = self.indicator_at(indicator, filter) else { return Vec::new() };
        let all = Month::first_of(self.year).to(Month::last_of(self.year));
        let months = self.months(filter);
        let slice = |(number, month): (u8, Month)| {
            let is_in = months.contains(&number);
            is_in
                .then(|| slice_of(Group::Month(month), indicator, figures, &(number..=number), filter.verified_only))?
        };
        WHOLE_YEAR.zip(all).filter_map(slice).collect()
    }

    /// Returns an indicator's figure by the county or township of the entries. Entries elsewhere, which a place counts
    /// through a pairing, form a last slice. An indicator whose slices do not add up has none for them.
    pub fn by_place(&self, indicator: &Indicator, filter: &Filter, level: Level) -> Vec<Slice> {
        let (months, wanted) = (self.months(filter), filter.place.as_deref().unwrap_or_default());
        let code = |scope: &Scope| match scope {
            Scope::Within(code) if code.len() == level.digits() => Some(code.clone()),
            Scope::Exactly(code) if code.len() < level.digits() => Some(code.clone()),
            _ => None,
        };
        let of_group = |(scope, figures): (&Scope, &'_ ScopeFigures)| {
            let code = code(scope).filter(|code| covers(wanted, code))?;
            Some((code, figures.get(&indicator.code)?.clone()))
        };
        let groups: Vec<(String, IndicatorFigures)> = self.scopes.iter().filter_map(of_group).collect();
        let slice = |(code, figures): &(String, IndicatorFigures)| {
            slice_of(Group::Place(code.clone()), indicator, figures, &months, filter.verified_only)
        };
        let mut slices: Vec<Slice> = groups.iter().filter_map(slice).collect();
        slices.sort_by(|a, b| a.of.cmp(&b.of));
        let figures = self.indicator_at(indicator, filter);
        let parts = groups.iter().map(|(_, figures)| figures);
        slices.extend(figures.and_then(|whole| remainder(indicator, whole, parts, &months, filter.verified_only)));
        slices
    }

    /// Returns an indicator's figure by pairing. Under a filter for a place, pairings elsewhere form a last slice. Returns
    /// `None` under a filter for months, since figures of pairings are of the whole year.
    pub fn by_pairing(&self, indicator: &Indicator, filter: &Filter, directory: &DirectoryIndex) -> Option<Vec<Slice>> {
        (self.months(filter) == WHOLE_YEAR).then_some(())?;
        let wanted = filter.place.as_deref().unwrap_or_default();
        let is_matched = |pairing: Option<Uuid>| wanted.is_empty() || directory.places_of(pairing).contains(wanted);
        let of_pairing = |(scope, figures): (&Scope, &'_ ScopeFigures)| match scope {
            Scope::Under(pairing) if is_matched(*pairing) => Some((*pairing, figures.get(&indicator.code)?.clone())),
            _ => None,
        };
        let groups: Vec<(Option<Uuid>, IndicatorFigures)> = self.scopes.iter().filter_map(of_pairing).collect();
        let slice = |(pairing, figures): &(Option<Uuid>, IndicatorFigures)| {
            slice_of(Group::Pairing(*pairing), indicator, figures, &WHOLE_YEAR, filter.verified_only)
        };
        let mut slices: Vec<Slice> = groups.iter().filter_map(slice).collect();
        slices.sort_by(|a, b| a.of.cmp(&b.of));
        let figures = self.indicator_at(indicator, filter);
        let parts = groups.iter().map(|(_, figures)| figures);
        slices.extend(figures.and_then(|whole| remainder(indicator, whole, parts, &WHOLE_YEAR, filter.verified_only)));
        Some(slices)
    }

    /// Returns the figures of a pairing, in the catalogue's order. Returns `None` under a filter for months.
    pub fn figures_of_pairing(&self, pairing: Uuid, filter: &Filter, catalogue: &Catalogue) -> Option<Vec<Figure>> {
        (self.months(filter) == WHOLE_YEAR).then_some(())?;
        let figures = self.scopes.get(&Scope::Under(Some(pairing)));
        let is_wanted =
            |indicator: &&Indicator| filter.programme.as_ref().is_none_or(|code| *code == indicator.programme);
        let figure = |indicator: &Indicator| {
            let figures = figures.and_then(|figures| figures.get(&indicator.code));
            figure_of(indicator, figures, &WHOLE_YEAR, filter.verified_only, self.year)
        };
        Some(catalogue.indicators.iter().filter(is_wanted).map(figure).collect())
    }

    /// Returns the entry counts that the map of a filter's place shows. The map selects programme, months and review state.
    pub fn entry_counts(&self, filter: &Filter, directory: &DirectoryIndex) -> Vec<EntryCount> {
        let wanted = filter.place.as_deref().unwrap_or_default();
        let is_wanted = |count: &&EntryCount| match count.organisation {
            Some(_) => count.place == wanted,
            None => wanted.is_empty() || directory.places_of(count.pairing).contains(wanted),
        };
        self.counts.iter().filter(is_wanted).cloned().collect()
    }
}

/// Returns the figure of an indicator from its figures in a scope.
fn figure_of(
    indicator: &Indicator,
    figures: Option<&IndicatorFigures>,
    months: &RangeInclusive<u8>,
    verified_only: bool,
    year: i32,
) -> Figure {
    let amount = |verified_only| figures?.amount(indicator.aggregation, months, verified_only);
    let entries = figures.map(|figures| figures.entries(months, verified_only)).unwrap_or_default();
    Figure::new(indicator, amount(verified_only), amount(true), Some(year), entries)
}

/// Returns a slice, or `None` without entries.
fn slice_of(
    of: Group,
    indicator: &Indicator,
    figures: &IndicatorFigures,
    months: &RangeInclusive<u8>,
    verified_only: bool,
) -> Option<Slice> {
    let (value, qualifier) = figures.amount(indicator.aggregation, months, verified_only)?;
    let verified = figures.amount(indicator.aggregation, months, true).map(|(amount, _)| amount).unwrap_or_default();
    Some(Slice { of, value, qualifier, verified, entries: figures.entries(months, verified_only) })
}

/// Returns what the parts of a figure leave of the whole, for an indicator whose parts can be subtracted.
fn remainder<'a>(
    indicator: &Indicator,
    whole: &IndicatorFigures,
    parts: impl Iterator<Item = &'a IndicatorFigures>,
    months: &RangeInclusive<u8>,
    verified_only: bool,
) -> Option<Slice> {
    if !matches!(indicator.aggregation, Aggregation::Sum | Aggregation::Mean) {
        return None;
    }
    let mut sums: BTreeMap<(bool, Qualifier), (Quantity, i64)> = BTreeMap::new();
    let mut add = |row: &Row, sign: i64| {
        let (value, entries) = sums.entry((row.verified, row.qualifier)).or_default();
        *value = *value + if sign < 0 { -row.value } else { row.value };
        *entries += sign * row.entries;
    };
    let is_in = |row: &&Row| months.contains(&row.month);
    whole.rows.iter().filter(is_in).for_each(|row| add(row, 1));
    parts.flat_map(|part| &part.rows).filter(is_in).for_each(|row| add(row, -1));
    let rows = sums.into_iter().map(|((verified, qualifier), (value, entries))| Row {
        month: 1,
        verified,
        qualifier,
        value,
        entries,
    });
    let rows = rows.filter(|row| !row.is_empty()).collect();
    slice_of(
        Group::Elsewhere,
        indicator,
        &IndicatorFigures { rows, ..IndicatorFigures::default() },
        &(1..=1),
        verified_only,
    )
}
