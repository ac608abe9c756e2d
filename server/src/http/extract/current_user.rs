//! Extractor for the account that a request's session belongs to.

use super::credentials::token;
use crate::auth::token::token_hash;
use crate::db::accounts::session;
use crate::http::problem::Problem;
use crate::state::App;
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use jiedui_core::access::user::User;
use std::convert::Infallible;

/// Somebody who has signed in. A handler that takes one is for them only.
#[derive(Clone, Debug)]
pub struct SignedIn(pub User);

impl FromRequestParts<App> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let token = token(&parts.headers).ok_or(Problem::no_session())?;
        let user = session::user(&app.db, &token_hash(&token)).await?;
        user.map(Self).ok_or(Problem::no_session())
    }
}

impl OptionalFromRequestParts<App> for SignedIn {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>, Infallible> {
        Ok(<Self as FromRequestParts<App>>::from_request_parts(parts, app).await.ok())
    }
}
