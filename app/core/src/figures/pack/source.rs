//! Year packs as the source of an overview's figures.

use super::{Piece, YearPack};
use crate::catalogue::{Catalogue, Indicator};
use crate::directory::index::DirectoryIndex;
use crate::directory::place::Level;
use crate::entry::Entry;
use crate::figures::breakdown::{Dimension, Group, Slice};
use crate::figures::figure::{Figure, Filter};
use crate::figures::overview::{Overview, OverviewSource};
use crate::figures::source::{Attached, FigureSource};
use crate::values::month::Month;
use crate::values::quantity::Quantity;
use crate::values::sort::collect_sorted;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// Number of overviews that are cached: screens ask for the same few.
const CACHED: usize = 4;

/// Packs by year, with the index of the directory.
#[derive(Clone, Debug, Default)]
pub struct Packs {
    directory: Arc<DirectoryIndex>,
    years: BTreeMap<i32, Arc<YearPack>>,
}

/// Overviews with the figures of packs. Each year without entries has an empty pack.
#[derive(Debug)]
pub struct PackOverviews {
    reference: Arc<Overview>,
    packs: Arc<Packs>,
    cache: Mutex<Vec<Arc<Overview>>>,
}

impl Piece {
    /// Returns the pieces that screens need for a place, or for the whole region.
    pub fn needed_for(place: Option<&str>) -> BTreeSet<Self> {
        let county = place.and_then(|code| code.get(..Level::County.digits()));
        let county = county.filter(|code| code.bytes().all(|byte| byte.is_ascii_digit()));
        let pieces = [Self::Base, Self::Pairings, Self::Organisations].into_iter();
        collect_sorted(pieces.chain(county.map(|code| Self::County(code.to_owned()))))
    }
}

impl Packs {
    /// Creates the set of some packs.
    pub fn new(packs: impl IntoIterator<Item = Arc<YearPack>>, reference: &Overview) -> Self {
        let years = collect_sorted(packs.into_iter().map(|pack| (pack.year, pack)));
        Self { directory: Arc::new(DirectoryIndex::new(reference.directory())), years }
    }

    /// Returns the packs with entries that they do not count yet. A pack that has none of them is shared.
    pub fn with_entries<'a>(
        &self,
        entries: impl IntoIterator<Item = (Uuid, &'a Entry)>,
        catalogue: &Catalogue,
    ) -> Self {
        let mut by_year: BTreeMap<i32, Vec<(Uuid, &Entry)>> = BTreeMap::new();
        for (id, entry) in entries {
            by_year.entry(entry.date.year()).or_default().push((id, entry));
        }
        let mut packs = self.clone();
        for (year, entries) in by_year {
            if let Some(pack) = packs.years.get_mut(&year) {
                Arc::make_mut(pack).add(entries, catalogue, &self.directory);
            }
        }
        packs
    }

    /// Returns the packs that have a piece.
    fn with_piece(&self, piece: &Piece) -> Self {
        let has_piece = |(_, pack): &(&i32, &Arc<YearPack>)| pack.pieces.contains(piece);
        let years = self.years.iter().filter(has_piece).map(|(year, pack)| (*year, pack.clone()));
        Self { directory: self.directory.clone(), years: collect_sorted(years) }
    }

    fn of(&self, filter: &Filter) -> Option<&YearPack> {
        self.years.get(&filter.year?).map(|pack| &**pack)
    }
}

impl PackOverviews {
    /// Creates the overviews of packs with the reference data of an overview.
    pub fn new(reference: &Overview, packs: Packs) -> Self {
        // Packs that the overview has would be kept in memory with these.
        let reference = Arc::new(Overview { packs: Attached(None), ..reference.clone() });
        Self { reference, packs: Arc::new(packs), cache: Mutex::default() }
    }
}

impl OverviewSource for PackOverviews {
    fn overview_for(&self, filter: &Filter) -> Option<Arc<Overview>> {
        let pack = self.packs.of(filter)?;
        let place = filter.place.as_deref();
        if filter.village().is_some() || !Piece::needed_for(place).is_subset(&pack.pieces) {
            return None;
        }
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let partial_for = Filter { year: filter.year, place: filter.place.clone(), ..Filter::default() };
        if let Some(at) = cache.iter().position(|overview| overview.partial_for.as_ref() == Some(&partial_for)) {
            return cache.get(at).cloned();
        }
        // A year without the place's piece would seem to have no entries there.
        let source: Arc<dyn FigureSource> =
            Arc::new(self.packs.with_piece(&Piece::of_place(place.unwrap_or_default())));
        let overview = Arc::new(Overview {
            entry_counts: pack.entry_counts(filter, &self.packs.directory),
            partial_for: Some(partial_for),
            source: Attached(Some(source)),
            ..Overview::clone(&self.reference)
        });
        cache.truncate(CACHED - 1);
        cache.insert(0, overview.clone());
        Some(overview)
    }

    fn with_entries(&self, entries: &[(Uuid, Entry)]) -> Arc<dyn OverviewSource> {
        let entries = entries.iter().map(|(id, entry)| (*id, entry));
        let packs = self.packs.with_entries(entries, &self.reference.catalogue);
        Arc::new(Self { reference: self.reference.clone(), packs: Arc::new(packs), cache: Mutex::default() })
    }
}

impl FigureSource for Packs {
    fn years(&self) -> Vec<i32> {
        self.years.keys().rev().copied().collect()
    }

    fn figure(&self, indicator: &Indicator, filter: &Filter) -> Figure {
        match self.of(filter) {
            Some(pack) => pack.figure(indicator, filter),
            None => Figure::new(indicator, None, None, filter.year, 0),
        }
    }

    fn months(&self, indicator: &Indicator, filter: &Filter) -> Option<(Month, Month)> {
        self.of(filter)?.months_with_entries(indicator, filter)
    }

    fn running_totals(
        &self,
        indicator: &Indicator,
        filter: &Filter,
        (first, last): (Month, Month),
    ) -> Vec<Option<Quantity>> {
        let totals = self.of(filter).map(|pack| (pack.year, pack.running_totals(indicator, filter)));
        let total = |month: Month| {
            let (year, totals) = totals.as_ref()?;
            // A month after the year has the figure of the whole year.
            let number = if month.year > *year { totals.len() } else { usize::from(month.number()) };
            (month.year >= *year).then(|| totals.get(number.checked_sub(1)?).copied().flatten())?
        };
        first.to(last).map(total).collect()
    }

    fn split(&self, indicator: &Indicator, filter: &Filter, by: Dimension) -> Option<Vec<Slice>> {
        let pack = self.of(filter)?;
        match by {
            Dimension::Month => Some(pack.by_month(indicator, filter)),
            Dimension::Place(level) => Some(pack.by_place(indicator, filter, level)),
            Dimension::Pairing => pack.by_pairing(indicator, filter, &self.directory),
            Dimension::Year => {
                let figure = pack.figure(indicator, filter);
                let slice = figure.actual.map(|value| Slice {
                    of: Group::Year(pack.year),
                    value,
                    qualifier: figure.actual_qualifier,
                    verified: figure.verified.unwrap_or_default(),
                    entries: i64::try_from(figure.entries).unwrap_or(i64::MAX),
                });
                Some(slice.into_iter().collect())
            }
        }
    }

    fn figures_of_pairing(&self, pairing: Uuid, filter: &Filter, catalogue: &Catalogue) -> Option<Vec<Figure>> {
        self.of(filter)?.figures_of_pairing(pairing, filter, catalogue)
    }
}
