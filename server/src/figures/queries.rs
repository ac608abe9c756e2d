//! Figures and summaries as handlers ask for them, from the caches and the database.

use super::overview_cache::{CachedOverview, of_reference};
use crate::clock::this_year;
use crate::db::figures::rollup::town;
use crate::db::figures::{pack, query};
use crate::db::reference::load::Reference;
use crate::db::{Db, DbError};
use crate::reference::cache::Cache;
use jiedui_core::figures::contribution::Contribution;
use jiedui_core::figures::entry_count::EntryCount;
use jiedui_core::figures::figure::{Figure, Filter, figures};
use jiedui_core::figures::overview::Overview;
use jiedui_core::figures::pack::{YearPack, place_in_summary};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;

/// Returns the summary of everything committed by now.
pub async fn summary(db: &Db, cache: &Cache) -> Result<Arc<CachedOverview>, DbError> {
    let (snapshot, change) = cache.up_to_date(db).await?;
    snapshot.overviews.current(db, &snapshot.reference, &snapshot.edition, change).await
}

/// Returns the years that have entries or targets, latest first.
pub async fn years(db: &Db, cache: &Cache) -> Result<Vec<i32>, DbError> {
    let (snapshot, _) = cache.up_to_date(db).await?;
    let targets = snapshot.reference.catalogue.indicators.iter().flat_map(|indicator| &indicator.targets);
    let years: BTreeSet<i32> = pack::years(db).await?.into_iter().chain(targets.map(|target| target.year)).collect();
    Ok(years.into_iter().rev().collect())
}

/// Returns the summary of a year, or of all years, at a place down to the township. The cost does not depend on the number
/// of entries.
pub async fn summary_for(db: &Db, cache: &Cache, filter: &Filter) -> Result<Overview, DbError> {
    let (snapshot, mut change) = cache.up_to_date(db).await?;
    let years = match filter.year {
        Some(year) => vec![year],
        None => pack::years(db).await?,
    };
    let place = filter.place.as_deref();
    let mut packs = Vec::new();
    for year in years {
        let whole = snapshot.packs.current(db, year, change).await?;
        change = change.min(whole.change);
        let scopes = whole.scopes.iter().filter(|(scope, _)| place_in_summary(scope, place).is_some());
        let scopes: BTreeMap<_, _> = scopes.map(|(scope, figures)| (scope.clone(), figures.clone())).collect();
        let subjects = pack::subjects_of(db, year, scopes.keys()).await?;
        let counts = pack::map_counts(db, year, place.unwrap_or_default()).await?;
        packs.push(YearPack { year, scopes, counts, subjects, ..YearPack::default() });
    }
    let as_of = crate::db::instant(crate::db::now());
    let empty = Overview { change, as_of, ..of_reference(&snapshot.reference) };
    Ok(empty.with_summary_of(&packs, filter, snapshot.reference.index()))
}

/// Returns an overview without figures: the reference data, and the years whose packs have figures.
pub async fn reference_overview(db: &Db, cache: &Cache) -> Result<Overview, DbError> {
    let (snapshot, change) = cache.up_to_date(db).await?;
    Ok(Overview {
        change,
        as_of: crate::db::instant(crate::db::now()),
        edition: format!("{}-packs", snapshot.edition),
        pack_years: Some(pack::years(db).await?.into_iter().rev().collect()),
        ..of_reference(&snapshot.reference)
    })
}

/// Returns an overview with the contributions under an organisation's pairings in all years, and with the entry counts of
/// these pairings and of the organisation.
pub async fn organisation_summary(db: &Db, cache: &Cache, organisation: Uuid) -> Result<Overview, DbError> {
    let (snapshot, change) = cache.up_to_date(db).await?;
    let pairings = snapshot.reference.index().pairings_of(&[organisation]);
    let (contributions, mut entry_counts) = query::under_pairings(db, &pairings, None).await?;
    let is_counted = |count: &EntryCount| count.pairing.is_some_and(|pairing| pairings.contains(&pairing));
    let counts = query::counts_of_organisation(db, organisation).await?;
    entry_counts.extend(counts.into_iter().filter(|count| !is_counted(count)));
    let as_of = crate::db::instant(crate::db::now());
    Ok(Overview { change, as_of, contributions, entry_counts, ..of_reference(&snapshot.reference) })
}

/// Returns the overview of one village, which the whole overview does not contain. Reads the village's entries, and the
/// stored contributions under the pairings of its organisations.
pub async fn village_summary(db: &Db, cache: &Cache, village: &str) -> Result<Overview, DbError> {
    let (snapshot, change) = cache.up_to_date(db).await?;
    let pairings: Vec<Uuid> = snapshot.reference.directory().pairings_at(village).into_iter().collect();
    let entries = query::entries_at(db, village, (0, 9999)).await?;
    let (contributions, entry_counts) = query::under_pairings(db, &pairings, None).await?;
    let as_of = crate::db::instant(crate::db::now());
    let whole = Overview { change, as_of, contributions, entry_counts, ..of_reference(&snapshot.reference) };
    Ok(whole.of_village(village, entries.iter().map(|(id, entry)| (*id, entry))))
}

/// Returns an overview with the entry counts that the map shows under a filter, and without figures. Without a year it
/// has the counts of all years.
pub async fn map_overview(db: &Db, cache: &Cache, filter: &Filter) -> Result<Overview, DbError> {
    let (snapshot, _) = cache.up_to_date(db).await?;
    let years = match filter.year {
        Some(year) => vec![year],
        None => pack::years(db).await?,
    };
    let place = filter.place.as_deref().unwrap_or_default();
    let mut counts = Vec::new();
    for year in years {
        counts.extend(pack::map_counts(db, year, place).await?);
    }
    // A pairing is on the map of a place only if one of its organisations is there.
    let shown = filter.place.as_deref().map(|place| snapshot.reference.directory().pairings_at(place));
    let is_shown = |count: &EntryCount| {
        shown.as_ref().is_none_or(|shown| count.pairing.is_none_or(|pairing| shown.contains(&pairing)))
    };
    counts.retain(is_shown);
    Ok(Overview { entry_counts: counts, ..of_reference(&snapshot.reference) })
}

/// Returns the figures of a year under a filter; this year where the filter names none.
pub async fn yearly_figures(db: &Db, cache: &Cache, filter: Filter) -> Result<Vec<Figure>, DbError> {
    let year = filter.year.unwrap_or_else(this_year);
    let filter = Filter { year: Some(year), ..filter };
    let (snapshot, change) = cache.up_to_date(db).await?;
    let catalogue = &snapshot.reference.catalogue;
    // Figures of a village are computed from its entries.
    if let Some(village) = filter.place.as_deref().filter(|place| *place != town(place)) {
        let parts = contributions_near(db, &snapshot.reference, village, year).await?;
        return Ok(figures(&parts, &filter, catalogue, snapshot.reference.directory()));
    }
    let place = filter.place.clone().unwrap_or_default();
    let figures = snapshot.yearly.current(db, (change, year), place).await?;
    Ok(figures.figures(&filter, catalogue))
}

/// Returns the contributions of a year that count for a township or a village. Its own entries are each at their village,
/// others under pairings of its organisations each at their township.
pub async fn contributions_near(
    db: &Db,
    reference: &Reference,
    place: &str,
    year: i32,
) -> Result<Vec<Contribution>, DbError> {
    let pairings = reference.directory().pairings_at(place);
    let at_villages = query::by_village(db, &reference.catalogue, year, place).await?;
    let (of_pairings, _) =
        query::under_pairings(db, &pairings.iter().copied().collect::<Vec<Uuid>>(), Some(year)).await?;
    if place == town(place) {
        let elsewhere = of_pairings.into_iter().filter(|part| part.place != place);
        return Ok(at_villages.into_iter().chain(elsewhere).collect());
    }
    // The pairings of the village count for it at any place, so the contributions at townships have them completely.
    let is_of_village = |part: &Contribution| part.pairing.is_some_and(|id| pairings.contains(&id));
    let of_others = at_villages.into_iter().filter(|part| !is_of_village(part));
    Ok(of_others.chain(of_pairings).collect())
}

/// Returns the pack of a year, as of the last change.
pub async fn year_pack(db: &Db, cache: &Cache, year: i32) -> Result<Arc<YearPack>, DbError> {
    let (snapshot, change) = cache.up_to_date(db).await?;
    snapshot.packs.current(db, year, change).await
}
