//! Reads the [`BootstrapData`] in the browser, from the painted page or from storage, and changes the language.

use crate::state::bootstrap::BootstrapData;
use crate::storage::preferences::{Preference, show_look};
use crate::storage::{self, local_storage};
use jiedui_core::values::language::Language;
use leptos::prelude::{document, window};
use uuid::Uuid;

/// Reads what the server wrote into the page: `None` in the empty shell, an error where another release wrote it. A user
/// whose session has expired stays: their entries are on this phone, and they are asked to sign in again.
pub fn from_document() -> Option<serde_json::Result<BootstrapData>> {
    let script = document().get_element_by_id("boot")?;
    let data = local_storage::from_json::<BootstrapData>(&script.text_content().unwrap_or_default());
    Some(data.map(|data| BootstrapData { user: data.user.or_else(storage::profile::user), ..data }))
}

/// Reads what this phone has stored.
pub async fn from_storage() -> BootstrapData {
    let shared = storage::shared_db::SharedDb::open().await.ok();
    let overview = match &shared {
        Some(shared) => shared.overview().await.ok().flatten(),
        None => None,
    };
    let tag = Preference::Language.current();
    let language = tag.as_deref().and_then(Language::from_tag).unwrap_or_default();
    let _ = document().document_element().map(|html| html.set_attribute("lang", language.tag()));
    show_look();
    let today = crate::storage::clock::today();
    BootstrapData { overview, user: storage::profile::user(), language, today, map_number: None, is_demo: false }
}

/// Stores the language that a user has chosen, and reloads the page in it.
pub fn choose_language(user: Option<Uuid>, language: Language) {
    Preference::Language.choose(user, language.tag());
    let _ = window().location().reload();
}
