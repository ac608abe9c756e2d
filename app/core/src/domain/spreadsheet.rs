//! Words on their way into a spreadsheet and out of one.

/// A cell as it may stand in a table that is taken away: a spreadsheet must not run what somebody typed into a note.
pub fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_run_is_only_said() {
        let cells = ["=1+1", "+86", "-3", "@x", "3-1", "村"].map(harmless);
        assert_eq!(cells, ["'=1+1", "'+86", "'-3", "'@x", "3-1", "村"]);
    }
}
