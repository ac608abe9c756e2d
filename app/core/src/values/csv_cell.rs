//! Protection of exported CSV cells against formula injection.

/// Prefixes a cell with an apostrophe if a spreadsheet could run it as a formula. Spreadsheet programs skip different
/// invisible characters before a formula, and some accept full-width signs.
pub fn neutralise_formula(cell: &str) -> String {
    let visible = cell.trim_start_matches(is_skipped);
    let would_run = visible.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    if would_run || cell.starts_with(['\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

/// Returns whether a character may be skipped before a formula: white space, control or invisible characters.
fn is_skipped(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(character, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neutralise_formula_quotes_formulas_only() {
        let cells = ["=1+1", "+86", "-3", "@x", "3-1", "村", "", " 村"].map(neutralise_formula);
        assert_eq!(cells, ["'=1+1", "'+86", "'-3", "'@x", "3-1", "村", "", " 村"]);
    }

    #[test]
    fn neutralise_formula_detects_hidden_formulas() {
        let hidden = [
            "\n=1+1",
            " =1+1",
            "\u{a0}=1",
            "\u{200b}=1",
            "\u{feff}@x",
            "\t",
            "\r=1",
            "＝1+1",
            "＋1",
            "－1",
            "＠x",
            "\u{3000}＝1",
        ];
        for cell in hidden {
            assert_eq!(neutralise_formula(cell), format!("'{cell}"), "{cell:?}");
        }
    }
}
