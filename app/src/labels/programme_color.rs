//! Colour of a programme as CSS variables. `style/tokens.css` selects one of the two and gives it to `--accent`.

use jiedui_core::catalogue::{Catalogue, ProgrammeColor};

/// Returns the `style` attribute of an element of the programme with this code; empty if the code is empty.
pub fn programme_style(catalogue: &Catalogue, code: &str) -> String {
    if code.is_empty() { String::new() } else { color_style(catalogue.programme_color(code)) }
}

/// Returns the `style` attribute of an element in a programme's colour.
pub fn color_style(color: ProgrammeColor) -> String {
    // The rules in `tokens.css` find the element by the beginning of the attribute.
    format!("--programme:{color};--programme-dark:{}", color.dark_css())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn style_has_both_colors_of_a_seventh_programme() {
        let programme = json!({"code": "ecology", "name": "生态", "name_en": "Ecology", "color": "#000000"});
        let catalogue =
            Catalogue { programmes: vec![serde_json::from_value(programme).unwrap()], ..Catalogue::default() };
        let style = programme_style(&catalogue, "ecology");
        let dark = style.strip_prefix("--programme:#000000;--programme-dark:#").unwrap();
        assert_eq!((dark.len(), dark != "000000"), (6, true), "{style}");
        assert_eq!(programme_style(&catalogue, ""), "");
        assert!(programme_style(&catalogue, "health").starts_with("--programme:#0e8a99;"), "a default");
    }
}
