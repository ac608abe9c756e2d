//! Reads the [`BootstrapData`] in the browser, from the painted page or from storage, and changes the language.

use crate::state::bootstrap::BootstrapData;
use crate::storage::preferences::{Preference, show_look};
use crate::storage::{self, local_storage};
use jiedui_core::values::language::Language;
use leptos::prelude::{document, window};
use uuid::Uuid;

/// Key in local storage: whether the server orders places by their value.
const RANKS_PLACES: &str = "jiedui-ranks-places";

/// Reads what the server wrote into the page: `None` in the empty shell, an error where another release wrote it. A user
/// whose session has expired stays: their entries are on this phone, and they are asked to sign in again.
pub fn from_document() -> Option<serde_json::Result<BootstrapData>> {
    let script = document().get_element_by_id("boot")?;
    let data = local_storage::from_json::<BootstrapData>(&script.text_content().unwrap_or_default());
    if let Ok(data) = &data {
        // Offline, without a stored word, no place is ranked.
        let _ = local_storage::set(RANKS_PLACES, &data.ranks_places);
    }
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
    let ranks_places = local_storage::get(RANKS_PLACES).unwrap_or(false);
    let user = storage::profile::user();
    BootstrapData { overview, user, language, today, map_number: None, is_demo: false, ranks_places }
}

/// Stores the language that a user has chosen, and reloads the page in it.
pub fn choose_language(user: Option<Uuid>, language: Language) {
    Preference::Language.choose(user, language.tag());
    let _ = window().location().reload();
}
