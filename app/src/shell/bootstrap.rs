//! What a page starts from, the same on the server that paints it and in the browser that takes it over.

use crate::storage::{self, local_storage};
use jiedui_core::access::user::User;
use jiedui_core::figures::overview::Overview;
use jiedui_core::values::month::Year;
use jiedui_core::values::{date, field_error::Language};
use leptos::prelude::{document, window};
use serde::{Deserialize, Serialize};
use time::Date;

/// What is known before anything is drawn.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Boot {
    /// What the shared view shows; `None` for who may not see it.
    pub overview: Option<Overview>,
    /// Who has signed in.
    pub user: Option<User>,
    /// The language of the screens.
    pub language: Language,
    /// Today, where Jiedui is at home.
    #[serde(with = "date")]
    pub today: Date,
    /// The number of the approved base map.
    pub map_number: Option<String>,
}

impl Default for Boot {
    fn default() -> Self {
        let (overview, user, language, map_number) = (None, None, Language::default(), None);
        Self { overview, user, language, today: Date::MIN, map_number }
    }
}

impl Boot {
    /// As JSON that can stand in a `<script>`.
    pub fn as_script(&self) -> String {
        serde_json::to_string(self).unwrap_or_default().replace('<', "\\u003c")
    }
}

/// The value of an address's year that stands for every year.
pub const ALL_YEARS: &str = "all";

/// The year that an address names; where it names none the latest of those that have figures, which come first.
pub fn year_of(given: Option<&str>, years: &[i32]) -> Option<i32> {
    let latest = || years.first().copied();
    match given {
        Some(ALL_YEARS) => None,
        Some(year) => year.parse::<Year>().ok().map(Year::get).or_else(latest),
        None => latest(),
    }
}

/// What the server wrote into the page; `None` in the empty shell, an error where it is of another shape. Whose session has run out is still who uses this
/// phone: their entries are on it, and they are asked to sign in again.
pub fn from_document() -> Option<serde_json::Result<Boot>> {
    let script = document().get_element_by_id("boot")?;
    let boot = local_storage::from_json::<Boot>(&script.text_content().unwrap_or_default());
    Some(boot.map(|boot| Boot { user: boot.user.or_else(storage::profile::user), ..boot }))
}

/// What the phone holds.
pub async fn from_storage() -> Boot {
    let kept = storage::shared_db::SharedDb::open().await.ok();
    let overview = match &kept {
        Some(kept) => kept.overview().await.ok().flatten(),
        None => None,
    };
    let cookies = js_sys::Reflect::get(&document(), &"cookie".into()).ok().and_then(|value| value.as_string());
    let cookies = cookies.unwrap_or_default();
    let tag = cookies.split(';').find_map(|pair| pair.trim().strip_prefix(LANGUAGE_COOKIE));
    let language = tag.and_then(Language::from_tag).unwrap_or_default();
    let _ = document().document_element().map(|html| html.set_attribute("lang", language.tag()));
    let today = crate::sync::clock::today();
    Boot { overview, user: storage::profile::user(), language, today, map_number: None }
}

const LANGUAGE_COOKIE: &str = "jiedui_language=";

/// Keeps the language that was chosen and starts again in it.
pub fn choose_language(language: Language) {
    let cookie = format!("{LANGUAGE_COOKIE}{}; Path=/; Max-Age=31536000; SameSite=Lax", language.tag());
    let _ = js_sys::Reflect::set(&document(), &"cookie".into(), &cookie.into());
    let _ = window().location().reload();
}
