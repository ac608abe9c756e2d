//! Edits of the catalogue: replaces or adds a programme, a form or an indicator, after validating every reference in it.

use crate::catalogue::validate::{ErrorList, MAX_ITEMS};
use crate::catalogue::{Activity, Catalogue, ColorError, Indicator, Programme, ProgrammeColor};
use crate::values::field_error::{ErrorCode, FieldError};
use serde::Serialize;
use std::collections::BTreeSet;

/// A programme as a person enters it: the colour is not validated yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ProgrammeDraft {
    /// Code, such as `party_building`.
    pub code: String,
    /// Name in Chinese.
    pub name: String,
    /// Name in English; may be empty.
    pub name_en: String,
    /// Colour, written `#rrggbb`.
    pub color: String,
    /// Place among the programmes, from 1. `None` leaves a programme where it is and puts a new one last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<u32>,
}

impl Catalogue {
    /// Returns the catalogue with a programme added, or replaced by code. An identical programme in the same place
    /// changes nothing. Errors name a field of the draft, such as `color`.
    pub fn with_programme(&self, draft: ProgrammeDraft) -> Result<Self, Vec<FieldError>> {
        let mut errors = ErrorList::default();
        errors.code("code", &draft.code);
        errors.name("name", &draft.name);
        errors.optional_name("name_en", &draft.name_en);
        let color: Result<ProgrammeColor, ColorError> = draft.color.parse();
        if let Err(error) = color {
            let code = match error {
                _ if draft.color.is_empty() => ErrorCode::Required,
                ColorError::Syntax => ErrorCode::WrongType,
                ColorError::LowContrast => ErrorCode::LowContrast,
            };
            errors.add("color", code);
        }
        let current = self.programmes.iter().position(|programme| programme.code == draft.code);
        let count = self.programmes.len() + usize::from(current.is_none());
        if current.is_none() && count > MAX_ITEMS {
            errors.limit("code", ErrorCode::TooLarge, MAX_ITEMS);
        }
        let order = draft.order.map(|order| usize::try_from(order).unwrap_or(usize::MAX));
        match order {
            Some(0) => errors.limit("order", ErrorCode::TooSmall, 1),
            Some(order) if order > count => errors.limit("order", ErrorCode::TooLarge, count),
            _ => {}
        }
        let (Ok(color), true) = (color, errors.0.is_empty()) else { return Err(errors.0) };
        let mut next = self.clone();
        let at = order.map_or(current.unwrap_or(count - 1), |order| order - 1);
        next.programmes.retain(|programme| programme.code != draft.code);
        next.programmes.insert(at, Programme { code: draft.code, name: draft.name, name_en: draft.name_en, color });
        if next.programmes != self.programmes {
            next.version += 1;
        }
        Ok(next)
    }

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
    #[case(json!({"computed": {"sum": ["own"]}}), "computed", ErrorCode::Unknown)]
    #[case(json!({"default": "drei"}), "default", ErrorCode::WrongType)]
    #[case(json!({"kind": "table"}), "columns", ErrorCode::Required)]
    #[case(json!({"kind": "table", "columns": [{"code": "c", "name": "", "name_en": "", "kind": "text", "required": true}]}),
           "columns", ErrorCode::WrongType)]
    #[case(json!({"computed": {"total": {"table": "own", "column": "c"}}}), "computed", ErrorCode::Unknown)]
    fn with_activity_names_invalid_field(#[case] change: Value, #[case] name: &str, #[case] code: ErrorCode) {
        let mut field = json!({"code": "own", "name": "一", "name_en": "", "kind": "number", "required": false});
        field.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        assert_eq!(with(json!({"fields": [field]})), Err(vec![(format!("fields.own.{name}"), code)]));
    }

    /// Applies a change of the labour programme's draft to a catalogue of three programmes.
    fn with_programme(change: Value) -> Result<Catalogue, Vec<(String, ErrorCode)>> {
        let mut catalogue = catalogue();
        for code in ["health", "industry"] {
            let draft =
                ProgrammeDraft { name: code.to_owned(), color: "#000000".to_owned(), ..draft(json!({"code": code})) };
            catalogue = catalogue.with_programme(draft).unwrap();
        }
        let errors_of = |errors: Vec<FieldError>| errors.into_iter().map(|error| (error.field, error.code)).collect();
        catalogue.with_programme(draft(change)).map_err(errors_of)
    }

    fn draft(change: Value) -> ProgrammeDraft {
        let text = |name: &str, default: &str| change[name].as_str().unwrap_or(default).to_owned();
        ProgrammeDraft {
            code: text("code", "labour"),
            name: text("name", "劳务"),
            name_en: text("name_en", "Labour"),
            color: text("color", "#0b6bb8"),
            order: change["order"].as_u64().map(|order| u32::try_from(order).unwrap()),
        }
    }

    fn codes(catalogue: &Catalogue) -> Vec<&str> {
        catalogue.programmes.iter().map(|programme| programme.code.as_str()).collect()
    }

    #[test]
    fn with_programme_adds_at_the_end_or_where_told() {
        let last = with_programme(json!({"code": "ecology", "name": "生态"})).unwrap();
        assert_eq!((last.version, codes(&last)), (6, vec!["labour", "health", "industry", "ecology"]));
        assert_eq!(last.programme("ecology").unwrap().color.to_string(), "#0b6bb8");
        let second = with_programme(json!({"code": "ecology", "order": 2, "name_en": ""})).unwrap();
        assert_eq!(codes(&second), ["labour", "ecology", "health", "industry"]);
        // Indicators and forms may name it at once.
        let indicator = Indicator { programme: "ecology".to_owned(), ..catalogue().indicators[0].clone() };
        assert!(last.with_indicator(Indicator { code: "trees".to_owned(), ..indicator }).is_ok());
        let form = activity(json!({"code": "planting", "programme": "ecology"}));
        assert!(last.with_activity(serde_json::from_value(form).unwrap()).is_ok());
    }

    #[test]
    fn with_programme_changes_name_color_and_order() {
        let same = with_programme(json!({})).unwrap();
        assert_eq!((same.version, codes(&same)), (5, vec!["labour", "health", "industry"]), "nothing changes");
        assert_eq!(with_programme(json!({"order": 1})).unwrap(), same);
        let renamed = with_programme(json!({"name": "劳务协作", "color": "#123456"})).unwrap();
        let labour = renamed.programme("labour").unwrap();
        assert_eq!(
            (renamed.version, labour.name.as_str(), labour.color.to_string().as_str()),
            (6, "劳务协作", "#123456")
        );
        assert_eq!((codes(&renamed), &renamed.activities), (codes(&same), &same.activities));
        let moved = with_programme(json!({"order": 3})).unwrap();
        assert_eq!((moved.version, codes(&moved)), (6, vec!["health", "industry", "labour"]));
    }

    #[rstest]
    #[case(json!({"code": "Eco!"}), "code", ErrorCode::WrongType)]
    #[case(json!({"code": ""}), "code", ErrorCode::Required)]
    #[case(json!({"name": " "}), "name", ErrorCode::Required)]
    #[case(json!({"name": "长".repeat(61)}), "name", ErrorCode::TooLong)]
    #[case(json!({"name_en": "long".repeat(16)}), "name_en", ErrorCode::TooLong)]
    #[case(json!({"color": ""}), "color", ErrorCode::Required)]
    #[case(json!({"color": "green"}), "color", ErrorCode::WrongType)]
    #[case(json!({"color": "#ffee00"}), "color", ErrorCode::LowContrast)]
    #[case(json!({"order": 0}), "order", ErrorCode::TooSmall)]
    #[case(json!({"order": 4}), "order", ErrorCode::TooLarge)]
    #[case(json!({"code": "ecology", "order": 5}), "order", ErrorCode::TooLarge)]
    fn with_programme_names_invalid_field(#[case] change: Value, #[case] field: &str, #[case] code: ErrorCode) {
        assert_eq!(with_programme(change), Err(vec![(field.to_owned(), code)]));
    }

    #[test]
    fn with_programme_names_every_invalid_field_at_once() {
        let fields = |change: Value| -> Vec<String> {
            with_programme(change).unwrap_err().into_iter().map(|(field, _)| field).collect()
        };
        assert_eq!(fields(json!({"name": "", "color": "#eeeeee", "order": 9})), ["name", "color", "order"]);
    }

    #[test]
    fn with_programme_bounds_the_number_of_programmes() {
        let mut full = catalogue();
        for number in full.programmes.len()..MAX_ITEMS {
            full = full.with_programme(draft(json!({"code": format!("p{number}")}))).unwrap();
        }
        let errors = full.with_programme(draft(json!({"code": "one_more"}))).unwrap_err();
        assert_eq!(errors, [FieldError::with_limit("code", ErrorCode::TooLarge, 60.0)]);
        assert!(full.with_programme(draft(json!({"name": "改名"}))).is_ok());
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
