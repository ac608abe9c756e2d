//! Catalogue of programmes, indicators and entry forms. It is versioned data, so a new indicator needs no build.

mod color;
pub mod edit;
pub(crate) mod field_reader;
mod form;
mod validate;

pub use color::{ColorError, ProgrammeColor};
pub use form::{Choice, Computed, Condition, Field, FieldKind};

use crate::values::quantity::{Qualifier, Quantity};
use crate::values::sort::collect_sorted;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A programme: a field of co-operation between the two regions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(from = "StoredProgramme")]
pub struct Programme {
    /// Code, such as `party_building`.
    pub code: String,
    /// Name in Chinese.
    pub name: String,
    /// Name in English.
    pub name_en: String,
    /// Colour of its headings, lines and points.
    pub color: ProgrammeColor,
}

/// A programme as it may be stored: older programs stored no colour.
#[derive(Deserialize)]
struct StoredProgramme {
    code: String,
    name: String,
    name_en: String,
    color: Option<ProgrammeColor>,
}

impl From<StoredProgramme> for Programme {
    fn from(StoredProgramme { code, name, name_en, color }: StoredProgramme) -> Self {
        let color = color.unwrap_or_else(|| ProgrammeColor::default_of(&code));
        Self { code, name, name_en, color }
    }
}

/// Aggregation of entry values to a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Aggregation {
    /// Sum of all values.
    Sum,
    /// Value of the latest entry.
    Latest,
    /// Mean over the entries.
    Mean,
    /// Sum over distinct subjects of the largest value of each.
    Distinct,
}

/// Subject by which a distinct indicator counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// Organisation of the entry.
    #[default]
    Organisation,
    /// Place of the entry.
    Place,
}

/// Target of a year.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Target {
    /// Year.
    pub year: i32,
    /// Amount in the indicator's unit.
    pub value: Quantity,
    /// Precision of the amount.
    pub qualifier: Qualifier,
}

/// An indicator, whose figure is computed from entries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Indicator {
    /// Code, such as `pigs_marketed`.
    pub code: String,
    /// Code of the programme.
    pub programme: String,
    /// Name in Chinese.
    pub name: String,
    /// Name in English.
    pub name_en: String,
    /// Unit in Chinese.
    pub unit: String,
    /// Unit in English.
    pub unit_en: String,
    /// Aggregation of entry values.
    pub aggregation: Aggregation,
    /// Subject, for a distinct aggregation.
    #[serde(default)]
    pub distinct_by: Subject,
    /// Targets, at most one a year.
    #[serde(default)]
    pub targets: Vec<Target>,
}

/// An entry form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Activity {
    /// Code, such as `field_survey`.
    pub code: String,
    /// Code of the programme.
    pub programme: String,
    /// Name in Chinese.
    pub name: String,
    /// Name in English.
    pub name_en: String,
    /// Version number, incremented with each change of the form.
    pub version: u32,
    /// Fields in display order.
    pub fields: Vec<Field>,
}

/// Catalogue of everything that can be recorded and counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Catalogue {
    /// Version number, incremented with each change.
    pub version: u32,
    /// Programmes, in display order.
    pub programmes: Vec<Programme>,
    /// Indicators, in display order.
    pub indicators: Vec<Indicator>,
    /// Entry forms, in display order.
    pub activities: Vec<Activity>,
    /// Previous versions of forms, so that entries recorded with one stay readable and keep its rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[serde(rename = "former")]
    pub previous_versions: Vec<Activity>,
}

impl Catalogue {
    /// Returns the programme with this code.
    pub fn programme(&self, code: &str) -> Option<&Programme> {
        self.programmes.iter().find(|programme| programme.code == code)
    }

    /// Returns the programmes that have an indicator, in display order. A new programme has none at first.
    pub fn counted_programmes(&self) -> impl Iterator<Item = &Programme> {
        self.programmes
            .iter()
            .filter(|programme| self.indicators.iter().any(|indicator| indicator.programme == programme.code))
    }

    /// Returns the colour of a programme; the default of its code if the catalogue does not have the programme.
    pub fn programme_color(&self, code: &str) -> ProgrammeColor {
        self.programme(code).map_or_else(|| ProgrammeColor::default_of(code), |programme| programme.color)
    }

    /// Returns the indicator with this code.
    pub fn indicator(&self, code: &str) -> Option<&Indicator> {
        self.indicators.iter().find(|indicator| indicator.code == code)
    }

    /// Returns whether an indicator counts whole things: only integer fields feed it, and it is not a mean.
    pub fn counts_whole(&self, indicator: &Indicator) -> bool {
        let forms = self.activities.iter().chain(&self.previous_versions);
        let fields = || forms.clone().flat_map(|form| &form.fields);
        let feeding = || fields().filter(|field| field.feeds.as_ref() == Some(&indicator.code));
        indicator.aggregation != Aggregation::Mean
            && feeding().next().is_some()
            && feeding().all(|field| field.kind == FieldKind::Integer)
    }

    /// Returns a version of an activity's form; the current one if `version` is `None`.
    pub fn form(&self, code: &str, version: Option<u32>) -> Option<&Activity> {
        let now = self.activity(code)?;
        match version {
            Some(version) if version != now.version => {
                self.previous_versions.iter().find(|form| form.code == code && form.version == version)
            }
            _ => Some(now),
        }
    }

    /// Returns the form with which a stored entry counts, also after the form has changed. An entry without a version was
    /// stored with the oldest one.
    pub fn form_of_stored(&self, code: &str, version: Option<u32>) -> Option<&Activity> {
        let now = self.form(code, version)?;
        let previous = || self.previous_versions.iter().filter(|form| form.code == code);
        match version {
            Some(_) => Some(now),
            None => previous().min_by_key(|form| form.version).or(Some(now)),
        }
    }

    /// Returns the codes of the activities of which some version of the form feeds an indicator.
    pub fn activities_feeding(&self, indicator: &str) -> BTreeSet<&str> {
        let feeds = |form: &&Activity| form.fields.iter().any(|field| field.feeds.as_deref() == Some(indicator));
        let forms = self.activities.iter().chain(&self.previous_versions);
        collect_sorted(forms.filter(feeds).map(|form| form.code.as_str()))
    }

    /// Returns a field of an activity from the newest version of the form that has it.
    pub fn field(&self, activity: &str, code: &str) -> Option<&Field> {
        let previous = self.previous_versions.iter().rev().filter(|form| form.code == activity);
        self.activity(activity).into_iter().chain(previous).find_map(|form| form.field(code))
    }

    /// Returns the activity with its current form.
    pub fn activity(&self, code: &str) -> Option<&Activity> {
        self.activities.iter().find(|activity| activity.code == code)
    }
}

impl Activity {
    /// Returns the field with this code.
    pub fn field(&self, code: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.code == code)
    }
}

impl Indicator {
    /// Returns the target of a year.
    pub fn target(&self, year: i32) -> Option<&Target> {
        self.targets.iter().find(|target| target.year == year)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn programme(code: &str, color: Value) -> Result<Programme, serde_json::Error> {
        let mut programme = json!({"code": code, "name": "生态", "name_en": "Ecology"});
        if !color.is_null() {
            programme["color"] = color;
        }
        serde_json::from_value(programme)
    }

    #[test]
    fn programme_stored_without_color_gets_its_default() {
        assert_eq!(programme("labour", Value::Null).unwrap().color, "#0b6bb8".parse().unwrap());
        let ecology = programme("ecology", Value::Null).unwrap();
        assert_eq!(ecology.color, ProgrammeColor::default_of("ecology"));
        let stored = serde_json::to_value(&ecology).unwrap();
        assert_eq!(stored["color"], json!(ecology.color.to_string()));
        assert_eq!(serde_json::from_value::<Programme>(stored).unwrap(), ecology);
    }

    #[test]
    fn programme_with_invalid_color_is_an_error() {
        let error = |color: Value| programme("ecology", color).unwrap_err().to_string();
        assert_eq!(error(json!("green")), ColorError::Syntax.to_string());
        assert_eq!(error(json!("#ffff00")), ColorError::LowContrast.to_string());
    }

    #[test]
    fn activities_feeding_covers_previous_versions() {
        let form = |code: &str, version: u32, feeds: Option<&str>| {
            let field = Field { code: "count".into(), feeds: feeds.map(str::to_owned), ..Field::default() };
            let [programme, name, name_en] = [const { String::new() }; 3];
            Activity { code: code.to_owned(), programme, name, name_en, version, fields: vec![field] }
        };
        let catalogue = Catalogue {
            activities: vec![form("fair", 1, Some("jobs")), form("course", 2, None), form("visit", 1, Some("visits"))],
            previous_versions: vec![form("course", 1, Some("jobs"))],
            ..Catalogue::default()
        };
        assert_eq!(catalogue.activities_feeding("jobs"), BTreeSet::from(["course", "fair"]));
        assert!(catalogue.activities_feeding("roads").is_empty());
    }

    #[test]
    fn counted_programmes_have_an_indicator() {
        let programmes = ["labour", "ecology", "health"].map(|code| programme(code, Value::Null).unwrap());
        let indicator = |programme: &str| {
            json!({"code": programme, "programme": programme, "name": "", "name_en": "", "unit": "", "unit_en": "",
                "aggregation": "sum"})
        };
        let indicators = ["health", "labour"].map(|code| serde_json::from_value(indicator(code)).unwrap());
        let catalogue =
            Catalogue { programmes: programmes.to_vec(), indicators: indicators.to_vec(), ..Catalogue::default() };
        let codes: Vec<&str> = catalogue.counted_programmes().map(|programme| programme.code.as_str()).collect();
        assert_eq!(codes, ["labour", "health"]);
    }

    #[test]
    fn programme_color_of_unknown_programme_is_the_default() {
        let labour = programme("labour", json!("#123456")).unwrap();
        let catalogue = Catalogue { programmes: vec![labour], ..Catalogue::default() };
        assert_eq!(catalogue.programme_color("labour").to_string(), "#123456");
        assert_eq!(catalogue.programme_color("health").to_string(), "#0e8a99");
    }
}
