//! Content of an empty database: the catalogue, the places, the directory and the reported figures of 2023.

use crate::db::reference::fill;
use crate::db::reference::load::Reference;
use crate::db::{Db, DbError};
use jiedui_core::catalogue::Catalogue;
use jiedui_core::directory::{
    organisation::{Organisation, Pairing},
    place::{Place, Places},
};
use jiedui_core::entry::{Fields, State, field};
use jiedui_core::values::quantity::Quantity;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

const CATALOGUE: &str = include_str!("../seed/catalogue.json");
const DIRECTORY: &str = include_str!("../seed/directory.json");
const PLACES: &str = include_str!("../seed/places.csv");
const REPORTED: &str = include_str!("../seed/reported-2023.csv");
/// Source of opening entries.
const SOURCE: &str = "reported-2023";
/// Date of opening entries: the report is for the whole year.
const DAY: &str = "2023-12-31";
/// First identifier of opening entries: 1 January 2024, then a number. Identifiers are fixed, so that two databases that
/// this program fills are equal.
const FIRST_ID: u128 = 0x018cc251_f400_7000_8000_000000001000;

/// The embedded files are inconsistent.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// A file cannot be read.
    #[error("seed data: {0}")]
    Json(#[from] serde_json::Error),
    /// A table cannot be read.
    #[error("seed data: {0}")]
    Csv(#[from] csv::Error),
    /// A row names a code that does not exist.
    #[error("seed data: the reported figure `{0}` has no form or no place")]
    Figure(String),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

#[derive(Deserialize)]
struct Directory {
    organisations: Vec<Organisation>,
    pairings: Vec<Pairing>,
}

#[derive(Deserialize)]
struct Reported {
    indicator: String,
    kind: String,
    value: Quantity,
    qualifier: String,
    place_a: String,
    place_b: String,
}

/// Fills an empty database. Returns whether it was empty.
pub async fn fill(db: &Db) -> Result<bool, SeedError> {
    let reference = read()?;
    let opening = opening_entries(&reference)?;
    Ok(fill::fill(db, &reference, &opening).await?)
}

fn read() -> Result<Reference, SeedError> {
    let catalogue: Catalogue = serde_json::from_str(CATALOGUE)?;
    let directory: Directory = serde_json::from_str(DIRECTORY)?;
    let places: Result<Vec<Place>, _> = csv::Reader::from_reader(PLACES.as_bytes()).deserialize().collect();
    Ok(Reference {
        catalogue,
        places: Places::new(places?),
        organisations: directory.organisations,
        pairings: directory.pairings,
        ..Reference::default()
    })
}

/// Returns the reported actuals as entries, one for each form and place.
fn opening_entries(reference: &Reference) -> Result<Vec<(Uuid, Fields)>, SeedError> {
    let mut entries: BTreeMap<(usize, String), Fields> = BTreeMap::new();
    for row in csv::Reader::from_reader(REPORTED.as_bytes()).deserialize() {
        let row: Reported = row?;
        if row.kind != "actual" {
            continue;
        }
        let missing = || SeedError::Figure(row.indicator.clone());
        let fed = |field: &jiedui_core::catalogue::Field| field.feeds.as_deref() == Some(&row.indicator);
        let activities = reference.catalogue.activities.iter().enumerate();
        let (number, activity, field) = activities
            .filter_map(|(number, activity)| Some((number, activity, activity.fields.iter().find(|field| fed(field))?)))
            .next()
            .ok_or_else(missing)?;
        let place = reference.places.all().iter().find(|place| place.name == row.place_b).ok_or_else(missing)?;
        let fields = entries.entry((number, place.code.clone())).or_insert_with(|| {
            let pairing = pairing_of(reference, &row.place_a, &row.place_b);
            let entry = json!({
                (field::ACTIVITY): activity.code, (field::DATE): DAY, (field::PLACE): place.code,
                (field::PAIRING): pairing, (field::ORGANISATION): null, (field::VALUES): {}, (field::QUALIFIERS): {},
                (field::NOTE): "2023 年报告数据", (field::STATE): State::Verified.code(), (field::ATTACHMENTS): [],
                (field::SOURCE): SOURCE,
            });
            entry.as_object().cloned().unwrap_or_default()
        });
        insert(fields, field::VALUES, &field.code, json!(row.value));
        if row.qualifier != "exact" {
            insert(fields, field::QUALIFIERS, &field.code, json!(row.qualifier));
        }
    }
    Ok((FIRST_ID..).map(Uuid::from_u128).zip(entries.into_values()).collect())
}

fn insert(fields: &mut Fields, object: &str, name: &str, value: Value) {
    if let Some(object) = fields.get_mut(object).and_then(Value::as_object_mut) {
        object.insert(name.to_owned(), value);
    }
}

/// Returns the pairing of two organisations with these names.
fn pairing_of(reference: &Reference, name_a: &str, name_b: &str) -> Option<Uuid> {
    let id = |name: &str| {
        reference
            .organisations
            .iter()
            .find(|organisation| organisation.name == name)
            .map(|organisation| organisation.id)
    };
    let (a, b) = (id(name_a)?, id(name_b)?);
    let pairing = reference.pairings.iter().find(|pairing| (pairing.organisation_a, pairing.organisation_b) == (a, b));
    pairing.map(|pairing| pairing.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiedui_core::entry::Entry;
    use jiedui_core::fixtures::sample::{FIRST_DAY, Sample};
    use jiedui_core::values::date::parse_date;

    #[test]
    fn every_opening_entry_is_valid_for_its_form() {
        let reference = read().unwrap();
        let entries = opening_entries(&reference).unwrap();
        let last_day = parse_date("2024-01-01").unwrap();
        for (_, fields) in &entries {
            Entry::parse(fields, reference.rules(last_day)).unwrap();
        }
        let values: usize = entries.iter().map(|(_, fields)| fields[field::VALUES].as_object().unwrap().len()).sum();
        assert_eq!(values, 34, "the report has 34 actuals");
    }

    #[test]
    fn generated_entries_are_valid_and_reproducible() {
        let reference = read().unwrap();
        let last_day = parse_date("2026-11-25").unwrap();
        let directory = (reference.organisations.as_slice(), reference.pairings.as_slice());
        let sample = || Sample::new(7, &reference.catalogue, &reference.places, directory, (FIRST_DAY, last_day));
        let mut activities = std::collections::BTreeSet::new();
        for number in 0..2_000 {
            let (id, fields) = sample().entry(number);
            let entry = Entry::parse(&fields, reference.rules(last_day)).unwrap();
            assert_eq!(sample().entry(number), (id, fields));
            activities.insert(entry.activity);
        }
        assert_eq!(activities.len(), reference.catalogue.activities.len(), "each form is used");
    }

    #[test]
    fn catalogue_stored_without_colors_reads_as_the_built_in_one() {
        let mut stored: Value = serde_json::from_str(CATALOGUE).unwrap();
        for programme in stored["programmes"].as_array_mut().unwrap() {
            let color = programme.as_object_mut().unwrap().remove("color");
            assert!(color.is_some(), "{programme}");
        }
        assert_eq!(serde_json::from_value::<Catalogue>(stored).unwrap(), read().unwrap().catalogue);
    }

    #[test]
    fn every_indicator_has_a_form_that_feeds_it() {
        let catalogue = read().unwrap().catalogue;
        assert_eq!((catalogue.indicators.len(), catalogue.programmes.len()), (40, 6));
        let feeds = |code: &str| {
            let fields = catalogue.activities.iter().flat_map(|activity| &activity.fields);
            fields.filter(|field| field.feeds.as_deref() == Some(code)).count()
        };
        for indicator in &catalogue.indicators {
            assert_eq!(feeds(&indicator.code), 1, "{}", indicator.code);
            assert!(catalogue.programme(&indicator.programme).is_some());
        }
    }
}
