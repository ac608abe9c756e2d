//! Notices for the user, and web push subscriptions.

use crate::db::accounts::notice;
use crate::http::extract::body::{Accept, Payload};
use crate::http::extract::current_user::CurrentUser;
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiedui_core::api::notices::{NoticesResponse, PushKeyResponse, SubscriptionRequest};
use jiedui_core::values::field_error::ErrorCode;

/// Returns the number of the user's returned entries, with a sentence in the request's language.
#[utoipa::path(get, path = "/api/v1/notices", responses((status = 200, description = "the number and the sentence", body = NoticesResponse), (status = 401, description = "no session")))]
pub async fn list(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    wants: Accept,
) -> Result<Response, Problem> {
    let returned = notice::returned(&app.db, user.id).await?;
    let sentence = match returned {
        0 => String::new(),
        count => wants
            .language
            .pick("有 {} 条填报被退回", "{} of your entries were returned")
            .replace("{}", &count.to_string()),
    };
    Ok(wants.answer(&NoticesResponse { returned, sentence }))
}

/// Returns the server's public key for web push.
#[utoipa::path(get, path = "/api/v1/notices/browser", responses((status = 200, description = "the key", body = PushKeyResponse), (status = 401, description = "no session")))]
pub async fn key(State(app): State<AppState>, CurrentUser(_): CurrentUser, wants: Accept) -> Response {
    wants.answer(&PushKeyResponse { key: app.web_push.public_key() })
}

/// Subscribes a browser to a push message for each returned entry of the user.
#[utoipa::path(put, path = "/api/v1/notices/browser",
    request_body = SubscriptionRequest,
    responses((status = 204, description = "subscribed"), (status = 400, description = "not an address of a push service")))]
pub async fn subscribe(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    body: Payload,
) -> Result<StatusCode, Problem> {
    let SubscriptionRequest { endpoint } = body.parse()?;
    if app.web_push.origin(&endpoint).is_none() {
        return Err(Problem::field("endpoint", ErrorCode::Unknown));
    }
    notice::subscribe(&app.db, user.id, &endpoint).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a browser's subscription.
#[utoipa::path(delete, path = "/api/v1/notices/browser",
    request_body = SubscriptionRequest,
    responses((status = 204, description = "unsubscribed")))]
pub async fn unsubscribe(
    State(app): State<AppState>,
    CurrentUser(_): CurrentUser,
    body: Payload,
) -> Result<StatusCode, Problem> {
    notice::unsubscribe(&app.db, &body.parse::<SubscriptionRequest>()?.endpoint).await?;
    Ok(StatusCode::NO_CONTENT)
}
