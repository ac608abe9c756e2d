//! Organisations and who is paired with whom.

use crate::directory::place::Side;
use serde::{Deserialize, Serialize};
use time::Date;
use uuid::Uuid;

/// What sort of body an organisation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganisationKind {
    /// A Party branch.
    PartyBranch,
    /// A district, county, town or township as a partner.
    Government,
    /// A village.
    Village,
    /// A school.
    School,
    /// A hospital.
    Hospital,
    /// A company.
    Company,
    /// A co-operative.
    Cooperative,
    /// A bureau.
    Bureau,
}

/// A body of one side that takes part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Organisation {
    /// Identifier.
    pub id: Uuid,
    /// Name in Chinese.
    pub name: String,
    /// Name in English.
    pub name_en: String,
    /// What it is.
    pub kind: OrganisationKind,
    /// Its region.
    pub side: Side,
    /// The code of the place where it is, as precisely as is known.
    pub place: String,
    /// The programme it chiefly takes part in.
    pub programme: String,
    /// Longitude and latitude in degrees (WGS 84), once a person has set them.
    #[serde(default)]
    pub position: Option<(f64, f64)>,
    /// Where its being here comes from.
    #[serde(default)]
    pub source: Option<String>,
    /// The first letters of its name's pinyin, which people type to find it; the server knows them.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub initials: String,
}

impl Organisation {
    /// Whether each of these words, in lower case, is in its names, in the name of its place, or in the initials.
    pub fn is_named(&self, words: &[String], place: &str) -> bool {
        let text = format!("{} {} {place} {}", self.name, self.name_en, self.initials).to_lowercase();
        words.iter().all(|word| text.contains(word.as_str()))
    }
}

/// Two organisations, one of each side, under a programme: a line on the map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pairing {
    /// Identifier.
    pub id: Uuid,
    /// The programme's code.
    pub programme: String,
    /// The organisation of side a.
    pub organisation_a: Uuid,
    /// The organisation of side b.
    pub organisation_b: Uuid,
    /// Its first day, where known.
    #[serde(default, with = "crate::values::date::option")]
    pub from: Option<Date>,
    /// Its last day, once ended.
    #[serde(default, with = "crate::values::date::option")]
    pub to: Option<Date>,
    /// Where its being here comes from.
    #[serde(default)]
    pub source: Option<String>,
    /// The hash of the agreement's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<String>,
}
