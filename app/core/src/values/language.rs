//! Languages of the user interface, and their selection.

use serde::{Deserialize, Serialize};

/// Language of the user interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    /// Simplified Chinese, the default.
    #[default]
    #[serde(rename = "zh-CN")]
    Chinese,
    /// English.
    #[serde(rename = "en")]
    English,
}

impl Language {
    /// Returns the language tag (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    /// Returns the language with this tag.
    pub fn from_tag(tag: &str) -> Option<Self> {
        [Self::Chinese, Self::English].into_iter().find(|language| language.tag() == tag)
    }

    /// Selects a language for an `Accept-Language` header: English only if it comes before Chinese.
    pub fn from_accept_language(header: &str) -> Self {
        for range in header.split(',') {
            let tag = range.trim().to_ascii_lowercase();
            if tag.starts_with("zh") {
                return Self::Chinese;
            }
            if tag.starts_with("en") {
                return Self::English;
            }
        }
        Self::Chinese
    }

    /// Returns the text in this language.
    pub fn pick<'a>(self, chinese: &'a str, english: &'a str) -> &'a str {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_language_selects_first_supported() {
        assert_eq!(Language::from_accept_language("en-GB,en;q=0.9,zh;q=0.8"), Language::English);
        assert_eq!(Language::from_accept_language("zh-CN,en;q=0.9"), Language::Chinese);
        assert_eq!(Language::from_accept_language(""), Language::Chinese);
    }
}
