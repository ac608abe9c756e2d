//! The ledger (需求台账): what a village needs, or plans to do in a year, and how far that has come.

use crate::catalogue::field_reader::FieldReader;
use crate::catalogue::{Field, Kind};
use crate::entry::{FIRST_YEAR, Fields, NOTE_LENGTH, Rules, check_value};
use crate::values::field_error::{ErrorCode, FieldError};
use crate::values::quantity::Quantity;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use time::Date;
use uuid::Uuid;

/// The last year that the ledger has.
pub const LAST_YEAR: i32 = 2099;
/// The most characters of what is needed, and of who sees to it.
pub const TITLE_LENGTH: usize = 200;
/// The most entries that meet a need.
pub const ENTRIES: usize = 200;

/// Which of the two ledgers an item is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ledger {
    /// 需求: what a village cannot do alone.
    #[default]
    Need,
    /// 发展规划: what it means to do.
    Plan,
}

/// How far an item has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// 待对接: nobody has taken it on.
    #[default]
    Open,
    /// 已对接: a pairing has.
    Matched,
    /// 推进中: it is being done.
    UnderWay,
    /// 已完成: it is done.
    Met,
    /// 已取消: it will not be done.
    Dropped,
}

impl Status {
    /// All of them, in the order in which an item goes through them.
    pub const ALL: [Self; 5] = [Self::Open, Self::Matched, Self::UnderWay, Self::Met, Self::Dropped];

    /// The code, as on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Matched => "matched",
            Self::UnderWay => "under_way",
            Self::Met => "met",
            Self::Dropped => "dropped",
        }
    }

    /// The status with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|own| own.code() == code)
    }

    /// Whether nothing more is to be done.
    pub fn is_ended(self) -> bool {
        matches!(self, Self::Met | Self::Dropped)
    }

    /// Whether somebody must have taken it on.
    fn wants_pairing(self) -> bool {
        matches!(self, Self::Matched | Self::UnderWay)
    }
}

/// An item of a ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Which ledger.
    #[serde(default)]
    pub ledger: Ledger,
    /// The year.
    pub year: i32,
    /// The code of the place whose need it is.
    pub place: String,
    /// The category: the programme's code.
    pub programme: String,
    /// What is needed.
    pub title: String,
    /// How much, where that can be said.
    #[serde(default)]
    pub amount: Option<Quantity>,
    /// Of what.
    #[serde(default)]
    pub unit: String,
    /// By when.
    #[serde(default, with = "crate::values::date::option")]
    pub due: Option<Date>,
    /// Who sees to it.
    #[serde(default)]
    pub responsible: String,
    /// How far it has come.
    #[serde(default)]
    pub status: Status,
    /// On which day it came to each status, by the statuses' codes.
    #[serde(default)]
    pub dates: BTreeMap<String, String>,
    /// The pairing that has taken it on.
    #[serde(default)]
    pub pairing: Option<Uuid>,
    /// The entries that meet it.
    #[serde(default)]
    pub entries: Vec<Uuid>,
    /// In one's own words; for a dropped one, why.
    #[serde(default)]
    pub note: String,
    /// Who wrote it down.
    #[serde(default)]
    pub author: Option<Uuid>,
}

/// The fields that an item has.
const NAMES: [&str; 14] = [
    "ledger",
    "year",
    "place",
    "programme",
    "title",
    "amount",
    "unit",
    "due",
    "responsible",
    "status",
    "dates",
    "pairing",
    "entries",
    "note",
];

impl Item {
    /// Reads fields that were checked before.
    pub fn from_checked(fields: &Fields) -> Option<Self> {
        // What is cleared is as if it had never been there.
        let there = fields.iter().filter(|(_, value)| !value.is_null());
        let there = there.map(|(name, value)| (name.clone(), value.clone())).collect();
        Self::deserialize(Value::Object(there)).ok()
    }

    /// Whether it should have been done by now.
    pub fn is_overdue(&self, today: Date) -> bool {
        !self.status.is_ended() && self.due.is_some_and(|due| due < today)
    }

    /// Checks fields from outside. Every mistake is reported, each at its field.
    pub fn check(fields: &Fields, rules: Rules<'_>) -> Result<Self, Vec<FieldError>> {
        let mut check = FieldReader::new(fields);
        check.bounds(&NAMES);
        let place = check.required_text("place");
        if !place.is_empty() && rules.places.get(&place).is_none() {
            check.error("place", ErrorCode::Unknown);
        }
        let programme = check.required_text("programme");
        if !programme.is_empty() && rules.catalogue.programme(&programme).is_none() {
            check.error("programme", ErrorCode::Unknown);
        }
        if check.required_text("title").trim().is_empty() && check.errors.iter().all(|own| own.field != "title") {
            check.error("title", ErrorCode::Required);
        }
        for (name, longest) in
            [("title", TITLE_LENGTH), ("responsible", TITLE_LENGTH), ("unit", 20), ("note", NOTE_LENGTH)]
        {
            check.text(name, longest);
        }
        match check.given("year").map(Value::as_i64) {
            None => check.error("year", ErrorCode::Required),
            Some(Some(year)) if (i64::from(FIRST_YEAR)..=i64::from(LAST_YEAR)).contains(&year) => {}
            Some(Some(_)) => check.error("year", ErrorCode::Unknown),
            Some(None) => check.error("year", ErrorCode::WrongType),
        }
        match check.given("amount") {
            None => {}
            Some(amount) if !amount.is_number() => check.error("amount", ErrorCode::NotAmount),
            Some(amount) => {
                if let Err(error) = check_value(&amount_field(), amount.as_f64()) {
                    check.errors.push(FieldError { field: "amount".to_owned(), ..error });
                }
            }
        }
        check.day("due");
        let pairing = check.id("pairing", |id| rules.pairings.iter().any(|pairing| pairing.id == id));
        match check.given("status").map(Status::deserialize) {
            Some(Err(_)) => check.error("status", ErrorCode::Unknown),
            Some(Ok(status)) if status.wants_pairing() && pairing.is_none() => {
                check.error("pairing", ErrorCode::Required)
            }
            Some(Ok(Status::Dropped)) if check.text("note", NOTE_LENGTH).trim().is_empty() => {
                check.error("note", ErrorCode::Required);
            }
            _ => {}
        }
        match check.given("entries").map(Vec::<Uuid>::deserialize) {
            Some(Err(_)) => check.error("entries", ErrorCode::WrongType),
            Some(Ok(entries)) if entries.len() > ENTRIES => {
                check.errors.push(FieldError::with_limit("entries", ErrorCode::TooLarge, ENTRIES as f64));
            }
            _ => {}
        }
        match check.given("dates").map(BTreeMap::<String, String>::deserialize) {
            Some(Err(_)) => check.error("dates", ErrorCode::WrongType),
            Some(Ok(dates)) if dates.keys().any(|code| Status::from_code(code).is_none()) => {
                check.error("dates", ErrorCode::Unknown);
            }
            Some(Ok(dates)) if dates.values().any(|day| crate::values::date::parse_date(day).is_none()) => {
                check.error("dates", ErrorCode::NotDate);
            }
            _ => {}
        }
        match (check.errors.is_empty(), Self::from_checked(fields)) {
            (true, Some(need)) => Ok(need),
            (true, None) => Err(vec![FieldError::new("ledger", ErrorCode::Unknown)]),
            (false, _) => Err(check.errors),
        }
    }
}

/// What an amount must be: as a number of a form.
fn amount_field() -> Field {
    Field { code: "amount".to_owned(), kind: Kind::Number, ..Field::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::directory::{organisation::Pairing, place::Places};
    use crate::values::date::parse_date;
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
        let told = |errors: Vec<FieldError>| errors.into_iter().map(|error| (error.field, error.code)).collect();
        Item::check(fields.as_object().unwrap(), rules).map_err(told)
    }

    #[test]
    fn takes_what_is_right_and_knows_what_is_overdue() {
        let need =
            check(json!({"unit": null, "responsible": null, "note": null, "dates": null, "ledger": null})).unwrap();
        assert_eq!((need.amount.map(Quantity::to_f64), need.status), (Some(2.0), Status::Open));
        let day = |text| parse_date(text).unwrap();
        assert!(!need.is_overdue(day("2026-12-31")) && need.is_overdue(day("2027-01-01")));
        let met = check(json!({"status": "met", "dates": {"met": "2026-11-24"}})).unwrap();
        assert!(!met.is_overdue(day("2027-01-01")));
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
    fn names_the_field_that_is_wrong(#[case] change: Value, #[case] field: &str, #[case] code: ErrorCode) {
        assert_eq!(check(change), Err(vec![(field.to_owned(), code)]));
    }
}
