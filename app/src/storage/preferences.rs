//! Preferences of a user on this phone: language, colours and text size. A cookie holds the current value, so that the server
//! paints with it. Local storage holds the value of each user of a shared phone.

use crate::storage::local_storage::local_storage;
use leptos::prelude::document;
use uuid::Uuid;

/// A preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preference {
    /// Tag of the language.
    Language,
    /// Colours and text size: tokens separated by dots, such as `dark.large`.
    Look,
}

/// Tokens of [`Preference::Look`]. Without one of each pair, the colours follow the system and the text has its standard size.
const LOOK_TOKENS: [&str; 4] = ["light", "dark", "large", "largest"];

impl Preference {
    /// Returns the name of the cookie.
    pub const fn cookie(self) -> &'static str {
        match self {
            Self::Language => "jiedui_language",
            Self::Look => "jiedui_look",
        }
    }

    fn key(self, user: Option<Uuid>) -> String {
        user.map_or_else(|| self.cookie().to_owned(), |user| format!("{}.{user}", self.cookie()))
    }

    /// Returns the current value.
    pub fn current(self) -> Option<String> {
        let cookies = js_sys::Reflect::get(&document(), &"cookie".into()).ok()?.as_string()?;
        let value = |pair: &str| pair.trim().strip_prefix(self.cookie())?.strip_prefix('=').map(str::to_owned);
        cookies.split(';').find_map(value)
    }

    /// Sets the value for a user, or for the phone while nobody is signed in.
    pub fn choose(self, user: Option<Uuid>, value: &str) {
        self.set_current(value);
        if let Some(storage) = local_storage() {
            // Fails only if nothing is stored. The cookie still has the value.
            let _ = storage.set_item(&self.key(user), value);
        }
    }

    fn set_current(self, value: &str) {
        let cookie = format!("{}={value}; Path=/; Max-Age=31536000; SameSite=Lax", self.cookie());
        let _ = js_sys::Reflect::set(&document(), &"cookie".into(), &cookie.into());
    }

    fn stored(self, user: Option<Uuid>) -> Option<String> {
        local_storage()?.get_item(&self.key(user)).ok()?
    }
}

/// Makes the preferences of a user current, before the page is loaded again. Values that the user has not chosen are those of
/// the phone.
pub fn apply(user: Option<Uuid>) {
    for preference in [Preference::Language, Preference::Look] {
        let value = preference.stored(user).or_else(|| preference.stored(None));
        preference.set_current(&value.unwrap_or_default());
    }
}

/// Returns the tokens of a look, separated by spaces, for the attribute `data-look` of the document. Unknown ones are dropped.
pub fn look_attribute(value: &str) -> String {
    value.split('.').filter(|token| LOOK_TOKENS.contains(token)).collect::<Vec<_>>().join(" ")
}

/// Shows the current look.
pub fn show_look() {
    let look = look_attribute(&Preference::Look.current().unwrap_or_default());
    let _ = document().document_element().map(|html| html.set_attribute("data-look", &look));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_attribute_has_known_tokens_only() {
        assert_eq!(look_attribute("dark.large"), "dark large");
        assert_eq!(look_attribute("largest"), "largest");
        assert_eq!(look_attribute("x\"><script>.light."), "light");
        assert_eq!(look_attribute(""), "");
    }
}
