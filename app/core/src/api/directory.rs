//! Changes of the directory: `/api/v1/organisations` and `/api/v1/pairings`. The response is the changed record.

use crate::directory::organisation::{Organisation, OrganisationKind, Pairing};
use crate::directory::place::Side;
use serde::{Deserialize, Serialize};
use time::Date;
use uuid::Uuid;

/// An organisation, new or changed. The path names its identifier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetOrganisationRequest {
    /// Name in Chinese.
    pub name: String,
    /// Name in English.
    pub name_en: String,
    /// Kind of organisation.
    pub kind: OrganisationKind,
    /// Region.
    pub side: Side,
    /// Code of the place, as precise as possible.
    pub place: String,
    /// The programme it chiefly takes part in.
    pub programme: String,
    /// Longitude and latitude in degrees (WGS 84).
    #[serde(default)]
    pub position: Option<(f64, f64)>,
    /// The document that names it.
    #[serde(default)]
    pub source: Option<String>,
    /// The revision that the edit started from; 0 for a new organisation. Without it the last writer wins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_rev: Option<u64>,
}

impl SetOrganisationRequest {
    /// Returns the organisation with this identifier, without initials and revision, and the revision that the edit started from.
    pub fn organisation(self, id: Uuid) -> (Organisation, Option<u64>) {
        let Self { name, name_en, kind, side, place, programme, position, source, base_rev } = self;
        let initials = String::new();
        (Organisation { id, name, name_en, kind, side, place, programme, position, source, initials, rev: 0 }, base_rev)
    }
}

/// A pairing, new or changed. The path names its identifier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetPairingRequest {
    /// The programme's code.
    pub programme: String,
    /// The organisation of side a.
    pub organisation_a: Uuid,
    /// The organisation of side b.
    pub organisation_b: Uuid,
    /// First day, where known.
    #[serde(default, with = "crate::values::date::option")]
    pub from: Option<Date>,
    /// Last day, once ended.
    #[serde(default, with = "crate::values::date::option")]
    pub to: Option<Date>,
    /// The document that names it.
    #[serde(default)]
    pub source: Option<String>,
    /// The hash of the agreement's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<String>,
    /// The revision that the edit started from; 0 for a new pairing. Without it the last writer wins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_rev: Option<u64>,
}

impl SetPairingRequest {
    /// Returns the pairing with this identifier, and the revision that the edit started from.
    pub fn pairing(self, id: Uuid) -> (Pairing, Option<u64>) {
        let Self { programme, organisation_a, organisation_b, from, to, source, agreement, base_rev } = self;
        (Pairing { id, programme, organisation_a, organisation_b, from, to, source, agreement, rev: 0 }, base_rev)
    }
}
