//! Data that a page starts from: the same on the server that paints it and in the browser that takes it over.

use jiedui_core::access::user::User;
use jiedui_core::figures::overview::Overview;
use jiedui_core::values::{date, language::Language};
use serde::{Deserialize, Serialize};
use time::Date;

/// Data that is needed before the first paint.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BootstrapData {
    /// Overview of the shared view; `None` for a visitor who may not see it.
    pub overview: Option<Overview>,
    /// Signed-in user.
    pub user: Option<User>,
    /// Language of the screens.
    pub language: Language,
    /// Current date in China.
    #[serde(with = "date")]
    pub today: Date,
    /// Number of the approved base map.
    pub map_number: Option<String>,
    /// Whether the server runs the demonstration.
    #[serde(default)]
    pub is_demo: bool,
    /// Whether places may be ordered by their value; otherwise they are ordered by their code.
    #[serde(default)]
    pub ranks_places: bool,
}

impl Default for BootstrapData {
    fn default() -> Self {
        let (overview, user, language, map_number) = (None, None, Language::default(), None);
        Self { overview, user, language, today: Date::MIN, map_number, is_demo: false, ranks_places: false }
    }
}

impl BootstrapData {
    /// Serializes to JSON that is safe in a `<script>` element.
    pub fn as_script(&self) -> String {
        serde_json::to_string(self).unwrap_or_default().replace('<', "\\u003c")
    }
}
