//! Tests of the map index.

use super::*;

#[test]
fn golden_turns_equal_the_trigonometric_functions() {
    let golden_angle = std::f64::consts::PI * (3.0 - 5.0_f64.sqrt());
    for turns in [0, 1, 2, 399, 10_000] {
        let angle = golden_angle * f64::from(turns);
        let (cos, sin) = golden_turns(turns);
        assert!((cos - angle.cos()).abs() < 1e-9 && (sin - angle.sin()).abs() < 1e-9, "{turns}");
    }
}
use uuid::Uuid;

#[test]
fn spread_positions_are_distinct_and_inside_county() {
    for (county, count) in [("522728", 10), ("520111", 17)] {
        let outline = OUTLINES.iter().find(|outline| outline.code == county).unwrap();
        let positions = spread_positions(county, count);
        assert_eq!(positions.len(), count);
        for (number, position) in positions.iter().enumerate() {
            assert!(outline.contains(*position));
            assert!(
                positions[number + 1..].iter().all(|other| (position.0 - other.0).hypot(position.1 - other.1) > 0.005)
            );
        }
    }
    assert!(spread_positions("999999", 3).is_empty());
}
use crate::directory::organisation::Pairing;

fn organisation(number: u128, place: &str) -> Organisation {
    serde_json::from_value(serde_json::json!({"id": Uuid::from_u128(number), "name": "", "name_en": "",
        "kind": "school", "side": "b", "place": place, "programme": "education"}))
    .unwrap()
}

#[test]
fn approximate_positions_are_distinct_and_inside_county() {
    let schools: Vec<Organisation> = (0..40).map(|n| organisation(n, "522728108")).collect();
    let luodian = OUTLINES.iter().find(|outline| outline.code == "522728").unwrap();
    let mut seen: Vec<Position> = Vec::new();
    for position in positions(&schools).into_iter().flatten() {
        assert!(luodian.contains(position));
        let near = |other: &Position| (other.0 - position.0).hypot(other.1 - position.1) < SPREAD / 2.0;
        assert!(!seen.iter().any(near), "{position:?} is too near to another");
        seen.push(position);
    }
    assert_eq!(seen.len(), 40);
}

#[test]
fn stored_position_is_used() {
    let mut school = organisation(1, "522728108");
    school.position = Some((106.7, 25.4));
    assert_eq!(positions(&[school]), [Some((106.7, 25.4))]);
}

#[test]
fn features_count_entry_once_for_each_end_of_pairing() {
    let count = |pairing: Option<u128>, organisation: Option<u128>, entries| EntryCount {
        programme: "education".into(),
        place: "522728109".into(),
        pairing: pairing.map(Uuid::from_u128),
        organisation: organisation.map(Uuid::from_u128),
        month: "2026-03".parse().unwrap(),
        verified: entries > 1,
        entries,
    };
    let pairing = Pairing {
        id: Uuid::from_u128(9),
        programme: "education".into(),
        organisation_a: Uuid::from_u128(1),
        organisation_b: Uuid::from_u128(2),
        from: None,
        to: None,
        source: None,
        agreement: None,
        rev: 0,
    };
    let overview = Overview {
        edition: "one".into(),
        organisations: [(1, "520111"), (2, "522728109"), (3, "522728108")]
            .map(|(id, at)| organisation(id, at))
            .to_vec(),
        pairings: vec![pairing],
        entry_counts: vec![
            count(Some(9), Some(2), 1),
            count(Some(9), None, 3),
            count(None, Some(3), 5),
            count(Some(77), None, 7),
        ],
        ..Overview::default()
    };
    let index = MapIndex::new(&overview, None);
    let features = index.features(&overview, &Filter::default());
    let entries: Vec<u64> = features.points.iter().map(|point| point.counts.entries).collect();
    let paired: Vec<bool> = features.points.iter().map(|point| point.paired).collect();
    assert_eq!(paired, [true, true, false]);
    assert_eq!((features.lines[0].counts, entries), (EntryTotals { entries: 4, verified: 3 }, vec![4, 4, 5]));
    let verified = Filter { verified_only: true, ..Filter::default() };
    assert_eq!(index.features(&overview, &verified).lines[0].counts, EntryTotals { entries: 3, verified: 3 });
    let near = Filter { place: Some("520111".into()), ..Filter::default() };
    assert_eq!(index.features(&overview, &near).points.len(), 2, "its pairing's other end is shown too");
    assert_eq!(MapIndex::new(&overview, Some(&index)), index);
}
