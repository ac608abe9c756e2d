//! Message for a request that failed, with a button to try again.

use crate::api::error::ApiError;
use crate::state::{AppState, use_app_state};
use leptos::prelude::*;

/// Returns the message for an error: no network, what the server says, or that it failed.
pub fn request_error(app: AppState, error: &ApiError) -> String {
    match (error.status, &error.detail) {
        (0, _) => app.texts.needs_network().to_owned(),
        (_, Some(detail)) => detail.clone(),
        (_, None) => app.texts.request_failed().to_owned(),
    }
}

/// The message.
#[component]
pub fn RequestFailed(
    /// The error.
    error: ApiError,
    /// Sends the request again.
    retry: Callback<()>,
) -> impl IntoView {
    let app = use_app_state();
    view! {
        <div class="notice bad" role="alert">
            <p>{request_error(app, &error)}</p>
            <button type="button" class="button" on:click=move |_| retry.run(())>{app.texts.try_again()}</button>
        </div>
    }
}
