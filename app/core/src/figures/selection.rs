//! Selections: the contributions of an indicator that pass a filter, as screens read them.

use crate::catalogue::Indicator;
use crate::figures::breakdown::{Dimension, Slice, running_totals, split};
use crate::figures::contribution::Contribution;
use crate::figures::figure::{Figure, Filter, by_indicator, figure_of, figures};
use crate::figures::overview::Overview;
use crate::values::month::Month;
use crate::values::quantity::Quantity;
use crate::values::sort::sort_by;
use uuid::Uuid;

/// Contributions of an indicator that pass a filter.
#[derive(Clone, Debug)]
pub struct Selection<'a> {
    /// Indicator.
    pub indicator: &'a Indicator,
    year: Option<i32>,
    contributions: Vec<&'a Contribution>,
}

impl Overview {
    /// Returns the selections of all indicators that pass a filter, in the catalogue's order.
    pub fn selections<'a>(&'a self, filter: &Filter) -> Vec<Selection<'a>> {
        let compiled = filter.compile(&self.catalogue, self.directory());
        let mut contributions = by_indicator(&self.contributions, &compiled);
        let is_wanted = |indicator: &&Indicator| compiled.matches_programme(&indicator.programme);
        let selection = |indicator: &'a Indicator| Selection {
            indicator,
            year: filter.year,
            contributions: contributions.remove(indicator.code.as_str()).unwrap_or_default(),
        };
        self.catalogue.indicators.iter().filter(is_wanted).map(selection).collect()
    }

    /// Returns the selection of one indicator.
    pub fn selection<'a>(&'a self, indicator: &'a Indicator, filter: &Filter) -> Selection<'a> {
        let compiled = filter.compile(&self.catalogue, self.directory());
        let is_selected = |it: &&Contribution| it.indicator == indicator.code && compiled.matches(it);
        let contributions = self.contributions.iter().filter(is_selected).collect();
        Selection { indicator, year: filter.year, contributions }
    }

    /// Returns whether entries pass a filter.
    pub fn has_entries(&self, filter: &Filter) -> bool {
        let compiled = filter.compile(&self.catalogue, self.directory());
        self.contributions.iter().any(|contribution| compiled.matches(contribution))
    }

    /// Returns the figures of some pairings together, in the catalogue's order.
    pub fn figures_of_pairings(&self, pairings: &[Uuid], filter: &Filter) -> Vec<Figure> {
        let is_of_pairings = |it: &&Contribution| it.pairing.is_some_and(|pairing| pairings.contains(&pairing));
        let contributions: Vec<Contribution> = self.contributions.iter().filter(is_of_pairings).cloned().collect();
        figures(&contributions, filter, &self.catalogue, self.directory())
    }
}

impl Selection<'_> {
    /// Returns whether no entries are selected.
    pub fn is_empty(&self) -> bool {
        self.contributions.is_empty()
    }

    /// Returns the figure, with the target of the filter's year.
    pub fn figure(&self) -> Figure {
        figure_of(self.indicator, &self.contributions, self.year)
    }

    /// Returns the first and the last month with entries.
    pub fn months(&self) -> Option<(Month, Month)> {
        let months = || self.contributions.iter().map(|contribution| contribution.month);
        months().min().zip(months().max())
    }

    /// Returns the years with entries, latest first.
    pub fn years(&self) -> Vec<i32> {
        let mut years: Vec<i32> = self.contributions.iter().map(|contribution| contribution.month.year).collect();
        sort_by(&mut years, |left, right| right.cmp(left));
        years.dedup();
        years
    }

    /// Returns the figure at the end of each month of a range, or `None` before the first entry.
    pub fn running_totals(&self, range: (Month, Month)) -> Vec<Option<Quantity>> {
        running_totals(self.indicator, &self.contributions, range)
    }

    /// Returns the figure at the end of each month of a year, without the entries of earlier years.
    pub fn running_totals_of(&self, year: i32) -> Vec<Option<Quantity>> {
        let of_year = self.contributions.iter().copied().filter(|contribution| contribution.month.year == year);
        running_totals(self.indicator, &of_year.collect::<Vec<_>>(), (Month::first_of(year), Month::last_of(year)))
    }

    /// Returns the breakdown of the figure.
    pub fn split(&self, by: Dimension) -> Vec<Slice> {
        split(self.indicator, &self.contributions, by)
    }
}
