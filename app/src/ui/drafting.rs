//! A draft that is filled in in this tab: kept at every keystroke where no other tab writes, and what the person is told when
//! other tabs have to do with the same.

use crate::labels::texts::Texts;
use crate::storage::draft_slots::{Slot, claim, claim_empty, parts_of};
use crate::storage::user_db::new_id;
use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{BroadcastChannel, MessageEvent};

/// The channel on which tabs tell each other what has become of a draft.
const CHANNEL: &str = "jiedui-drafts";

/// What is filled in in a form.
pub trait FormDraft: Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What it becomes.
    fn id(&self) -> Uuid;
    /// Has it become something else.
    fn set_id(&mut self, id: Uuid);
    /// The draft that it is a copy of.
    fn copy_of(&self) -> Option<Uuid>;
    /// Has it be a copy.
    fn set_copy_of(&mut self, of: Option<Uuid>);
}

/// What the person is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Notice {
    /// Another tab has this form open: this is a copy of what is filled in there.
    Copy,
    /// Another tab has the same thing open to be changed.
    OpenElsewhere,
    /// Another tab has saved it.
    SavedElsewhere,
}

/// A form's draft in this tab.
pub struct Drafting<T: FormDraft> {
    /// What is filled in, once it is known with what the form begins.
    pub draft: RwSignal<Option<T>>,
    /// Whether what is typed could be kept.
    pub kept: RwSignal<bool>,
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
    /// Returns one that has not begun, and listens to other tabs while its form is shown.
    pub fn listening() -> Self {
        let own = Self {
            draft: RwSignal::new(None),
            kept: RwSignal::new(true),
            slot: StoredValue::new_local(None),
            channel: StoredValue::new_local(None),
            notice: RwSignal::new(None),
            is_new: StoredValue::new(true),
            begins: RwSignal::new(false),
        };
        Effect::new(move |_| own.listen());
        own
    }

    /// Whether somebody has yet to begin it; who asks first is the one to do so.
    pub fn is_to_begin(self) -> bool {
        let is_first = self.begins.try_get_untracked() == Some(false);
        if is_first {
            self.begins.try_set(true);
        }
        is_first
    }

    /// Whether it is being looked for.
    pub fn is_beginning(self) -> bool {
        self.begins.get() && self.draft.with(Option::is_none)
    }

    /// It was not found: it may yet arrive.
    pub fn is_not_found(self) {
        self.begins.try_set(false);
    }

    /// Begins a new one: what was left in a free place, or a copy of what another tab is filling in, or `fresh`.
    pub async fn begin_new(self, form: &str, wanted: Option<u32>, fresh: T) {
        let claimed = claim(form, wanted).await;
        let left = claimed.slot.read::<T>();
        let copied = left.is_none().then_some(claimed.elsewhere).flatten();
        let copied = copied.and_then(|name| crate::storage::local_storage::get::<T>(&name)).map(|mut draft| {
            draft.set_copy_of(Some(draft.id()));
            draft.set_id(new_id());
            draft
        });
        self.notice.try_set(copied.is_some().then_some(Notice::Copy));
        self.is_new.try_update_value(|is_new| *is_new = true);
        self.begin(claimed.slot, left.or(copied).unwrap_or(fresh));
    }

    /// Begins the change of something that is there: what was left in a free place, or `stored`.
    pub async fn begin_edit(self, form: &str, stored: Option<T>) {
        let claimed = claim(form, None).await;
        let Some(first) = claimed.slot.read::<T>().or(stored) else {
            self.is_not_found();
            return;
        };
        self.notice.try_set(claimed.elsewhere.map(|_| Notice::OpenElsewhere));
        self.is_new.try_update_value(|is_new| *is_new = false);
        self.begin(claimed.slot, first);
    }

    fn begin(self, slot: Slot, first: T) {
        self.slot.try_update_value(|own| *own = Some(slot));
        self.draft.try_set(Some(first));
    }

    /// Whether it becomes something new.
    pub fn is_new(self) -> bool {
        self.is_new.get_value()
    }

    /// Changes it and keeps it.
    pub fn change(self, change: impl FnOnce(&mut T)) {
        self.draft.update(|draft| {
            if let Some(draft) = draft {
                change(draft);
            }
        });
        self.keep();
    }

    fn keep(self) {
        let kept = self
            .slot
            .with_value(|slot| self.draft.with_untracked(|draft| Some(slot.as_ref()?.keep(draft.as_ref()?).is_ok())));
        self.kept.try_set(kept.unwrap_or(true));
    }

    /// What it has become is on the phone: the draft goes, and other tabs are told.
    pub fn is_saved(self) {
        self.slot.try_with_value(|slot| slot.as_ref().map(Slot::clear));
        let about =
            self.draft.try_with_untracked(|draft| draft.as_ref().map(|own| (own.id(), own.copy_of()))).flatten();
        if let Some((id, of)) = about {
            let text = format!("{id} {}", of.unwrap_or(id));
            self.channel.try_with_value(|channel| {
                if let Some(channel) = channel {
                    let _ = channel.post_message(&text.into());
                }
            });
        }
    }

    /// Throws away what is filled in.
    pub fn clear(self) {
        self.slot.with_value(|slot| slot.as_ref().map(Slot::clear));
        self.notice.set(None);
    }

    /// Hears what other tabs say, and that the page comes back as it was left.
    fn listen(self) {
        if let Ok(channel) = BroadcastChannel::new(CHANNEL) {
            let heard = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
                let text = event.data().as_string().unwrap_or_default();
                let mut ids = text.split(' ').filter_map(|id| Uuid::parse_str(id).ok());
                if let (Some(id), Some(of)) = (ids.next(), ids.next()) {
                    self.hear(id, of);
                }
            });
            channel.set_onmessage(Some(heard.as_ref().unchecked_ref()));
            let heard = StoredValue::new_local((channel.clone(), heard));
            self.channel.set_value(Some(channel));
            on_cleanup(move || {
                heard.try_with_value(|(channel, _)| channel.close());
            });
        }
        let back = window_event_listener_untyped("pageshow", move |event| {
            let is_kept = js_sys::Reflect::get(&event, &"persisted".into()).is_ok_and(|own| own.is_truthy());
            if is_kept {
                spawn_local(self.comes_back());
            }
        });
        on_cleanup(move || back.remove());
    }

    /// Another tab has saved `id`, which was begun as a copy of the draft `of`, or as that draft itself.
    fn hear(self, id: Uuid, of: Uuid) {
        let own = self.draft.try_with_untracked(|draft| draft.as_ref().map(T::id)).flatten();
        if own != Some(of) {
            return;
        }
        self.notice.try_set(Some(Notice::SavedElsewhere));
        if id == of && self.is_new.try_get_value() == Some(true) {
            // What is saved here is another one.
            self.become_another();
        }
    }

    fn become_another(self) {
        self.draft.try_update(|draft| {
            if let Some(draft) = draft {
                draft.set_copy_of(Some(draft.id()));
                draft.set_id(new_id());
            }
        });
    }

    /// The browser has shown the page again as it was left. Its lock went meanwhile, and another tab may have the draft or
    /// have saved it.
    async fn comes_back(self) {
        let Some(name) = self.slot.try_with_value(|slot| slot.as_ref().map(|own| own.name().to_owned())).flatten()
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
                    self.become_another();
                }
                claim_empty(parts_of(&name).0).await
            }
        };
        self.slot.try_update_value(|own| *own = Some(slot));
        if self.draft.try_get_untracked().is_some_and(|now| now != mine) {
            // What was typed meanwhile had no place.
            self.keep();
        }
    }

    /// What the person is told, above the form; `start_again` empties it.
    pub fn notices(self, texts: &'static Texts, start_again: Callback<()>) -> impl IntoView {
        move || {
            self.notice.get().map(|notice| {
                let words = match notice {
                    Notice::Copy => texts.draft_copy,
                    Notice::OpenElsewhere => texts.draft_elsewhere,
                    Notice::SavedElsewhere if self.is_new() => texts.draft_saved_elsewhere,
                    Notice::SavedElsewhere => texts.edit_saved_elsewhere,
                };
                let can_empty = notice != Notice::OpenElsewhere;
                view! {
                    <div class="notice" role="status" id="tabs-notice">
                        <p>{words}</p>
                        {can_empty.then(|| view! {
                            <button type="button" class="quiet" id="draft-drop" on:click=move |_| start_again.run(())>{texts.draft_drop}</button>
                        })}
                    </div>
                }
            })
        }
    }
}
