//! Changes of the catalogue: a form or an indicator put in another's place, checked so that nothing in it points nowhere.

use crate::catalogue::{Activity, Catalogue, Computed, Field, Indicator, Kind};
use crate::values::field_error::{ErrorCode, FieldError};
use std::collections::BTreeSet;

/// The most characters of a name.
const NAME_LENGTH: usize = 60;
/// The most characters of a code.
const CODE_LENGTH: usize = 40;
/// The most fields of a form, and choices of a field.
const MOST: usize = 60;

/// Whether it is a code: lower-case letters, digits and `_`, a letter first.
fn is_code(code: &str) -> bool {
    let first = code.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
    first
        && code.len() <= CODE_LENGTH
        && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

#[derive(Default)]
struct Found(Vec<FieldError>);

impl Found {
    fn add(&mut self, field: impl Into<String>, code: ErrorCode) {
        self.0.push(FieldError::new(field, code));
    }

    fn code(&mut self, field: &str, code: &str) {
        if !is_code(code) {
            self.add(field, if code.is_empty() { ErrorCode::Required } else { ErrorCode::WrongType });
        }
    }

    fn name(&mut self, field: &str, name: &str) {
        if name.trim().is_empty() {
            self.add(field, ErrorCode::Required);
        } else if name.chars().count() > NAME_LENGTH {
            self.0.push(FieldError::with_limit(field, ErrorCode::TooLong, NAME_LENGTH as f64));
        }
    }
}

impl Catalogue {
    /// The same in the place of an older one: forms that are other by now are kept among the former ones.
    #[must_use]
    pub fn after(&self, older: &Self) -> Self {
        let mut next = self.clone();
        let is_other = |own: &&Activity| self.form(&own.code, Some(own.version)).is_none();
        next.previous_versions
            .extend(older.previous_versions.iter().chain(&older.activities).filter(is_other).cloned());
        next
    }

    /// The catalogue with a form in the place of the one with its code, or with a new one. What was is kept among the former
    /// ones, and the new one has the next version; the same form again changes nothing. A mistake is at its field, such as
    /// `fields.people.max`.
    pub fn with_activity(&self, mut activity: Activity) -> Result<Self, Vec<FieldError>> {
        let mut found = Found::default();
        found.code("code", &activity.code);
        found.name("name", &activity.name);
        if self.programme(&activity.programme).is_none() {
            found.add("programme", ErrorCode::Unknown);
        }
        if activity.fields.is_empty() {
            found.add("fields", ErrorCode::Required);
        }
        if activity.fields.len() > MOST {
            found.0.push(FieldError::with_limit("fields", ErrorCode::TooLarge, MOST as f64));
        }
        let mut codes = BTreeSet::new();
        for (at, field) in activity.fields.iter().enumerate() {
            let before = activity.fields.get(..at).unwrap_or_default();
            self.check_field(field, before, &activity.fields, &mut found);
            if !codes.insert(&field.code) {
                found.add(format!("fields.{}.code", field.code), ErrorCode::Reused);
            }
        }
        if !found.0.is_empty() {
            return Err(found.0);
        }
        let mut next = self.clone();
        match next.activities.iter_mut().find(|own| own.code == activity.code) {
            None => {
                activity.version = 1;
                next.activities.push(activity);
            }
            Some(own) => {
                activity.version = own.version;
                if activity == *own {
                    return Ok(next);
                }
                let last = self.previous_versions.iter().filter(|own| own.code == activity.code).map(|own| own.version);
                activity.version = last.chain([own.version]).max().unwrap_or_default() + 1;
                next.previous_versions.push(std::mem::replace(own, activity));
            }
        }
        next.version += 1;
        Ok(next)
    }

    fn check_field(&self, field: &Field, before: &[Field], all: &[Field], found: &mut Found) {
        let at = |name: &str| format!("fields.{}.{name}", field.code);
        found.code(&at("code"), &field.code);
        found.name(&at("name"), &field.name);
        let is_number =
            |code: &String| all.iter().any(|own| own.code == *code && own.kind.is_number() && own.computed.is_none());
        if let Some(feeds) = &field.feeds
            && (!field.kind.is_number() || self.indicator(feeds).is_none())
        {
            found.add(at("feeds"), ErrorCode::Unknown);
        }
        if field.min.zip(field.max).is_some_and(|(min, max)| min > max) {
            found.add(at("max"), ErrorCode::TooSmall);
        }
        let is_choice = matches!(field.kind, Kind::Choice | Kind::Choices);
        if is_choice && field.choices.is_empty() {
            found.add(at("choices"), ErrorCode::Required);
        }
        if !is_choice && !field.choices.is_empty() || field.choices.len() > MOST {
            found.add(at("choices"), ErrorCode::TooLarge);
        }
        let mut codes = BTreeSet::new();
        for choice in &field.choices {
            if !is_code(&choice.code) || choice.name.trim().is_empty() {
                found.add(at("choices"), ErrorCode::WrongType);
            } else if !codes.insert(&choice.code) {
                found.add(at("choices"), ErrorCode::Reused);
            }
        }
        if let Some(when) = &field.when {
            let asked = before.iter().find(|own| own.code == when.field);
            let chosen = |code: &String| asked.is_some_and(|own| own.choice(code).is_some());
            if when.is.is_empty() || !when.is.iter().all(chosen) {
                found.add(at("when"), ErrorCode::Unknown);
            }
        }
        let is_table = field.kind == Kind::Table;
        if is_table == field.columns.is_empty() || field.columns.len() > MOST {
            found.add(at("columns"), if is_table { ErrorCode::Required } else { ErrorCode::TooLarge });
        }
        for (number, column) in field.columns.iter().enumerate() {
            let is_simple = !matches!(column.kind, Kind::Table | Kind::Choices)
                && column.when.is_none()
                && column.computed.is_none()
                && column.feeds.is_none();
            if is_simple {
                let before = field.columns.get(..number).unwrap_or_default();
                let is_twice = before.iter().any(|own| own.code == column.code);
                let mut own = Found::default();
                self.check_field(column, &[], &[], &mut own);
                if !own.0.is_empty() || is_twice {
                    found.add(at("columns"), if is_twice { ErrorCode::Reused } else { ErrorCode::WrongType });
                }
            } else {
                found.add(at("columns"), ErrorCode::WrongType);
            }
        }
        if let Some(Computed::Total { table, column }) = &field.computed {
            let table = all.iter().find(|own| own.code == *table && own.kind == Kind::Table);
            let adds = |own: &Field| own.code == *column && own.kind.is_number();
            if !field.kind.is_number() || !table.is_some_and(|table| table.columns.iter().any(adds)) {
                found.add(at("computed"), ErrorCode::Unknown);
            }
        }
        if let Some(Computed::Sum(codes) | Computed::Product(codes)) = &field.computed
            && (!field.kind.is_number() || codes.is_empty() || !codes.iter().all(is_number))
        {
            found.add(at("computed"), ErrorCode::Unknown);
        }
        let is_default = match field.kind {
            _ if field.default.is_empty() => true,
            Kind::Integer | Kind::Number => field.default.parse::<f64>().is_ok_and(f64::is_finite),
            Kind::Choice | Kind::Choices => field.choice(&field.default).is_some(),
            Kind::Text => true,
            Kind::Table => false,
        };
        if !is_default {
            found.add(at("default"), ErrorCode::WrongType);
        }
    }

    /// The catalogue with an indicator in the place of the one with its code, or with a new one. How entries make its figure
    /// stays as it was: figures that are kept are made so.
    pub fn with_indicator(&self, indicator: Indicator) -> Result<Self, Vec<FieldError>> {
        let mut found = Found::default();
        found.code("code", &indicator.code);
        found.name("name", &indicator.name);
        found.name("unit", &indicator.unit);
        if self.programme(&indicator.programme).is_none() {
            found.add("programme", ErrorCode::Unknown);
        }
        let mut years = BTreeSet::new();
        for target in &indicator.targets {
            if !(2010..=2099).contains(&target.year) || !years.insert(target.year) {
                found.add("targets", ErrorCode::Unknown);
            }
        }
        let mut next = self.clone();
        match next.indicators.iter_mut().find(|own| own.code == indicator.code) {
            None if found.0.is_empty() => next.indicators.push(indicator),
            None => {}
            Some(own) => {
                if (own.aggregation, own.distinct_by, &own.programme)
                    != (indicator.aggregation, indicator.distinct_by, &indicator.programme)
                {
                    found.add("aggregation", ErrorCode::Forbidden);
                }
                if *own == indicator {
                    return if found.0.is_empty() { Ok(next) } else { Err(found.0) };
                }
                *own = indicator;
            }
        }
        next.version += 1;
        if found.0.is_empty() { Ok(next) } else { Err(found.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::{Value, json};

    fn catalogue() -> Catalogue {
        serde_json::from_value(json!({"version": 3,
            "programmes": [{"code": "labour", "name": "劳务", "name_en": "Labour"}],
            "indicators": [{"code": "placed", "programme": "labour", "name": "就业", "name_en": "Placed", "unit": "人",
                "unit_en": "people", "aggregation": "sum"}],
            "activities": [activity(json!({}))]}))
        .unwrap()
    }

    fn activity(change: Value) -> Value {
        let mut own = json!({"code": "fair", "programme": "labour", "name": "招聘会", "name_en": "Fair", "version": 1, "fields": [
            {"code": "kind", "name": "类型", "name_en": "Kind", "kind": "choice", "required": true,
                "choices": [{"code": "online", "name": "线上", "name_en": "Online"}]},
            {"code": "people", "name": "人数", "name_en": "People", "kind": "integer", "required": true, "feeds": "placed",
                "when": {"field": "kind", "is": ["online"]}}]});
        own.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        own
    }

    fn with(change: Value) -> Result<Catalogue, Vec<(String, ErrorCode)>> {
        let told = |errors: Vec<FieldError>| errors.into_iter().map(|error| (error.field, error.code)).collect();
        catalogue().with_activity(serde_json::from_value(activity(change)).unwrap()).map_err(told)
    }

    #[test]
    fn a_newer_catalogue_keeps_the_forms_of_the_older() {
        let older = with(json!({"name": "专场招聘会"})).unwrap();
        let mut newer = catalogue();
        newer.activities[0].version = 3;
        let versions =
            |catalogue: &Catalogue| catalogue.previous_versions.iter().map(|own| own.version).collect::<Vec<_>>();
        assert_eq!(versions(&newer.after(&older)), [1, 2]);
        assert_eq!(versions(&newer.after(&newer)), [0; 0]);
    }

    #[test]
    fn a_form_that_changes_keeps_what_it_was_and_the_same_again_changes_nothing() {
        assert_eq!(with(json!({})).unwrap(), catalogue());
        let next = with(json!({"name": "专场招聘会"})).unwrap();
        assert_eq!((next.version, next.activity("fair").unwrap().version), (4, 2));
        assert_eq!(next.form("fair", Some(1)).unwrap().name, "招聘会");
        assert_eq!(next.form("fair", None).unwrap().name, "专场招聘会");
        assert_eq!(next.form("fair", Some(3)), None);
        let again = next.with_activity(serde_json::from_value(activity(json!({}))).unwrap()).unwrap();
        assert_eq!(again.activity("fair").unwrap().version, 3, "going back is a change too");
        let new = with(json!({"code": "visit"})).unwrap();
        assert_eq!((new.activities.len(), new.activity("visit").unwrap().version), (2, 1));
    }

    #[rstest]
    #[case(json!({"code": "Fair!"}), "code", ErrorCode::WrongType)]
    #[case(json!({"name": " "}), "name", ErrorCode::Required)]
    #[case(json!({"programme": "x"}), "programme", ErrorCode::Unknown)]
    #[case(json!({"fields": []}), "fields", ErrorCode::Required)]
    fn a_form_that_is_wrong_is_told_so_at_its_field(
        #[case] change: Value,
        #[case] field: &str,
        #[case] code: ErrorCode,
    ) {
        assert_eq!(with(change), Err(vec![(field.to_owned(), code)]));
    }

    #[rstest]
    #[case(json!({"feeds": "x"}), "feeds", ErrorCode::Unknown)]
    #[case(json!({"kind": "text", "feeds": "placed"}), "feeds", ErrorCode::Unknown)]
    #[case(json!({"kind": "choice"}), "choices", ErrorCode::Required)]
    #[case(json!({"min": 3, "max": 2}), "max", ErrorCode::TooSmall)]
    #[case(json!({"when": {"field": "later", "is": ["x"]}}), "when", ErrorCode::Unknown)]
    #[case(json!({"computed": {"sum": ["own"]}}), "computed", ErrorCode::Unknown)]
    #[case(json!({"default": "drei"}), "default", ErrorCode::WrongType)]
    #[case(json!({"kind": "table"}), "columns", ErrorCode::Required)]
    #[case(json!({"kind": "table", "columns": [{"code": "c", "name": "", "name_en": "", "kind": "text", "required": true}]}),
           "columns", ErrorCode::WrongType)]
    #[case(json!({"computed": {"total": {"table": "own", "column": "c"}}}), "computed", ErrorCode::Unknown)]
    fn so_is_one_of_its_fields(#[case] change: Value, #[case] name: &str, #[case] code: ErrorCode) {
        let mut field = json!({"code": "own", "name": "一", "name_en": "", "kind": "number", "required": false});
        field.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        assert_eq!(with(json!({"fields": [field]})), Err(vec![(format!("fields.own.{name}"), code)]));
    }

    #[test]
    fn an_indicators_targets_change_and_how_it_is_counted_does_not() {
        let own = catalogue().indicators[0].clone();
        let target = json!({"year": 2026, "value": 500, "qualifier": "exact"});
        let mut changed = own.clone();
        changed.targets = vec![serde_json::from_value(target).unwrap()];
        let next = catalogue().with_indicator(changed.clone()).unwrap();
        assert_eq!((next.version, next.indicators[0].targets.len()), (4, 1));
        changed.targets.push(changed.targets[0].clone());
        assert!(catalogue().with_indicator(changed).is_err(), "a year has one target");
        let other = Indicator { aggregation: crate::catalogue::Aggregation::Mean, ..own };
        assert_eq!(catalogue().with_indicator(other).unwrap_err()[0].field, "aggregation");
    }
}
