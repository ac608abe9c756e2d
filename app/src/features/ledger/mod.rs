//! The ledgers of needs and plans: a list with filters and totals, which can be printed and exported. Works offline.

mod deletions;
mod item;
mod item_table;

pub use item::LedgerItem;
use jiedui_core::values::sort::sort_by;

use crate::labels::code::ledger_status;
use crate::labels::directory::pairing_name;
use crate::labels::texts::{Texts, fill};
use crate::lazy_screen;
use crate::state::{AppState, use_app_state};
use crate::storage::ledger_view::ItemView;
use crate::ui::download;
use crate::ui::filter::unreadable_notice;
use crate::ui::ledger_items::use_ledger;
use crate::ui::ledger_row::ledger_row;
use crate::ui::loading::{NothingFound, ReplicaNotice};
use crate::ui::older::{Older, RecordList};
use crate::ui::search::{PAGE, SearchField, use_words};
use crate::ui::skeleton::Skeleton;
use crate::ui::url_state::{HistoryStep, use_url_state};
use crate::ui::wide::use_is_wide;
use deletions::PendingItemDeletions;
use item_table::ItemTable;
use jiedui_core::directory::place::covers;
use jiedui_core::figures::overview::Overview;
use jiedui_core::ledger::Item;
use jiedui_core::ledger::{Ledger, Status};
use jiedui_core::values::{date::format_date, month::Month};
use leptos::prelude::*;
use time::Date;

/// Filter of the list.
#[derive(Clone, Debug, PartialEq)]
struct ItemFilter {
    ledger: Ledger,
    year: Option<i32>,
    place: String,
    programme: String,
    /// Code of a status, `overdue`, or empty for all.
    status: String,
    words: Vec<String>,
}

impl ItemFilter {
    fn matches(&self, app: AppState, view: &ItemView, today: Date) -> bool {
        let item = &view.item;
        let status = match self.status.as_str() {
            "" => true,
            "overdue" => item.is_overdue(today),
            code => item.status.code() == code,
        };
        item.ledger == self.ledger
            && status
            && self.year.is_none_or(|year| item.year == year)
            && (self.place.is_empty() || covers(&self.place, &item.place))
            && (self.programme.is_empty() || item.programme == self.programme)
            && self.has_words(app, item)
    }

    fn has_words(&self, app: AppState, item: &Item) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let place = app.geography.places.with(|places| places.label(&item.place));
        let text = format!("{} {} {} {place}", item.title, item.responsible, item.note).to_lowercase();
        self.words.iter().all(|word| text.contains(word.as_str()))
    }
}

lazy_screen!(
    /// The list of ledger items.
    LedgerList, render_ledger, LedgerItems
);

/// The screen.
#[component]
fn LedgerItems() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    crate::ui::page::title(texts.nav_needs());
    let (address, words) = (use_url_state(), use_words());
    let items = use_ledger();
    let listed = RwSignal::new(PAGE);
    let today = app.today;
    let given = move |name: &'static str| address.get(name).unwrap_or_default();
    let wanted = Memo::new(move |_| ItemFilter {
        ledger: if given("ledger") == "plan" { Ledger::Plan } else { Ledger::Need },
        year: given("year").parse().ok(),
        place: given("place"),
        programme: given("programme"),
        status: given("status"),
        words: words.get(),
    });
    let wrong = Memo::new(move |_| {
        let year = Some(given("year")).filter(|year| !year.is_empty() && year.parse::<i32>().is_err());
        year.map(|year| (texts.year(), year)).into_iter().collect::<Vec<_>>()
    });
    let matching = Memo::new(move |_| {
        let wanted = wanted.get();
        items.with(|items| {
            let items = items.as_ref()?;
            Some(items.iter().filter(|item| wanted.matches(app, item, today)).cloned().collect::<Vec<_>>())
        })
    });
    let is_countable = Memo::new(move |_| app.replica.state.get().is_countable());
    let is_complete = app.replica.is_complete;
    let is_wide = use_is_wide();
    let has_items =
        Memo::new(move |_| matching.with(|matching| matching.as_ref().map(|matching| !matching.is_empty())));
    let of_filter = Signal::derive(move || matching.get().unwrap_or_default());
    let years = Memo::new(move |_| {
        let mut years: Vec<i32> =
            items.with(|items| items.iter().flat_map(|items| items.iter()).map(|item| item.item.year).collect());
        years.push(today.year());
        sort_by(&mut years, |a, b| b.cmp(a));
        years.dedup();
        years
    });
    let set = move |name: &'static str| {
        move |event| address.change(&[(name, event_target_value(&event))], HistoryStep::Further)
    };
    let option = move |name: &'static str, value: String, label: String| {
        let option_value = value.clone();
        view! { <option value=value selected=move || given(name) == option_value>{label}</option> }
    };
    let programmes = move || {
        let overview = app.overviews.server.get().unwrap_or_default();
        let programmes = overview.catalogue.programmes.iter();
        programmes
            .map(|programme| {
                option("programme", programme.code.clone(), app.pick(&programme.name, &programme.name_en).to_owned())
            })
            .collect_view()
    };
    let export = move |_| {
        let overview = app.overviews.server.get_untracked().unwrap_or_default();
        let rows =
            matching.with_untracked(|matching| table(app, &overview, matching.as_deref().unwrap_or_default(), today));
        if let Err(error) = download::save_text("needs.csv", &download::csv(&rows)) {
            app.storage.error.set(Some(error));
        }
    };
    let query = Signal::derive(move || {
        let wanted = wanted.get();
        let ledger = if wanted.ledger == Ledger::Plan { "plan" } else { "need" };
        let year = wanted.year.map(|year| year.to_string()).unwrap_or_default();
        format!("&ledger={ledger}&year={year}&place={}&programme={}", wanted.place, wanted.programme)
    });
    let first = Signal::derive(move || wanted.with(|wanted| wanted.year).map(|year| Month::first_of(year).first_day()));
    let chosen_place = move || {
        let place = given("place");
        (!place.is_empty()).then(|| {
            let label = app.geography.places.with(|places| places.label(&place));
            view! {
                <p class="place-chosen">
                    <strong>{label}</strong>
                    <button type="button" class="button-quiet" on:click=move |_| address.change(&[("place", String::new())], HistoryStep::Further)>
                        {texts.list_all()}
                    </button>
                </p>
            }
        })
    };
    move || {
        if app.session.user.with(Option::is_none) {
            return view! { <crate::ui::page::PleaseSignIn/> }.into_any();
        }
        let records = app.session.user.with(|user| user.as_ref().is_some_and(|user| user.role.records()));
        view! {
            <section class="list needs">
                <h1>{move || if wanted.with(|filter| filter.ledger == Ledger::Plan) { texts.ledger_plan() } else { texts.ledger_need() }}</h1>
                {move || unreadable_notice(texts, wrong.get())}
                <div class="filters">
                    <label><span>{texts.ledger()}</span>
                        <select on:change=set("ledger")>
                            {option("ledger", String::new(), texts.ledger_need().to_owned())}
                            {option("ledger", "plan".to_owned(), texts.ledger_plan().to_owned())}
                        </select>
                    </label>
                    <label><span>{texts.year()}</span>
                        <select on:change=set("year")>
                            {option("year", String::new(), texts.all_years().to_owned())}
                            {move || years.get().into_iter().map(|year| option("year", year.to_string(), year.to_string())).collect_view()}
                        </select>
                    </label>
                    <label><span>{texts.programme()}</span>
                        <select on:change=set("programme")>
                            {option("programme", String::new(), texts.all_programmes().to_owned())}
                            {programmes}
                        </select>
                    </label>
                    <label><span>{texts.need_status()}</span>
                        <select on:change=set("status")>
                            {option("status", String::new(), texts.all_states().to_owned())}
                            {option("status", "overdue".to_owned(), texts.need_overdue().to_owned())}
                            {Status::ALL.map(|status| option("status", status.code().to_owned(), ledger_status(texts, status).to_owned()))}
                        </select>
                    </label>
                    <SearchField label=texts.search()/>
                </div>
                {chosen_place}
                {move || matching.with(|matching| {
                    let matching = matching.as_ref()?;
                    let counts = is_countable.get() && (is_complete.get() || !matching.is_empty());
                    // An empty list shows the notice itself.
                    let notice = (!matching.is_empty()).then(|| view! { <ReplicaNotice/> });
                    Some((counts.then(|| totals(texts, matching, today)), notice))
                })}
                <p class="actions">
                    {records.then(|| view! { <a class="button button-primary" href=move || new_address(&wanted.get())>{texts.need_new()}</a> })}
                    <button type="button" class="button button-quiet" on:click=export>{texts.need_csv()}</button>
                    <button type="button" class="button button-quiet scripted-only" on:click=move |_| drop(window().print())>{texts.print()}</button>
                </p>
                <PendingItemDeletions/>
                {move || match has_items.get() {
                    None => view! { <Skeleton/> }.into_any(),
                    Some(false) => view! { <NothingFound text=texts.needs_none()/> }.into_any(),
                    Some(true) if is_wide.get() => view! { <ItemTable items=of_filter listed/> }.into_any(),
                    Some(true) => (move || matching.with(|matching| {
                        let overview = app.overviews.server.get().unwrap_or_default();
                        let items = matching.iter().flatten().take(listed.get());
                        let rows = items.map(|item| ledger_row(app, &overview, item, today)).collect_view();
                        view! { <ul class="entries">{rows}</ul> }
                    })).into_any(),
                }}
                {move || matching.with(|matching| matching.as_ref().is_some_and(|matching| matching.len() > listed.get())).then(|| view! {
                    <button type="button" class="button" on:click=move |_| listed.update(|listed| *listed += PAGE)>{texts.more()}</button>
                })}
                <Older part=RecordList::LedgerItems query first/>
            </section>
        }
        .into_any()
    }
}

fn new_address(wanted: &ItemFilter) -> String {
    let ledger = if wanted.ledger == Ledger::Plan { "plan" } else { "need" };
    format!("/needs/new?ledger={ledger}&place={}", wanted.place)
}

/// Renders the number of items, of overdue items, and of items in each status.
fn totals(texts: &Texts, items: &[ItemView], today: Date) -> impl IntoView + use<> {
    let late = items.iter().filter(|item| item.item.is_overdue(today)).count();
    let of = |status| items.iter().filter(|item| item.item.status == status).count();
    let words: Vec<String> = Status::ALL
        .into_iter()
        .filter(|status| of(*status) > 0)
        .map(|status| format!("{} {}", ledger_status(texts, status), of(status)))
        .collect();
    let all = fill(texts.needs_found(), &[&items.len()]);
    view! {
        <p class="note" role="status">
            {[vec![all], words].concat().join(" · ")}
            {(late > 0).then(|| view! { " · "<strong class="bad">{format!("{} {late}", texts.need_overdue())}</strong> })}
        </p>
    }
}

/// Lists the items as rows of a CSV file.
fn table(app: AppState, overview: &Overview, items: &[ItemView], today: Date) -> Vec<Vec<String>> {
    let texts = app.texts;
    let heading = [
        texts.year(),
        texts.place(),
        texts.programme(),
        texts.need_title(),
        texts.need_amount(),
        texts.need_unit(),
        texts.need_due(),
        texts.need_responsible(),
        texts.need_status(),
        texts.need_overdue(),
        texts.pairing(),
        texts.note(),
    ];
    let row = |view: &ItemView| {
        let item = &view.item;
        let programme = overview.catalogue.programme(&item.programme);
        let pairing = item.pairing.and_then(|id| overview.directory().pairing(id));
        vec![
            item.year.to_string(),
            app.geography.places.with_untracked(|places| places.label(&item.place)),
            programme.map(|programme| app.pick(&programme.name, &programme.name_en).to_owned()).unwrap_or_default(),
            item.title.clone(),
            item.amount.map(|amount| amount.to_f64().to_string()).unwrap_or_default(),
            item.unit.clone(),
            item.due.map(format_date).unwrap_or_default(),
            item.responsible.clone(),
            ledger_status(texts, item.status).to_owned(),
            if item.is_overdue(today) { texts.yes() } else { "" }.to_owned(),
            pairing.map(|pairing| pairing_name(app.labels(), overview, pairing)).unwrap_or_default(),
            item.note.clone(),
        ]
    };
    std::iter::once(heading.map(str::to_owned).to_vec()).chain(items.iter().map(row)).collect()
}
