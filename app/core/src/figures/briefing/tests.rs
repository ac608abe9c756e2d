use super::*;
use crate::catalogue::Programme;
use crate::directory::place::{Level, Place, Side};
use crate::entry::Entry;
use crate::figures::entry_count::EntryCount;
use crate::figures::figure::figures;
use crate::figures::pack::tests::strategies::{Region, YEAR, any_entries, any_filter, any_region, catalogue, counted};
use crate::values::date::parse_date;
use proptest::prelude::*;

fn place(code: &str) -> Place {
    let (level, parent) = match code.len() {
        4 => (Level::City, 2),
        6 => (Level::County, 4),
        9 => (Level::Township, 6),
        _ => (Level::Village, 9),
    };
    let side = if code.starts_with("5227") { Side::B } else { Side::A };
    let (parent, name) = (code.get(..parent).unwrap_or_default().to_owned(), code.to_owned());
    Place { code: code.to_owned(), parent, level, name, side, initials: String::new() }
}

/// Returns the overview of entries, with the programmes, places and directory of a test.
fn overview(entries: &[Entry], region: &Region) -> Overview {
    let programme = |code: &str| -> Programme {
        serde_json::from_value(serde_json::json!({"code": code, "name": code, "name_en": code})).unwrap()
    };
    let (contributions, entry_counts) = counted(entries, 0);
    let mut catalogue = catalogue();
    catalogue.programmes = ["industry", "health"].map(programme).into();
    let codes = ["5201", "520111", "520111101", "5227", "522728", "522728101", "522728109"];
    Overview {
        catalogue,
        places: codes.map(place).into(),
        organisations: region.organisations.clone(),
        pairings: region.pairings.clone(),
        contributions,
        entry_counts,
        ..Overview::default()
    }
}

fn no_region() -> Region {
    Region { organisations: Vec::new(), pairings: Vec::new() }
}

fn of_year() -> Filter {
    Filter { year: Some(YEAR), ..Filter::default() }
}

fn day(text: &str) -> Date {
    parse_date(text).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn each_target_is_in_one_group(
        entries in any_entries(), region in any_region(), filter in any_filter(), ordinal in 1..=365_u16, later in 0..2_i32,
    ) {
        let today = Date::from_ordinal_date(YEAR + later, ordinal).unwrap();
        let briefing = Briefing::new(&overview(&entries, &region), &filter, today);
        let every = briefing.programmes.iter().filter_map(|programme| programme.targets).chain(briefing.targets);
        for counts in every {
            prop_assert_eq!(counts.reached + counts.on_pace + counts.behind + counts.idle, counts.targets);
        }
        prop_assert_eq!(briefing.targets.is_none(), filter.place.is_some() || filter.counted_until(today).is_none());
        prop_assert!(briefing.attention.len() <= 5);
    }

    #[test]
    fn programmes_add_up_to_the_headline(entries in any_entries(), region in any_region(), filter in any_filter()) {
        let filter = Filter { programme: None, ..filter };
        let briefing = Briefing::new(&overview(&entries, &region), &filter, day("2025-11-28"));
        let of_programmes = || briefing.programmes.iter().filter_map(|programme| programme.entries);
        let total = briefing.entries.unwrap();
        prop_assert_eq!(of_programmes().map(|it| it.entries).sum::<u64>(), total.entries);
        prop_assert_eq!(of_programmes().map(|it| it.verified).sum::<u64>(), total.verified);
        prop_assert!(total.verified <= total.entries);
    }

    #[test]
    fn leads_are_figures_of_the_indicator_page(
        entries in any_entries(), region in any_region(), filter in any_filter(),
    ) {
        let overview = overview(&entries, &region);
        let filter = Filter { programme: None, ..filter };
        let all = figures(&overview.contributions, &filter, &overview.catalogue, overview.directory());
        for lead in Briefing::new(&overview, &filter, day("2025-11-28")).programmes.iter().flat_map(|it| &it.leads) {
            prop_assert!(all.contains(lead));
        }
    }

    #[test]
    fn rank_row_has_the_figures_of_its_place(
        entries in any_entries(), region in any_region(), filter in any_filter(), number in 0..6_usize,
    ) {
        let overview = overview(&entries, &region);
        let indicator = overview.catalogue.indicators.get(number).map(|indicator| indicator.code.clone());
        let by = indicator.clone().map_or(RankBy::Entries, RankBy::Indicator);
        let ranking = Ranking::new(&overview, &filter, by.clone(), Order::Value).unwrap();
        prop_assert!(ranking.rows.is_sorted_by(|a, b| a.value >= b.value));
        for row in &ranking.rows {
            let at = Filter { place: Some(row.place.clone()), ..filter.clone() };
            match &indicator {
                None => {
                    let approved = overview.approved(&at).unwrap();
                    prop_assert_eq!(approved.entries, row.entries);
                    prop_assert_eq!(row.value.ten_thousandths(), 10_000 * approved.entries as i64);
                }
                Some(code) => {
                    let at = Filter { programme: None, ..at };
                    let all = figures(&overview.contributions, &at, &overview.catalogue, overview.directory());
                    let figure = all.into_iter().find(|figure| figure.indicator == *code).unwrap();
                    prop_assert_eq!(row.value, figure.actual.unwrap_or_default());
                }
            }
        }
        let by_code = Ranking::new(&overview, &filter, by, Order::Code).unwrap();
        prop_assert!(by_code.rows.is_sorted_by(|a, b| a.place < b.place));
        prop_assert_eq!(by_code.rows.len(), ranking.rows.len());
    }

    #[test]
    fn comparison_counts_whole_months_of_both_years(entries in any_entries(), region in any_region()) {
        let overview = overview(&entries, &region);
        let comparison = overview.comparison(&of_year(), day("2025-06-15")).unwrap();
        let counted = |year: i32| -> i64 {
            let is_in = |count: &&EntryCount| count.month.year == year && count.month.number() <= 5;
            overview.entry_counts.iter().filter(is_in).map(|count| count.entries).sum()
        };
        let of_years = (comparison.entries as i64, comparison.earlier as i64);
        prop_assert_eq!(of_years, (counted(YEAR), counted(YEAR - 1)));
    }
}

#[test]
fn year_without_entries_has_idle_targets_and_silent_places() {
    let briefing = Briefing::new(&overview(&[], &no_region()), &of_year(), day("2025-11-28"));
    assert_eq!(briefing.entries, Some(Approved::default()));
    assert_eq!(briefing.entries.and_then(Approved::percent), None);
    assert_eq!(briefing.targets, Some(TargetCounts { targets: 5, idle: 5, ..TargetCounts::default() }));
    let [Attention::Idle { indicators }, Attention::Silent { places, of, .. }] = briefing.attention.as_slice() else {
        panic!("{:?}", briefing.attention)
    };
    assert_eq!((indicators.len(), places.len(), *of), (5, 2, 2));
}

#[test]
fn ranking_lists_places_without_entries() {
    let overview = overview(&[], &no_region());
    let codes = |place: Option<&str>| -> Vec<String> {
        let filter = Filter { place: place.map(str::to_owned), ..of_year() };
        let ranking = Ranking::new(&overview, &filter, RankBy::Entries, Order::Value).unwrap();
        ranking.rows.into_iter().map(|row| row.place).collect()
    };
    assert_eq!(codes(None), ["522728101", "522728109"]);
    assert_eq!(codes(Some("522728")), ["522728101", "522728109"]);
    assert_eq!(codes(Some("522728109")), ["522728101", "522728109"], "the neighbours of a township");
    assert_eq!(codes(Some("522728109204")), ["522728101", "522728109"], "and those of a village's township");
    assert_eq!(codes(Some("5201")), ["520111"]);
}

#[test]
fn summary_counts_no_entries() {
    let partial_for = Some(of_year());
    let summary = Overview { partial_for, ..overview(&[], &no_region()) };
    let briefing = Briefing::new(&summary, &of_year(), day("2025-11-28"));
    assert_eq!((briefing.entries, briefing.comparison), (None, None));
    assert_eq!(Ranking::new(&summary, &of_year(), RankBy::Entries, Order::Value), None);
}

#[test]
fn months_with_ten_waiting_entries_need_attention() {
    let count = |month: &str, verified: bool, entries: i64| EntryCount {
        programme: "industry".to_owned(),
        place: "522728109".to_owned(),
        pairing: None,
        organisation: None,
        month: month.parse().unwrap(),
        verified,
        entries,
    };
    let mut overview = overview(&[], &no_region());
    overview.entry_counts = vec![
        count("2025-01", false, 9),
        count("2025-02", false, 10),
        count("2025-03", false, 30),
        count("2025-03", true, 500),
        count("2025-04", false, 20),
    ];
    let waiting = |filter: Filter| -> Vec<(String, u64)> {
        let rows = Briefing::new(&overview, &filter, day("2025-11-28")).attention.into_iter();
        let waiting = rows.filter_map(|row| match row {
            Attention::Waiting { month, entries } => Some((month.to_string(), entries)),
            _ => None,
        });
        waiting.collect()
    };
    assert_eq!(waiting(of_year()), [("2025-04".to_owned(), 20), ("2025-03".to_owned(), 30)]);
    assert_eq!(waiting(Filter { verified_only: true, ..of_year() }), []);
    assert_eq!(waiting(Filter { programme: Some("health".to_owned()), ..of_year() }), []);
}

#[test]
fn comparison_needs_a_month_that_is_over() {
    let overview = overview(&[], &no_region());
    let months = |filter: &Filter, today: &str| overview.comparison(filter, day(today)).map(|it| it.months);
    let month = |text: &str| text.parse::<Month>().unwrap();
    assert_eq!(months(&of_year(), "2025-01-31"), None);
    assert_eq!(months(&of_year(), "2025-02-01"), Some((month("2025-01"), month("2025-01"))));
    assert_eq!(months(&of_year(), "2026-07-01"), Some((month("2025-01"), month("2025-12"))));
    let spring = Filter { from: Some(month("2025-03")), until: Some(month("2025-05")), ..of_year() };
    assert_eq!(months(&spring, "2025-05-31"), Some((month("2025-03"), month("2025-04"))));
    assert_eq!(months(&Filter::default(), "2025-05-31"), None);
}

#[test]
fn percent_of_a_comparison_needs_earlier_entries() {
    let month = Month::first_of(YEAR);
    let percent = |entries, earlier| Comparison { months: (month, month), entries, earlier }.percent();
    assert_eq!((percent(12, 10), percent(9, 10), percent(3, 0)), (Some(20), Some(-10), None));
}
