//! The map as GeoJSON (RFC 7946): `/api/v1/map`.

use crate::directory::organisation::OrganisationKind;
use crate::directory::place::Side;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Organisations as points, pairings as lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type")]
pub enum MapResponse {
    /// The features.
    FeatureCollection {
        /// Points first, then lines.
        features: Vec<MapFeature>,
    },
}

/// A feature of the map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type")]
pub enum MapFeature {
    /// One organisation or pairing.
    Feature {
        /// Identifier.
        id: Uuid,
        /// Position of the feature.
        geometry: Geometry,
        /// Kind and counts.
        properties: MapProperties,
    },
}

/// A shape; positions are longitude and latitude in degrees (WGS 84).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type")]
pub enum Geometry {
    /// A position.
    Point {
        /// The position.
        coordinates: (f64, f64),
    },
    /// Positions joined by a line.
    LineString {
        /// The positions.
        coordinates: Vec<(f64, f64)>,
    },
}

/// Kind of a feature, and its number of entries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MapProperties {
    /// An organisation.
    Organisation {
        /// Identifier.
        id: Uuid,
        /// The programme it chiefly takes part in.
        programme: String,
        /// Region.
        side: Side,
        /// Kind of organisation.
        organisation_kind: OrganisationKind,
        /// Name in Chinese.
        name: String,
        /// Name in English.
        name_en: String,
        /// The place's code.
        place: String,
        /// Whether the position is that of its place.
        approximate: bool,
        /// Number of entries.
        entries: u64,
        /// Number of verified entries.
        verified: u64,
        /// The document that names it.
        source: Option<String>,
    },
    /// A pairing.
    Pairing {
        /// Identifier.
        id: Uuid,
        /// The programme's code.
        programme: String,
        /// Null: a pairing has both sides.
        side: Option<Side>,
        /// The organisation of side a.
        organisation_a: Uuid,
        /// The organisation of side b.
        organisation_b: Uuid,
        /// Number of entries.
        entries: u64,
        /// Number of verified entries.
        verified: u64,
        /// The document that names it.
        source: Option<String>,
    },
}
