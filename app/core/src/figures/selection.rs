//! Selections: the figures of an indicator under a filter, as screens read them.

use crate::catalogue::Indicator;
use crate::figures::breakdown::{Dimension, Slice, running_totals, split};
use crate::figures::contribution::Contribution;
use crate::figures::figure::{Figure, Filter, by_indicator, figure_of, figures};
use crate::figures::overview::Overview;
use crate::figures::source::FigureSource;
use crate::values::month::Month;
use crate::values::quantity::Quantity;
use crate::values::sort::sort_by;
use uuid::Uuid;

/// Figures of an indicator that pass a filter.
#[derive(Clone, Debug)]
pub struct Selection<'a> {
    /// Indicator.
    pub indicator: &'a Indicator,
    filter: Filter,
    source: Source<'a>,
}

#[derive(Clone, Debug)]
enum Source<'a> {
    Contributions { selected: Vec<&'a Contribution>, has_pairings: bool },
    Other(&'a dyn FigureSource),
}

impl Overview {
    /// Returns the selections of all indicators that pass a filter, in the catalogue's order.
    pub fn selections<'a>(&'a self, filter: &Filter) -> Vec<Selection<'a>> {
        let compiled = filter.compile(&self.catalogue, self.directory());
        let mut contributions = by_indicator(&self.contributions, &compiled);
        let is_wanted = |indicator: &&Indicator| compiled.matches_programme(&indicator.programme);
        let selection = |indicator: &'a Indicator| {
            let selected = contributions.remove(indicator.code.as_str()).unwrap_or_default();
            Selection { indicator, filter: filter.clone(), source: self.source_of(selected) }
        };
        self.catalogue.indicators.iter().filter(is_wanted).map(selection).collect()
    }

    /// Returns the selection of one indicator.
    pub fn selection<'a>(&'a self, indicator: &'a Indicator, filter: &Filter) -> Selection<'a> {
        let compiled = filter.compile(&self.catalogue, self.directory());
        let is_selected = |it: &&Contribution| it.indicator == indicator.code && compiled.matches(it);
        let selected = self.contributions.iter().filter(is_selected).collect();
        Selection { indicator, filter: filter.clone(), source: self.source_of(selected) }
    }

    fn source_of<'a>(&'a self, selected: Vec<&'a Contribution>) -> Source<'a> {
        match &self.source.0 {
            Some(source) => Source::Other(&**source),
            None => {
                // The contributions of a summary have no pairings, except those of a village.
                let has_pairings = self.partial_for.as_ref().is_none_or(|filter| filter.village().is_some());
                Source::Contributions { selected, has_pairings }
            }
        }
    }

    /// Returns the selections of one indicator in each year that has entries, latest first. The filter's year is disregarded.
    pub fn selections_by_year<'a>(&'a self, indicator: &'a Indicator, filter: &Filter) -> Vec<(i32, Selection<'a>)> {
        let of_year = |year: i32| self.selection(indicator, &Filter { year: Some(year), ..filter.clone() });
        let years = match &self.source.0 {
            Some(source) => source.years(),
            None => {
                let of_indicator = self.contributions.iter().filter(|it| it.indicator == indicator.code);
                let mut years: Vec<i32> = of_indicator.map(|contribution| contribution.month.year).collect();
                sort_by(&mut years, |left, right| right.cmp(left));
                years.dedup();
                years
            }
        };
        years.into_iter().map(|year| (year, of_year(year))).filter(|(_, selection)| !selection.is_empty()).collect()
    }

    /// Returns whether entries pass a filter.
    pub fn has_entries(&self, filter: &Filter) -> bool {
        if self.source.0.is_some() {
            return self.selections(filter).iter().any(|selection| !selection.is_empty());
        }
        let compiled = filter.compile(&self.catalogue, self.directory());
        self.contributions.iter().any(|contribution| compiled.matches(contribution))
    }

    /// Returns the figures for a filter, in the catalogue's order.
    pub fn figures(&self, filter: &Filter) -> Vec<Figure> {
        match self.source.0 {
            Some(_) => self.selections(filter).iter().map(Selection::figure).collect(),
            None => figures(&self.contributions, filter, &self.catalogue, self.directory()),
        }
    }

    /// Returns the figures of some pairings together, in the catalogue's order. Returns `None` if the overview does not have
    /// them: year packs have those of one pairing in a whole year.
    pub fn figures_of_pairings(&self, pairings: &[Uuid], filter: &Filter) -> Option<Vec<Figure>> {
        if let Some(source) = &self.source.0 {
            let &[pairing] = pairings else { return None };
            return source.figures_of_pairing(pairing, filter, &self.catalogue);
        }
        let is_of_pairings = |it: &&Contribution| it.pairing.is_some_and(|pairing| pairings.contains(&pairing));
        let contributions: Vec<Contribution> = self.contributions.iter().filter(is_of_pairings).cloned().collect();
        Some(figures(&contributions, filter, &self.catalogue, self.directory()))
    }
}

impl Selection<'_> {
    /// Returns whether no entries are selected.
    pub fn is_empty(&self) -> bool {
        match &self.source {
            Source::Contributions { selected, .. } => selected.is_empty(),
            Source::Other(_) => self.months().is_none(),
        }
    }

    /// Returns the figure, with the target of the filter's year.
    pub fn figure(&self) -> Figure {
        match &self.source {
            Source::Contributions { selected, .. } => figure_of(self.indicator, selected, self.filter.year),
            Source::Other(source) => source.figure(self.indicator, &self.filter),
        }
    }

    /// Returns the first and the last month with entries.
    pub fn months(&self) -> Option<(Month, Month)> {
        match &self.source {
            Source::Contributions { selected, .. } => {
                let months = || selected.iter().map(|contribution| contribution.month);
                months().min().zip(months().max())
            }
            Source::Other(source) => source.months(self.indicator, &self.filter),
        }
    }

    /// Returns the figure at the end of each month of a range, or `None` before the first entry. Entries before the range
    /// count in its first month.
    pub fn running_totals(&self, range: (Month, Month)) -> Vec<Option<Quantity>> {
        match &self.source {
            Source::Contributions { selected, .. } => running_totals(self.indicator, selected, range),
            Source::Other(source) => source.running_totals(self.indicator, &self.filter, range),
        }
    }

    /// Returns the breakdown of the figure; `None` if the overview does not have it.
    pub fn split(&self, by: Dimension) -> Option<Vec<Slice>> {
        match &self.source {
            Source::Contributions { has_pairings: false, .. } if by == Dimension::Pairing => None,
            Source::Contributions { selected, .. } => Some(split(self.indicator, selected, by)),
            Source::Other(source) => source.split(self.indicator, &self.filter, by),
        }
    }
}
