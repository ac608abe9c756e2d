//! Edits of the catalogue: adds or replaces a programme, a form or an indicator, after validating every reference in it.

pub mod programme;

use crate::catalogue::validate::{ErrorList, MAX_ITEMS};
use crate::catalogue::{Activity, Catalogue, Indicator};
use crate::values::field_error::{ErrorCode, FieldError};
use std::collections::BTreeSet;

impl Catalogue {
    /// Returns this catalogue as the successor of `older`. Programmes that only `older` has were added by an
    /// administrator: they stay, with their indicators and forms. Other forms that only `older` has become previous
    /// versions.
    #[must_use]
    pub fn after(&self, older: &Self) -> Self {
        let mut next = self.clone();
        let was_added = |code: &str| self.programme(code).is_none();
        next.programmes.extend(older.programmes.iter().filter(|programme| was_added(&programme.code)).cloned());
        let indicators = older.indicators.iter().filter(|indicator| was_added(&indicator.programme));
        next.indicators.extend(indicators.filter(|indicator| self.indicator(&indicator.code).is_none()).cloned());
        let activities = older.activities.iter().filter(|activity| was_added(&activity.programme));
        next.activities.extend(activities.filter(|activity| self.activity(&activity.code).is_none()).cloned());
        let forms = older.previous_versions.iter().chain(&older.activities);
        let is_same = |a: &Activity, b: &Activity| a.code == b.code && a.version == b.version;
        let is_other = |form: &&Activity| {
            !next.activities.iter().chain(&next.previous_versions).any(|next_form| is_same(next_form, form))
        };
        let previous: Vec<Activity> = forms.filter(is_other).cloned().collect();
        next.previous_versions.extend(previous);
        next
    }

    /// Returns the catalogue with a form added, or replaced by code. A replaced form becomes a previous version and
    /// the new one gets the next version number; an identical form changes nothing. Errors name a field such as
    /// `fields.people.max`.
    pub fn with_activity(&self, mut activity: Activity) -> Result<Self, Vec<FieldError>> {
        let mut errors = ErrorList::default();
        errors.code("code", &activity.code);
        errors.name("name", &activity.name);
        if self.programme(&activity.programme).is_none() {
            errors.add("programme", ErrorCode::Unknown);
        }
        if activity.fields.is_empty() {
            errors.add("fields", ErrorCode::Required);
        }
        if activity.fields.len() > MAX_ITEMS {
            errors.limit("fields", ErrorCode::TooLarge, MAX_ITEMS);
        }
        let mut codes = BTreeSet::new();
        for (at, field) in activity.fields.iter().enumerate() {
            let before = activity.fields.get(..at).unwrap_or_default();
            self.check_field(field, before, &activity.fields, &mut errors);
            if !codes.insert(&field.code) {
                errors.add(format!("fields.{}.code", field.code), ErrorCode::Reused);
            }
        }
        if !errors.0.is_empty() {
            return Err(errors.0);
        }
        let mut next = self.clone();
        match next.activities.iter_mut().find(|current| current.code == activity.code) {
            None => {
                activity.version = 1;
                next.activities.push(activity);
            }
            Some(current) => {
                activity.version = current.version;
                if activity == *current {
                    return Ok(next);
                }
                let last =
                    self.previous_versions.iter().filter(|form| form.code == activity.code).map(|form| form.version);
                activity.version = last.chain([current.version]).max().unwrap_or_default() + 1;
                next.previous_versions.push(std::mem::replace(current, activity));
            }
        }
        next.version += 1;
        Ok(next)
    }

    /// Returns the catalogue with an indicator added, or replaced by code. Its aggregation cannot change, since stored
    /// figures depend on it.
    pub fn with_indicator(&self, indicator: Indicator) -> Result<Self, Vec<FieldError>> {
        let mut errors = ErrorList::default();
        errors.code("code", &indicator.code);
        errors.name("name", &indicator.name);
        errors.name("unit", &indicator.unit);
        if self.programme(&indicator.programme).is_none() {
            errors.add("programme", ErrorCode::Unknown);
        }
        let mut years = BTreeSet::new();
        for target in &indicator.targets {
            if !(2010..=2099).contains(&target.year) || !years.insert(target.year) {
                errors.add("targets", ErrorCode::Unknown);
            }
        }
        let mut next = self.clone();
        match next.indicators.iter_mut().find(|current| current.code == indicator.code) {
            None if errors.0.is_empty() => next.indicators.push(indicator),
            None => {}
            Some(current) => {
                if (current.aggregation, current.distinct_by, &current.programme)
                    != (indicator.aggregation, indicator.distinct_by, &indicator.programme)
                {
                    errors.add("aggregation", ErrorCode::Forbidden);
                }
                if *current == indicator {
                    return if errors.0.is_empty() { Ok(next) } else { Err(errors.0) };
                }
                *current = indicator;
            }
        }
        next.version += 1;
        if errors.0.is_empty() { Ok(next) } else { Err(errors.0) }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::programme::tests::{codes, draft};
    use super::*;
    use rstest::rstest;
    use serde_json::{Value, json};

    pub fn catalogue() -> Catalogue {
        serde_json::from_value(json!({"version": 3,
            "programmes": [{"code": "labour", "name": "劳务", "name_en": "Labour"}],
            "indicators": [{"code": "placed", "programme": "labour", "name": "就业", "name_en": "Placed", "unit": "人",
                "unit_en": "people", "aggregation": "sum"}],
            "activities": [activity(json!({}))]}))
        .unwrap()
    }

    pub fn activity(change: Value) -> Value {
        let mut activity = json!({"code": "fair", "programme": "labour", "name": "招聘会", "name_en": "Fair", "version": 1, "fields": [
            {"code": "kind", "name": "类型", "name_en": "Kind", "kind": "choice", "required": true,
                "choices": [{"code": "online", "name": "线上", "name_en": "Online"}]},
            {"code": "people", "name": "人数", "name_en": "People", "kind": "integer", "required": true, "feeds": "placed",
                "when": {"field": "kind", "is": ["online"]}}]});
        activity.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        activity
    }

    fn with(change: Value) -> Result<Catalogue, Vec<(String, ErrorCode)>> {
        let errors_of = |errors: Vec<FieldError>| errors.into_iter().map(|error| (error.field, error.code)).collect();
        catalogue().with_activity(serde_json::from_value(activity(change)).unwrap()).map_err(errors_of)
    }

    #[test]
    fn after_keeps_forms_of_older_catalogue() {
        let older = with(json!({"name": "专场招聘会"})).unwrap();
        let mut newer = catalogue();
        newer.activities[0].version = 3;
        let versions =
            |catalogue: &Catalogue| catalogue.previous_versions.iter().map(|form| form.version).collect::<Vec<_>>();
        assert_eq!(versions(&newer.after(&older)), [1, 2]);
        assert_eq!(versions(&newer.after(&newer)), [0; 0]);
    }

    #[test]
    fn after_keeps_added_programme_with_indicators_and_forms() {
        let ecology = draft(json!({"code": "ecology", "name": "生态"}));
        let indicator = Indicator { code: "trees".to_owned(), ..catalogue().indicators[0].clone() };
        let form = |change: Value| serde_json::from_value(activity(change)).unwrap();
        let older = catalogue().with_programme(ecology).unwrap();
        let older = older.with_indicator(Indicator { programme: "ecology".to_owned(), ..indicator }).unwrap();
        let older = older.with_activity(form(json!({"code": "planting", "programme": "ecology"}))).unwrap();
        let older = older.with_activity(form(json!({"code": "other", "programme": "labour"}))).unwrap();
        let next = catalogue().after(&older);
        assert_eq!(codes(&next), ["labour", "ecology"]);
        assert!(next.indicator("trees").is_some() && next.activity("planting").is_some());
        let previous: Vec<&str> = next.previous_versions.iter().map(|form| form.code.as_str()).collect();
        assert_eq!((next.activity("other"), previous.as_slice()), (None, ["other"].as_slice()));
        assert_eq!(next.after(&older), next);
    }

    #[test]
    fn with_activity_keeps_previous_version_if_changed() {
        assert_eq!(with(json!({})).unwrap(), catalogue());
        let next = with(json!({"name": "专场招聘会"})).unwrap();
        assert_eq!((next.version, next.activity("fair").unwrap().version), (4, 2));
        assert_eq!(next.form("fair", Some(1)).unwrap().name, "招聘会");
        assert_eq!(next.form("fair", None).unwrap().name, "专场招聘会");
        assert_eq!(next.form("fair", Some(3)), None);
        let stored = |version| next.form_of_stored("fair", version).map(|form| form.version);
        assert_eq!([None, Some(1), Some(2), Some(3)].map(stored), [Some(1), Some(1), Some(2), None]);
        assert_eq!(catalogue().form_of_stored("fair", None), catalogue().activity("fair"));
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
    fn with_activity_names_invalid_property(#[case] change: Value, #[case] field: &str, #[case] code: ErrorCode) {
        assert_eq!(with(change), Err(vec![(field.to_owned(), code)]));
    }

    #[rstest]
    #[case(json!({"feeds": "x"}), "feeds", ErrorCode::Unknown)]
    #[case(json!({"kind": "text", "feeds": "placed"}), "feeds", ErrorCode::Unknown)]
    #[case(json!({"kind": "choice"}), "choices", ErrorCode::Required)]
    #[case(json!({"min": 3, "max": 2}), "max", ErrorCode::TooSmall)]
    #[case(json!({"when": {"field": "later", "is": ["x"]}}), "when", ErrorCode::Unknown)]
    #[case(json!({"computed": {"sum": ["count"]}}), "computed", ErrorCode::Unknown)]
    #[case(json!({"default": "drei"}), "default", ErrorCode::WrongType)]
    #[case(json!({"kind": "table"}), "columns", ErrorCode::Required)]
    #[case(json!({"kind": "table", "columns": [{"code": "c", "name": "", "name_en": "", "kind": "text", "required": true}]}),
           "columns", ErrorCode::WrongType)]
    #[case(json!({"computed": {"total": {"table": "count", "column": "c"}}}), "computed", ErrorCode::Unknown)]
    fn with_activity_names_invalid_field(#[case] change: Value, #[case] name: &str, #[case] code: ErrorCode) {
        let mut field = json!({"code": "count", "name": "一", "name_en": "", "kind": "number", "required": false});
        field.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        assert_eq!(with(json!({"fields": [field]})), Err(vec![(format!("fields.count.{name}"), code)]));
    }

    #[test]
    fn with_indicator_changes_targets_but_not_aggregation() {
        let indicator = catalogue().indicators[0].clone();
        let target = json!({"year": 2026, "value": 500, "qualifier": "exact"});
        let mut changed = indicator.clone();
        changed.targets = vec![serde_json::from_value(target).unwrap()];
        let next = catalogue().with_indicator(changed.clone()).unwrap();
        assert_eq!((next.version, next.indicators[0].targets.len()), (4, 1));
        changed.targets.push(changed.targets[0].clone());
        assert!(catalogue().with_indicator(changed).is_err(), "a year has one target");
        let with_mean = Indicator { aggregation: crate::catalogue::Aggregation::Mean, ..indicator };
        assert_eq!(catalogue().with_indicator(with_mean).unwrap_err()[0].field, "aggregation");
    }
}
