//! Photos of an entry: scaled down and stored on the phone before the draft names them.

use crate::labels::texts::fill;
use crate::sync::photos::{PhotoError, take_in};
use crate::ui::entry_form::EntryFormState;
use crate::ui::photo::photo_address;
use jiedui_core::entry::field;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;

impl EntryFormState {
    /// Renders the photos and the input that adds some.
    pub fn photos(self, busy: RwSignal<usize>) -> impl IntoView + use<> {
        let (app, texts, draft) = (self.app, self.app.texts, self.draft);
        let keep_place = RwSignal::new(false);
        let failed = RwSignal::new(None::<String>);
        let take = move |event: leptos::ev::Event| {
            let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else {
                return;
            };
            let files: Vec<_> = input
                .files()
                .map(|files| (0..files.length()).filter_map(|at| files.item(at)).collect())
                .unwrap_or_default();
            busy.update(|busy| *busy += files.len());
            failed.set(None);
            spawn_local(async move {
                for file in files {
                    match take_in(app, &file, keep_place.get_untracked()).await {
                        Ok(sha256) => self.change(move |draft| {
                            if !draft.attachments.contains(&sha256) {
                                draft.attachments.push(sha256.clone());
                            }
                        }),
                        Err(PhotoError::NoPicture(_)) => failed.set(Some(fill(texts.no_picture(), &[&file.name()]))),
                        Err(PhotoError::Store(error)) => failed.set(Some(error.words(texts))),
                    }
                    busy.update(|busy| *busy -= 1);
                }
                // Otherwise a removed picture, chosen again, would fire no event.
                input.set_value("");
            });
        };
        let item = move |sha256: String| {
            let address = {
                let sha256 = sha256.clone();
                move || photo_address(app, &sha256)
            };
            let take_out = move |_| {
                let removed = sha256.clone();
                self.change(move |draft| draft.attachments.retain(|other| *other != removed));
            };
            view! {
                <li>
                    <img src=address alt=texts.photo()/>
                    <button type="button" class="button-quiet" on:click=take_out>{texts.take_out()}</button>
                </li>
            }
        };
        let all = Memo::new(move |_| {
            draft.with(|draft| draft.as_ref().map(|draft| draft.attachments.clone()).unwrap_or_default())
        });
        let control = view! {
            <input id="field-attachments" type="file" accept="image/*" multiple on:change=take aria-describedby="error-attachments photos-hint"/>
            <p class="hint" id="photos-hint">{texts.photos_hint()}</p>
            <label class="choose">
                <input type="checkbox" prop:checked=keep_place on:change=move |event| keep_place.set(event_target_checked(&event))/>
                {texts.photos_keep_place()}
            </label>
            <p role="status">{move || (busy.get() > 0).then(|| fill(texts.photos_busy(), &[&busy.get()]))}</p>
            {move || failed.get().map(|why| view! { <p class="error" role="alert">{why}</p> })}
            <ul class="photo-taken">{move || all.get().into_iter().map(item).collect_view()}</ul>
        };
        self.row(field::ATTACHMENTS, format!("{}{}", texts.photos(), texts.optional()), control.into_any())
    }
}
