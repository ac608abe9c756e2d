//! Creates the template of an activity, to be filled in with a spreadsheet program.

use super::target::{is_in_template, targets};
use jiedui_core::catalogue::Activity;
use jiedui_core::catalogue::FieldKind;
use jiedui_core::entry::field;
use jiedui_core::values::language::Language;
use rust_xlsxwriter::{DataValidation, Format, Workbook, XlsxError};

/// Number of rows that offer the choices of a field.
const OFFERED: u32 = 2_000;

/// Returns the template as XLSX: the headings, and the choices of each choice field.
pub fn template(activity: &Activity, language: Language) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let (bold, day) = (Format::new().set_bold(), Format::new().set_num_format("yyyy-mm-dd"));
    let sheet = workbook
        .add_worksheet()
        .set_name(language.pick(&activity.name, &activity.name_en).chars().take(31).collect::<String>())?;
    for (column, target) in (0..).zip(targets(Some(activity)).into_iter().filter(is_in_template)) {
        let mark = if target.required { "*" } else { "" };
        let heading = format!("{}{mark}", language.pick(&target.label, &target.label_en));
        sheet.write_string_with_format(0, column, heading, &bold)?.set_column_width(column, 18)?;
        if target.path == field::DATE {
            sheet.set_column_format(column, &day)?;
        }
        let field = target.path.split_once('.').and_then(|(_, code)| activity.field(code));
        let choices = field.filter(|field| field.kind == FieldKind::Choice);
        if let Some(field) = choices {
            let names: Vec<&str> =
                field.choices.iter().map(|choice| language.pick(&choice.name, &choice.name_en)).collect();
            // Spreadsheets offer choices of at most 255 characters; longer lists are only checked by the import.
            if let Ok(offer) = DataValidation::new().allow_list_strings(&names) {
                sheet.add_data_validation(1, column, OFFERED, column, &offer)?;
            }
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    workbook.save_to_buffer()
}
