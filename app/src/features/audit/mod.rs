//! The audit log, for administrators: who did what, when and from where.

mod detail;
mod filters;
mod words;

use crate::api::audit;
use crate::api::error::ApiError;
use crate::lazy_screen;
use crate::state::{AppState, use_app_state};
use crate::ui::data_table::{Column, DataTable, Sort, TableCell, TableRow, Width};
use crate::ui::html::Html;
use crate::ui::list_row::{ListRow, ListRows};
use crate::ui::loading::Loading;
use crate::ui::request_error::{RequestFailed, request_error};
use crate::ui::sheet::Sheet;
use crate::ui::url_state::use_url_state;
use crate::ui::wide::use_is_wide;
use detail::Detail;
use filters::Filters;
use jiedui_core::access::rights::may_read_audit;
use jiedui_core::api::audit::AuditItem;
use leptos::prelude::*;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;
use words::Words;

lazy_screen!(office:
    /// The audit log.
    AuditTrail, render_audit, Audit
);

/// Rows that were fetched, and where the next page begins.
#[derive(Clone, Debug, Default)]
struct Listed {
    rows: Vec<AuditItem>,
    next: Option<String>,
}

/// State of the list.
#[derive(Clone, Copy)]
struct List {
    /// The query of the address.
    query: Memo<String>,
    /// The rows; `None` while the first page is being fetched.
    listed: RwSignal<Option<Result<Listed, ApiError>>>,
    /// Whether a further page is being fetched.
    is_reading: RwSignal<bool>,
    /// Why a further page was not fetched.
    failure: RwSignal<Option<ApiError>>,
}

impl List {
    /// Fetches the first page, or the one after a position.
    fn read(self, after: Option<String>) {
        let Self { query, listed, is_reading, failure } = self;
        let asked = query.get_untracked();
        failure.set(None);
        is_reading.set(after.is_some());
        if after.is_none() {
            listed.set(None);
        }
        spawn_local(async move {
            let answer = audit::page(&asked, after.as_deref()).await;
            // The user may have left the screen, or changed the filter.
            if query.try_get_untracked().as_ref() != Some(&asked) {
                return;
            }
            is_reading.set(false);
            let answer = answer.map(|page| Listed { rows: page.rows, next: page.next });
            match (answer, after) {
                (answer, None) => listed.set(Some(answer)),
                (Err(error), Some(_)) => failure.set(Some(error)),
                (Ok(page), Some(_)) => listed.update(|listed| {
                    if let Some(Ok(listed)) = listed {
                        listed.rows.extend(page.rows);
                        listed.next = page.next;
                    }
                }),
            }
        });
    }

    /// Returns the fetched rows in another form.
    fn rows<T>(self, row: impl Fn(&AuditItem) -> T) -> Vec<T> {
        self.listed.with(|listed| match listed {
            Some(Ok(listed)) => listed.rows.iter().map(&row).collect(),
            _ => Vec::new(),
        })
    }
}

/// The screen.
#[component]
fn Audit() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    crate::ui::page::title(texts.nav_audit());
    let url = use_url_state();
    let list = List {
        query: Memo::new(move |_| url.query()),
        listed: RwSignal::new(None),
        is_reading: RwSignal::new(false),
        failure: RwSignal::new(None),
    };
    let is_allowed = Memo::new(move |_| app.session.user.with(|user| user.as_ref().is_some_and(may_read_audit)));
    Effect::new(move |_| {
        app.request_places();
        list.query.track();
        if is_allowed.get() {
            list.read(None);
        }
    });
    let export = move || format!("/api/v1/audit.csv{}", list.query.get());
    move || {
        if !is_allowed.get() {
            return view! { <p class="empty">{texts.audit_admins_only()}</p> }.into_any();
        }
        view! {
            <section class="list audit">
                <h1>{texts.nav_audit()}</h1>
                <p class="lead">{texts.audit_lead()}</p>
                <Filters/>
                <p class="actions"><a class="button" href=export download="audit.csv" rel="external">{texts.audit_export()}</a></p>
                <Rows list/>
            </section>
        }
        .into_any()
    }
}

/// The rows, or why there are none.
#[component]
fn Rows(
    /// The list.
    list: List,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let is_wide = use_is_wide();
    let (is_open, opened) = (RwSignal::new(false), RwSignal::new(None::<AuditItem>));
    let on_open = Callback::new(move |id: Uuid| {
        let row = list.listed.with_untracked(|listed| {
            let rows = listed.as_ref()?.as_ref().ok()?.rows.iter();
            rows.into_iter().find(|row| row_id(row) == id).cloned()
        });
        is_open.set(row.is_some());
        opened.set(row);
    });
    // A link of the open row may lead to other rows.
    Effect::new(move |_| {
        list.query.track();
        is_open.set(false);
    });
    let columns = columns(app);
    let shown = RwSignal::new(columns.iter().map(|column| column.code.to_owned()).collect());
    let sort = RwSignal::new(Sort { column: "time", is_descending: true });
    let state = Memo::new(move |_| {
        list.listed.with(|listed| match listed {
            None => State::Loading,
            Some(Err(_)) => State::Failed,
            Some(Ok(listed)) if listed.rows.is_empty() => State::Empty,
            Some(Ok(_)) => State::Full,
        })
    });
    let content = move || match (state.get(), is_wide.get()) {
        (State::Loading, _) => view! { <Loading/> }.into_any(),
        (State::Failed, _) => {
            let error = list.listed.with_untracked(|listed| listed.as_ref().and_then(|listed| listed.clone().err()));
            let retry = Callback::new(move |()| list.read(None));
            error.map(|error| view! { <RequestFailed error retry/> }).into_any()
        }
        (State::Empty, _) => view! { <p class="empty">{texts.audit_none()}</p> }.into_any(),
        (State::Full, true) => {
            let rows = Signal::derive(move || list.rows(|row| table_row(app, row)));
            let (columns, current) = (columns.clone(), Signal::stored(None));
            view! { <DataTable label=texts.nav_audit() columns shown rows sort current on_open/> }.into_any()
        }
        (State::Full, false) => {
            let rows = Signal::derive(move || list.rows(|row| list_row(app, row)));
            view! { <ListRows rows on_open/> }.into_any()
        }
    };
    let next = Memo::new(move |_| {
        list.listed.with(|listed| listed.as_ref().and_then(|listed| listed.as_ref().ok()?.next.clone()))
    });
    let older = move || {
        next.get().map(|after| {
            let press = move |_| list.read(Some(after.clone()));
            view! { <p class="actions"><button type="button" class="button" disabled=list.is_reading on:click=press>{texts.audit_older()}</button></p> }
        })
    };
    let failure = move || {
        list.failure.get().map(|error| view! { <p class="notice bad" role="alert">{request_error(app, &error)}</p> })
    };
    view! {
        {content}
        {failure}
        {older}
        <Sheet label=texts.audit_row() open=is_open class="sheet-panel sheet-dialog">
            {move || opened.get().map(|row| view! { <Detail row/> })}
        </Sheet>
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Loading,
    Failed,
    Empty,
    Full,
}

fn columns(app: AppState) -> Vec<Column> {
    let texts = app.texts;
    let column = |code, label, width| Column { code, label, width, is_sortable: false, is_shown: true };
    vec![
        column("time", texts.audit_time(), Width::Wide),
        column("person", texts.audit_person(), Width::Medium),
        column("action", texts.audit_action(), Width::Medium),
        column("object", texts.audit_object(), Width::Wide),
        column("change", texts.audit_change(), Width::Wide),
        column("origin", texts.audit_origin(), Width::Medium),
    ]
}

/// Returns the identifier of a row in the table.
fn row_id(row: &AuditItem) -> Uuid {
    Uuid::from_u128(u128::from(row.number.unsigned_abs()))
}

/// Returns the address of a row: that of its object, if it has a page.
fn address(words: Words, row: &AuditItem) -> String {
    words.address(row).unwrap_or_else(|| "/audit".to_owned())
}

fn table_row(app: AppState, row: &AuditItem) -> TableRow {
    let words = Words(app);
    let cells = [
        words.time(row),
        words.person(row),
        words.action(row),
        words.object(row),
        words.changes(row),
        words.origin(row),
    ];
    let cells = cells.into_iter().map(TableCell::text).collect();
    TableRow { id: row_id(row), address: address(words, row), style: String::new(), cells }
}

fn list_row(app: AppState, row: &AuditItem) -> ListRow {
    let words = Words(app);
    let about = [words.object(row), words.changes(row)];
    let about: Vec<String> = about.into_iter().filter(|part| !part.is_empty()).collect();
    ListRow {
        id: row_id(row),
        address: address(words, row),
        style: String::new(),
        title: words.action(row),
        marks: Html::default(),
        lines: [format!("{} · {}", words.person(row), words.time(row)), about.join(" · ")],
        thumbnail: String::new(),
    }
}
