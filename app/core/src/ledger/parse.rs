//! Validation of a ledger item's fields from an untrusted source. All errors are reported, each with its field.

use crate::catalogue::field_reader::FieldReader;
use crate::catalogue::{Field, FieldKind};
use crate::entry::{FIRST_YEAR, Fields, NOTE_LENGTH, Rules, check_value, field};
use crate::ledger::{ENTRIES, Item, LAST_YEAR, Status, TITLE_LENGTH};
use crate::values::field_error::{ErrorCode, FieldError};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

impl Item {
    /// Validates untrusted fields and returns the item, or all errors.
    pub fn parse(fields: &Fields, rules: Rules<'_>) -> Result<Self, Vec<FieldError>> {
        let mut reader = FieldReader::new(fields);
        reader.bounds(&field::OF_LEDGER_ITEM);
        let place = reader.required_text(field::PLACE);
        if !place.is_empty() && rules.places.get(&place).is_none() {
            reader.error(field::PLACE, ErrorCode::Unknown);
        }
        let programme = reader.required_text(field::PROGRAMME);
        if !programme.is_empty() && rules.catalogue.programme(&programme).is_none() {
            reader.error(field::PROGRAMME, ErrorCode::Unknown);
        }
        if reader.required_text(field::TITLE).trim().is_empty()
            && reader.errors.iter().all(|error| error.field != field::TITLE)
        {
            reader.error(field::TITLE, ErrorCode::Required);
        }
        for (name, longest) in [
            (field::TITLE, TITLE_LENGTH),
            (field::RESPONSIBLE, TITLE_LENGTH),
            (field::UNIT, 20),
            (field::NOTE, NOTE_LENGTH),
        ] {
            reader.text(name, longest);
        }
        match reader.present(field::YEAR).map(Value::as_i64) {
            None => reader.error(field::YEAR, ErrorCode::Required),
            Some(Some(year)) if (i64::from(FIRST_YEAR)..=i64::from(LAST_YEAR)).contains(&year) => {}
            Some(Some(_)) => reader.error(field::YEAR, ErrorCode::Unknown),
            Some(None) => reader.error(field::YEAR, ErrorCode::WrongType),
        }
        match reader.present(field::AMOUNT) {
            None => {}
            Some(amount) if !amount.is_number() => reader.error(field::AMOUNT, ErrorCode::NotAmount),
            Some(amount) => {
                if let Err(error) = check_value(&amount_field(), amount.as_f64()) {
                    reader.errors.push(FieldError { field: field::AMOUNT.to_owned(), ..error });
                }
            }
        }
        reader.day(field::DUE);
        let pairing = reader.id(field::PAIRING, |id| rules.pairings.iter().any(|pairing| pairing.id == id));
        match reader.present(field::STATUS).map(Status::deserialize) {
            Some(Err(_)) => reader.error(field::STATUS, ErrorCode::Unknown),
            Some(Ok(status)) if status.requires_pairing() && pairing.is_none() => {
                reader.error(field::PAIRING, ErrorCode::Required)
            }
            Some(Ok(Status::Dropped)) if reader.text(field::NOTE, NOTE_LENGTH).trim().is_empty() => {
                reader.error(field::NOTE, ErrorCode::Required);
            }
            _ => {}
        }
        match reader.present(field::ENTRIES).map(Vec::<Uuid>::deserialize) {
            Some(Err(_)) => reader.error(field::ENTRIES, ErrorCode::WrongType),
            Some(Ok(entries)) if entries.len() > ENTRIES => {
                reader.errors.push(FieldError::with_limit(field::ENTRIES, ErrorCode::TooLarge, ENTRIES as f64));
            }
            _ => {}
        }
        match reader.present(field::DATES).map(BTreeMap::<String, String>::deserialize) {
            Some(Err(_)) => reader.error(field::DATES, ErrorCode::WrongType),
            Some(Ok(dates)) if dates.keys().any(|code| Status::from_code(code).is_none()) => {
                reader.error(field::DATES, ErrorCode::Unknown);
            }
            Some(Ok(dates)) if dates.values().any(|day| crate::values::date::parse_date(day).is_none()) => {
                reader.error(field::DATES, ErrorCode::NotDate);
            }
            _ => {}
        }
        match (reader.errors.is_empty(), Self::from_checked(fields)) {
            (true, Some(item)) => Ok(item),
            (true, None) => Err(vec![FieldError::new(field::LEDGER, ErrorCode::Unknown)]),
            (false, _) => Err(reader.errors),
        }
    }
}

/// Form field with the rules for an item's amount.
fn amount_field() -> Field {
    Field { code: field::AMOUNT.to_owned(), kind: FieldKind::Number, ..Field::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::directory::{organisation::Pairing, place::Places};
    use crate::values::date::parse_date;
    use crate::values::quantity::Quantity;
    use rstest::rstest;
    use serde_json::json;

    const PAIRING: u128 = 9;

    fn check(change: Value) -> Result<Item, Vec<(String, ErrorCode)>> {
        let catalogue: Catalogue = serde_json::from_value(json!({"version": 1, "indicators": [], "activities": [],
            "programmes": [{"code": "industry", "name": "产业", "name_en": "Industry"}]}))
        .unwrap();
        let county = json!({"code": "522728", "parent": "5227", "level": "county", "name": "罗甸县", "side": "b"});
        let places = Places::new(vec![serde_json::from_value(county).unwrap()]);
        let pairing: Pairing = serde_json::from_value(json!({"id": Uuid::from_u128(PAIRING), "programme": "industry",
            "organisation_a": Uuid::nil(), "organisation_b": Uuid::nil()}))
        .unwrap();
        let pairings = [pairing];
        let rules = Rules {
            catalogue: &catalogue,
            places: &places,
            organisations: &[],
            pairings: &pairings,
            last_day: None,
            closed: &[],
        };
        let mut fields = json!({"ledger": "need", "year": 2026, "place": "522728", "programme": "industry", "title": "蛋鸡棚",
            "amount": 2, "unit": "栋", "due": "2026-12-31", "responsible": "村支书", "status": "open"});
        fields.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let errors_of = |errors: Vec<FieldError>| errors.into_iter().map(|error| (error.field, error.code)).collect();
        Item::parse(fields.as_object().unwrap(), rules).map_err(errors_of)
    }

    #[test]
    fn parse_accepts_valid_item_and_is_overdue_after_due_date() {
        let item =
            check(json!({"unit": null, "responsible": null, "note": null, "dates": null, "ledger": null})).unwrap();
        assert_eq!((item.amount.map(Quantity::to_f64), item.status), (Some(2.0), Status::Open));
        let day = |text| parse_date(text).unwrap();
        assert!(!item.is_overdue(day("2026-12-31")) && item.is_overdue(day("2027-01-01")));
        let done = check(json!({"status": "met", "dates": {"met": "2026-11-24"}})).unwrap();
        assert!(!done.is_overdue(day("2027-01-01")));
        check(json!({"status": "matched", "pairing": Uuid::from_u128(PAIRING), "entries": [Uuid::nil()]})).unwrap();
    }

    #[rstest]
    #[case(json!({"place": "52"}), "place", ErrorCode::Unknown)]
    #[case(json!({"programme": "x"}), "programme", ErrorCode::Unknown)]
    #[case(json!({"title": "  "}), "title", ErrorCode::Required)]
    #[case(json!({"title": "长".repeat(201)}), "title", ErrorCode::TooLong)]
    #[case(json!({"year": null}), "year", ErrorCode::Required)]
    #[case(json!({"year": 1900}), "year", ErrorCode::Unknown)]
    #[case(json!({"amount": "2"}), "amount", ErrorCode::NotAmount)]
    #[case(json!({"amount": -1}), "amount", ErrorCode::TooSmall)]
    #[case(json!({"due": "31.12."}), "due", ErrorCode::NotDate)]
    #[case(json!({"status": "lost"}), "status", ErrorCode::Unknown)]
    #[case(json!({"status": "matched"}), "pairing", ErrorCode::Required)]
    #[case(json!({"status": "dropped"}), "note", ErrorCode::Required)]
    #[case(json!({"pairing": Uuid::nil()}), "pairing", ErrorCode::Unknown)]
    #[case(json!({"entries": ["x"]}), "entries", ErrorCode::WrongType)]
    #[case(json!({"dates": {"lost": "2026-11-24"}}), "dates", ErrorCode::Unknown)]
    #[case(json!({"dates": {"met": "x"}}), "dates", ErrorCode::NotDate)]
    #[case(json!({"ledger": "x"}), "ledger", ErrorCode::Unknown)]
    fn parse_names_invalid_field(#[case] change: Value, #[case] field: &str, #[case] code: ErrorCode) {
        assert_eq!(check(change), Err(vec![(field.to_owned(), code)]));
    }
}
