//! Validation of an entry's fields from an untrusted source. All errors are reported, each with the field that it
//! concerns.

use crate::catalogue::field_reader::FieldReader;
use crate::catalogue::{Activity, Catalogue, Field, FieldKind};
use crate::entry::answers::{check_answer, check_rows, check_value, selected_codes};
use crate::entry::field::{self, Fields};
use crate::entry::model::{ATTACHMENTS, Answer, Entry, NOTE_LENGTH, Rules, State};
use crate::entry::path::Path;
use crate::values::field_error::{ErrorCode, FieldError};
use crate::values::hash::is_sha256;
use crate::values::quantity::{Qualifier, Quantity};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

impl Entry {
    /// Validates untrusted fields and returns the entry, or all errors.
    pub fn parse(fields: &Fields, rules: Rules<'_>) -> Result<Self, Vec<FieldError>> {
        let mut reader = FieldReader::new(fields);
        reader.bounds(&field::OF_ENTRY);
        let (activity, version) = reader.form(rules.catalogue);
        let date = reader.date(rules.last_day);
        let place = reader.required_text(field::PLACE);
        if !place.is_empty() && rules.places.get(&place).is_none() {
            reader.error(field::PLACE, ErrorCode::Unknown);
        }
        let pairing = reader.id(field::PAIRING, |id| rules.pairings.iter().any(|pairing| pairing.id == id));
        let organisation =
            reader.id(field::ORGANISATION, |id| rules.organisations.iter().any(|organisation| organisation.id == id));
        let details = reader.details(activity);
        let values = reader.values(activity, &details);
        let note = reader.text(field::NOTE, NOTE_LENGTH);
        let review_note = Some(reader.text(field::REVIEW_NOTE, NOTE_LENGTH)).filter(|note| !note.is_empty());
        let state = reader.state();
        let position = reader.position();
        let attachments = reader.attachments();
        let qualifiers = reader.qualifiers(activity);
        reader.text(field::REASON, NOTE_LENGTH);
        let source = Some(reader.text(field::SOURCE, NOTE_LENGTH)).filter(|source| !source.is_empty());
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

impl<'a> FieldReader<'a> {
    /// Reads the activity and the version of its form.
    fn form<'c>(&mut self, catalogue: &'c Catalogue) -> (Option<&'c Activity>, Option<u32>) {
        let code = self.required_text(field::ACTIVITY);
        if catalogue.activity(&code).is_none() && !code.is_empty() {
            self.error(field::ACTIVITY, ErrorCode::Unknown);
        }
        let version = match self.present(field::VERSION).map(u32::deserialize) {
            None => None,
            Some(Ok(version)) => Some(version),
            Some(Err(_)) => {
                self.error(field::VERSION, ErrorCode::WrongType);
                None
            }
        };
        let form = catalogue.form(&code, version);
        if form.is_none() && catalogue.activity(&code).is_some() {
            self.error(field::VERSION, ErrorCode::Unknown);
        }
        (form, version)
    }

    /// Returns the activity and its answers from the object field `name`, whose answers have these paths, limited to form fields that `wanted`
    /// accepts. Returns `None` if the activity is unknown or the field is not an object.
    fn form_answers<'c>(
        &mut self,
        name: &str,
        path: for<'p> fn(&'p str) -> Path<'p>,
        activity: Option<&'c Activity>,
        wanted: impl Fn(&Field) -> bool,
    ) -> Option<(&'c Activity, Fields)> {
        let empty = Fields::new();
        let given = match self.present(name) {
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
                self.error(path(code), ErrorCode::Unknown);
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
        let form_answers =
            self.form_answers(field::VALUES, |code| Path::value(code), activity, |field| field.kind.is_number());
        let Some((activity, mut given)) = form_answers else { return values };
        for form_field in activity.fields.iter().filter(|field| field.kind.is_number()) {
            let value = given.remove(&form_field.code);
            if !form_field.is_asked(|code| selected_codes(details, code)) {
                if value.is_some() {
                    self.error(Path::value(&form_field.code), ErrorCode::Unknown);
                }
                continue;
            }
            if value.as_ref().is_some_and(|value| !value.is_number()) {
                self.error(Path::value(&form_field.code), ErrorCode::WrongType);
                continue;
            }
            match check_value(form_field, value.as_ref().and_then(Value::as_f64)) {
                Ok(Some(quantity)) => drop(values.insert(form_field.code.clone(), quantity)),
                Ok(None) => {}
                Err(error) => self.errors.push(error),
            }
        }
        values
    }

    fn details(&mut self, activity: Option<&Activity>) -> BTreeMap<String, Answer> {
        let mut details = BTreeMap::new();
        let form_answers =
            self.form_answers(field::DETAILS, |code| Path::detail(code), activity, |field| !field.kind.is_number());
        let Some((activity, mut given)) = form_answers else { return details };
        for form_field in activity.fields.iter().filter(|field| !field.kind.is_number()) {
            let path = Path::detail(&form_field.code);
            let answer = given.remove(&form_field.code);
            if !form_field.is_asked(|code| selected_codes(&details, code)) {
                if answer.is_some() {
                    self.error(path.clone(), ErrorCode::Unknown);
                }
                continue;
            }
            match answer.map(Answer::deserialize).transpose() {
                Err(_) => self.error(path.clone(), ErrorCode::WrongType),
                Ok(Some(Answer::Rows(rows))) if form_field.kind == FieldKind::Table && !rows.is_empty() => {
                    match check_rows(form_field, &rows) {
                        Ok(()) => drop(details.insert(form_field.code.clone(), Answer::Rows(rows))),
                        Err(errors) => self.errors.extend(errors),
                    }
                }
                Ok(answer) => match check_answer(form_field, answer) {
                    Ok(Some(answer)) => drop(details.insert(form_field.code.clone(), answer)),
                    Ok(None) => {}
                    Err(error) => self.errors.push(error),
                },
            }
        }
        details
    }

    fn state(&mut self) -> State {
        match self.present(field::STATE).map(State::deserialize) {
            None => State::default(),
            Some(Ok(state)) => state,
            Some(Err(_)) => {
                self.error(field::STATE, ErrorCode::Unknown);
                State::default()
            }
        }
    }

    fn position(&mut self) -> Option<(f64, f64)> {
        match self.present(field::POSITION).map(<(f64, f64)>::deserialize)? {
            Ok((east, north)) if east.abs() <= 180.0 && north.abs() <= 90.0 => Some((east, north)),
            _ => {
                self.error(field::POSITION, ErrorCode::WrongType);
                None
            }
        }
    }

    fn qualifiers(&mut self, activity: Option<&Activity>) -> BTreeMap<String, Qualifier> {
        match self.present(field::QUALIFIERS).map(BTreeMap::<String, Qualifier>::deserialize) {
            None => BTreeMap::new(),
            Some(Ok(qualifiers)) => {
                let is_number = |code: &str| {
                    activity.and_then(|activity| activity.field(code)).is_some_and(|field| field.kind.is_number())
                };
                for code in qualifiers.keys().filter(|code| !is_number(code)) {
                    self.error(Path::qualifier(code), ErrorCode::Unknown);
                }
                qualifiers
            }
            Some(Err(_)) => {
                self.error(field::QUALIFIERS, ErrorCode::WrongType);
                BTreeMap::new()
            }
        }
    }

    fn attachments(&mut self) -> Vec<String> {
        let hashes: Vec<String> = match self.present(field::ATTACHMENTS).map(Vec::deserialize) {
            None => return Vec::new(),
            Some(Ok(hashes)) => hashes,
            Some(Err(_)) => {
                self.error(field::ATTACHMENTS, ErrorCode::WrongType);
                return Vec::new();
            }
        };
        if hashes.len() > ATTACHMENTS {
            self.errors.push(FieldError::with_limit(field::ATTACHMENTS, ErrorCode::TooLarge, ATTACHMENTS as f64));
        } else if !hashes.iter().all(|hash| is_sha256(hash)) {
            self.error(field::ATTACHMENTS, ErrorCode::WrongType);
        }
        hashes
    }
}

#[cfg(test)]
mod tests;
