//! Position of the recorder, on request, from the phone's receiver. Needs no network.

use crate::ui::entry_form::Form;
use js_sys::Reflect;
use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// Time limit for the receiver in milliseconds.
const TIME_LIMIT: f64 = 30_000.0;

impl Form {
    /// Renders the button that requests the position, or the position.
    pub fn position(self) -> impl IntoView + use<> {
        let (texts, draft) = (self.app.texts, self.draft);
        let (busy, failed) = (RwSignal::new(false), RwSignal::new(false));
        let find = move |_| {
            busy.set(true);
            failed.set(false);
            spawn_local(async move {
                match here().await {
                    Some(position) => self.change(move |draft| draft.position = Some(position)),
                    None => failed.set(true),
                }
                busy.set(false);
            });
        };
        let forget = move |_| self.change(|draft| draft.position = None);
        let position = move || draft.with(|draft| draft.as_ref().and_then(|draft| draft.position));
        view! {
            <div class="form-row position">
                {move || match position() {
                    Some((east, north)) => view! {
                        <p class="place-chosen">
                            <span>{format!("{} {north:.5}, {east:.5}", texts.position())}</span>
                            <button type="button" class="button-quiet" on:click=forget>{texts.take_out()}</button>
                        </p>
                    }.into_any(),
                    None => view! {
                        <button type="button" class="button button-quiet" id="find-position" disabled=move || busy.get() on:click=find>
                            {move || if busy.get() { texts.position_busy() } else { texts.position_find() }}
                        </button>
                    }.into_any(),
                }}
                <p class="error" role="status">{move || failed.get().then_some(texts.position_failed())}</p>
            </div>
        }
    }
}

/// Returns longitude and latitude, to a metre; `None` if the phone refuses.
async fn here() -> Option<(f64, f64)> {
    let navigator = window().navigator();
    let receiver = Reflect::get(&navigator, &"geolocation".into()).ok().filter(JsValue::is_object)?;
    let ask: js_sys::Function = Reflect::get(&receiver, &"getCurrentPosition".into()).ok()?.dyn_into().ok()?;
    let settings = js_sys::Object::new();
    Reflect::set(&settings, &"enableHighAccuracy".into(), &true.into()).ok()?;
    Reflect::set(&settings, &"timeout".into(), &TIME_LIMIT.into()).ok()?;
    let promise = js_sys::Promise::new(&mut |done, failed| {
        if ask.call3(&receiver, &done, &failed, &settings).is_err() {
            let _ = failed.call0(&JsValue::NULL);
        }
    });
    let position = JsFuture::from(promise).await.ok()?;
    let at = Reflect::get(&position, &"coords".into()).ok()?;
    let degrees = |name: &str| Some((Reflect::get(&at, &name.into()).ok()?.as_f64()? * 1e5).round() / 1e5);
    Some((degrees("longitude")?, degrees("latitude")?))
}
