//! Gives the person a file that the app itself has made, with no network.

use crate::storage::StoreError;
use jiedui_core::values::csv_cell::neutralise_formula;
use leptos::prelude::{document, set_timeout};
use std::time::Duration;
use wasm_bindgen::JsCast;
use web_sys::{Blob, HtmlAnchorElement, Url};

/// How long the browser has to begin to read it.
const KEPT: Duration = Duration::from_secs(60);

/// Offers a text as a file of this name.
pub fn save_text(name: &str, text: &str) -> Result<(), StoreError> {
    let failed = |_| StoreError::Failed("Blob".to_owned());
    let blob = Blob::new_with_str_sequence(&js_sys::Array::of1(&text.into())).map_err(failed)?;
    let address = Url::create_object_url_with_blob(&blob).map_err(failed)?;
    let link = document().create_element("a").map_err(failed)?.unchecked_into::<HtmlAnchorElement>();
    link.set_href(&address);
    link.set_download(name);
    link.click();
    // Not at once: the browser may begin to read it a little later.
    set_timeout(move || drop(Url::revoke_object_url(&address)), KEPT);
    Ok(())
}

/// A table as CSV (RFC 4180), with a byte-order mark so that spreadsheets read Chinese; no cell can become a formula.
pub fn csv(rows: &[Vec<String>]) -> String {
    let cell = |text: &String| format!("\"{}\"", neutralise_formula(text).replace('"', "\"\""));
    let line = |row: &Vec<String>| row.iter().map(cell).collect::<Vec<_>>().join(",");
    format!("\u{feff}{}\r\n", rows.iter().map(line).collect::<Vec<_>>().join("\r\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_keeps_quotes_and_lines_and_has_no_formulas() {
        let row = ["=1+1", "他说\"好\"", "两\n行"].map(str::to_owned).to_vec();
        assert_eq!(csv(&[row]), "\u{feff}\"'=1+1\",\"他说\"\"好\"\"\",\"两\n行\"\r\n");
    }
}
