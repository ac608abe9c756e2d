//! A one-time code, as text to read out and as a QR code to scan.

use crate::labels::texts::fill;
use crate::labels::time_format::in_china;
use crate::state::use_app_state;
use jiedui_core::api::users::CodeResponse;
use leptos::prelude::*;

/// The card. It is the only place that shows the code.
#[component]
pub fn CodeCard(
    /// The code.
    code: CodeResponse,
) -> impl IntoView {
    let texts = use_app_state().texts;
    let CodeResponse { user, code, path, qr, expires_at } = code;
    let origin = window().location().origin().unwrap_or_default();
    let qr = qr.map(|svg| view! { <div class="people-qr" role="img" aria-label=texts.code_qr() inner_html=svg></div> });
    view! {
        <div class="notice people-code" role="status">
            <h2>{fill(texts.code_for(), &[&user.name])}</h2>
            <p><strong class="people-code-text">{code}</strong></p>
            {qr}
            <p>{fill(texts.code_how(), &[&format!("{origin}/sign-in/code"), &user.username])}</p>
            <p><a class="button" href=path>{texts.code_here()}</a></p>
            <p class="note">{fill(texts.code_until(), &[&in_china(&expires_at)])}</p>
        </div>
    }
}
