//! Sheets, number formats and shared texts of a workbook.

use super::super::cell::LONGEST_CELL;
use super::package::{Package, attribute};
use crate::import::file_error::FileError;
use crate::import::number_format::NumberFormat;
use jiedui_core::api::imports::SheetName;
use quick_xml::events::Event;
use std::collections::HashMap;

/// Maximum numbers of sheets, styles and shared texts.
const MAX_SHEETS: usize = 255;
const MAX_STYLES: usize = 65_000;
const MAX_TEXTS: usize = 2_000_000;
/// Maximum number of bytes of shared texts.
const MAX_TEXT: usize = 64 << 20;

/// A workbook without the contents of its sheets.
#[derive(Debug, Default)]
pub struct Workbook {
    /// Sheets, each with the path of its part.
    pub sheets: Vec<(SheetName, String)>,
    /// Whether days are counted from 1904.
    pub from_1904: bool,
    styles: Option<String>,
    texts: Option<String>,
}

impl Workbook {
    /// Reads sheets, styles and shared texts.
    pub fn read(package: &mut Package<'_>) -> Result<Self, FileError> {
        let main = package.relations("")?.into_values().find(|(kind, _)| kind == "officeDocument");
        let path = main.map_or_else(|| "xl/workbook.xml".to_owned(), |(_, path)| path);
        let relations = package.relations(&path)?;
        let of_kind = |wanted: &str| relations.values().find(|(kind, _)| kind == wanted).map(|(_, path)| path.clone());
        let mut workbook = Self { styles: of_kind("styles"), texts: of_kind("sharedStrings"), ..Self::default() };
        let mut xml = package.part(&path)?.ok_or(FileError::Damaged)?;
        while let Some(event) = xml.next()? {
            let Event::Start(start) = event else { continue };
            match start.local_name().as_ref() {
                b"workbookPr" => {
                    workbook.from_1904 = attribute(&start, b"date1904")
                        .is_some_and(|workbook| matches!(workbook.as_str(), "1" | "true" | "on"));
                }
                b"sheet" if workbook.sheets.len() < MAX_SHEETS => {
                    let related = attribute(&start, b"id").and_then(|id| relations.get(&id));
                    // Sheets that are charts have no cells.
                    let Some((_, path)) = related.filter(|(kind, _)| kind == "worksheet") else { continue };
                    let hidden = attribute(&start, b"state").is_some_and(|state| state != "visible");
                    let name = attribute(&start, b"name").unwrap_or_default().chars().take(100).collect();
                    workbook.sheets.push((SheetName { name, hidden }, path.clone()));
                }
                _ => {}
            }
        }
        Ok(workbook)
    }

    /// Number format of each style.
    pub fn formats(&self, package: &mut Package<'_>) -> Result<Vec<NumberFormat>, FileError> {
        let Some(path) = &self.styles else { return Ok(Vec::new()) };
        let Some(mut xml) = package.part(path)? else { return Ok(Vec::new()) };
        let (mut formats, mut styles, mut in_cells) = (HashMap::new(), Vec::new(), false);
        while let Some(event) = xml.next()? {
            match event {
                Event::Start(start) => match start.local_name().as_ref() {
                    b"numFmt" if formats.len() < MAX_STYLES => {
                        let id = attribute(&start, b"numFmtId").and_then(|id| id.parse::<u32>().ok());
                        let code = attribute(&start, b"formatCode").unwrap_or_default();
                        formats.extend(id.map(|id| (id, NumberFormat::of_code(&code))));
                    }
                    b"cellXfs" => in_cells = true,
                    b"xf" if in_cells && styles.len() < MAX_STYLES => {
                        let id =
                            attribute(&start, b"numFmtId").and_then(|id| id.parse::<u32>().ok()).unwrap_or_default();
                        styles.push(formats.get(&id).cloned().unwrap_or_else(|| NumberFormat::of_number(id)));
                    }
                    _ => {}
                },
                Event::End(end) if end.local_name().as_ref() == b"cellXfs" => in_cells = false,
                _ => {}
            }
        }
        Ok(styles)
    }

    /// Reads the shared texts.
    pub fn texts(&self, package: &mut Package<'_>) -> Result<Vec<Box<str>>, FileError> {
        let Some(path) = &self.texts else { return Ok(Vec::new()) };
        let Some(mut xml) = package.part(path)? else { return Ok(Vec::new()) };
        let (mut texts, mut bytes) = (Vec::new(), 0);
        loop {
            let is_text = match xml.next()? {
                None => break,
                Some(event) => matches!(&event, Event::Start(start) if start.local_name().as_ref() == b"si"),
            };
            if is_text {
                let text = xml.text(b"si", LONGEST_CELL)?;
                bytes += text.len();
                if texts.len() >= MAX_TEXTS || bytes > MAX_TEXT {
                    return Err(FileError::TooManyCells);
                }
                texts.push(text.into_boxed_str());
            }
        }
        Ok(texts)
    }
}
