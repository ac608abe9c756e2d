//! Position of the recorder, on request, from the phone's receiver. Needs no network.

use crate::ui::entry_form::EntryFormState;
use crate::ui::geolocation::here;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

impl EntryFormState {
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
