//! The sessions of an account, with a button that ends each.

use crate::api::error::ApiError;
use crate::api::people;
use crate::labels::texts::fill;
use crate::labels::time_format::in_china;
use crate::state::use_app_state;
use crate::ui::loading::Loading;
use crate::ui::request_error::RequestFailed;
use jiedui_core::api::users::SessionInfo;
use leptos::prelude::*;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;

/// The list.
#[component]
pub fn Sessions(
    /// Identifier of the account.
    account: Uuid,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let read = RwSignal::new(None::<Result<Vec<SessionInfo>, ApiError>>);
    let fetch = move || {
        spawn_local(async move {
            let answer = people::sessions(account).await;
            let _ = read.try_set(Some(answer));
        });
    };
    Effect::new(move |_| fetch());
    let end = move |session: Uuid| {
        if !window().confirm_with_message(texts.session_end_sure()).unwrap_or(false) {
            return;
        }
        spawn_local(async move {
            match people::end_session(account, session).await {
                Ok(()) => fetch(),
                Err(error) => drop(read.try_set(Some(Err(error)))),
            }
        });
    };
    let row = move |session: SessionInfo| {
        let id = session.id;
        let seen = fill(texts.session_seen(), &[&in_china(&session.seen_at)]);
        let action = if session.current {
            view! { <span class="note">{texts.session_current()}</span> }.into_any()
        } else {
            view! { <button type="button" class="button button-quiet" on:click=move |_| end(id)>{texts.session_end()}</button> }
                .into_any()
        };
        view! {
            <li data-session=id.to_string()>
                <span><strong>{device(&session.device_name, texts.session_device())}</strong><small>{seen}</small></span>
                {action}
            </li>
        }
    };
    move || match read.get() {
        None => view! { <Loading/> }.into_any(),
        Some(Err(error)) => view! { <RequestFailed error retry=Callback::new(move |()| fetch())/> }.into_any(),
        Some(Ok(sessions)) if sessions.is_empty() => view! { <p class="empty">{texts.session_none()}</p> }.into_any(),
        Some(Ok(sessions)) => {
            view! { <ul class="people-sessions">{sessions.into_iter().map(row).collect_view()}</ul> }.into_any()
        }
    }
}

/// Returns a short name for a device: its system and browser if the name is a browser's, otherwise the name.
fn device(name: &str, unknown: &str) -> String {
    if !name.starts_with("Mozilla/") {
        return if name.is_empty() { unknown.to_owned() } else { name.to_owned() };
    }
    let first =
        |known: &[(&str, &'static str)]| known.iter().find(|(part, _)| name.contains(part)).map(|(_, short)| *short);
    let systems = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    ];
    let browsers = [
        ("MicroMessenger", "微信"),
        ("Edg", "Edge"),
        ("Firefox", "Firefox"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    ];
    let parts: Vec<&str> = [first(&systems), first(&browsers)].into_iter().flatten().collect();
    if parts.is_empty() { unknown.to_owned() } else { parts.join(" · ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("", "Device")]
    #[case("office computer", "office computer")]
    #[case(
        "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
        "Android · Chrome"
    )]
    #[case(
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1",
        "iPhone · Safari"
    )]
    #[case("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Linux · Firefox")]
    #[case("Mozilla/5.0", "Device")]
    fn device_is_named_by_system_and_browser(#[case] name: &str, #[case] expected: &str) {
        assert_eq!(device(name, "Device"), expected);
    }
}
