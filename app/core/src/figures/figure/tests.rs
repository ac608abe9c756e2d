//! Tests of each aggregation, and that merging contributions preserves figures.

use crate::directory::organisation::{Organisation, Pairing};
use crate::entry::{Entry, State};
use crate::figures::contribution::{contributions, merge_contributions};
use crate::figures::entry_count::EntryCount;
use crate::figures::figure::*;
use crate::figures::overview::Overview;
use crate::figures::selection::Selection;
use crate::figures::tests::blank_entry;
use crate::values::month::Month;
use proptest::prelude::*;
use serde_json::json;

fn catalogue() -> Catalogue {
    let indicator = |aggregation: &str, by: &str, target: serde_json::Value| {
        json!({"code": aggregation, "programme": "industry", "name": "", "name_en": "", "unit": "", "unit_en": "",
               "aggregation": aggregation, "distinct_by": by, "targets": target})
    };
    let field = |code: &str| {
        json!({"code": code, "name": "", "name_en": "", "kind": "number", "unit": "", "unit_en": "",
               "required": false, "feeds": code})
    };
    let codes = ["sum", "latest", "mean", "distinct"];
    let target = json!([{"year": 2023, "value": 8, "qualifier": "at_least"}]);
    serde_json::from_value(json!({
        "version": 1, "programmes": [],
        "indicators": codes.map(|code| indicator(code, "organisation", target.clone())),
        "activities": [{"code": "all", "programme": "industry", "name": "", "name_en": "", "version": 1,
                        "fields": codes.map(field)}]
    }))
    .unwrap()
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn entry(date: &str, value: f64, organisation: Option<Uuid>) -> Entry {
    let value = Quantity::from_f64(value).unwrap();
    Entry {
        activity: "all".into(),
        organisation,
        values: ["sum", "latest", "mean", "distinct"].map(|code| (code.to_owned(), value)).into(),
        ..blank_entry(date)
    }
}

const EMPTY_DIRECTORY: Directory<'static> = Directory { organisations: &[], pairings: &[] };

/// Returns the figures of all four aggregations, in the catalogue's order.
fn amounts(entries: &[Entry], filter: &Filter) -> Vec<Option<f64>> {
    let catalogue = catalogue();
    let contributions =
        entries.iter().enumerate().flat_map(|(number, entry)| contributions(id(number as u128), entry, &catalogue));
    let contributions: Vec<Contribution> = contributions.collect();
    figures(&contributions, filter, &catalogue, EMPTY_DIRECTORY)
        .into_iter()
        .map(|figure| figure.actual.map(Quantity::to_f64))
        .collect()
}

#[test]
fn figures_follow_their_aggregation() {
    let school = Some(id(77));
    let entries = [entry("2023-03-01", 4.0, school), entry("2023-02-01", 2.0, school), entry("2023-01-01", 0.3, None)];
    assert_eq!(amounts(&entries, &Filter::default()), [Some(6.3), Some(4.0), Some(2.1), Some(4.3)]);
    assert_eq!(amounts(&[], &Filter::default()), [None; 4]);
}

#[test]
fn latest_of_same_day_is_later_entry() {
    let entries = [entry("2023-03-01", 4.0, None), entry("2023-03-01", 5.0, None)];
    assert_eq!(amounts(&entries, &Filter::default())[1], Some(5.0));
}

#[test]
fn figures_exclude_returned_and_filter_unverified_entries() {
    let mut returned = entry("2023-03-01", 4.0, None);
    returned.state = State::Returned;
    let mut verified = entry("2023-03-01", 1.0, None);
    verified.state = State::Verified;
    let entries = [returned, verified, entry("2023-03-01", 2.0, None)];
    assert_eq!(amounts(&entries, &Filter::default())[0], Some(3.0));
    assert_eq!(amounts(&entries, &Filter { verified_only: true, ..Filter::default() })[0], Some(1.0));
}

#[test]
fn filter_selects_year_and_place_with_descendants() {
    let mut village = entry("2024-03-01", 4.0, None);
    village.place = "522728109204".into();
    let entries = [village, entry("2023-03-01", 1.0, None)];
    let year = Filter { year: Some(2023), ..Filter::default() };
    let town = Filter { place: Some("522728109".into()), ..Filter::default() };
    assert_eq!(amounts(&entries, &year)[0], Some(1.0));
    assert_eq!(amounts(&entries, &town)[0], Some(4.0));
}

#[test]
fn figure_has_least_exact_qualifier_and_target_of_year() {
    let catalogue = catalogue();
    let mut about = entry("2023-03-01", 4.0, None);
    about.qualifiers.insert("sum".into(), Qualifier::MoreThan);
    let entries = [about, entry("2023-03-01", 2.0, None)];
    let contributions: Vec<Contribution> =
        entries.iter().enumerate().flat_map(|(n, entry)| contributions(id(n as u128), entry, &catalogue)).collect();
    let filter = Filter { year: Some(2023), ..Filter::default() };
    let figure = figures(&contributions, &filter, &catalogue, EMPTY_DIRECTORY).swap_remove(0);
    assert_eq!((figure.actual_qualifier, figure.progress, figure.entries), (Qualifier::MoreThan, Some(0.75), 2));
    assert_eq!(figures(&contributions, &Filter::default(), &catalogue, EMPTY_DIRECTORY)[0].progress, None);
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let place = prop_oneof![Just("522728"), Just("522728109"), Just("520111")];
    let state = prop_oneof![Just(State::Submitted), Just(State::Verified), Just(State::Returned)];
    (1..=12_u8, 1..=28_u8, 0..100_000_u32, prop::option::of(0..4_u128), place, state).prop_map(
        |(month, day, hundredths, organisation, place, state)| {
            let date = format!("2023-{month:02}-{day:02}");
            let mut entry = entry(&date, f64::from(hundredths) / 100.0, organisation.map(id));
            entry.place = place.into();
            entry.state = state;
            entry
        },
    )
}

proptest! {
    #[test]
    fn merge_contributions_preserves_figures(entries in prop::collection::vec(any_entry(), 0..40), cut in 0..40_usize) {
        let catalogue = catalogue();
        let contributions: Vec<Contribution> =
            entries.iter().enumerate().flat_map(|(n, entry)| contributions(id(n as u128), entry, &catalogue)).collect();
        // Merged in two steps in reverse order, like a server's cache and unsent entries of a phone.
        let (first, second) = contributions.split_at(cut.min(contributions.len()));
        let halves = merge_contributions(second.to_vec()).into_iter().chain(merge_contributions(first.to_vec()));
        let merged = merge_contributions(halves);
        for place in [None, Some("522728".to_owned()), Some("520111".to_owned())] {
            for verified_only in [false, true] {
                let filter = Filter { year: Some(2023), place: place.clone(), verified_only, ..Filter::default() };
                prop_assert_eq!(
                    figures(&contributions, &filter, &catalogue, EMPTY_DIRECTORY),
                    figures(&merged, &filter, &catalogue, EMPTY_DIRECTORY)
                );
            }
        }
    }

    #[test]
    fn selections_have_the_figures_of_the_overview(
        entries in prop::collection::vec(any_entry(), 0..40), place in prop::option::of("5227(28(109)?)?|520111"),
        verified_only in any::<bool>(),
    ) {
        let mut overview = Overview { catalogue: catalogue(), ..Overview::default() };
        overview.add(entries.iter().enumerate().map(|(n, entry)| (id(n as u128), entry)));
        let filter = Filter { year: Some(2023), place, verified_only, ..Filter::default() };
        let selections = overview.selections(&filter);
        prop_assert_eq!(selections.iter().map(Selection::figure).collect::<Vec<_>>(), overview.figures(&filter));
        prop_assert_eq!(selections.iter().any(|selection| !selection.is_empty()), overview.has_entries(&filter));
        for selection in &selections {
            let figure = selection.figure();
            prop_assert_eq!(&overview.selection(selection.indicator, &filter).figure(), &figure);
            let by_year = overview.selections_by_year(selection.indicator, &Filter { year: None, ..filter.clone() });
            let years: Vec<(i32, Figure)> = by_year.iter().map(|(year, of_year)| (*year, of_year.figure())).collect();
            prop_assert_eq!(years, if selection.is_empty() { Vec::new() } else { vec![(2023, figure.clone())] });
            let at_end = |totals: Vec<Option<Quantity>>| totals.last().copied().flatten();
            if let Some(months) = selection.months() {
                prop_assert_eq!(at_end(selection.running_totals(months)), figure.actual);
            }
        }
    }

    #[test]
    fn apply_delta_is_idempotent_and_order_independent(
        before in prop::collection::vec(any_entry(), 0..30), after in prop::collection::vec(any_entry(), 0..30), turned in any::<bool>(),
    ) {
        let of = |entries: &[Entry], change: i64| {
            let mut overview = Overview { catalogue: catalogue(), change, edition: "one".to_owned(), ..Overview::default() };
            overview.add(entries.iter().enumerate().map(|(n, entry)| (id(n as u128), entry)));
            overview
        };
        let (mut overview, whole) = (of(&before, 1), of(&after, 2));
        let mut delta = Overview { base_change: Some(1), contributions: Vec::new(), entry_counts: Vec::new(), ..whole.clone() };
        delta.contributions.extend(whole.contributions.iter().filter(|contribution| !overview.contributions.contains(contribution)).cloned());
        let removed = overview.contributions.iter().filter(|contribution| whole.contributions.iter().all(|other| other.key() != contribution.key()));
        delta.contributions.extend(removed.cloned().map(|contribution| Contribution { value: Quantity::ZERO, entries: 0, ..contribution }));
        delta.entry_counts.extend(whole.entry_counts.iter().filter(|count| !overview.entry_counts.contains(count)).cloned());
        let removed = overview.entry_counts.iter().filter(|count| whole.entry_counts.iter().all(|other| other.key() != count.key()));
        delta.entry_counts.extend(removed.cloned().map(|count| EntryCount { entries: 0, ..count }));
        if turned {
            overview.contributions.reverse();
            overview.entry_counts.reverse();
            delta.contributions.reverse();
            delta.entry_counts.reverse();
        }
        let ahead = Overview { change: 3, ..overview.clone() };
        for _ in 0..2 {
            prop_assert!(overview.apply_delta(delta.clone()));
            prop_assert_eq!((&overview.contributions, &overview.entry_counts, overview.change), (&whole.contributions, &whole.entry_counts, 2));
        }
        let mut late = ahead.clone();
        prop_assert!(!late.apply_delta(delta) && late == ahead, "what is older changes nothing");
    }

    #[test]
    fn negated_contributions_cancel_out(
        entries in prop::collection::vec(any_entry(), 0..20), others in prop::collection::vec(any_entry(), 0..20),
    ) {
        let catalogue = catalogue();
        let contributions_of = |entries: &[Entry], first: usize| -> Vec<Contribution> {
            let numbered = entries.iter().enumerate();
            numbered.flat_map(|(n, entry)| contributions(id((first + n) as u128), entry, &catalogue)).collect()
        };
        let (retained, removed) = (contributions_of(&entries, 0), contributions_of(&others, 100));
        let all = merge_contributions(retained.iter().chain(&removed).cloned());
        let left = merge_contributions(all.iter().chain(&removed).cloned().zip(0..).map(|(contribution, index)| if index < all.len() { contribution } else { contribution.negated() }));
        prop_assert_eq!(&left, &merge_contributions(retained.iter().cloned()));
        // An edit as one difference that is added to the cached sum.
        let difference = merge_contributions(removed.iter().cloned().map(Contribution::negated).chain(retained.iter().cloned()));
        let edited = merge_contributions(all.into_iter().chain(difference));
        prop_assert_eq!(edited, merge_contributions(retained.iter().chain(&retained).cloned()));
    }

    #[test]
    fn filter_matches_exactly_the_scopes_of_contribution(
        at in "(5201|5227)(11|28)(101|109)(204)?", ends in prop::collection::vec("(5201|5227)(11|28)(101|109)?", 2),
        filter in "(5201|5227)((11|28)((101|109)(204)?)?)?",
    ) {
        use crate::directory::organisation::OrganisationKind;
        use crate::directory::place::Side;
        let organisation = |(number, place): (u128, &String)| Organisation {
            id: id(number), name: String::new(), name_en: String::new(), kind: OrganisationKind::School, side: Side::A,
            place: place.clone(), programme: String::new(), position: None, source: None,
            initials: String::new(), rev: 0,
        };
        let organisations: Vec<Organisation> = (1..).zip(&ends).map(organisation).collect();
        let (organisation_a, organisation_b) = (id(1), id(2));
        let pairings =
            [Pairing { id: id(9), programme: String::new(), organisation_a, organisation_b, from: None, to: None, source: None, agreement: None, rev: 0 }];
        let directory = Directory { organisations: &organisations, pairings: &pairings };
        for pairing in [None, Some(id(9))] {
            let mut entry = entry("2023-03-01", 4.0, None);
            (entry.place, entry.pairing) = (at.clone(), pairing);
            let contribution = contributions(id(1), &entry, &catalogue()).swap_remove(0);
            let (filter, catalogue) = (Filter { place: Some(filter.clone()), ..Filter::default() }, catalogue());
            let is_matched = filter.compile(&catalogue, directory).matches(&contribution);
            prop_assert_eq!(directory.scopes(&at, pairing).contains(filter.place.as_deref().unwrap()), is_matched);
        }
    }

    #[test]
    fn monthly_sums_add_up_to_total(entries in prop::collection::vec(any_entry(), 1..40)) {
        let catalogue = catalogue();
        let contributions: Vec<Contribution> =
            entries.iter().enumerate().flat_map(|(n, entry)| contributions(id(n as u128), entry, &catalogue)).collect();
        let whole = figures(&contributions, &Filter::default(), &catalogue, EMPTY_DIRECTORY)[0].actual.unwrap_or_default();
        let months: std::collections::BTreeSet<Month> = contributions.iter().map(|contribution| contribution.month).collect();
        let split: Quantity = months
            .into_iter()
            .filter_map(|month| {
                let of_month = contributions.iter().filter(|contribution| contribution.month == month && contribution.indicator == "sum");
                aggregate(Aggregation::Sum, of_month).map(|(amount, _)| amount)
            })
            .sum();
        prop_assert_eq!(split, whole);
    }
}
