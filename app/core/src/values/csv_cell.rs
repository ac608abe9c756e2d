//! Words on their way into a spreadsheet and out of one.

/// A cell as it may stand in a table that is taken away: a spreadsheet must not run what somebody typed into a note. Programs
/// skip different blanks and invisible characters before they look for a formula, and some take full-width signs for one.
pub fn neutralise_formula(cell: &str) -> String {
    let visible = cell.trim_start_matches(is_skipped);
    let would_run = visible.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    if would_run || cell.starts_with(['\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

/// Blanks, control characters, and characters that nobody sees.
fn is_skipped(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(character, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_run_is_only_said() {
        let cells = ["=1+1", "+86", "-3", "@x", "3-1", "村", "", " 村"].map(neutralise_formula);
        assert_eq!(cells, ["'=1+1", "'+86", "'-3", "'@x", "3-1", "村", "", " 村"]);
    }

    #[test]
    fn what_stands_behind_blanks_or_is_full_width_does_not_run_either() {
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
