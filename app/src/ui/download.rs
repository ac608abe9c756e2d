//! Downloads of files that the app creates offline.

use crate::storage::StoreError;
use jiedui_core::values::csv_cell::neutralise_formula;
use leptos::prelude::{document, set_timeout};
use std::time::Duration;
use wasm_bindgen::JsCast;
use web_sys::{Blob, HtmlAnchorElement, Url};

/// Lifetime of the file's address: the browser must start reading within it.
const ADDRESS_LIFETIME: Duration = Duration::from_secs(60);

/// Downloads a text as a file.
pub fn save_text(name: &str, text: &str) -> Result<(), StoreError> {
    let failed = |_| StoreError::Failed("Blob".to_owned());
    let blob = Blob::new_with_str_sequence(&js_sys::Array::of1(&text.into())).map_err(failed)?;
    let address = Url::create_object_url_with_blob(&blob).map_err(failed)?;
    let link = document().create_element("a").map_err(failed)?.unchecked_into::<HtmlAnchorElement>();
    link.set_href(&address);
    link.set_download(name);
    link.click();
    // The browser may start reading later.
    set_timeout(move || drop(Url::revoke_object_url(&address)), ADDRESS_LIFETIME);
    Ok(())
}

/// Formats a table as CSV (RFC 4180). A byte-order mark lets spreadsheets read Chinese; no cell becomes a formula.
pub fn csv(rows: &[Vec<String>]) -> String {
    let cell = |text: &String| format!("\"{}\"", neutralise_formula(text).replace('"', "\"\""));
    let line = |row: &Vec<String>| row.iter().map(cell).collect::<Vec<_>>().join(",");
    format!("\u{feff}{}\r\n", rows.iter().map(line).collect::<Vec<_>>().join("\r\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_quotes_cells_and_neutralises_formulas() {
        let row = ["=1+1", "他说\"好\"", "两\n行"].map(str::to_owned).to_vec();
        assert_eq!(csv(&[row]), "\u{feff}\"'=1+1\",\"他说\"\"好\"\"\",\"两\n行\"\r\n");
    }
}
