//! Changes of the catalogue: `/api/v1/catalogue`. The answer is the whole [`crate::catalogue::Catalogue`].

use crate::catalogue::edit::programme::ProgrammeDraft;
use crate::catalogue::{Activity, Aggregation, Field, Indicator, Subject, Target};
use serde::{Deserialize, Serialize};

/// A programme, new or changed. The path names its code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetProgrammeRequest {
    /// Name in Chinese.
    pub name: String,
    /// Name in English; may be empty.
    pub name_en: String,
    /// An sRGB colour `#rrggbb` with a contrast of at least 4:1 against white.
    pub color: String,
    /// Place among the programmes, from 1. Without it a programme stays where it is, and a new one goes last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<u32>,
    /// The version of the catalogue that the change started from: it is refused where the item has changed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_version: Option<u32>,
}

impl SetProgrammeRequest {
    /// Returns the programme with this code, whose colour is not validated yet.
    pub fn draft(self, code: String) -> ProgrammeDraft {
        let Self { name, name_en, color, order, base_version: _ } = self;
        ProgrammeDraft { code, name, name_en, color, order }
    }
}

/// An activity's form, new or changed. The path names its code; the server sets its version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetActivityRequest {
    /// The programme's code.
    pub programme: String,
    /// Name in Chinese.
    pub name: String,
    /// Name in English.
    pub name_en: String,
    /// Fields of the form.
    pub fields: Vec<Field>,
    /// The version of the catalogue that the change started from: it is refused where the item has changed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_version: Option<u32>,
}

impl SetActivityRequest {
    /// Returns the activity with this code.
    pub fn activity(self, code: String) -> Activity {
        let Self { programme, name, name_en, fields, base_version: _ } = self;
        Activity { code, programme, name, name_en, version: 0, fields }
    }
}

/// An indicator, new or changed. The path names its code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetIndicatorRequest {
    /// The programme's code.
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
    /// The subject that counts once, where the aggregation is distinct.
    #[serde(default)]
    pub distinct_by: Subject,
    /// Targets, at most one a year.
    #[serde(default)]
    pub targets: Vec<Target>,
    /// The version of the catalogue that the change started from: it is refused where the item has changed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_version: Option<u32>,
}

impl SetIndicatorRequest {
    /// Returns the indicator with this code.
    pub fn indicator(self, code: String) -> Indicator {
        let Self { programme, name, name_en, unit, unit_en, aggregation, distinct_by, targets, base_version: _ } = self;
        Indicator { code, programme, name, name_en, unit, unit_en, aggregation, distinct_by, targets }
    }
}
