//! Edits of programmes: name, colour and order.

use crate::catalogue::validate::{ErrorList, MAX_ITEMS};
use crate::catalogue::{Catalogue, ColorError, Programme, ProgrammeColor};
use crate::values::field_error::{ErrorCode, FieldError};
use serde::Serialize;

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
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::tests::{activity, catalogue};
    use super::*;
    use crate::catalogue::Indicator;
    use rstest::rstest;
    use serde_json::{Value, json};

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

    pub fn draft(change: Value) -> ProgrammeDraft {
        let text = |name: &str, default: &str| change[name].as_str().unwrap_or(default).to_owned();
        ProgrammeDraft {
            code: text("code", "labour"),
            name: text("name", "劳务"),
            name_en: text("name_en", "Labour"),
            color: text("color", "#0b6bb8"),
            order: change["order"].as_u64().map(|order| u32::try_from(order).unwrap()),
        }
    }

    pub fn codes(catalogue: &Catalogue) -> Vec<&str> {
        catalogue.programmes.iter().map(|programme| programme.code.as_str()).collect()
    }

    #[test]
    fn with_programme_adds_last_or_at_its_order() {
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
}
