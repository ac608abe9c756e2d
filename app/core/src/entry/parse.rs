//! Validation of an entry's fields from an untrusted source. All errors are reported, each with the field that it
//! concerns.

use crate::catalogue::field_reader::FieldReader;
use crate::catalogue::{Activity, Catalogue, Field, Kind};
use crate::entry::model::{ATTACHMENTS, Answer, Cell, Entry, Fields, NOTE_LENGTH, ROWS, Rules, State};
use crate::values::field_error::{ErrorCode, FieldError};
use crate::values::quantity::{Qualifier, Quantity};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Names of an entry's fields.
const NAMES: [&str; 17] = [
    "activity",
    "version",
    "date",
    "place",
    "pairing",
    "organisation",
    "values",
    "details",
    "qualifiers",
    "note",
    "state",
    "review_note",
    "position",
    "attachments",
    "reason",
    "duplicate_of",
    "review_fields",
];

impl Entry {
    /// Validates untrusted fields and returns the entry, or all errors.
    pub fn parse(fields: &Fields, rules: Rules<'_>) -> Result<Self, Vec<FieldError>> {
        let mut reader = FieldReader::new(fields);
        reader.bounds(&NAMES);
        let (activity, version) = reader.form(rules.catalogue);
        let date = reader.date(rules.last_day);
        let place = reader.required_text("place");
        if !place.is_empty() && rules.places.get(&place).is_none() {
            reader.error("place", ErrorCode::Unknown);
        }
        let pairing = reader.id("pairing", |id| rules.pairings.iter().any(|pairing| pairing.id == id));
        let organisation =
            reader.id("organisation", |id| rules.organisations.iter().any(|organisation| organisation.id == id));
        let details = reader.details(activity);
        let values = reader.values(activity, &details);
        let note = reader.text("note", NOTE_LENGTH);
        let review_note = Some(reader.text("review_note", NOTE_LENGTH)).filter(|note| !note.is_empty());
        let state = reader.state();
        let position = reader.position();
        let attachments = reader.attachments();
        let qualifiers = reader.qualifiers(activity);
        reader.text("reason", NOTE_LENGTH);
        let source = Some(reader.text("source", NOTE_LENGTH)).filter(|source| !source.is_empty());
        match (reader.errors.is_empty(), activity, date) {
            (true, Some(activity), Some(date)) => Ok(Self {
                activity: activity.code.clone(),
                version,
                date,
                place,
                pairing,
                organisation,
                values,
                details,
                qualifiers,
                note,
                state,
                review_note,
                position,
                attachments,
                source,
                author: None,
            }),
            _ => Err(reader.errors),
        }
    }
}

/// Validates a numeric answer; used by the form on the phone and by the server.
pub fn check_value(field: &Field, number: Option<f64>) -> Result<Option<Quantity>, FieldError> {
    let name = || format!("values.{}", field.code);
    let Some(number) = number else {
        return if field.required { Err(FieldError::new(name(), ErrorCode::Required)) } else { Ok(None) };
    };
    let quantity = Quantity::from_f64(number).ok_or_else(|| FieldError::new(name(), ErrorCode::NotAmount))?;
    if field.kind == Kind::Integer && number.fract() != 0.0 {
        return Err(FieldError::new(name(), ErrorCode::NotWhole));
    }
    let (min, max) = (field.min.unwrap_or(Quantity::ZERO), field.max);
    if quantity < min {
        return Err(FieldError::with_limit(name(), ErrorCode::TooSmall, min.to_f64()));
    }
    if let Some(max) = max.filter(|max| quantity > *max) {
        return Err(FieldError::with_limit(name(), ErrorCode::TooLarge, max.to_f64()));
    }
    Ok(Some(quantity))
}

/// Returns the codes selected in a choice field.
fn selected_codes(details: &BTreeMap<String, Answer>, code: &str) -> Vec<String> {
    details.get(code).map(|answer| answer.all().to_vec()).unwrap_or_default()
}

/// Validates an answer other than a number.
fn check_answer(field: &Field, answer: Option<Answer>) -> Result<Option<Answer>, FieldError> {
    let name = || format!("details.{}", field.code);
    let is_filled = |answer: &Answer| answer.all().iter().any(|text| !text.is_empty()) || !answer.rows().is_empty();
    let answer = answer.filter(is_filled);
    let Some(answer) = answer else {
        return if field.required { Err(FieldError::new(name(), ErrorCode::Required)) } else { Ok(None) };
    };
    let is_choice = |code: &String| field.choice(code).is_some();
    match (field.kind, &answer) {
        (Kind::Text, Answer::One(text)) if text.chars().count() > NOTE_LENGTH => {
            Err(FieldError::with_limit(name(), ErrorCode::TooLong, NOTE_LENGTH as f64))
        }
        (Kind::Text, Answer::One(_)) => Ok(Some(answer)),
        (Kind::Choice, Answer::One(code)) if is_choice(code) => Ok(Some(answer)),
        (Kind::Choices, Answer::Several(codes)) if codes.iter().all(is_choice) => {
            let different: BTreeSet<&String> = codes.iter().collect();
            if different.len() == codes.len() {
                Ok(Some(answer))
            } else {
                Err(FieldError::with_limit(name(), ErrorCode::TooLong, different.len() as f64))
            }
        }
        (Kind::Choice, Answer::One(_)) | (Kind::Choices, Answer::Several(_)) => {
            Err(FieldError::new(name(), ErrorCode::Unknown))
        }
        _ => Err(FieldError::new(name(), ErrorCode::WrongType)),
    }
}

/// Validates the rows of a table. Errors name the cell, such as `details.workers.0.count`.
fn check_rows(field: &Field, rows: &[BTreeMap<String, Cell>]) -> Result<(), Vec<FieldError>> {
    let name = format!("details.{}", field.code);
    if rows.len() > ROWS {
        return Err(vec![FieldError::with_limit(name, ErrorCode::TooLarge, ROWS as f64)]);
    }
    let mut errors = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let at = |code: &str| format!("{name}.{number}.{code}");
        for column in &field.columns {
            let result = match (column.kind.is_number(), row.get(&column.code)) {
                (true, Some(Cell::Text(_))) => Err(FieldError::new("", ErrorCode::NotAmount)),
                (true, Some(Cell::Number(number))) => check_value(column, Some(number.to_f64())).map(drop),
                (true, None) => check_value(column, None).map(drop),
                (false, Some(Cell::Number(_))) => Err(FieldError::new("", ErrorCode::WrongType)),
                (false, Some(Cell::Text(text))) => check_answer(column, Some(Answer::One(text.clone()))).map(drop),
                (false, None) => check_answer(column, None).map(drop),
            };
            errors.extend(result.err().map(|error| FieldError { field: at(&column.code), ..error }));
        }
        let is_column = |code: &String| field.columns.iter().any(|column| column.code == *code);
        errors.extend(
            row.keys().filter(|code| !is_column(code)).map(|code| FieldError::new(at(code), ErrorCode::Unknown)),
        );
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

impl<'a> FieldReader<'a> {
    /// Reads the activity and the version of its form.
    fn form<'c>(&mut self, catalogue: &'c Catalogue) -> (Option<&'c Activity>, Option<u32>) {
        let code = self.required_text("activity");
        if catalogue.activity(&code).is_none() && !code.is_empty() {
            self.error("activity", ErrorCode::Unknown);
        }
        let version = match self.given("version").map(u32::deserialize) {
            None => None,
            Some(Ok(version)) => Some(version),
            Some(Err(_)) => {
                self.error("version", ErrorCode::WrongType);
                None
            }
        };
        let form = catalogue.form(&code, version);
        if form.is_none() && catalogue.activity(&code).is_some() {
            self.error("version", ErrorCode::Unknown);
        }
        (form, version)
    }

    /// Returns the activity and its answers from the object field `name`, limited to form fields that `wanted`
    /// accepts. Returns `None` if the activity is unknown or the field is not an object.
    fn form_answers<'c>(
        &mut self,
        name: &str,
        activity: Option<&'c Activity>,
        wanted: impl Fn(&Field) -> bool,
    ) -> Option<(&'c Activity, Fields)> {
        let empty = Fields::new();
        let given = match self.given(name) {
            None => &empty,
            Some(Value::Object(given)) => given,
            Some(_) => {
                self.error(name, ErrorCode::WrongType);
                return None;
            }
        };
        let activity = activity?;
        let mut answers = Fields::new();
        for (code, answer) in given {
            if !activity.field(code).is_some_and(&wanted) {
                self.error(&format!("{name}.{code}"), ErrorCode::Unknown);
            } else if !answer.is_null() {
                answers.insert(code.clone(), answer.clone());
            }
        }
        Some((activity, answers))
    }

    fn values(
        &mut self,
        activity: Option<&Activity>,
        details: &BTreeMap<String, Answer>,
    ) -> BTreeMap<String, Quantity> {
        let mut values = BTreeMap::new();
        let of_form = self.form_answers("values", activity, |field| field.kind.is_number());
        let Some((activity, mut given)) = of_form else { return values };
        for field in activity.fields.iter().filter(|field| field.kind.is_number()) {
            let value = given.remove(&field.code);
            if !field.is_asked(|code| selected_codes(details, code)) {
                if value.is_some() {
                    self.error(&format!("values.{}", field.code), ErrorCode::Unknown);
                }
                continue;
            }
            if value.as_ref().is_some_and(|value| !value.is_number()) {
                self.error(&format!("values.{}", field.code), ErrorCode::WrongType);
                continue;
            }
            match check_value(field, value.as_ref().and_then(Value::as_f64)) {
                Ok(Some(quantity)) => drop(values.insert(field.code.clone(), quantity)),
                Ok(None) => {}
                Err(error) => self.errors.push(error),
            }
        }
        values
    }

    fn details(&mut self, activity: Option<&Activity>) -> BTreeMap<String, Answer> {
        let mut details = BTreeMap::new();
        let of_form = self.form_answers("details", activity, |field| !field.kind.is_number());
        let Some((activity, mut given)) = of_form else { return details };
        for field in activity.fields.iter().filter(|field| !field.kind.is_number()) {
            let name = format!("details.{}", field.code);
            let answer = given.remove(&field.code);
            if !field.is_asked(|code| selected_codes(&details, code)) {
                if answer.is_some() {
                    self.error(&name, ErrorCode::Unknown);
                }
                continue;
            }
            match answer.map(Answer::deserialize).transpose() {
                Err(_) => self.error(&name, ErrorCode::WrongType),
                Ok(Some(Answer::Rows(rows))) if field.kind == Kind::Table && !rows.is_empty() => {
                    match check_rows(field, &rows) {
                        Ok(()) => drop(details.insert(field.code.clone(), Answer::Rows(rows))),
                        Err(errors) => self.errors.extend(errors),
                    }
                }
                Ok(answer) => match check_answer(field, answer) {
                    Ok(Some(answer)) => drop(details.insert(field.code.clone(), answer)),
                    Ok(None) => {}
                    Err(error) => self.errors.push(error),
                },
            }
        }
        details
    }

    fn state(&mut self) -> State {
        match self.given("state").map(State::deserialize) {
            None => State::default(),
            Some(Ok(state)) => state,
            Some(Err(_)) => {
                self.error("state", ErrorCode::Unknown);
                State::default()
            }
        }
    }

    fn position(&mut self) -> Option<(f64, f64)> {
        match self.given("position").map(<(f64, f64)>::deserialize)? {
            Ok((east, north)) if east.abs() <= 180.0 && north.abs() <= 90.0 => Some((east, north)),
            _ => {
                self.error("position", ErrorCode::WrongType);
                None
            }
        }
    }

    fn qualifiers(&mut self, activity: Option<&Activity>) -> BTreeMap<String, Qualifier> {
        match self.given("qualifiers").map(BTreeMap::<String, Qualifier>::deserialize) {
            None => BTreeMap::new(),
            Some(Ok(qualifiers)) => {
                let is_number = |code: &str| {
                    activity.and_then(|activity| activity.field(code)).is_some_and(|field| field.kind.is_number())
                };
                for code in qualifiers.keys().filter(|code| !is_number(code)) {
                    self.error(&format!("qualifiers.{code}"), ErrorCode::Unknown);
                }
                qualifiers
            }
            Some(Err(_)) => {
                self.error("qualifiers", ErrorCode::WrongType);
                BTreeMap::new()
            }
        }
    }

    fn attachments(&mut self) -> Vec<String> {
        let hashes: Vec<String> = match self.given("attachments").map(Vec::deserialize) {
            None => return Vec::new(),
            Some(Ok(hashes)) => hashes,
            Some(Err(_)) => {
                self.error("attachments", ErrorCode::WrongType);
                return Vec::new();
            }
        };
        if hashes.len() > ATTACHMENTS {
            self.errors.push(FieldError::with_limit("attachments", ErrorCode::TooLarge, ATTACHMENTS as f64));
        } else if !hashes.iter().all(|hash| hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())) {
            self.error("attachments", ErrorCode::WrongType);
        }
        hashes
    }
}

#[cfg(test)]
mod tests;
