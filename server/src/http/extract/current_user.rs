//! Extractor for the account that a request's session belongs to.

use super::credentials::token;
use crate::auth::token::token_hash;
use crate::db::accounts::session;
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use jiedui_core::access::user::User;

/// The signed-in user. A handler with this extractor requires a session.
#[derive(Clone, Debug)]
pub struct CurrentUser(pub User);

impl FromRequestParts<AppState> for CurrentUser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let token = token(&parts.headers).ok_or(Problem::no_session())?;
        let hash = token_hash(&token);
        let (user, is_contact_due) = session::contact(&app.db, &hash).await?.ok_or(Problem::no_session())?;
        if is_contact_due {
            // Not awaited: the request does not wait for the writer.
            let db = app.db.clone();
            tokio::spawn(async move {
                if let Err(error) = session::note_contact(&db, &hash).await {
                    tracing::warn!(%error, "the contact of a session could not be stored");
                }
            });
        }
        Ok(Self(User { verifies_own: app.config.own_review, ..user }))
    }
}

impl OptionalFromRequestParts<AppState> for CurrentUser {
    type Rejection = Problem;

    /// Returns `None` for a request without a valid session; a session that cannot be looked up is an error.
    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Option<Self>, Problem> {
        match <Self as FromRequestParts<AppState>>::from_request_parts(parts, app).await {
            Err(problem) if problem.is_no_session() => Ok(None),
            user => user.map(Some),
        }
    }
}
