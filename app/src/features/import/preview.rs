//! Preview of an import: the first rows with their source, entries that will change, and omitted rows and columns.

use crate::labels::texts::{Texts, fill};
use crate::state::AppState;
use jiedui_core::api::imports::{
    Action, ColumnReason, EntryChange, ImportResponse, OmissionReason, OmittedColumn, OmittedRow, PreviewCell,
    PreviewRow, UncalculatedCell,
};
use leptos::prelude::*;

/// Limit of listed row numbers.
const NAMED: usize = 100;

/// Renders the preview.
pub fn preview(app: AppState, import: &ImportResponse) -> impl IntoView + use<> {
    let texts = app.texts;
    let counts = [
        (import.new, texts.import_new()),
        (import.updates, texts.import_updates()),
        (import.same, texts.import_same()),
    ];
    let counts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, words)| fill(words, &[count])).collect();
    let likely: Vec<String> = import.likely.iter().take(NAMED).map(ToString::to_string).collect();
    let likely = (!likely.is_empty()).then(|| fill(texts.import_likely(), &[&import.likely.len(), &likely.join("、")]));
    view! {
        {(!counts.is_empty()).then(|| view! { <p class="import-counts">{counts.join(" · ")}</p> })}
        {likely.map(|words| view! { <p class="notice">{words}</p> })}
        {(import.hidden_rows > 0).then(|| view! { <p class="notice">{fill(texts.import_hidden_rows(), &[&import.hidden_rows])}</p> })}
        {uncalculated(texts, import)}
        {omitted_columns(texts, import)}
        {omitted_rows(texts, import)}
        {(!import.changes.is_empty()).then(|| changes(texts, &import.changes))}
        {(!import.preview.is_empty() && import.changes.is_empty()).then(|| rows(texts, &import.preview))}
    }
}

/// Returns the reason why a column is not imported.
pub fn omitted_reason(texts: &'static Texts, column: &OmittedColumn) -> String {
    let words = match column.why {
        ColumnReason::Unit => texts.import_omitted_unit(),
        ColumnReason::Words => texts.import_omitted_words(),
        ColumnReason::Repeated => texts.import_omitted_repeated(),
        ColumnReason::Hidden => texts.import_omitted_hidden(),
        ColumnReason::Deselected => texts.import_omitted_deselected(),
        ColumnReason::Unknown => texts.import_omitted_unknown(),
    };
    fill(words, &[&column.text])
}

fn uncalculated(texts: &'static Texts, import: &ImportResponse) -> impl IntoView + use<> {
    let cell = |cell: &UncalculatedCell| fill(texts.import_uncalculated_cell(), &[&cell.row, &cell.column]);
    let cells: Vec<String> = import.uncalculated.iter().take(NAMED).map(cell).collect();
    let words = fill(texts.import_uncalculated(), &[&import.uncalculated.len(), &cells.join("、")]);
    (!cells.is_empty()).then(|| view! { <p class="notice uncalculated">{words}</p> })
}

fn omitted_columns(texts: &'static Texts, import: &ImportResponse) -> impl IntoView + use<> {
    let column = |column: &OmittedColumn| {
        let number = fill(texts.import_column_number(), &[&(column.column + 1)]);
        let heading = if column.heading.is_empty() { &number } else { &column.heading };
        fill(texts.import_omitted_column(), &[heading, &omitted_reason(texts, column)])
    };
    let columns: Vec<String> = import.omitted_columns.iter().map(column).collect();
    let words = fill(texts.import_omitted(), &[&columns.join("、")]);
    (!columns.is_empty()).then(|| view! { <p class="notice omitted-columns">{words}</p> })
}

fn omitted_rows(texts: &'static Texts, import: &ImportResponse) -> impl IntoView + use<> {
    let why = |why: OmissionReason| match why {
        OmissionReason::Title => texts.import_why_title(),
        OmissionReason::Total => texts.import_why_total(),
        OmissionReason::Note => texts.import_why_note(),
        OmissionReason::Heading => texts.import_why_heading(),
        OmissionReason::Numbering => texts.import_why_numbering(),
        OmissionReason::Example => texts.import_why_example(),
        OmissionReason::Blank => texts.import_why_blank(),
        OmissionReason::Hidden => texts.import_why_hidden(),
    };
    let all: usize = import.omission_counts.values().sum();
    let reasons: Vec<String> =
        import.omission_counts.iter().map(|(reason, count)| format!("{} {count}", why(*reason))).collect();
    let summary = fill(texts.import_left_out(), &[&all, &reasons.join("、")]);
    let item = |row: &OmittedRow| {
        let words = fill(texts.import_left_out_row(), &[&row.row, &why(row.why), &row.text]);
        view! { <li>{words}</li> }
    };
    let items = import.omitted_rows.iter().map(item).collect_view();
    (all > 0).then(|| view! { <details class="left-out"><summary>{summary}</summary><ul>{items}</ul></details> })
}

fn rows(texts: &'static Texts, rows: &[PreviewRow]) -> impl IntoView + use<> {
    let headings = rows
        .first()
        .map(|row| row.cells.iter().map(|cell| view! { <th scope="col">{cell.label.clone()}</th> }).collect_view());
    let cell = |cell: &PreviewCell| {
        let about = cell.qualifier.as_deref().map(|qualifier| match qualifier {
            "about" => texts.about(),
            "at_least" => texts.at_least(),
            _ => texts.more_than(),
        });
        let text = about.map_or_else(|| cell.text.clone(), |about| fill(about, &[&cell.text]));
        let is_plain = cell.written == text || cell.text.is_empty();
        let source = (!cell.written.is_empty() && !is_plain)
            .then(|| view! { <small class="source">{cell.written.clone()}</small> });
        let unread = (cell.text.is_empty() && !cell.written.is_empty())
            .then(|| view! { <span class="unread">{cell.written.clone()}</span> });
        view! { <td class:converted=cell.converted>{text}{unread}{source}</td> }
    };
    let row = |row: &PreviewRow| {
        view! {
            <tr class:wrong=row.action == Action::Wrong>
                <th scope="row">{row.row}</th>
                {row.cells.iter().map(cell).collect_view()}
            </tr>
        }
    };
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=texts.import_step_preview()>
            <table class="table-numbers import-preview">
                <caption>{fill(texts.import_preview(), &[&rows.len()])}</caption>
                <thead><tr><th scope="col">{texts.import_row()}</th>{headings}</tr></thead>
                <tbody>{rows.iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}

fn changes(texts: &'static Texts, changes: &[EntryChange]) -> impl IntoView + use<> {
    let change = |entry: &EntryChange| {
        let head = format!("{} · {} · {}", entry.activity, entry.place, entry.date);
        let lines = entry.fields.iter().enumerate().map(|(at, field)| {
            let name = (at == 0).then(|| {
                let href = format!("/list/{}", entry.id);
                view! { <th scope="row" rowspan=entry.fields.len().to_string()>{entry.row}" "<a href=href>{head.clone()}</a></th> }
            });
            let from = if field.from.is_empty() { "—".to_owned() } else { field.from.clone() };
            let to = if field.to.is_empty() { "—".to_owned() } else { field.to.clone() };
            view! { <tr>{name}<td>{field.label.clone()}</td><td><del>{from}</del></td><td><ins>{to}</ins></td></tr> }
        });
        lines.collect_view()
    };
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=texts.import_changes()>
            <table class="table-numbers import-changes">
                <caption>{texts.import_changes()}</caption>
                <thead><tr>
                    <th scope="col">{texts.import_row()}</th><th scope="col">{texts.import_field()}</th>
                    <th scope="col">{texts.import_from()}</th><th scope="col">{texts.import_to()}</th>
                </tr></thead>
                <tbody>{changes.iter().map(change).collect_view()}</tbody>
            </table>
        </div>
    }
}
