//! Any directory, entries and filter for the tests of packs.

use crate::catalogue::Catalogue;
use crate::directory::Directory;
use crate::directory::index::DirectoryIndex;
use crate::directory::organisation::{Organisation, OrganisationKind, Pairing};
use crate::directory::place::Side;
use crate::entry::{Entry, State};
use crate::figures::contribution::{Contribution, contributions};
use crate::figures::entry_count::{EntryCount, count_entry};
use crate::figures::figure::Filter;
use crate::figures::pack::YearPack;
use crate::figures::tests::blank_entry;
use crate::values::quantity::{Qualifier, Quantity};
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;
pub(in crate::figures) const YEAR: i32 = 2025;
/// Places of organisations and filters; entries are at these and at villages.
const PLACES: &str = "(5201|5227)((11|28)(101|109)?)?";

pub(in crate::figures) fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub(in crate::figures) fn catalogue() -> Catalogue {
    let codes = ["sum", "latest", "mean", "distinct", "places"];
    let indicator = |code: &str| {
        let (aggregation, by) = if code == "places" { ("distinct", "place") } else { (code, "organisation") };
        let programme = if code == "mean" { "health" } else { "industry" };
        json!({"code": code, "programme": programme, "name": "", "name_en": "", "unit": "", "unit_en": "",
               "aggregation": aggregation, "distinct_by": by,
               "targets": [{"year": YEAR, "value": 8, "qualifier": "at_least"}]})
    };
    let field = |code: &str| {
        json!({"code": code, "name": "", "name_en": "", "kind": "number", "unit": "", "unit_en": "",
               "required": false, "feeds": code})
    };
    let activity = |code: &str, programme: &str, fields: &[&str]| {
        json!({"code": code, "programme": programme, "name": "", "name_en": "", "version": 1,
               "fields": fields.iter().map(|code| field(code)).collect::<Vec<_>>()})
    };
    serde_json::from_value(json!({
        "version": 1, "programmes": [], "indicators": codes.map(indicator),
        "activities": [activity("all", "industry", &codes), activity("visit", "health", &["mean"])]
    }))
    .unwrap()
}

/// Organisations and pairings of a test.
#[derive(Clone, Debug)]
pub(in crate::figures) struct Region {
    pub(in crate::figures) organisations: Vec<Organisation>,
    pub(in crate::figures) pairings: Vec<Pairing>,
}

impl Region {
    pub(in crate::figures) fn directory(&self) -> Directory<'_> {
        Directory { organisations: &self.organisations, pairings: &self.pairings }
    }

    pub(in crate::figures) fn index(&self) -> DirectoryIndex {
        DirectoryIndex::new(self.directory())
    }
}

pub(in crate::figures) fn any_region() -> impl Strategy<Value = Region> {
    let organisation = |(number, place): (u128, String)| Organisation {
        id: id(number),
        name: String::new(),
        name_en: String::new(),
        kind: OrganisationKind::School,
        side: if number % 2 == 0 { Side::A } else { Side::B },
        place,
        programme: if number % 3 == 0 { "health" } else { "industry" }.to_owned(),
        position: Some((106.0, 26.0)),
        source: None,
        initials: String::new(),
        rev: 0,
    };
    let pairing = |(number, (a, b)): (u128, (u128, u128))| Pairing {
        id: id(100 + number),
        programme: if number % 2 == 0 { "health" } else { "industry" }.to_owned(),
        organisation_a: id(a),
        organisation_b: id(b),
        from: None,
        to: None,
        source: None,
        agreement: None,
        rev: 0,
    };
    (prop::collection::vec(PLACES, 6), prop::collection::vec((0..6_u128, 0..6_u128), 4)).prop_map(
        move |(places, pairings)| Region {
            organisations: (0..).zip(places).map(organisation).collect(),
            pairings: (0..).zip(pairings).map(pairing).collect(),
        },
    )
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let state = prop_oneof![Just(State::Submitted), Just(State::Verified), Just(State::Returned)];
    let day = (YEAR - 1..=YEAR, 1..=12_u8, 1..=3_u8);
    let who = (prop::option::of(0..6_u128), prop::option::of(0..4_u128), any::<bool>());
    let number = (0..4_u32, any::<bool>());
    let place = prop_oneof![PLACES, "522728109(204|205)"];
    (day, who, place, state, number, any::<bool>()).prop_map(
        |((year, month, day), (organisation, pairing, is_opening), place, state, (number, is_vague), is_visit)| {
            let value = Quantity::from_f64(f64::from(number) / 4.0).unwrap();
            let codes: &[&str] = if is_visit { &["mean"] } else { &["sum", "latest", "mean", "distinct", "places"] };
            let values = codes.iter().map(|code| ((*code).to_owned(), value)).collect();
            let vague = codes.iter().map(|code| ((*code).to_owned(), Qualifier::About));
            Entry {
                activity: if is_visit { "visit" } else { "all" }.into(),
                place,
                pairing: pairing.map(|number| id(100 + number)),
                organisation: organisation.map(id),
                values,
                qualifiers: if is_vague { vague.collect() } else { BTreeMap::new() },
                state,
                source: is_opening.then(|| "report".to_owned()),
                ..blank_entry(&format!("{year}-{month:02}-{day:02}"))
            }
        },
    )
}

pub(in crate::figures) fn any_entries() -> impl Strategy<Value = Vec<Entry>> {
    prop::collection::vec(any_entry(), 0..25)
}

pub(in crate::figures) fn any_filter() -> impl Strategy<Value = Filter> {
    let programme = prop_oneof![Just(None), Just(Some("industry".to_owned())), Just(Some("health".to_owned()))];
    let month = prop::option::of((YEAR - 1..=YEAR + 1, 1..=12_u8));
    (programme, prop::option::of(PLACES), any::<bool>(), month.clone(), month).prop_map(
        |(programme, place, verified_only, from, until)| {
            let month = |(year, month): (i32, u8)| format!("{year}-{month:02}").parse().unwrap();
            let year = Some(YEAR);
            Filter { year, programme, place, verified_only, from: from.map(month), until: until.map(month) }
        },
    )
}

/// Returns the contributions and entry counts of entries, numbered from `first`.
pub(in crate::figures) fn counted(entries: &[Entry], first: u128) -> (Vec<Contribution>, Vec<EntryCount>) {
    let catalogue = catalogue();
    let numbered = (first..).zip(entries);
    let contributions = numbered.flat_map(|(number, entry)| contributions(id(number), entry, &catalogue)).collect();
    (contributions, entries.iter().filter_map(|entry| count_entry(entry, &catalogue)).collect())
}

pub(in crate::figures) fn pack_of(entries: &[Entry], region: &Region) -> YearPack {
    let (contributions, counts) = counted(entries, 0);
    YearPack::new(YEAR, &contributions, &counts, &region.index())
}
