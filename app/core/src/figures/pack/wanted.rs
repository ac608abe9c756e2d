//! Pieces of year packs that a phone fetches.

use super::Piece;
use crate::directory::place::{Level, Place};
use crate::figures::figure::Filter;
use std::collections::{BTreeMap, BTreeSet};

/// Pieces by year.
pub type YearPieces = BTreeMap<i32, BTreeSet<Piece>>;

/// Returns the pieces that the screens need first: those of the current and the previous year. A filter adds its year, the year
/// before, and as many years as a screen compares. `years` are those with entries, latest first.
pub fn needed_first(current: i32, filter: &Filter, compared: usize, years: &[i32]) -> YearPieces {
    let place = filter.place.as_deref();
    let figures = || BTreeSet::from([Piece::Base, Piece::of_place(place.unwrap_or_default())]);
    let mut needed = YearPieces::new();
    let mut add = |year: i32, pieces: BTreeSet<Piece>| needed.entry(year).or_default().extend(pieces);
    for year in [current, current - 1] {
        add(year, Piece::needed_for(None));
    }
    let year = filter.year.unwrap_or(current);
    add(year, Piece::needed_for(place));
    if years.contains(&(year - 1)) {
        add(year - 1, figures());
    }
    let others = years.iter().filter(|other| **other != year);
    for other in others.take(compared.saturating_sub(1)) {
        add(*other, figures());
    }
    needed
}

/// Returns what a signed-in person needs to see every figure of the current and the previous year offline: the townships of all
/// counties. Who records also needs the subjects, with which unsent entries are compared.
pub fn needed_offline(current: i32, records: bool, places: &[Place]) -> YearPieces {
    let counties = places.iter().filter(|place| place.level == Level::County);
    let pieces: BTreeSet<Piece> =
        counties.map(|county| Piece::County(county.code.clone())).chain(records.then_some(Piece::Subjects)).collect();
    [current, current - 1].into_iter().map(|year| (year, pieces.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::place::Side;
    use rstest::rstest;

    const YEARS: [i32; 5] = [2026, 2025, 2024, 2023, 2022];

    fn names(needed: &YearPieces) -> String {
        let of_year = |(year, pieces): (&i32, &BTreeSet<Piece>)| {
            let pieces: Vec<String> = pieces.iter().map(ToString::to_string).collect();
            format!("{year}: {}", pieces.join(" "))
        };
        needed.iter().map(of_year).collect::<Vec<String>>().join(", ")
    }

    #[rstest]
    #[case(None, "", 0, "2025: base pairings organisations, 2026: base pairings organisations")]
    #[case(
        Some(2026),
        "522728109",
        0,
        "2025: base 522728 pairings organisations, 2026: base 522728 pairings organisations"
    )]
    #[case(
        Some(2023),
        "",
        0,
        "2022: base, 2023: base pairings organisations, 2025: base pairings organisations, 2026: base pairings organisations"
    )]
    #[case(
        Some(2026),
        "",
        4,
        "2023: base, 2024: base, 2025: base pairings organisations, 2026: base pairings organisations"
    )]
    #[case(
        Some(2021),
        "",
        0,
        "2021: base pairings organisations, 2025: base pairings organisations, 2026: base pairings organisations"
    )]
    fn first_pieces_are_those_of_the_screen(
        #[case] year: Option<i32>,
        #[case] place: &str,
        #[case] compared: usize,
        #[case] expected: &str,
    ) {
        let place = (!place.is_empty()).then(|| place.to_owned());
        let filter = Filter { year, place, ..Filter::default() };
        assert_eq!(names(&needed_first(2026, &filter, compared, &YEARS)), expected);
    }

    #[test]
    fn offline_pieces_are_townships_and_for_recorders_subjects() {
        let place = |code: &str, level| Place {
            code: code.to_owned(),
            parent: String::new(),
            level,
            name: String::new(),
            side: Side::A,
            initials: String::new(),
        };
        let places = [place("5227", Level::City), place("522728", Level::County), place("522728109", Level::Township)];
        assert_eq!(names(&needed_offline(2026, false, &places)), "2025: 522728, 2026: 522728");
        assert_eq!(names(&needed_offline(2026, true, &places)), "2025: 522728 subjects, 2026: 522728 subjects");
    }
}
