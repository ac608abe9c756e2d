//! Tests that packs have the figures of all contributions, for any directory, entries and filter.

mod source;
pub(in crate::figures) mod strategies;

use super::*;
use crate::catalogue::{Aggregation, Indicator};
use crate::directory::place::{Level, covers};
use crate::entry::State;
use crate::figures::breakdown::{Dimension, Group, Slice, running_totals, split};
use crate::figures::figure::{Filter, figures};
use crate::figures::overview::Overview;
use crate::map::index::MapIndex;
use crate::values::quantity::Quantity;
use proptest::prelude::*;
use strategies::{Region, YEAR, any_entries, any_filter, any_region, catalogue, counted, id, pack_of};

/// Returns the contributions that a filter matches, of one indicator.
fn matched<'a>(
    contributions: &'a [Contribution],
    filter: &Filter,
    region: &Region,
    indicator: &Indicator,
) -> Vec<&'a Contribution> {
    let catalogue = catalogue();
    let compiled = filter.compile(&catalogue, region.directory());
    let is_of = |it: &&Contribution| it.indicator == indicator.code && compiled.matches(it);
    contributions.iter().filter(is_of).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn pack_has_figures_of_all_contributions(entries in any_entries(), region in any_region(), filter in any_filter()) {
        let (contributions, _) = counted(&entries, 0);
        let (pack, catalogue) = (pack_of(&entries, &region), catalogue());
        let expected = figures(&contributions, &filter, &catalogue, region.directory());
        prop_assert!(expected.iter().any(|figure| figure.entries > 0) == pack.has_entries(&filter, &catalogue));
        prop_assert_eq!(pack.figures(&filter, &catalogue), expected);
    }

    #[test]
    fn pack_with_unsent_entries_has_figures_of_both(
        sent in any_entries(), unsent in any_entries(), region in any_region(), filter in any_filter(),
    ) {
        let unsent: Vec<Entry> = unsent.into_iter().map(|entry| Entry { state: State::Submitted, ..entry }).collect();
        let (mut contributions, mut counts) = counted(&sent, 0);
        let whole = pack_of(&sent, &region);
        // As a phone has it.
        let mut pack = YearPack::decode(&whole.encode()).unwrap();
        pack.add((1_000..).map(id).zip(&unsent), &catalogue(), &region.index());
        let more = counted(&unsent, 1_000);
        contributions.extend(more.0);
        counts.extend(more.1);
        let expected = figures(&contributions, &filter, &catalogue(), region.directory());
        prop_assert_eq!(pack.figures(&filter, &catalogue()), expected);
        prop_assert_eq!(&pack.counts, &YearPack::new(YEAR, &contributions, &counts, &region.index()).counts);
    }

    #[test]
    fn pack_has_breakdowns_of_all_contributions(
        entries in any_entries(), region in any_region(), filter in any_filter(), by_township: bool,
    ) {
        let (contributions, _) = counted(&entries, 0);
        // A pack and the server's rows have townships.
        let contributions: Vec<Contribution> = contributions.into_iter().map(|it| Contribution {
            place: Level::Township.ancestor_code(&it.place).to_owned(), ..it
        }).collect();
        let (pack, filter) = (pack_of(&entries, &region), Filter { programme: None, ..filter });
        for indicator in &catalogue().indicators {
            let matched = matched(&contributions, &filter, &region, indicator);
            prop_assert_eq!(pack.by_month(indicator, &filter), split(indicator, &matched, Dimension::Month));
            let of_year = (Month::first_of(YEAR), Month::last_of(YEAR));
            prop_assert_eq!(pack.running_totals(indicator, &filter), running_totals(indicator, &matched, of_year));
            let months = || matched.iter().map(|it| it.month);
            prop_assert_eq!(pack.months_with_entries(indicator, &filter), months().min().zip(months().max()));
            let level = if by_township { Level::Township } else { Level::County };
            let wanted = filter.place.as_deref().unwrap_or_default();
            let (inside, outside): (Vec<Slice>, Vec<Slice>) = split(indicator, &matched, Dimension::Place(level))
                .into_iter().partition(|slice| matches!(&slice.of, Group::Place(code) if covers(wanted, code)));
            // A township is no part of a county's group, so the filter's place is not above it.
            if wanted.len() <= level.digits() {
                let mut slices = pack.by_place(indicator, &filter, level);
                let elsewhere = slices.pop_if(|slice| slice.of == Group::Elsewhere);
                prop_assert_eq!(slices, inside);
                if indicator.aggregation == Aggregation::Sum {
                    let value: Quantity = outside.iter().map(|slice| slice.value).sum();
                    prop_assert_eq!(elsewhere.as_ref().map(|slice| slice.value).unwrap_or_default(), value);
                    let entries: i64 = outside.iter().map(|slice| slice.entries).sum();
                    prop_assert_eq!(elsewhere.map(|slice| slice.entries).unwrap_or_default(), entries);
                }
            }
        }
    }

    #[test]
    fn pack_has_breakdown_by_pairing(entries in any_entries(), region in any_region(), filter in any_filter()) {
        let (contributions, _) = counted(&entries, 0);
        let pack = pack_of(&entries, &region);
        let of_months = Filter { until: "2025-03".parse().ok(), ..filter.clone() };
        let filter = Filter { programme: None, from: None, until: None, ..filter };
        let wanted = filter.place.as_deref().unwrap_or_default();
        for indicator in &catalogue().indicators {
            prop_assert_eq!(pack.by_pairing(indicator, &of_months, &region.index()), None);
            let matched = matched(&contributions, &filter, &region, indicator);
            let is_at = |pairing: &Option<Uuid>| wanted.is_empty() || pairing.is_some_and(|id| region.directory().is_pairing_at(id, wanted));
            let (inside, outside): (Vec<Slice>, Vec<Slice>) = split(indicator, &matched, Dimension::Pairing)
                .into_iter().partition(|slice| matches!(&slice.of, Group::Pairing(pairing) if is_at(pairing)));
            let mut slices = pack.by_pairing(indicator, &filter, &region.index()).unwrap();
            let elsewhere = slices.pop_if(|slice| slice.of == Group::Elsewhere);
            prop_assert_eq!(&slices, &inside);
            if indicator.aggregation == Aggregation::Sum {
                let value: Quantity = outside.iter().map(|slice| slice.value).sum();
                prop_assert_eq!(elsewhere.map(|slice| slice.value).unwrap_or_default(), value);
            }
            for Slice { of, value, entries, .. } in slices {
                let Group::Pairing(Some(pairing)) = of else { continue };
                let figures = pack.figures_of_pairing(pairing, &filter, &catalogue()).unwrap();
                let figure = figures.iter().find(|figure| figure.indicator == indicator.code).unwrap();
                prop_assert_eq!((figure.actual, figure.entries as i64), (Some(value), entries));
            }
        }
    }

    #[test]
    fn pack_has_map_of_all_entry_counts(entries in any_entries(), region in any_region(), filter in any_filter()) {
        let (_, counts) = counted(&entries, 0);
        let overview = |entry_counts: Vec<EntryCount>| Overview {
            catalogue: catalogue(),
            organisations: region.organisations.clone(),
            pairings: region.pairings.clone(),
            entry_counts,
            ..Overview::default()
        };
        let features = |overview: &Overview| MapIndex::new(overview, None).features(overview, &filter);
        let expected = features(&overview(counts));
        let counts = pack_of(&entries, &region).entry_counts(&filter, &region.index());
        prop_assert_eq!(features(&overview(counts)), expected);
    }

    #[test]
    fn summary_has_figures_and_map_of_all_contributions(
        entries in any_entries(), region in any_region(), filter in any_filter(), of_all_years: bool,
    ) {
        let (contributions, counts) = counted(&entries, 0);
        let overview = |contributions: &[Contribution], entry_counts: &[EntryCount]| Overview {
            catalogue: catalogue(),
            organisations: region.organisations.clone(),
            pairings: region.pairings.clone(),
            contributions: contributions.to_vec(),
            entry_counts: entry_counts.to_vec(),
            ..Overview::default()
        };
        let filter = if of_all_years { Filter { year: None, ..filter } } else { filter };
        let years = if of_all_years { YEAR - 1..=YEAR } else { YEAR..=YEAR };
        let packs: Vec<YearPack> =
            years.map(|year| YearPack::new(year, &contributions, &counts, &region.index())).collect();
        let summary = overview(&[], &[]).with_summary_of(&packs, &filter, &region.index());
        prop_assert!(summary.has(&filter) && summary.contributions.is_sorted_by(|a, b| a.order(b).is_le()));
        let whole = overview(&contributions, &counts);
        prop_assert_eq!(summary.figures(&filter), whole.figures(&filter));
        let by_month = |contributions: &[Contribution], indicator: &Indicator| {
            split(indicator, &matched(contributions, &filter, &region, indicator), Dimension::Month)
        };
        for indicator in &catalogue().indicators {
            prop_assert_eq!(by_month(&summary.contributions, indicator), by_month(&contributions, indicator));
        }
        let of_years = Filter { from: None, until: None, ..filter };
        let features = |overview: &Overview| MapIndex::new(overview, None).features(overview, &of_years);
        prop_assert_eq!(features(&summary), features(&whole));
    }

    #[test]
    fn delta_turns_pack_into_later_one(
        before in any_entries(), after in any_entries(), region in any_region(), later_region in any_region(),
    ) {
        let (mut pack, mut later) = (pack_of(&before, &region), pack_of(&after, &later_region));
        let all = pack.pieces.union(&later.pieces).cloned().collect::<BTreeSet<Piece>>();
        (pack.pieces, later.pieces) = (all.clone(), all.clone());
        (pack.change, later.change) = (1, 2);
        let delta = difference(&pack, &later);
        let delta = YearPack::decode(&delta.encode()).unwrap();
        let some = [Piece::Base, Piece::Pairings].into();
        let mut part = pack.pieces(&some);
        let ahead = YearPack { change: 3, ..pack.clone() };
        let without_verified = |mut pack: YearPack| {
            pack.subjects.values_mut().for_each(|maxima| maxima.verified = Default::default());
            pack
        };
        for _ in 0..2 {
            prop_assert!(pack.apply_delta(delta.clone()));
            prop_assert_eq!(without_verified(pack.clone()), without_verified(later.clone()));
        }
        prop_assert!(part.apply_delta(delta.clone()));
        prop_assert_eq!(&part, &later.pieces(&some));
        let rest: BTreeSet<Piece> = all.difference(&some).cloned().collect();
        prop_assert!(part.add_pieces(later.pieces(&rest)));
        prop_assert_eq!(part, later);
        let mut late = ahead.clone();
        prop_assert!(!late.apply_delta(delta) && late == ahead, "an older delta changes nothing");
    }

    #[test]
    fn pack_round_trips_in_bytes(entries in any_entries(), region in any_region(), base_change: Option<i64>, cut in 0..200_usize) {
        let pack = YearPack { change: 7, edition: "one".to_owned(), base_change, ..pack_of(&entries, &region) };
        let bytes = pack.encode();
        let mut expected = pack.clone();
        expected.subjects.values_mut().for_each(|maxima| maxima.verified = Default::default());
        prop_assert_eq!(YearPack::decode(&bytes), Ok(expected));
        let cut = bytes.len().saturating_sub(1 + cut);
        prop_assert!(YearPack::decode(&bytes[..cut]).is_err());
    }

    #[test]
    fn decoding_any_bytes_does_not_panic(bytes: Vec<u8>) {
        let bytes: Vec<u8> = std::iter::once(1).chain(bytes).collect();
        let decoded = YearPack::decode(&bytes);
        prop_assert!(decoded.is_err() || decoded.is_ok_and(|pack| pack.change != 0 || bytes.len() > 1));
    }
}

/// Returns the delta between two packs: changed rows, and empty ones for those that are gone.
fn difference(before: &YearPack, after: &YearPack) -> YearPack {
    let mut delta = YearPack {
        base_change: Some(before.change),
        scopes: BTreeMap::new(),
        counts: Vec::new(),
        subjects: Subjects::new(),
        ..after.clone()
    };
    let codes = ["sum", "latest", "mean", "distinct", "places"];
    let none = IndicatorFigures::default();
    for scope in before.scopes.keys().chain(after.scopes.keys()) {
        for code in codes {
            let of = |pack: &'_ YearPack| pack.scopes.get(scope).and_then(|figures| figures.get(code)).cloned();
            let (old, new) = (of(before).unwrap_or(none.clone()), of(after).unwrap_or(none.clone()));
            if old == new {
                continue;
            }
            let mut changed = new.clone();
            let gone = |row: &&Row| new.rows.iter().all(|other| other.key() != row.key());
            changed.rows.extend(old.rows.iter().filter(gone).map(|row| Row {
                value: Quantity::ZERO,
                entries: 0,
                ..*row
            }));
            changed.rows.sort_by_key(Row::key);
            let gone = |row: &&LatestRow| new.latest.iter().all(|other| other.key() != row.key());
            changed.latest.extend(old.latest.iter().filter(gone).map(|row| LatestRow { last: None, ..*row }));
            changed.latest.sort_by_key(LatestRow::key);
            if old.ranges.is_some() && changed.ranges.is_none() {
                changed.ranges = Some(RangeTable::default());
            }
            delta.scopes.entry(scope.clone()).or_default().insert(code.to_owned(), changed);
        }
    }
    delta.counts.extend(after.counts.iter().filter(|count| !before.counts.contains(count)).cloned());
    let gone = |count: &&EntryCount| after.counts.iter().all(|other| other.key() != count.key());
    delta.counts.extend(before.counts.iter().filter(gone).map(|count| EntryCount { entries: 0, ..count.clone() }));
    delta.counts.sort_by(EntryCount::order);
    for key in before.subjects.keys().chain(after.subjects.keys()) {
        let maxima = after.subjects.get(key).copied().unwrap_or_default();
        if before.subjects.get(key) != Some(&maxima) {
            delta.subjects.insert(key.clone(), maxima);
        }
    }
    delta
}

#[test]
fn pack_answers_its_year_and_its_pieces_only() {
    let region = Region { organisations: Vec::new(), pairings: Vec::new() };
    let mut pack = pack_of(&[], &region);
    let at = |place: &str| Filter { year: Some(YEAR), place: Some(place.to_owned()), ..Filter::default() };
    assert!(pack.has(&Filter { year: Some(YEAR), ..Filter::default() }) && pack.has(&at("522728")));
    assert!(!pack.has(&at("522728109")) && !pack.has(&at("522728109204")));
    assert!(!pack.has(&Filter { year: Some(YEAR - 1), ..Filter::default() }) && !pack.has(&Filter::default()));
    pack.pieces.insert(Piece::County("522728".to_owned()));
    assert!(pack.has(&at("522728109")) && !pack.has(&at("522728109204")));
}
