//! The items of a list of indicators, such as cards or rows, and which of them have changed.

use crate::labels::figure::FigureLabels;
use crate::state::{AppState, use_app_state};
use crate::ui::deferred::deferred;
use crate::ui::filter::query_of;
use crate::ui::html::Html;
use jiedui_core::catalogue::Programme;
use jiedui_core::figures::figure::{Figure, Filter};
use jiedui_core::figures::overview::Overview;
use jiedui_core::figures::selection::Selection;
use jiedui_core::values::sort::collect_sorted;
use leptos::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Content and appearance of an item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Item {
    html: Html,
    /// Whether the figure includes entries that the server does not have yet.
    unsent: bool,
    /// Class of its flash: two classes alternate, so that the next change restarts the animation.
    flash: Option<&'static str>,
}

impl Item {
    /// Returns the content.
    pub fn html(&self) -> String {
        self.html.clone().into_string()
    }

    /// Returns the CSS classes.
    pub fn class(&self) -> String {
        format!("{}{}", self.flash.unwrap_or_default(), if self.unsent { " unsent" } else { "" })
    }
}

/// Items by the code of their indicator.
pub type Items = BTreeMap<String, Item>;

/// Renders the content of an item, with the query for its links, and whether the figure includes unsent entries. Returns `None`
/// for an indicator without an item.
pub type Render = fn(&FigureLabels<'_>, &Selection<'_>, &str, bool) -> Option<Html>;

/// Returns the programmes. They rarely change; a change of the figures alone keeps the elements and the focus.
pub fn use_programmes() -> Memo<Vec<Programme>> {
    let app = use_app_state();
    Memo::new(move |_| {
        app.overviews
            .server
            .with(|overview| overview.as_ref().map(|overview| overview.catalogue.programmes.clone()))
            .unwrap_or_default()
    })
}

/// Returns the items of a programme's indicators; `None` while the filter leaves the programme out, or there is no overview.
/// They are rendered after the map, in a task of their own.
pub fn use_items(programme: &Programme, filter: Memo<Filter>, render: Render) -> Memo<Option<Arc<Items>>> {
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
    Memo::new(move |_| {
        let update = |input: &Input| {
            previous.try_update_value(|previous| {
                code.with_value(|code| Arc::new(items(app, input, code, previous, render)))
            })
        };
        input.with(|input| input.as_ref().map(update)).flatten()
    })
}

/// Reads an item; nothing for a missing one.
pub fn read_item(items: Memo<Option<Arc<Items>>>, code: &str, read: fn(&Item) -> String) -> String {
    items.with(|items| items.as_ref().and_then(|items| items.get(code)).map(read)).unwrap_or_default()
}

/// Input of a programme's items.
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

/// The previous rendering: its filter, and by indicator the figure and its flash.
type Previous = (Filter, BTreeMap<String, (Figure, Option<&'static str>)>);

/// Renders the items of a programme. Figures that differ from the previous ones under the same filter flash.
fn items(app: AppState, input: &Input, programme: &str, previous: &mut Option<Previous>, render: Render) -> Items {
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
    let item = |(code, (figure, selection)): (&String, &(Figure, Selection<'_>))| {
        let unsent = server_figures.as_ref().is_some_and(|sent| sent.get(code).map(|(sent, _)| sent) != Some(figure));
        let figure_labels = FigureLabels {
            labels: app.labels(),
            today: app.today,
            overview: local,
            indicator: selection.indicator,
            figure,
            filter,
            place_label: &place_label,
        };
        let html = render(&figure_labels, selection, &query, unsent)?;
        Some((code.clone(), Item { html, unsent, flash: flash_of(code, figure) }))
    };
    let items = collect_sorted(figures.iter().filter_map(item));
    let rendered = figures.iter().map(|(code, (figure, _))| (code.clone(), (figure.clone(), flash_of(code, figure))));
    *previous = Some((filter.clone(), collect_sorted(rendered)));
    items
}

/// Returns the figure of each indicator, with the selection that it is computed from.
fn by_code<'a>(overview: &'a Overview, filter: &Filter) -> BTreeMap<String, (Figure, Selection<'a>)> {
    let selections = overview.selections(filter).into_iter();
    collect_sorted(selections.map(|selection| (selection.indicator.code.clone(), (selection.figure(), selection))))
}
