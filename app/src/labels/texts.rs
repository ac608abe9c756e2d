//! Texts of the screens, generated from `locales/` by the build script.

use jiedui_core::values::language::Language;

/// All texts of the screens in one language.
#[derive(Debug, PartialEq)]
pub struct Texts(Language);

include!(concat!(env!("OUT_DIR"), "/texts.rs"));

/// Returns the texts of a language.
pub fn texts(language: Language) -> &'static Texts {
    match language {
        Language::Chinese => &Texts(Language::Chinese),
        Language::English => &Texts(Language::English),
    }
}

/// Replaces each `{}` in a text by the next value, and each `{singular|plural}` by the form for the value before it.
pub fn fill(text: &str, values: &[&dyn std::fmt::Display]) -> String {
    let mut values = values.iter();
    let mut pieces = text.split('{');
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    let mut is_one = false;
    for piece in pieces {
        let (placeholder, rest) = piece.split_once('}').unwrap_or_default();
        match placeholder.split_once('|') {
            Some((singular, plural)) => filled.push_str(if is_one { singular } else { plural }),
            None => {
                let value = values.next().map(ToString::to_string).unwrap_or_default();
                is_one = value == "1";
                filled.push_str(&value);
            }
        }
        filled.push_str(rest);
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

    #[test]
    fn fill_chooses_the_form_of_the_number() {
        let text = "version {} · {} {field|fields}";
        assert_eq!([1, 2].map(|count| fill(text, &[&1, &count])), ["version 1 · 1 field", "version 1 · 2 fields"]);
        let english = texts(Language::English);
        assert_eq!([0, 1].map(|count| fill(english.of_entries(), &[&count])), ["0 entries", "1 entry"]);
    }
}
