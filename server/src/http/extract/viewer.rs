//! Extractor for requests that may see the aggregates.

use super::credentials::{SHARE_COOKIE, cookie};
use super::current_user::CurrentUser;
use crate::auth::token::token_hash;
use crate::db::accounts::share;
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;

/// A client that may read aggregates: anyone if the view is public, otherwise a user or the holder of a share link.
#[derive(Clone, Copy, Debug)]
pub struct Viewer;

impl FromRequestParts<AppState> for Viewer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let has_link = match cookie(&parts.headers, SHARE_COOKIE) {
            Some(token) if !app.config.public_view => share::valid(&app.db, &token_hash(token)).await?.is_some(),
            _ => false,
        };
        if !app.config.public_view && !has_link {
            <CurrentUser as FromRequestParts<AppState>>::from_request_parts(parts, app).await?;
        }
        Ok(Self)
    }
}
