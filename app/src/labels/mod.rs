//! Words for codes, values, times and figures, and CSS for colours: the only folder that turns data into text.

pub mod audit;
pub mod code;
pub mod directory;
pub mod entry;
mod field;
pub mod figure;
pub mod number;
pub mod programme_color;
pub mod texts;
pub mod time_format;
pub mod value;

use jiedui_core::values::language::Language;
use texts::{Texts, texts};

/// The texts and the language of the screens.
#[derive(Clone, Copy)]
pub struct Labels {
    /// Texts of the language.
    pub texts: &'static Texts,
    /// Language of the screens.
    pub language: Language,
}

impl Labels {
    /// Returns the labels of a language.
    pub fn new(language: Language) -> Self {
        Self { texts: texts(language), language }
    }

    /// Picks the name in the language of the screens; the Chinese name where the English one is empty.
    pub fn pick<'a>(&self, chinese: &'a str, english: &'a str) -> &'a str {
        self.language.pick(chinese, if english.is_empty() { chinese } else { english })
    }
}
