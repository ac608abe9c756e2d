//! The end of a list: which records are on this phone, and a button that reads the others from the server.

use crate::labels::texts::fill;
use crate::state::use_app_state;
use crate::storage::in_use::OnScreen;
use crate::sync::remote::{Read, RemoteList, read_on};
use crate::ui::loading::Loading;
use jiedui_core::sync::Window;
use jiedui_core::values::date::format_date;
use leptos::prelude::*;
use time::Date;
use wasm_bindgen_futures::spawn_local;

/// The records of a list that are on the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordList {
    /// Entries that the person may see.
    Entries,
    /// The person's own entries.
    Own,
    /// Entries that wait for a review by the person.
    Reviews,
    /// Ledger items.
    LedgerItems,
}

impl RecordList {
    /// Returns the first day of the part; `None` if it is complete.
    fn since(self, window: &Window) -> Option<Date> {
        let bounds = &window.bounds;
        match self {
            Self::Entries | Self::LedgerItems => Some(bounds.place_since.day),
            Self::Own => Some(bounds.author_since),
            Self::Reviews => bounds.is_review_limited().then_some(bounds.review_since.day),
        }
    }

    /// Returns the position in the server's list after which the part lacks records.
    fn position(self, since: Date) -> String {
        match self {
            Self::LedgerItems => String::new(),
            // After all entries of that day.
            _ => format!("{}.{}", format_date(since), i64::MAX),
        }
    }
}

/// Progress of reading from the server.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Progress {
    /// Before the first read of this query.
    Idle,
    Reading,
    UpTo(String),
    Failed(Option<String>),
    Complete,
}

/// Says which records are on this phone, and reads the others on request, or at once for a list with few records. Empty if the
/// phone has everything.
#[component]
pub fn Older(
    /// Records of the list.
    part: RecordList,
    /// Filter as further parameters of the request, each after `&`.
    #[prop(into)]
    query: Signal<String>,
    /// First day that the filter shows.
    #[prop(into)]
    first: Signal<Option<Date>>,
    /// Whether the phone has so few records of the list that the server is asked at once.
    #[prop(into, default = Signal::stored(false))]
    few: Signal<bool>,
    /// Receives whether the server may have further records of the list.
    #[prop(optional)]
    is_open: RwSignal<bool>,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let (progress, shown) = (RwSignal::new(Progress::Idle), StoredValue::new(OnScreen::default()));
    let since = Memo::new(move |_| {
        let since = app.replica.window.with(|window| part.since(window.as_ref()?))?;
        first.get().is_none_or(|first| first < since).then_some(since)
    });
    Effect::new(move |_| {
        query.track();
        since.track();
        progress.set(Progress::Idle);
    });
    Effect::new(move |_| is_open.set(since.get().is_some() && progress.get() != Progress::Complete));
    let read = move || {
        let Some(since) = since.get_untracked() else { return };
        let (asked, before) = (query.get_untracked(), progress.get_untracked());
        let after = match before {
            Progress::UpTo(after) | Progress::Failed(Some(after)) => after,
            _ => part.position(since),
        };
        progress.set(Progress::Reading);
        spawn_local(async move {
            let list = if part == RecordList::LedgerItems { RemoteList::LedgerItems } else { RemoteList::Entries };
            let read = read_on(app, list, &asked, after.clone(), shown).await;
            // The screen may have been left, or another filter chosen.
            if query.try_get_untracked().as_ref() != Some(&asked) {
                return;
            }
            let now = match read {
                Ok(Read::UpTo(Some(next))) => Progress::UpTo(next),
                Ok(Read::UpTo(None)) => Progress::Complete,
                Ok(Read::Failed) => Progress::Failed(Some(after)),
                Err(error) => {
                    app.storage.error.set(Some(error));
                    Progress::Failed(Some(after))
                }
            };
            let _ = progress.try_set(now);
        });
    };
    Effect::new(move |_| {
        if few.get() && since.get().is_some() && app.sync.online.get() && progress.get() == Progress::Idle {
            read();
        }
    });
    let on_phone = move |since: Date| match part {
        RecordList::Entries => fill(texts.phone_has_entries(), &[&format_date(since)]),
        RecordList::Own => fill(texts.phone_has_own_entries(), &[&format_date(since)]),
        RecordList::Reviews => fill(texts.phone_has_reviews(), &[&format_date(since)]),
        RecordList::LedgerItems => fill(texts.phone_has_items(), &[&since.year()]),
    };
    move || {
        let since = since.get()?;
        let end = move || match (progress.get(), app.sync.online.get()) {
            (Progress::Complete, _) => view! { <p class="note" role="status">{texts.older_all_read()}</p> }.into_any(),
            // The list is not there before the first records from the server.
            (Progress::Reading, _) if few.get_untracked() => view! { <Loading/> }.into_any(),
            (Progress::Reading, _) => view! { <p class="note" role="status">{texts.loading()}</p> }.into_any(),
            (_, false) => view! { <p class="note">{texts.older_needs_network()}</p> }.into_any(),
            (now, true) => {
                let failed = matches!(now, Progress::Failed(_))
                    .then(|| view! { <p class="note bad" role="status">{texts.older_failed()}</p> });
                view! {
                    {failed}
                    <button type="button" class="button" on:click=move |_| read()>{texts.older_read()}</button>
                }
                .into_any()
            }
        };
        Some(view! {
            <p class="note">{on_phone(since)}</p>
            <div class="actions">{end}</div>
        })
    }
}
