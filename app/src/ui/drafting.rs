//! The draft of a form in this tab, stored at every keystroke in a slot that no other tab uses. Notices warn about other tabs
//! that edit the same record.

use crate::labels::texts::Texts;
use crate::state::AppState;
use crate::storage::draft_slots::{Slot, begun_changes, claim, claim_empty, parse_name};
use crate::storage::user_db::new_id;
use crate::sync;
use jiedui_core::entry::Fields;
use jiedui_core::sync::Kind;
use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{BroadcastChannel, MessageEvent};

/// Channel on which tabs announce saved drafts.
const CHANNEL: &str = "jiedui-drafts";

/// Content of a form.
pub trait FormDraft: Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Kind of the record that the form saves.
    const KIND: Kind;

    /// Returns the identifier of the record that the form saves, and of the draft in another tab that this one was copied from.
    fn identity(&self) -> (Uuid, Option<Uuid>);
    /// Sets both identifiers.
    fn set_identity(&mut self, id: Uuid, copy_of: Option<Uuid>);

    /// Makes this draft a copy of itself that saves another record.
    fn become_copy(&mut self, id: Uuid) {
        let (source, _) = self.identity();
        self.set_identity(id, Some(source));
    }
}

/// Notice above the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Notice {
    /// Another tab has this form open; this is a copy of its draft.
    Copy,
    /// Another tab edits the same record.
    OpenElsewhere,
    /// Another tab has saved the record.
    SavedElsewhere,
}

/// Draft of a form in this tab.
pub struct Drafting<T: FormDraft> {
    /// Content of the form; `None` until it is loaded.
    pub draft: RwSignal<Option<T>>,
    /// Whether the last change could be stored.
    pub stored: RwSignal<bool>,
    slot: StoredValue<Option<Slot>, LocalStorage>,
    channel: StoredValue<Option<BroadcastChannel>, LocalStorage>,
    notice: RwSignal<Option<Notice>>,
    is_new: StoredValue<bool>,
    begins: RwSignal<bool>,
}

impl<T: FormDraft> Clone for Drafting<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: FormDraft> Copy for Drafting<T> {}

impl<T: FormDraft> Drafting<T> {
    /// Creates a draft that has not started, and listens to other tabs while its form is shown.
    pub fn listening() -> Self {
        let drafting = Self {
            draft: RwSignal::new(None),
            stored: RwSignal::new(true),
            slot: StoredValue::new_local(None),
            channel: StoredValue::new_local(None),
            notice: RwSignal::new(None),
            is_new: StoredValue::new(true),
            begins: RwSignal::new(false),
        };
        Effect::new(move |_| drafting.listen());
        drafting
    }

    /// Returns true to the first caller only, which must then load the draft.
    pub fn is_to_begin(self) -> bool {
        let is_first = self.begins.try_get_untracked() == Some(false);
        if is_first {
            self.begins.try_set(true);
        }
        is_first
    }

    /// Returns whether the draft is being loaded.
    pub fn is_beginning(self) -> bool {
        self.begins.get() && self.draft.with(Option::is_none)
    }

    /// Records that the record was not found; it may arrive later.
    pub fn is_not_found(self) {
        self.begins.try_set(false);
    }

    /// Starts a new record: from a draft in a free slot, from a copy of another tab's draft, or from `fresh`.
    pub async fn begin_new(self, app: AppState, form: &str, wanted: Option<u32>, fresh: T) {
        let claimed = claim(form, wanted).await;
        let left = unsaved::<T>(app, &claimed.slot).await;
        let copied = left.is_none().then_some(claimed.elsewhere).flatten();
        let copied = copied.and_then(|name| crate::storage::local_storage::get::<T>(&name)).map(|mut draft| {
            draft.become_copy(new_id());
            draft
        });
        self.notice.try_set(copied.is_some().then_some(Notice::Copy));
        self.is_new.try_update_value(|is_new| *is_new = true);
        self.begin(claimed.slot, left.or(copied).unwrap_or(fresh));
    }

    /// Starts editing a record: from a draft in a free slot, or from `stored`.
    pub async fn begin_edit(self, app: AppState, form: &str, stored: Option<T>) {
        let claimed = claim(form, None).await;
        let Some(first) = unsaved::<T>(app, &claimed.slot).await.or(stored) else {
            self.is_not_found();
            return;
        };
        self.notice.try_set(claimed.elsewhere.map(|_| Notice::OpenElsewhere));
        self.is_new.try_update_value(|is_new| *is_new = false);
        self.begin(claimed.slot, first);
    }

    fn begin(self, slot: Slot, first: T) {
        self.slot.try_update_value(|held| *held = Some(slot));
        self.draft.try_set(Some(first));
    }

    /// Returns whether the form creates a record.
    pub fn is_new(self) -> bool {
        self.is_new.get_value()
    }

    /// Changes the draft and stores it.
    pub fn change(self, change: impl FnOnce(&mut T)) {
        self.draft.update(|draft| {
            if let Some(draft) = draft {
                change(draft);
            }
        });
        self.store();
    }

    fn store(self) {
        let stored = self
            .slot
            .with_value(|slot| self.draft.with_untracked(|draft| Some(slot.as_ref()?.store(draft.as_ref()?).is_ok())));
        self.stored.try_set(stored.unwrap_or(true));
    }

    /// Stores the changes that the form begins to save. The draft is recognised by them as saved if the page is closed before the
    /// draft is deleted.
    pub fn begin_saving(self, changes: &Fields) {
        self.slot.try_with_value(|slot| slot.as_ref().map(|slot| slot.begin_saving(changes)));
    }

    /// Deletes the draft of a saved record and informs other tabs.
    pub fn is_saved(self) {
        self.slot.try_with_value(|slot| slot.as_ref().map(Slot::clear));
        let about = self.draft.try_with_untracked(|draft| draft.as_ref().map(T::identity)).flatten();
        if let Some((id, of)) = about {
            let text = format!("{id} {}", of.unwrap_or(id));
            self.channel.try_with_value(|channel| {
                if let Some(channel) = channel {
                    let _ = channel.post_message(&text.into());
                }
            });
        }
    }

    /// Deletes the draft.
    pub fn clear(self) {
        self.slot.with_value(|slot| slot.as_ref().map(Slot::clear));
        self.notice.set(None);
    }

    /// Listens to other tabs, and to the return of the page from the back-forward cache.
    fn listen(self) {
        if let Ok(channel) = BroadcastChannel::new(CHANNEL) {
            let handler = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
                let text = event.data().as_string().unwrap_or_default();
                let mut ids = text.split(' ').filter_map(|id| Uuid::parse_str(id).ok());
                if let (Some(id), Some(of)) = (ids.next(), ids.next()) {
                    self.on_saved_elsewhere(id, of);
                }
            });
            channel.set_onmessage(Some(handler.as_ref().unchecked_ref()));
            let listener = StoredValue::new_local((channel.clone(), handler));
            self.channel.set_value(Some(channel));
            on_cleanup(move || {
                listener.try_with_value(|(channel, _)| channel.close());
            });
        }
        let back = window_event_listener_untyped("pageshow", move |event| {
            let is_cached = js_sys::Reflect::get(&event, &"persisted".into()).is_ok_and(|value| value.is_truthy());
            if is_cached {
                spawn_local(self.reclaim());
            }
        });
        on_cleanup(move || back.remove());
    }

    /// Handles the message that another tab saved `id` from the draft `of` or from a copy.
    fn on_saved_elsewhere(self, id: Uuid, of: Uuid) {
        let current = self.draft.try_with_untracked(|draft| draft.as_ref().map(|draft| draft.identity().0)).flatten();
        if current != Some(of) {
            return;
        }
        self.notice.try_set(Some(Notice::SavedElsewhere));
        if id == of && self.is_new.try_get_value() == Some(true) {
            // This tab now creates another record.
            self.take_new_id();
        }
    }

    fn take_new_id(self) {
        self.draft.try_update(|draft| {
            if let Some(draft) = draft {
                draft.become_copy(new_id());
            }
        });
    }

    /// Claims the slot again after the page returned from the back-forward cache. The lock was released meanwhile, and another tab
    /// may have taken or saved the draft.
    async fn reclaim(self) {
        let Some(name) = self.slot.try_with_value(|slot| slot.as_ref().map(|slot| slot.name().to_owned())).flatten()
        else {
            return;
        };
        self.slot.try_update_value(|slot| slot.take());
        let mine = self.draft.try_get_untracked().flatten();
        let same = |slot: &Slot| slot.read::<T>().is_none_or(|left| Some(&left) == mine.as_ref());
        let again = Slot::again(&name).await.filter(same);
        let slot = match again {
            Some(slot) => slot,
            None => {
                self.notice.try_set(Some(Notice::OpenElsewhere));
                if self.is_new.try_get_value() == Some(true) {
                    self.notice.try_set(Some(Notice::Copy));
                    self.take_new_id();
                }
                claim_empty(parse_name(&name).0).await
            }
        };
        self.slot.try_update_value(|held| *held = Some(slot));
        if self.draft.try_get_untracked().is_some_and(|now| now != mine) {
            // Store text typed meanwhile.
            self.store();
        }
    }

    /// Renders the notice above the form; `start_again` clears the form.
    pub fn notices(self, texts: &'static Texts, start_again: Callback<()>) -> impl IntoView {
        move || {
            self.notice.get().map(|notice| {
                let words = match notice {
                    Notice::Copy => texts.draft_copy(),
                    Notice::OpenElsewhere => texts.draft_elsewhere(),
                    Notice::SavedElsewhere if self.is_new() => texts.draft_saved_elsewhere(),
                    Notice::SavedElsewhere => texts.edit_saved_elsewhere(),
                };
                let can_empty = notice != Notice::OpenElsewhere;
                view! {
                    <div class="notice" role="status" id="tabs-notice">
                        <p>{words}</p>
                        {can_empty.then(|| view! {
                            <button type="button" class="button-quiet" id="draft-drop" on:click=move |_| start_again.run(())>{texts.draft_drop()}</button>
                        })}
                    </div>
                }
            })
        }
    }
}

/// Reads the draft of a slot. Removes it if its record is saved.
async fn unsaved<T: FormDraft>(app: AppState, slot: &Slot) -> Option<T> {
    let draft = slot.read::<T>()?;
    if sync::is_saved(app, &T::KIND, draft.identity().0, begun_changes(slot.name())).await {
        slot.clear();
        return None;
    }
    Some(draft)
}
