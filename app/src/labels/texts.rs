//! Texts of the screens, generated from `locales/` by the build script.

use jiedui_core::values::field_error::Language;

include!(concat!(env!("OUT_DIR"), "/texts.rs"));

/// Returns the texts of a language.
pub fn texts(language: Language) -> &'static Texts {
    match language {
        Language::Chinese => &CHINESE,
        Language::English => &ENGLISH,
    }
}

/// Replaces each `{}` in a text by the next value.
pub fn fill(text: &str, values: &[&dyn std::fmt::Display]) -> String {
    let mut filled = String::new();
    let mut values = values.iter();
    for (index, piece) in text.split("{}").enumerate() {
        if index > 0
            && let Some(value) = values.next()
        {
            filled.push_str(&value.to_string());
        }
        filled.push_str(piece);
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fill_replaces_placeholders_in_order() {
        assert_eq!(fill("{} 条，共 {} 条", &[&2, &"三"]), "2 条，共 三 条");
        assert_eq!(fill("没有", &[&1]), "没有");
    }
}
