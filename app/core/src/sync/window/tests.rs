//! Tests of the window.

use super::*;
use crate::access::user::{Role, Scope, User};
use crate::access::visibility::Visibility;
use crate::entry::field;
use crate::sync::Record;
use crate::values::date::format_date;
use proptest::prelude::*;
use rstest::rstest;
use serde_json::json;
use time::Date;
use time::macros::date;

const USER: Uuid = Uuid::from_u128(1);
const OTHER: Uuid = Uuid::from_u128(2);
const KINDS: [Kind; 4] = [Kind::Entry, Kind::LedgerItem, Kind::Organisation, Kind::Pairing];

fn day(number: i64) -> Date {
    date!(2022 - 01 - 01).saturating_add(time::Duration::days(number))
}

fn position() -> impl Strategy<Value = Position> {
    (0..2_000_i64, 0..4_u128).prop_map(|(number, id)| Position { day: day(number), id: Uuid::from_u128(id) })
}

fn bounds() -> impl Strategy<Value = Bounds> {
    (0..2_000_i64, position(), position()).prop_map(|(author, review_since, place_since)| Bounds {
        author_since: day(author),
        review_since,
        place_since,
    })
}

fn visibility() -> impl Strategy<Value = Visibility> {
    let places = prop_oneof![Just(vec![]), Just(vec!["522728".to_owned()]), Just(vec!["522728109".to_owned()])];
    let programmes = prop_oneof![Just(vec![]), Just(vec!["health".to_owned()])];
    (any::<bool>(), places, programmes)
        .prop_map(|(all, places, programmes)| Visibility { all, scope: Scope { places, programmes } })
}

fn window() -> impl Strategy<Value = Window> {
    (visibility(), any::<bool>(), bounds()).prop_map(|(visibility, reviews, bounds)| Window {
        rule: RULE,
        visibility,
        reviews,
        bounds,
    })
}

fn facts() -> impl Strategy<Value = Facts<'static>> {
    let place = prop_oneof![Just("522728109204"), Just("522728108"), Just("520111")];
    let programme = prop_oneof![Just(Some("health")), Just(Some("education")), Just(None)];
    let state = prop_oneof![Just(State::Submitted), Just(State::Verified), Just(State::Returned)];
    let author = prop_oneof![Just(None), Just(Some(USER)), Just(Some(OTHER))];
    (0..KINDS.len(), 0..4_u128, author, place, programme, proptest::option::of(0..2_000_i64), state).prop_map(
        |(kind, id, author, place, programme, number, state)| Facts {
            kind: &KINDS[kind],
            id: Uuid::from_u128(id),
            author,
            place,
            programme,
            day: number.map(day),
            state,
        },
    )
}

proptest! {
    #[test]
    fn unsettled_own_entry_is_always_held(window in window(), facts in facts(), is_returned in any::<bool>()) {
        let state = if is_returned { State::Returned } else { State::Submitted };
        let facts = Facts { kind: &Kind::Entry, author: Some(USER), state, ..facts };
        prop_assert!(window.holds(USER, &facts));
    }

    #[test]
    fn window_holds_only_what_the_user_sees(window in window(), facts in facts()) {
        prop_assert!(!window.holds(USER, &facts) || window.shows(USER, &facts));
    }

    #[test]
    fn newer_record_in_scope_is_held_before_an_older_one(
        window in window(), one in facts(), another in facts(), is_entry in any::<bool>(),
    ) {
        let kind = if is_entry { &Kind::Entry } else { &Kind::LedgerItem };
        let others = [one, another].map(|facts| Facts { kind, author: Some(OTHER), state: State::Verified, ..facts });
        let key = |facts: &Facts<'_>| facts.day.map(|day| (day, facts.id));
        let [older, newer] = if key(&others[0]) <= key(&others[1]) { [0, 1] } else { [1, 0] }.map(|at| &others[at]);
        prop_assert!(!window.holds(USER, older) || !window.is_in_scope(newer) || window.holds(USER, newer));
    }

    /// A window that does not exceed another needs no listing.
    #[test]
    fn window_that_does_not_exceed_holds_nothing_new(
        before in window(), bounds in bounds(), reviews in any::<bool>(), facts in facts(),
    ) {
        let after = Window { bounds, reviews, ..before.clone() };
        prop_assert!(after.exceeds(&before) || !after.holds(USER, &facts) || before.holds(USER, &facts));
    }

    /// Record by record, a phone that follows the news holds what the window holds.
    #[test]
    fn news_agree_with_the_window(
        window in window(), facts in facts(), deleted in any::<bool>(), is_new in any::<bool>(),
        is_in_conflict in any::<bool>(),
    ) {
        let change = Change { facts: facts.clone(), deleted, is_new: is_new && !deleted, former: &[] };
        let news = window.news(USER, &change, is_in_conflict);
        let is_alive = !deleted && window.shows(USER, &facts);
        prop_assert_eq!(news == News::Record, is_alive && (window.holds(USER, &facts) || is_in_conflict));
        prop_assert_eq!(news == News::Left, is_alive && news != News::Record && news != News::Nothing);
        prop_assert!(news != News::Nothing || !is_alive || change.is_new && facts.author != Some(USER));
    }

    #[test]
    fn progress_lists_exactly_what_was_not_held(
        before in window(), after in window(), counts in 0..9_usize, facts in facts(),
    ) {
        let counts = Counts { places: counts, ..Counts::default() };
        let moved = Progress::narrow(before.clone(), counts).moved(after.clone(), counts);
        prop_assert_eq!(moved.listing.is_some(), after.exceeds(&before));
        let is_listed = moved.listing.is_some() && moved.lists(USER, &facts);
        let is_new = after.holds(USER, &facts) && !before.holds(USER, &facts);
        prop_assert_eq!(is_listed, is_new);
        // Another window before the listing has ended: nothing is known to be on the phone.
        let visibility = Visibility { all: !after.visibility.all, ..after.visibility.clone() };
        let again = moved.clone().moved(Window { visibility, ..after }, counts);
        prop_assert!(moved.listing.is_none() || again.before.is_none());
    }

    #[test]
    fn cut_part_is_never_above_its_limit(limit in 1..9_000_usize, count in 0..20_000_usize, is_limited in any::<bool>()) {
        match Limits::cut(limit, count, is_limited) {
            Some(most) => prop_assert!(most <= limit && most >= limit / 2 && (count > limit || is_limited)),
            None => prop_assert!(count <= limit && (!is_limited || count >= limit / 2)),
        }
    }

    /// As long as no recount is due, no part exceeds its limit after any changes.
    #[test]
    fn recount_is_due_before_a_limit_is_exceeded(
        places in 0..4_000_usize, reviews in 0..700_usize, seen in 0..4_000_usize, bounds in bounds(), is_reviewer in any::<bool>(),
    ) {
        let counts = Counts { places, reviews, seen };
        if !LIMITS.is_recount_due(counts, &bounds, is_reviewer) && seen > 0 {
            prop_assert!(places + seen <= LIMITS.places);
            prop_assert!(!is_reviewer || reviews + seen <= LIMITS.reviews);
            prop_assert!(!bounds.is_place_limited() || places.saturating_sub(seen) >= LIMITS.places / 2);
        }
    }

    #[test]
    fn bounds_follow_the_calendar_unless_a_number_limits_them(number in 0..4_000_i64, later in 0..800_i64) {
        let calendar = Calendar::of(day(number));
        let bounds = Bounds::of(calendar);
        prop_assert_eq!(bounds.calendar(), calendar);
        prop_assert!(!bounds.is_place_limited() && !bounds.is_review_limited());
        let next = Calendar::of(day(number + later));
        prop_assert_eq!(bounds.on(next), Bounds::of(next));
        // A part that a number limits stays, until the calendar overtakes it.
        let limited = Bounds { place_since: Position { day: day(number), id: OTHER }, ..bounds };
        prop_assert_eq!(limited.on(next).place_since, limited.place_since.max(Position::start_of(next.place_since)));
        prop_assert_eq!(limited.on(next).calendar(), next);
    }

    #[test]
    fn window_survives_json(window in window()) {
        let json = serde_json::to_string(&window).unwrap();
        prop_assert_eq!(serde_json::from_str::<Window>(&json).unwrap(), window);
    }
}

#[rstest]
#[case(date!(2026 - 11 - 27), date!(2024 - 11 - 01), date!(2025 - 01 - 01))]
#[case(date!(2027 - 01 - 01), date!(2025 - 01 - 01), date!(2026 - 01 - 01))]
#[case(date!(2028 - 02 - 29), date!(2026 - 02 - 01), date!(2027 - 01 - 01))]
fn calendar_goes_back_24_months_and_to_the_previous_year(
    #[case] today: Date,
    #[case] author_since: Date,
    #[case] place_since: Date,
) {
    assert_eq!(Calendar::of(today), Calendar { author_since, place_since });
}

/// Own entries by state and day, then those of others inside and outside the scope.
#[rstest]
#[case(USER, "verified", "2024-11-01", "522728108", true)]
#[case(USER, "verified", "2024-10-31", "522728108", false)]
#[case(USER, "submitted", "2019-05-01", "522728108", true)]
#[case(USER, "returned", "2019-05-01", "522728108", true)]
#[case(USER, "verified", "2024-10-31", "522728109", false)]
#[case(OTHER, "verified", "2025-01-01", "522728109204", true)]
#[case(OTHER, "verified", "2024-12-31", "522728109204", false)]
#[case(OTHER, "submitted", "2024-12-31", "522728109204", true)]
#[case(OTHER, "returned", "2024-12-31", "522728109204", false)]
#[case(OTHER, "submitted", "2026-11-01", "522728108", false)]
fn reviewer_holds_entry(
    #[case] author: Uuid,
    #[case] state: &str,
    #[case] date: &str,
    #[case] place: &str,
    #[case] expected: bool,
) {
    let fields = json!({"activity": "survey", "date": date, "place": place, "state": state, "author": author});
    let fields = fields.as_object().unwrap().clone();
    let record = Record { kind: Kind::Entry, id: OTHER, rev: 1, fields, deleted: false };
    let scope = Scope { places: vec!["522728109".to_owned()], programmes: Vec::new() };
    let user = User {
        id: USER,
        username: String::new(),
        name: String::new(),
        role: Role::Reviewer,
        scope,
        verifies_own: false,
    };
    let window = Window::new(&user, Bounds::of(Calendar::of(date!(2026 - 11 - 27))));
    assert_eq!(window.holds(USER, &Facts::of(&record, None)), expected);
    let recorder = Window { reviews: false, ..window };
    let waits = author == OTHER && state == "submitted" && date < "2025-01-01";
    assert_eq!(recorder.holds(USER, &Facts::of(&record, None)), expected && !waits);
}

#[test]
fn ledger_item_is_held_by_its_year() {
    let window = Window {
        rule: RULE,
        visibility: Visibility { all: true, scope: Scope::default() },
        reviews: false,
        bounds: Bounds::of(Calendar::of(date!(2026 - 11 - 27))),
    };
    for (year, expected) in [(2024, false), (2025, true), (2026, true), (2027, true)] {
        let fields = crate::entry::Fields::from_iter([(field::YEAR.to_owned(), json!(year))]);
        let record = Record { kind: Kind::LedgerItem, id: OTHER, rev: 1, fields, deleted: false };
        let last = day_of(&record.kind, &record.fields).map(format_date);
        assert_eq!(last, Some(format!("{year}-12-31")));
        assert_eq!(window.holds(USER, &Facts::of(&record, None)), expected, "{year}");
    }
}

#[test]
fn window_of_another_rule_holds_everything() {
    let bounds = Bounds::of(Calendar::of(date!(2026 - 11 - 27)));
    let visibility = Visibility { all: false, scope: Scope { places: vec!["1".to_owned()], programmes: Vec::new() } };
    let window = Window { rule: RULE + 1, visibility, reviews: false, bounds };
    let facts = Facts {
        kind: &Kind::Entry,
        id: OTHER,
        author: None,
        place: "522728",
        programme: None,
        day: None,
        state: State::Verified,
    };
    assert!(window.holds(USER, &facts));
    assert!(!Window { rule: RULE, ..window }.holds(USER, &facts));
}
