//! Screens that read a phone's packs show the figures of all contributions.

use super::strategies::{Region, YEAR, any_entries, any_filter, any_region, catalogue, counted, id};
use crate::catalogue::Aggregation;
use crate::directory::place::{Level, covers};
use crate::entry::{Entry, State};
use crate::figures::breakdown::{Dimension, Group, Slice};
use crate::figures::contribution::Contribution;
use crate::figures::entry_count::EntryCount;
use crate::figures::figure::{Figure, Filter};
use crate::figures::overview::{Overview, OverviewSource};
use crate::figures::pack::{PackOverviews, Packs, Piece, YearPack};
use crate::figures::selection::Selection;
use crate::map::index::MapIndex;
use crate::values::month::Month;
use crate::values::quantity::Quantity;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// Returns an overview with these contributions and entry counts.
fn overview(region: &Region, contributions: Vec<Contribution>, entry_counts: Vec<EntryCount>) -> Overview {
    Overview {
        catalogue: catalogue(),
        organisations: region.organisations.clone(),
        pairings: region.pairings.clone(),
        contributions,
        entry_counts,
        ..Overview::default()
    }
}

/// Returns all counties and townships as pieces, which a year without entries there has too.
fn every_piece() -> BTreeSet<Piece> {
    let counties = ["520111", "520128", "522711", "522728"].map(|code| Piece::County(code.to_owned()));
    [Piece::Base, Piece::Pairings, Piece::Organisations, Piece::Subjects].into_iter().chain(counties).collect()
}

/// Returns the overviews of a phone that has the packs of two years, as sent, and the unsent entries.
fn on_phone(region: &Region, sent: &[Entry], unsent: &[Entry]) -> Arc<dyn OverviewSource> {
    let (contributions, counts) = counted(sent, 0);
    let pack = |year| {
        let mut pack = YearPack::new(year, &contributions, &counts, &region.index());
        pack.pieces = every_piece();
        Arc::new(YearPack::decode(&pack.encode()).unwrap())
    };
    let reference = overview(region, Vec::new(), Vec::new());
    let packs = Packs::new((YEAR - 1..=YEAR).map(pack), &reference);
    let unsent: Vec<(Uuid, Entry)> = (1_000..).map(id).zip(unsent.iter().cloned()).collect();
    PackOverviews::new(&reference, packs).with_entries(&unsent)
}

/// Returns the slices of groups that a predicate selects, and the value and entries of the others.
fn parted(slices: Vec<Slice>, is_in: impl Fn(&Group) -> bool) -> (Vec<Slice>, (Quantity, i64)) {
    let (inside, others): (Vec<Slice>, Vec<Slice>) = slices.into_iter().partition(|slice| is_in(&slice.of));
    (inside, (others.iter().map(|slice| slice.value).sum(), others.iter().map(|slice| slice.entries).sum()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn selections_of_packs_equal_those_of_contributions(
        sent in any_entries(), unsent in any_entries(), region in any_region(), filter in any_filter(),
    ) {
        let unsent: Vec<Entry> = unsent.into_iter().map(|entry| Entry { state: State::Submitted, ..entry }).collect();
        let (mut contributions, mut counts) = counted(&sent, 0);
        let more = counted(&unsent, 1_000);
        contributions.extend(more.0);
        counts.extend(more.1);
        // The server stores contributions by township.
        for contribution in &mut contributions {
            contribution.place = Level::Township.ancestor_code(&contribution.place).to_owned();
        }
        let whole = overview(&region, contributions, counts);
        let phone = on_phone(&region, &sent, &unsent);
        let packed = phone.overview_for(&filter).unwrap();
        prop_assert!(packed.has(&filter));
        let of_same_place = phone.overview_for(&Filter { verified_only: true, ..filter.clone() }).unwrap();
        prop_assert!(Arc::ptr_eq(&packed, &of_same_place));
        let figures = |selections: Vec<Selection<'_>>| -> Vec<Figure> { selections.iter().map(Selection::figure).collect() };
        prop_assert_eq!(figures(packed.selections(&filter)), figures(whole.selections(&filter)));
        prop_assert_eq!(packed.figures(&filter), whole.figures(&filter));
        prop_assert_eq!(packed.has_entries(&filter), whole.has_entries(&filter));
        let features = |overview: &Overview| MapIndex::new(overview, None).features(overview, &filter);
        prop_assert_eq!(features(&packed), features(&whole));
        let filter = Filter { programme: None, ..filter };
        let wanted = filter.place.clone().unwrap_or_default();
        for indicator in &whole.catalogue.indicators {
            let (on_phone, on_server) = (packed.selection(indicator, &filter), whole.selection(indicator, &filter));
            prop_assert_eq!((on_phone.is_empty(), on_phone.months()), (on_server.is_empty(), on_server.months()));
            for range in [(YEAR, YEAR), (YEAR - 1, YEAR), (YEAR, YEAR + 1)] {
                let range = (Month::first_of(range.0), Month::last_of(range.1));
                prop_assert_eq!(on_phone.running_totals(range), on_server.running_totals(range));
            }
            for by in [Dimension::Month, Dimension::Year] {
                prop_assert_eq!(on_phone.split(by), on_server.split(by));
            }
            let by_year = |overview: &Overview| -> Vec<(i32, Figure)> {
                let selections = overview.selections_by_year(indicator, &filter);
                selections.iter().map(|(year, selection)| (*year, selection.figure())).collect()
            };
            prop_assert_eq!(by_year(&packed), by_year(&whole));
            for level in [Level::County, Level::Township].into_iter().filter(|level| wanted.len() <= level.digits()) {
                let is_in = |group: &Group| matches!(group, Group::Place(code) if covers(&wanted, code));
                let (of_phone, elsewhere) = parted(on_phone.split(Dimension::Place(level)).unwrap(), is_in);
                let (of_server, others) = parted(on_server.split(Dimension::Place(level)).unwrap(), is_in);
                prop_assert_eq!(of_phone, of_server);
                if indicator.aggregation == Aggregation::Sum {
                    prop_assert_eq!(elsewhere, others);
                }
            }
        }
    }

    #[test]
    fn pairings_of_packs_equal_those_of_contributions(
        sent in any_entries(), region in any_region(), filter in any_filter(),
    ) {
        let (contributions, counts) = counted(&sent, 0);
        let whole = overview(&region, contributions, counts);
        let of_months = Filter { until: format!("{YEAR}-03").parse().ok(), ..filter.clone() };
        let filter = Filter { programme: None, from: None, until: None, ..filter };
        let packed = on_phone(&region, &sent, &[]).overview_for(&filter).unwrap();
        let is_at = |group: &Group| match (group, filter.place.as_deref()) {
            (Group::Pairing(Some(pairing)), Some(place)) => region.directory().is_pairing_at(*pairing, place),
            (Group::Pairing(_), None) => true,
            _ => false,
        };
        for indicator in &whole.catalogue.indicators {
            prop_assert_eq!(packed.selection(indicator, &of_months).split(Dimension::Pairing), None);
            let of_server = whole.selection(indicator, &filter).split(Dimension::Pairing).unwrap();
            let of_phone = packed.selection(indicator, &filter).split(Dimension::Pairing).unwrap();
            prop_assert_eq!(parted(of_phone, is_at).0, parted(of_server, is_at).0);
        }
        for pairing in region.pairings.iter().filter(|pairing| is_at(&Group::Pairing(Some(pairing.id)))) {
            let figures = packed.figures_of_pairings(&[pairing.id], &filter);
            prop_assert_eq!(figures, whole.figures_of_pairings(&[pairing.id], &filter));
            prop_assert_eq!(packed.figures_of_pairings(&[pairing.id], &of_months), None);
        }
    }
}

#[test]
fn packs_answer_filters_of_their_years_and_pieces_only() {
    let region = Region { organisations: Vec::new(), pairings: Vec::new() };
    let mut pack = YearPack { year: YEAR, pieces: Piece::needed_for(None), ..YearPack::default() };
    let reference = overview(&region, Vec::new(), Vec::new());
    let overviews = |pack: &YearPack| PackOverviews::new(&reference, Packs::new([Arc::new(pack.clone())], &reference));
    let has = |pack: &YearPack, year, place: &str| {
        let place = (!place.is_empty()).then(|| place.to_owned());
        overviews(pack).overview_for(&Filter { year, place, ..Filter::default() }).is_some()
    };
    assert!(has(&pack, Some(YEAR), "") && has(&pack, Some(YEAR), "5227"));
    assert!(!has(&pack, Some(YEAR), "522728") && !has(&pack, Some(YEAR - 1), "") && !has(&pack, None, ""));
    pack.pieces.insert(Piece::County("522728".to_owned()));
    assert!(has(&pack, Some(YEAR), "522728") && has(&pack, Some(YEAR), "522728109"));
    assert!(!has(&pack, Some(YEAR), "522728109204"), "a pack has no villages");
}

#[test]
fn overview_has_years_whose_pack_has_the_place_only() {
    let region = Region { organisations: Vec::new(), pairings: Vec::new() };
    let county = Piece::County("522728".to_owned());
    let pack = |year, pieces: BTreeSet<Piece>| Arc::new(YearPack { year, pieces, ..YearPack::default() });
    let township = "522728109".to_owned();
    let packs = [
        pack(YEAR, Piece::needed_for(Some(&township))),
        pack(YEAR - 1, Piece::needed_for(None)),
        pack(YEAR - 2, [county].into()),
    ];
    let reference = Overview { pack_years: Some(vec![YEAR, YEAR - 1]), ..overview(&region, Vec::new(), Vec::new()) };
    let overviews = PackOverviews::new(&reference, Packs::new(packs, &reference));
    let at = |place: Option<String>| {
        overviews.overview_for(&Filter { year: Some(YEAR), place, ..Filter::default() }).unwrap()
    };
    let has = |overview: &Overview| [YEAR, YEAR - 1, YEAR - 2, YEAR - 3].map(|year| overview.has_year(year));
    assert_eq!(has(&at(None)), [true, true, true, true], "a year without entries needs no pack");
    assert_eq!(has(&at(Some(township))), [true, false, true, true]);
    assert_eq!(has(&overview(&region, Vec::new(), Vec::new())), [true; 4], "contributions are of all years");
}
