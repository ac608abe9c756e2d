//! Organisations and pairings of the directory.

use crate::directory::place::Side;
use serde::{Deserialize, Serialize};
use time::Date;
use uuid::Uuid;

/// Kind of an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OrganisationKind {
    /// A Party branch.
    PartyBranch,
    /// A government partner: district, county, town or township.
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

/// An organisation of one region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Organisation {
    /// Identifier.
    pub id: Uuid,
    /// Name in Chinese.
    pub name: String,
    /// Name in English.
    pub name_en: String,
    /// Kind.
    pub kind: OrganisationKind,
    /// Region.
    pub side: Side,
    /// Code of the most precise known place.
    pub place: String,
    /// Code of its main programme.
    pub programme: String,
    /// Longitude and latitude in degrees (WGS 84), if set by a user.
    #[serde(default)]
    pub position: Option<(f64, f64)>,
    /// Source of the record.
    #[serde(default)]
    pub source: Option<String>,
    /// Pinyin initials of the name for search, set by the server.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub initials: String,
    /// Revision of the record, set by the server; 0 in stored fields and for a new organisation. An edit sends it as
    /// `base_rev`.
    #[serde(default, skip_serializing_if = "is_unset")]
    pub rev: u64,
}

/// Returns whether a revision is left out: stored fields and new records have none.
fn is_unset(rev: &u64) -> bool {
    *rev == 0
}

impl Organisation {
    /// Returns whether each of the lower-case words occurs in its names, the name of its place, or the initials.
    pub fn is_named(&self, words: &[String], place: &str) -> bool {
        let text = format!("{} {} {place} {}", self.name, self.name_en, self.initials).to_lowercase();
        words.iter().all(|word| text.contains(word.as_str()))
    }
}

/// A pairing of two organisations, one of each region, in a programme.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pairing {
    /// Identifier.
    pub id: Uuid,
    /// Code of the programme.
    pub programme: String,
    /// Organisation of side A.
    pub organisation_a: Uuid,
    /// Organisation of side B.
    pub organisation_b: Uuid,
    /// First day, if known.
    #[serde(default, with = "crate::values::date::option")]
    pub from: Option<Date>,
    /// Last day, if ended.
    #[serde(default, with = "crate::values::date::option")]
    pub to: Option<Date>,
    /// Source of the record.
    #[serde(default)]
    pub source: Option<String>,
    /// SHA-256 hash of the agreement's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<String>,
    /// Revision of the record, set by the server; 0 in stored fields and for a new pairing. An edit sends it as
    /// `base_rev`.
    #[serde(default, skip_serializing_if = "is_unset")]
    pub rev: u64,
}
