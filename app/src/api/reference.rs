//! Changes of the catalogue and of the directory. They need a network.

use crate::api::endpoints::{send_json, with_body};
use crate::api::error::ApiError;
use gloo_net::http::Request;
use jiedui_core::catalogue::edit::programme::ProgrammeDraft;
use jiedui_core::catalogue::{Activity, Indicator};
use jiedui_core::directory::organisation::{Organisation, Pairing};
use jiedui_core::values::language::Language;
use serde::Serialize;
use serde_json::Value;

async fn put(path: &str, body: &impl Serialize, language: Language) -> Result<(), ApiError> {
    let answer: Result<Value, ApiError> = send_json(with_body(Request::put(path), language, body)?).await;
    answer.map(drop)
}

/// A change of the catalogue, with the version of the catalogue that it started from.
#[derive(Serialize)]
struct Based<'a, T> {
    #[serde(flatten)]
    item: &'a T,
    base_version: u32,
}

/// Replaces or adds a programme. Fails if it has changed since the catalogue's `base_version`.
pub async fn set_programme(item: &ProgrammeDraft, base_version: u32, language: Language) -> Result<(), ApiError> {
    put(&format!("/api/v1/catalogue/programmes/{}", item.code), &Based { item, base_version }, language).await
}

/// Replaces or adds the form of an activity. Fails if it has changed since the catalogue's `base_version`.
pub async fn set_activity(item: &Activity, base_version: u32, language: Language) -> Result<(), ApiError> {
    put(&format!("/api/v1/catalogue/activities/{}", item.code), &Based { item, base_version }, language).await
}

/// Changes or adds an indicator. Fails if it has changed since the catalogue's `base_version`.
pub async fn set_indicator(item: &Indicator, base_version: u32, language: Language) -> Result<(), ApiError> {
    put(&format!("/api/v1/catalogue/indicators/{}", item.code), &Based { item, base_version }, language).await
}

/// A change of the directory, with the revision that it started from.
#[derive(Serialize)]
struct Revised<'a, T> {
    #[serde(flatten)]
    item: &'a T,
    #[serde(skip_serializing_if = "Option::is_none")]
    base_rev: Option<u64>,
}

/// Changes or adds an organisation. Fails if it has changed since `base_rev`; without it the last writer wins.
pub async fn set_organisation(item: &Organisation, base_rev: Option<u64>, language: Language) -> Result<(), ApiError> {
    put(&format!("/api/v1/organisations/{}", item.id), &Revised { item, base_rev }, language).await
}

/// Changes or adds a pairing. Fails if it has changed since `base_rev`; without it the last writer wins.
pub async fn set_pairing(item: &Pairing, base_rev: Option<u64>, language: Language) -> Result<(), ApiError> {
    put(&format!("/api/v1/pairings/{}", item.id), &Revised { item, base_rev }, language).await
}
