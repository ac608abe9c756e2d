//! Exports of the indicators as CSV and as a workbook.

use super::{XLSX, csv_text, file, note_export, sheet_failed};
use crate::clock::this_year;
use crate::http::extract::current_user::CurrentUser;
use crate::http::extract::origin::Origin;
use crate::http::extract::query::QueryParams;
use crate::http::extract::viewer::Viewer;
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::extract::State;
use axum::response::Response;
use jiedui_core::api::schema::FileContent;
use jiedui_core::figures::figure::Figure;
use jiedui_core::values::csv_cell::neutralise_formula;
use rust_xlsxwriter::{Format, Workbook, XlsxError};

/// Headings of a table of indicators: three names, then numbers.
const FIGURES: [&str; 8] = ["工程", "指标", "单位", "目标", "实际", "其中已审核", "完成率", "填报数"];

/// Returns the figures with the columns of [`FIGURES`], and their year.
async fn figure_rows(
    app: &AppState,
    (user, origin): (Option<CurrentUser>, Origin),
    name: &str,
    mut query: QueryParams,
) -> Result<(i32, Vec<FigureRow>), Problem> {
    let mut filter = query.filter();
    query.finish()?;
    let user = user.as_ref().map(|CurrentUser(user)| user);
    note_export(app, (user, origin), name, query.described()).await;
    let year = *filter.year.get_or_insert_with(this_year);
    let reference = app.reference();
    let catalogue = &reference.catalogue;
    let row = |figure: Figure| {
        let indicator = catalogue.indicator(&figure.indicator)?;
        let programme =
            catalogue.programme(&indicator.programme).map(|programme| programme.name.clone()).unwrap_or_default();
        let numbers = [
            figure.target.map(|target| target.value.to_f64()),
            figure.actual.map(|actual| actual.to_f64()),
            figure.verified.map(|verified| verified.to_f64()),
            figure.progress,
            Some(figure.entries as f64),
        ];
        Some(([programme, indicator.name.clone(), indicator.unit.clone()], numbers))
    };
    Ok((year, app.figures(filter).await?.into_iter().filter_map(row).collect()))
}

type FigureRow = ([String; 3], [Option<f64>; 5]);

/// Exports indicators as a workbook, with numeric cells.
#[utoipa::path(get, path = "/api/v1/export/indicators.xlsx", responses((status = 200, description = "the workbook", body = FileContent, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
pub async fn indicators_xlsx(
    State(app): State<AppState>,
    _: Viewer,
    user: Option<CurrentUser>,
    origin: Origin,
    query: QueryParams,
) -> Result<Response, Problem> {
    let (year, rows) = figure_rows(&app, (user, origin), "indicators.xlsx", query).await?;
    let write = || -> Result<Vec<u8>, XlsxError> {
        let mut workbook = Workbook::new();
        let bold = Format::new().set_bold();
        let sheet = workbook.add_worksheet().set_name(format!("指标 {year}"))?;
        for (column, heading) in (0..).zip(FIGURES) {
            sheet.write_string_with_format(0, column, heading, &bold)?;
        }
        for (row, (names, numbers)) in (1..).zip(rows) {
            for (column, name) in (0..).zip(names) {
                sheet.write_string(row, column, name)?;
            }
            for (column, number) in (3..).zip(numbers) {
                if let Some(number) = number {
                    sheet.write_number(row, column, number)?;
                }
            }
        }
        workbook.save_to_buffer()
    };
    Ok(file(XLSX, "indicators.xlsx", write().map_err(sheet_failed)?))
}

/// Exports indicators as CSV, in UTF-8 with a byte-order mark.
#[utoipa::path(get, path = "/api/v1/export/indicators.csv", responses((status = 200, description = "the table", body = String, content_type = "text/csv")))]
pub async fn indicators_csv(
    State(app): State<AppState>,
    _: Viewer,
    user: Option<CurrentUser>,
    origin: Origin,
    query: QueryParams,
) -> Result<Response, Problem> {
    let (_, rows) = figure_rows(&app, (user, origin), "indicators.csv", query).await?;
    let number = |number: Option<f64>| number.map(|number| number.to_string()).unwrap_or_default();
    let rows = rows.into_iter().map(|(names, numbers)| {
        let [programme, indicator, unit] = names.map(|name| neutralise_formula(&name));
        let [target, actual, verified, progress, entries] = numbers.map(number);
        [programme, indicator, unit, target, actual, verified, progress, entries]
    });
    let body = csv_text(true, std::iter::once(FIGURES.map(str::to_owned)).chain(rows))?;
    Ok(file("text/csv; charset=utf-8", "indicators.csv", body))
}
