//! What can be taken away: the same filters as on the screens.

use super::App;
use super::problem::Problem;
use super::query::Query;
use crate::auth::{MayView, SignedIn};
use crate::clock::this_year;
use crate::db::entry;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiedui_core::domain::entry::Cell;
use jiedui_core::domain::spreadsheet::harmless;
use jiedui_core::domain::{Entry, Figure, Organisation, Pairing, User, format_date};
use jiedui_core::sync::Record;
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use time::Date;

/// The type of a sheet.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const HEADINGS: [&str; 13] = [
    "编号",
    "日期",
    "工程",
    "活动",
    "地点代码",
    "地点",
    "结对",
    "数值",
    "备注",
    "状态",
    "退回原因",
    "来源",
    "更新时间",
];

/// A sheet that could not be made.
pub fn sheet_failed(error: &XlsxError) -> Problem {
    tracing::error!(%error, "a sheet could not be written");
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "表格暂时无法生成", "The sheet cannot be made just now")
}

/// A file to be kept.
pub fn file(content_type: &'static str, name: &str, body: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [(header::CONTENT_TYPE, content_type.to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    (headers, body).into_response()
}

/// The rows of an export, each as the columns of [`HEADINGS`].
async fn rows(app: &App, user: &User, mut query: Query) -> Result<Vec<[String; 13]>, Problem> {
    let filter = super::entries::filter(&mut query);
    query.done()?;
    let listed = entry::list(&app.db, user, &filter, None, i64::from(i32::MAX)).await?;
    Ok(listed.into_iter().map(|listed| row(app, &listed.record)).collect())
}

fn row(app: &App, record: &Record) -> [String; 13] {
    let reference = app.reference();
    let text = |name: &str| record.fields.get(name).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    let version = record.fields.get("version").and_then(|own| own.as_u64()).and_then(|own| u32::try_from(own).ok());
    let activity = reference.catalogue.form(&text("activity"), version);
    let programme = activity.and_then(|activity| reference.catalogue.programme(&activity.programme));
    let entry = Entry::from_checked(&record.fields);
    let (values, details) = entry.map(|entry| (entry.values, entry.details)).unwrap_or_default();
    let field = |code: &str| activity.and_then(|activity| activity.field(code));
    let values = values.iter().map(|(code, value)| {
        let (name, unit) = field(code).map_or((code.as_str(), ""), |field| (&field.name, &field.unit));
        format!("{name} {value} {unit}")
    });
    let details = details.iter().map(|(code, answer)| {
        let word =
            |own: &String| field(code).and_then(|field| field.choice(own)).map_or(own.clone(), |own| own.name.clone());
        let cell = |(column, own): (&String, &Cell)| {
            let columns = field(code).map(|field| field.columns.as_slice()).unwrap_or_default();
            let name = columns.iter().find(|own| own.code == *column).map_or(column.as_str(), |own| &own.name);
            match own {
                Cell::Number(number) => format!("{name} {number}"),
                Cell::Text(text) => format!("{name} {text}"),
            }
        };
        let rows = answer.rows().iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join(" "));
        let words: Vec<String> = answer.all().iter().map(word).chain(rows).collect();
        format!("{} {}", field(code).map_or(code.as_str(), |field| &field.name), words.join("、"))
    });
    let organisation = |id| reference.organisations.iter().find(|own| own.id == id).map(|own| own.name.clone());
    let pairing = reference.pairings.iter().find(|pairing| pairing.id.to_string() == text("pairing"));
    let pairing = pairing.map(|pairing| {
        let names = [pairing.organisation_a, pairing.organisation_b].map(|id| organisation(id).unwrap_or_default());
        names.join("—")
    });
    [
        record.id.to_string(),
        text("date"),
        programme.map(|programme| programme.name.clone()).unwrap_or_default(),
        activity.map(|activity| activity.name.clone()).unwrap_or_default(),
        text("place"),
        reference.places.label(&text("place")),
        pairing.unwrap_or_default(),
        values.chain(details).collect::<Vec<_>>().join("；"),
        text("note"),
        text("state"),
        text("review_note"),
        text("source"),
        text("updated_at"),
    ]
}

/// Entries as CSV, UTF-8 with a byte-order mark so that spreadsheets read Chinese.
#[utoipa::path(get, path = "/api/v1/export/entries.csv", responses((status = 200, description = "CSV"), (status = 401, description = "no session")))]
pub async fn entries_csv(State(app): State<App>, SignedIn(user): SignedIn, query: Query) -> Result<Response, Problem> {
    let rows = rows(&app, &user, query).await?;
    csv_file("entries.csv", &HEADINGS, rows.iter().map(|row| row.iter().map(|cell| harmless(cell)).collect()))
}

fn csv_file(name: &str, headings: &[&str], mut rows: impl Iterator<Item = Vec<String>>) -> Result<Response, Problem> {
    let mut writer = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    let written = writer.write_record(headings).and_then(|()| rows.try_for_each(|row| writer.write_record(row)));
    let body = written.ok().and_then(|()| writer.into_inner().ok());
    let failed =
        || Problem::new(StatusCode::SERVICE_UNAVAILABLE, "表格暂时无法生成", "The table cannot be made just now");
    Ok(file("text/csv; charset=utf-8", name, body.ok_or_else(failed)?))
}

/// Entries as a sheet.
#[utoipa::path(get, path = "/api/v1/export/entries.xlsx", responses((status = 200, description = "XLSX"), (status = 401, description = "no session")))]
pub async fn entries_xlsx(State(app): State<App>, SignedIn(user): SignedIn, query: Query) -> Result<Response, Problem> {
    let rows = rows(&app, &user, query).await?;
    let body = sheet("填报", &HEADINGS, rows.iter().map(|row| row.as_slice())).map_err(|error| sheet_failed(&error))?;
    Ok(file(XLSX, "entries.xlsx", body))
}

fn sheet<'a>(name: &str, headings: &[&str], rows: impl Iterator<Item = &'a [String]>) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    add_sheet(&mut workbook, name, headings, rows)?;
    workbook.save_to_buffer()
}

fn add_sheet<'a>(
    workbook: &mut Workbook,
    name: &str,
    headings: &[&str],
    rows: impl Iterator<Item = &'a [String]>,
) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    let sheet = workbook.add_worksheet().set_name(name)?;
    for (column, heading) in (0..).zip(headings) {
        sheet.write_string_with_format(0, column, *heading, &bold)?;
    }
    for (number, row) in (1..).zip(rows) {
        for (column, cell) in (0..).zip(row) {
            sheet.write_string(number, column, cell)?;
        }
    }
    Ok(())
}

/// The directory as two sheets: the organisations, and who is paired with whom, those that have ended too.
#[utoipa::path(get, path = "/api/v1/export/directory.xlsx", responses((status = 200, description = "XLSX"), (status = 401, description = "no session")))]
pub async fn directory_xlsx(State(app): State<App>, SignedIn(_): SignedIn) -> Result<Response, Problem> {
    let reference = app.known.fresh(&app.db).await?.0.reference.clone();
    let programme = |code: &str| reference.catalogue.programme(code).map_or(code, |own| &own.name).to_owned();
    let day = |day: Option<Date>| day.map(format_date).unwrap_or_default();
    let organisation = |own: &Organisation| {
        let place = reference.places.label(&own.place);
        [own.id.to_string(), own.name.clone(), own.name_en.clone(), place, own.place.clone(), programme(&own.programme)]
    };
    let name = |id| reference.directory().organisation(id).map(|own| own.name.clone()).unwrap_or_default();
    let pairing = |own: &Pairing| {
        let (a, b) = (name(own.organisation_a), name(own.organisation_b));
        [own.id.to_string(), a, b, programme(&own.programme), day(own.from), day(own.to)]
    };
    let organisations: Vec<_> = reference.organisations.iter().map(organisation).collect();
    let pairings: Vec<_> = reference.pairings.iter().map(pairing).collect();
    let write = || -> Result<Vec<u8>, XlsxError> {
        let mut workbook = Workbook::new();
        let headings = ["编号", "单位", "英文名称", "地点", "地点代码", "工程"];
        add_sheet(&mut workbook, "单位", &headings, organisations.iter().map(|row| row.as_slice()))?;
        let headings = ["编号", "贵阳一方", "罗甸一方", "工程", "开始", "结束"];
        add_sheet(&mut workbook, "结对", &headings, pairings.iter().map(|row| row.as_slice()))?;
        workbook.save_to_buffer()
    };
    Ok(file(XLSX, "directory.xlsx", write().map_err(|error| sheet_failed(&error))?))
}

/// What a table of indicators has in its columns: three names, then numbers.
const FIGURES: [&str; 8] = ["工程", "指标", "单位", "目标", "实际", "其中已审核", "完成率", "填报数"];

/// Figures as the columns of [`FIGURES`], and their year.
async fn figure_rows(app: &App, mut query: Query) -> Result<(i32, Vec<FigureRow>), Problem> {
    let mut filter = query.filter();
    query.done()?;
    let year = *filter.year.get_or_insert_with(this_year);
    let reference = app.reference();
    let catalogue = &reference.catalogue;
    let row = |figure: Figure| {
        let indicator = catalogue.indicator(&figure.indicator)?;
        let programme = catalogue.programme(&indicator.programme).map(|own| own.name.clone()).unwrap_or_default();
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

/// Indicators as a sheet, numbers as numbers.
#[utoipa::path(get, path = "/api/v1/export/indicators.xlsx", responses((status = 200, description = "XLSX")))]
pub async fn indicators_xlsx(State(app): State<App>, _: MayView, query: Query) -> Result<Response, Problem> {
    let (year, rows) = figure_rows(&app, query).await?;
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
    Ok(file(XLSX, "indicators.xlsx", write().map_err(|error| sheet_failed(&error))?))
}

/// The same as CSV, UTF-8 with a byte-order mark.
#[utoipa::path(get, path = "/api/v1/export/indicators.csv", responses((status = 200, description = "CSV")))]
pub async fn indicators_csv(State(app): State<App>, _: MayView, query: Query) -> Result<Response, Problem> {
    let (_, rows) = figure_rows(&app, query).await?;
    let number = |number: Option<f64>| number.map(|number| number.to_string()).unwrap_or_default();
    let cells = rows.into_iter().map(|(names, numbers)| {
        names.iter().map(|name| harmless(name)).chain(numbers.map(number)).collect::<Vec<String>>()
    });
    csv_file("indicators.csv", &FIGURES, cells)
}

/// The map as a file.
#[utoipa::path(get, path = "/api/v1/export/map.geojson", responses((status = 200, description = "GeoJSON")))]
pub async fn map_geojson(State(app): State<App>, _: MayView, mut query: Query) -> Result<Response, Problem> {
    let filter = query.filter();
    query.done()?;
    let snapshot = app.overview().await?;
    let body = super::map::geojson(&snapshot.overview, &filter).to_string().into_bytes();
    Ok(file("application/geo+json", "map.geojson", body))
}
