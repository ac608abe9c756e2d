//! Figures under every aggregation, and that merging parts never changes one.

use crate::directory::organisation::{Organisation, Pairing};
use crate::entry::{Entry, State};
use crate::figures::contribution::{contributions, merge_contributions};
use crate::figures::figure::*;
use crate::figures::overview::EntryCount;
use crate::figures::overview::Overview;
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
        version: None,
        date: crate::values::date::parse_date(date).unwrap(),
        place: "522728".into(),
        pairing: None,
        organisation,
        values: ["sum", "latest", "mean", "distinct"].map(|code| (code.to_owned(), value)).into(),
        details: BTreeMap::new(),
        qualifiers: BTreeMap::new(),
        note: String::new(),
        state: State::Submitted,
        review_note: None,
        position: None,
        attachments: Vec::new(),
        source: None,
        author: None,
    }
}

const NOBODY: Directory<'static> = Directory { organisations: &[], pairings: &[] };

/// The figures of all four aggregations, in the catalogue's order.
fn amounts(entries: &[Entry], filter: &Filter) -> Vec<Option<f64>> {
    let catalogue = catalogue();
    let parts =
        entries.iter().enumerate().flat_map(|(number, entry)| contributions(id(number as u128), entry, &catalogue));
    let parts: Vec<Contribution> = parts.collect();
    figures(&parts, filter, &catalogue, NOBODY).into_iter().map(|figure| figure.actual.map(Quantity::to_f64)).collect()
}

#[test]
fn each_aggregation_does_what_it_says() {
    let school = Some(id(77));
    let entries = [entry("2023-03-01", 4.0, school), entry("2023-02-01", 2.0, school), entry("2023-01-01", 0.3, None)];
    assert_eq!(amounts(&entries, &Filter::default()), [Some(6.3), Some(4.0), Some(2.1), Some(4.3)]);
    assert_eq!(amounts(&[], &Filter::default()), [None; 4]);
}

#[test]
fn of_one_day_the_later_entry_is_the_latest() {
    let entries = [entry("2023-03-01", 4.0, None), entry("2023-03-01", 5.0, None)];
    assert_eq!(amounts(&entries, &Filter::default())[1], Some(5.0));
}

#[test]
fn a_returned_entry_counts_nowhere_and_an_unverified_one_is_told_apart() {
    let mut returned = entry("2023-03-01", 4.0, None);
    returned.state = State::Returned;
    let mut verified = entry("2023-03-01", 1.0, None);
    verified.state = State::Verified;
    let entries = [returned, verified, entry("2023-03-01", 2.0, None)];
    assert_eq!(amounts(&entries, &Filter::default())[0], Some(3.0));
    assert_eq!(amounts(&entries, &Filter { verified_only: true, ..Filter::default() })[0], Some(1.0));
}

#[test]
fn a_filter_takes_a_year_and_a_place_with_all_below() {
    let mut village = entry("2024-03-01", 4.0, None);
    village.place = "522728109204".into();
    let entries = [village, entry("2023-03-01", 1.0, None)];
    let year = Filter { year: Some(2023), ..Filter::default() };
    let town = Filter { place: Some("522728109".into()), ..Filter::default() };
    assert_eq!(amounts(&entries, &year)[0], Some(1.0));
    assert_eq!(amounts(&entries, &town)[0], Some(4.0));
}

#[test]
fn a_figure_is_as_vague_as_its_vaguest_part_and_is_held_against_the_years_target() {
    let catalogue = catalogue();
    let mut about = entry("2023-03-01", 4.0, None);
    about.qualifiers.insert("sum".into(), Qualifier::MoreThan);
    let parts = [about, entry("2023-03-01", 2.0, None)];
    let parts: Vec<Contribution> =
        parts.iter().enumerate().flat_map(|(n, entry)| contributions(id(n as u128), entry, &catalogue)).collect();
    let filter = Filter { year: Some(2023), ..Filter::default() };
    let figure = figures(&parts, &filter, &catalogue, NOBODY).swap_remove(0);
    assert_eq!((figure.actual_qualifier, figure.progress, figure.entries), (Qualifier::MoreThan, Some(0.75), 2));
    assert_eq!(figures(&parts, &Filter::default(), &catalogue, NOBODY)[0].progress, None);
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
    fn merging_changes_no_figure(entries in prop::collection::vec(any_entry(), 0..40), cut in 0..40_usize) {
        let catalogue = catalogue();
        let parts: Vec<Contribution> =
            entries.iter().enumerate().flat_map(|(n, entry)| contributions(id(n as u128), entry, &catalogue)).collect();
        // In two goes and the other way round, as a server's cache and a phone's own entries meet.
        let (first, second) = parts.split_at(cut.min(parts.len()));
        let halves = merge_contributions(second.to_vec()).into_iter().chain(merge_contributions(first.to_vec()));
        let merged = merge_contributions(halves);
        for place in [None, Some("522728".to_owned()), Some("520111".to_owned())] {
            for verified_only in [false, true] {
                let filter = Filter { year: Some(2023), place: place.clone(), verified_only, ..Filter::default() };
                prop_assert_eq!(
                    figures(&parts, &filter, &catalogue, NOBODY),
                    figures(&merged, &filter, &catalogue, NOBODY)
                );
            }
        }
    }

    #[test]
    fn what_a_page_is_painted_from_has_the_figures_of_the_whole(
        entries in prop::collection::vec((any_entry(), any::<bool>()), 0..40), place in prop::option::of("5227(28(109)?)?|520111"),
        month in 1..=12_u8, verified_only in any::<bool>(),
    ) {
        let mut overview = Overview { catalogue: catalogue(), ..Overview::default() };
        let entries: Vec<Entry> = entries.into_iter().map(|(mut entry, vague)| {
            if vague {
                entry.qualifiers = entry.values.keys().map(|code| (code.clone(), Qualifier::About)).collect();
            }
            entry
        }).collect();
        overview.add(entries.iter().enumerate().map(|(n, entry)| (id(n as u128), entry)));
        let filter = Filter { year: Some(2023), place, ..Filter::default() };
        let limited = overview.summary_for(&filter);
        prop_assert!(limited.has(&filter) && !limited.has(&Filter::default()) && overview.has(&filter));
        prop_assert!(limited.contributions.len() <= overview.contributions.len());
        let until = format!("2023-{month:02}").parse().ok();
        for filter in [filter.clone(), Filter { until, verified_only, ..filter }] {
            prop_assert_eq!(limited.figures(&filter), overview.figures(&filter));
        }
    }

    #[test]
    fn an_overview_is_renewed_by_what_has_changed_whatever_its_order_and_however_often(
        before in prop::collection::vec(any_entry(), 0..30), after in prop::collection::vec(any_entry(), 0..30), turned in any::<bool>(),
    ) {
        let of = |entries: &[Entry], change: i64| {
            let mut overview = Overview { catalogue: catalogue(), change, edition: "one".to_owned(), ..Overview::default() };
            overview.add(entries.iter().enumerate().map(|(n, entry)| (id(n as u128), entry)));
            overview
        };
        let (mut own, whole) = (of(&before, 1), of(&after, 2));
        let mut news = Overview { base_change: Some(1), contributions: Vec::new(), entry_counts: Vec::new(), ..whole.clone() };
        news.contributions.extend(whole.contributions.iter().filter(|part| !own.contributions.contains(part)).cloned());
        let gone = own.contributions.iter().filter(|part| whole.contributions.iter().all(|other| other.key() != part.key()));
        news.contributions.extend(gone.cloned().map(|part| Contribution { value: Quantity::ZERO, entries: 0, ..part }));
        news.entry_counts.extend(whole.entry_counts.iter().filter(|tally| !own.entry_counts.contains(tally)).cloned());
        let gone = own.entry_counts.iter().filter(|tally| whole.entry_counts.iter().all(|other| other.key() != tally.key()));
        news.entry_counts.extend(gone.cloned().map(|tally| EntryCount { entries: 0, ..tally }));
        if turned {
            own.contributions.reverse();
            own.entry_counts.reverse();
            news.contributions.reverse();
            news.entry_counts.reverse();
        }
        let ahead = Overview { change: 3, ..own.clone() };
        for _ in 0..2 {
            prop_assert!(own.apply_delta(news.clone()));
            prop_assert_eq!((&own.contributions, &own.entry_counts, own.change), (&whole.contributions, &whole.entry_counts, 2));
        }
        let mut late = ahead.clone();
        prop_assert!(!late.apply_delta(news) && late == ahead, "what is older changes nothing");
    }

    #[test]
    fn what_is_taken_away_leaves_no_trace(
        entries in prop::collection::vec(any_entry(), 0..20), others in prop::collection::vec(any_entry(), 0..20),
    ) {
        let catalogue = catalogue();
        let parts_of = |entries: &[Entry], first: usize| -> Vec<Contribution> {
            let numbered = entries.iter().enumerate();
            numbered.flat_map(|(n, entry)| contributions(id((first + n) as u128), entry, &catalogue)).collect()
        };
        let (kept, gone) = (parts_of(&entries, 0), parts_of(&others, 100));
        let all = merge_contributions(kept.iter().chain(&gone).cloned());
        let left = merge_contributions(all.iter().chain(&gone).cloned().zip(0..).map(|(part, index)| if index < all.len() { part } else { part.negated() }));
        prop_assert_eq!(&left, &merge_contributions(kept.iter().cloned()));
        // An edit, as one difference that is added to what is kept.
        let difference = merge_contributions(gone.iter().cloned().map(Contribution::negated).chain(kept.iter().cloned()));
        let edited = merge_contributions(all.into_iter().chain(difference));
        prop_assert_eq!(edited, merge_contributions(kept.iter().chain(&kept).cloned()));
    }

    #[test]
    fn a_part_counts_under_its_scopes_and_nowhere_else(
        at in "(5201|5227)(11|28)(101|109)(204)?", ends in prop::collection::vec("(5201|5227)(11|28)(101|109)?", 2),
        filter in "(5201|5227)((11|28)((101|109)(204)?)?)?",
    ) {
        use crate::directory::organisation::OrganisationKind;
        use crate::directory::place::Side;
        let organisation = |(number, place): (u128, &String)| Organisation {
            id: id(number), name: String::new(), name_en: String::new(), kind: OrganisationKind::School, side: Side::A,
            place: place.clone(), programme: String::new(), position: None, source: None,
            initials: String::new(),
        };
        let organisations: Vec<Organisation> = (1..).zip(&ends).map(organisation).collect();
        let (organisation_a, organisation_b) = (id(1), id(2));
        let pairings =
            [Pairing { id: id(9), programme: String::new(), organisation_a, organisation_b, from: None, to: None, source: None, agreement: None }];
        let directory = Directory { organisations: &organisations, pairings: &pairings };
        for pairing in [None, Some(id(9))] {
            let mut entry = entry("2023-03-01", 4.0, None);
            (entry.place, entry.pairing) = (at.clone(), pairing);
            let part = contributions(id(1), &entry, &catalogue()).swap_remove(0);
            let (filter, catalogue) = (Filter { place: Some(filter.clone()), ..Filter::default() }, catalogue());
            let takes = filter.compile(&catalogue, directory).matches(&part);
            prop_assert_eq!(directory.scopes(&at, pairing).contains(filter.place.as_deref().unwrap()), takes);
        }
    }

    #[test]
    fn the_parts_of_a_sum_add_up_to_it(entries in prop::collection::vec(any_entry(), 1..40)) {
        let catalogue = catalogue();
        let parts: Vec<Contribution> =
            entries.iter().enumerate().flat_map(|(n, entry)| contributions(id(n as u128), entry, &catalogue)).collect();
        let whole = figures(&parts, &Filter::default(), &catalogue, NOBODY)[0].actual.unwrap_or_default();
        let months: std::collections::BTreeSet<Month> = parts.iter().map(|part| part.month).collect();
        let split: Quantity = months
            .into_iter()
            .filter_map(|month| {
                let own = parts.iter().filter(|part| part.month == month && part.indicator == "sum");
                aggregate(Aggregation::Sum, own).map(|(amount, _)| amount)
            })
            .sum();
        prop_assert_eq!(split, whole);
    }
}
