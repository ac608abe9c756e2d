//! Cards of all indicators, grouped by programme.

mod card;

use crate::labels::figure::FigureLabels;
use crate::labels::programme_color::color_style;
use crate::labels::texts::fill;
use crate::state::{AppState, use_app_state};
use crate::ui::deferred::deferred;
use crate::ui::filter::query_of;
use crate::ui::loading::LoadingOnline;
use card::{Card, card_html};
use jiedui_core::catalogue::Programme;
use jiedui_core::figures::figure::{Figure, Filter};
use jiedui_core::figures::overview::Overview;
use jiedui_core::figures::selection::Selection;
use jiedui_core::values::sort::collect_sorted;
use leptos::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Cards by the code of their indicator.
type Cards = BTreeMap<String, Card>;

/// Input of a programme's cards.
#[derive(Clone, Debug)]
struct Input {
    filter: Filter,
    /// Overview with this phone's local entries.
    local: Arc<Overview>,
    /// Overview as the server sent it.
    server: Arc<Overview>,
}

impl PartialEq for Input {
    /// Compares overviews by address: comparing their content would take longer than rendering them.
    fn eq(&self, other: &Self) -> bool {
        self.filter == other.filter
            && Arc::ptr_eq(&self.local, &other.local)
            && Arc::ptr_eq(&self.server, &other.server)
    }
}

/// The cards of every indicator that the filter leaves.
#[component]
pub fn IndicatorCards(
    /// Current filter.
    filter: Memo<Filter>,
) -> impl IntoView {
    let app = use_app_state();
    // Programmes rarely change; a change of the figures alone keeps the elements and the focus.
    let programmes = Memo::new(move |_| {
        app.overviews
            .server
            .with(|overview| overview.as_ref().map(|overview| overview.catalogue.programmes.clone()))
            .unwrap_or_default()
    });
    let has_overview = Memo::new(move |_| app.overviews.local_for(&filter.get()).is_some());
    let is_empty = Memo::new(move |_| {
        let filter = filter.get();
        app.overviews.local_for(&filter).is_some_and(|overview| !overview.has_entries(&filter))
    });
    view! {
        <Show when=move || has_overview.get() fallback=move || view! { <LoadingOnline/> }>
            <div class="dashboard-figures">
                {move || programmes.get().into_iter().map(|programme| view! { <ProgrammeCards programme filter/> }).collect_view()}
                {move || is_empty.get().then(|| view! { <p class="empty">{years_with_figures(app)}</p> })}
            </div>
        </Show>
    }
}

/// The cards of a programme.
#[component]
fn ProgrammeCards(programme: Programme, filter: Memo<Filter>) -> impl IntoView {
    let app = use_app_state();
    let code = StoredValue::new(programme.code.clone());
    let current = Memo::new(move |_| {
        let filter = filter.get();
        let is_wanted = filter.programme.as_ref().is_none_or(|wanted| code.with_value(|code| wanted == code));
        let (local, server) =
            is_wanted.then(|| app.overviews.local_for(&filter).zip(app.overviews.server_for(&filter))).flatten()?;
        Some(Input { filter, local, server })
    });
    let input = deferred(current);
    let previous = StoredValue::new(None::<Previous>);
    let cards = Memo::new(move |_| {
        input
            .with(|input| {
                input.as_ref().map(|input| {
                    previous.try_update_value(|previous| {
                        code.with_value(|code| Arc::new(cards(app, input, code, previous)))
                    })
                })
            })
            .flatten()
    });
    let codes = Memo::new(move |_| {
        let overview = app.overviews.server.get().unwrap_or_default();
        let indicators = overview.catalogue.indicators.iter();
        let of_programme = indicators.filter(|indicator| code.with_value(|code| indicator.programme == *code));
        of_programme.map(|indicator| indicator.code.clone()).collect::<Vec<_>>()
    });
    let read = move |code: &str, read: fn(&Card) -> String| {
        cards.with(|cards| cards.as_ref().and_then(|cards| cards.get(code)).map(read)).unwrap_or_default()
    };
    let card = move |code: String| {
        let (class_code, html_code) = (code.clone(), code.clone());
        let class = move || read(&class_code, Card::class);
        view! { <li class=class data-indicator=code inner_html=move || read(&html_code, Card::html)></li> }
    };
    let is_hidden = move || input.with(Option::is_none) || codes.with(Vec::is_empty);
    view! {
        <section class="programme" style=color_style(programme.color) hidden=is_hidden>
            <h2>{app.pick(&programme.name, &programme.name_en).to_owned()}</h2>
            <ul class="cards">{move || codes.get().into_iter().map(card).collect_view()}</ul>
        </section>
    }
}

/// The previous rendering: its filter, and by indicator the figure and its flash.
type Previous = (Filter, BTreeMap<String, (Figure, Option<&'static str>)>);

/// Renders the cards of a programme. Figures that differ from the previous ones under the same filter flash.
fn cards(app: AppState, input: &Input, programme: &str, previous: &mut Option<Previous>) -> Cards {
    let Input { filter, local, server } = input;
    let query = query_of(filter);
    let filter = &Filter { programme: Some(programme.to_owned()), ..filter.clone() };
    let figures = by_code(local, filter);
    let server_figures = if Arc::ptr_eq(local, server) { None } else { Some(by_code(server, filter)) };
    let earlier = previous.take().filter(|(earlier, _)| earlier == filter).map(|(_, figures)| figures);
    let next_flash = if local.change % 2 == 0 { "flash-even" } else { "flash-odd" };
    // An unchanged figure keeps its flash, so that rendering it again does not restart the animation.
    let flash_of = |code: &str, figure: &Figure| {
        let (earlier, flash) = earlier.as_ref()?.get(code)?;
        if earlier == figure { *flash } else { Some(next_flash) }
    };
    let place_label = |code: &str| app.place_label(code);
    let card = |(code, (figure, selection)): (&String, &(Figure, Selection<'_>))| {
        let unsent = server_figures.as_ref().is_some_and(|sent| sent.get(code).map(|(sent, _)| sent) != Some(figure));
        let flash = flash_of(code, figure);
        let figure_labels = FigureLabels {
            labels: app.labels(),
            today: app.today,
            overview: local,
            indicator: selection.indicator,
            figure,
            filter,
            place_label: &place_label,
        };
        let html = card_html(&figure_labels, selection, &query, unsent);
        (code.clone(), Card { html, unsent, flash })
    };
    let cards = collect_sorted(figures.iter().map(card));
    let rendered = figures.iter().map(|(code, (figure, _))| (code.clone(), (figure.clone(), flash_of(code, figure))));
    *previous = Some((filter.clone(), collect_sorted(rendered)));
    cards
}

/// Returns the figure of each indicator, with the selection that it is computed from.
fn by_code<'a>(overview: &'a Overview, filter: &Filter) -> BTreeMap<String, (Figure, Selection<'a>)> {
    let selections = overview.selections(filter).into_iter();
    collect_sorted(selections.map(|selection| (selection.indicator.code.clone(), (selection.figure(), selection))))
}

/// Reports that no figures match the filter, and lists the years with figures.
fn years_with_figures(app: AppState) -> String {
    let years: Vec<String> = app.overviews.years.with(|years| years.iter().map(|year| year.to_string()).collect());
    fill(app.texts.no_figures(), &[&years.join("、")])
}
