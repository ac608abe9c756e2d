//! The filters of the shared view. They live in the address, so a link shows the same to everybody.

use crate::labels::texts::{Texts, fill};
use crate::shell::bootstrap::{ALL_YEARS, year_of};
use crate::state::use_app_state;
use crate::sync::fetch_places;
use crate::ui::url_state::{HistoryStep, use_url_state};
use jiedui_core::catalogue::Programme;
use jiedui_core::directory::place::{Level, covers};
use jiedui_core::directory::place::{Places, Side};
use jiedui_core::figures::{figure::Filter, overview::Overview};
use jiedui_core::values::month::Month;
use jiedui_core::values::month::Year;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The filter that the address holds. Without a year it is the latest that has figures.
pub fn use_filter() -> Memo<Filter> {
    filter_of(|years, given| year_of(given, years))
}

/// The same for queues and searches: without a year it is every year.
pub fn use_list_filter() -> Memo<Filter> {
    filter_of(|years, given| year_of(given.or(Some(ALL_YEARS)), years))
}

fn filter_of(year: fn(&[i32], Option<&str>) -> Option<i32>) -> Memo<Filter> {
    let query = use_query_map();
    let model = use_app_state();
    Memo::new(move |_| {
        let query = query.get();
        let given = |name: &str| query.get(name).filter(|value| !value.is_empty());
        let year = model.years.with(|years| year(years, given("year").as_deref()));
        let verified_only = given("include").as_deref() == Some("verified");
        let month = |name: &str| given(name)?.parse::<Month>().ok();
        let (from, until) = (month("from"), month("until"));
        Filter { year, programme: given("programme"), place: given("place"), verified_only, from, until }
    })
}

/// What an address asks for that cannot be read, as the parameter's name on the screens and what was given. Nothing is
/// filtered by it, which must be said: else what is shown looks like what was asked for.
fn unreadable(
    texts: &Texts,
    overview: &Overview,
    given: impl Fn(&str) -> Option<String>,
) -> Vec<(&'static str, String)> {
    let is_year = |text: &str| text == ALL_YEARS || text.parse::<Year>().is_ok();
    let is_month = |text: &str| text.parse::<Month>().is_ok();
    let is_programme = |code: &str| overview.catalogue.programme(code).is_some();
    let is_place = |code: &str| {
        let town = Level::Township.ancestor_code(code);
        overview.places.iter().any(|place| place.code == town)
    };
    let is_include = |word: &str| matches!(word, "verified" | "submitted");
    type IsRight<'a> = &'a dyn Fn(&str) -> bool;
    let checks: [(&str, &'static str, IsRight<'_>); 6] = [
        ("year", texts.year, &is_year),
        ("from", texts.months, &is_month),
        ("until", texts.months, &is_month),
        ("programme", texts.programme, &is_programme),
        ("place", texts.place, &is_place),
        ("include", texts.include, &is_include),
    ];
    let wrong = checks.into_iter().filter_map(|(name, label, is_right)| {
        given(name).filter(|value| !value.is_empty() && !is_right(value)).map(|value| (label, value))
    });
    wrong.collect()
}

/// Says which of the filters in the address cannot be read.
#[component]
pub fn AddressNotice() -> impl IntoView {
    let model = use_app_state();
    let (texts, address) = (model.texts, use_url_state());
    let wrong = Memo::new(move |_| {
        let overview = model.server_overview.get().filter(|overview| !overview.catalogue.programmes.is_empty());
        overview.map(|overview| unreadable(texts, &overview, |name| address.get(name))).unwrap_or_default()
    });
    move || unreadable_notice(texts, wrong.get())
}

/// Says which parts of an address could not be read; nothing where all could.
pub fn unreadable_notice(texts: &'static Texts, wrong: Vec<(&'static str, String)>) -> impl IntoView {
    // A long one is told by its beginning.
    let line = move |(label, value): (&str, String)| {
        fill(texts.unreadable, &[&label, &value.chars().take(20).collect::<String>()])
    };
    (!wrong.is_empty()).then(|| {
        let lines: Vec<String> = wrong.into_iter().map(line).collect();
        view! { <p class="notice bad" role="alert">{lines.join("；")}</p> }
    })
}

/// A filter as the query of an address, with its question mark.
pub fn query_of(filter: &Filter) -> String {
    let year = filter.year.map_or(ALL_YEARS.to_owned(), |year| year.to_string());
    let month = |month: Option<Month>| month.map(|month| month.to_string());
    let given = [
        ("year", Some(year)),
        ("programme", filter.programme.clone()),
        ("place", filter.place.clone()),
        ("include", filter.verified_only.then(|| "verified".to_owned())),
        ("from", month(filter.from)),
        ("until", month(filter.until)),
    ];
    // Codes, years and months need no escaping.
    let pairs: Vec<String> = given.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?))).collect();
    format!("?{}", pairs.join("&"))
}

/// The filters, for a finger. With JavaScript off they are a form with a button.
#[component]
pub fn FilterBar(
    /// The filter in force.
    filter: Memo<Filter>,
    /// Whether one can ask for what is approved alone; a queue of what is not has no use for that.
    #[prop(default = true)]
    with_include: bool,
    /// What else one may choose on the page.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let model = use_app_state();
    let texts = model.texts;
    let address = use_url_state();
    let set = move |name| {
        move |event| {
            // Months of one year are none of another.
            let more = (name == "year").then(|| [("from", String::new()), ("until", String::new())]);
            let mut changes = vec![(name, event_target_value(&event))];
            changes.extend(more.into_iter().flatten());
            address.change(&changes, HistoryStep::Further);
        }
    };
    let overview = move || model.local_overview.get().unwrap_or_default();
    let chosen_year = Memo::new(move |_| filter.get().year);
    let years = Memo::new(move |_| years_shown(model.years.get(), chosen_year.get(), model.today.year()));
    let programmes = Memo::new(move |_| {
        let programme = |own: &Programme| (own.code.clone(), model.pick(&own.name, &own.name_en).to_owned());
        overview().catalogue.programmes.iter().map(programme).collect::<Vec<_>>()
    });
    let places = Memo::new(move |_| places_shown(&overview()));
    let year = move || filter.get().year.map_or(ALL_YEARS.to_owned(), |year| year.to_string());
    let programme = move || filter.get().programme.unwrap_or_default();
    let place = move || filter.with(|filter| foremost(&places.get(), filter.place.as_deref().unwrap_or_default()));
    let needs_places = Memo::new(move |_| !matches!(place().len(), 0 | 4));
    Effect::new(move |_| {
        if needs_places.get() && model.places.with_untracked(|places| places.all().is_empty()) {
            fetch_places(model);
        }
    });
    let further = Memo::new(move |_| {
        let wanted = filter.with(|filter| filter.place.clone()).unwrap_or_default();
        model.places.with(|tree| further_places(tree, &place(), &wanted))
    });
    let include = move || if filter.get().verified_only { "verified" } else { "" };
    view! {
        <AddressNotice/>
        <form class="filters" method="get" on:submit=|event| event.prevent_default()>
            <label>
                <span>{texts.year}</span>
                <select name="year" on:change=set("year") prop:value=year>
                    {move || options(years.get().into_iter().map(|own| (own.to_string(), own.to_string())), year)}
                    <option value=ALL_YEARS selected=move || filter.get().year.is_none()>{texts.all_years}</option>
                </select>
            </label>
            <label>
                <span>{texts.programme}</span>
                <select name="programme" on:change=set("programme") prop:value=programme>
                    <option value="">{texts.all_programmes}</option>
                    {move || options(programmes.get(), programme)}
                </select>
            </label>
            <label>
                <span>{texts.place}</span>
                <select name="place" on:change=set("place") prop:value=place>
                    <option value="">{texts.all_places}</option>
                    {move || options(places.get(), place)}
                </select>
            </label>
            {move || further.get().into_iter().map(|Further { above, choices, chosen }| view! {
                <label class="scripted-only">
                    <span>{texts.place_below}</span>
                    <select on:change=set("place")>
                        <option value=above>{texts.all_below}</option>
                        {options(choices, move || chosen.clone())}
                    </select>
                </label>
            }).collect_view()}
            {with_include.then(|| view! {
                <label>
                    <span>{texts.include}</span>
                    <select name="include" on:change=set("include") prop:value=include>
                        <option value="">{texts.include_all}</option>
                        <option value="verified" selected=move || filter.get().verified_only>{texts.include_verified}</option>
                    </select>
                </label>
            })}
            {children.map(|children| children())}
            <button class="no-script">{texts.apply}</button>
        </form>
    }
}

/// Says how many more a list would have without its filter, and shows them.
#[component]
pub fn HiddenFilters(
    /// How many more there are in other years.
    in_years: Signal<usize>,
    /// How many more there are under no filter at all; those in other years are among them.
    beyond: Signal<usize>,
) -> impl IntoView {
    let (texts, address) = (use_app_state().texts, use_url_state());
    let every_year = || ("year", ALL_YEARS.to_owned());
    let show = move |changes: Vec<(&'static str, String)>| move |_| address.change(&changes, HistoryStep::Further);
    let [from, until] = ["from", "until"].map(|name| (name, String::new()));
    let (years, all) = (
        vec![every_year(), from.clone(), until.clone()],
        vec![
            every_year(),
            from,
            until,
            ("programme", String::new()),
            ("place", String::new()),
            ("include", String::new()),
            ("state", String::new()),
            ("pairing", String::new()),
        ],
    );
    view! {
        {move || (in_years.get() > 0).then(|| view! {
            <button type="button" class="button more-hidden" data-hidden="years" on:click=show(years.clone())>
                {fill(texts.hidden_years, &[&in_years.get()])}
            </button>
        })}
        {move || (beyond.get() > in_years.get()).then(|| view! {
            <button type="button" class="button more-hidden" data-hidden="all" on:click=show(all.clone())>
                {fill(texts.hidden_more, &[&beyond.get()])}
            </button>
        })}
    }
}

/// Choices of values with their names.
fn options(
    of: impl IntoIterator<Item = (String, String)>,
    chosen: impl Fn() -> String + Clone + Send + 'static,
) -> impl IntoView {
    let option = |(value, name): (String, String)| {
        let (own, chosen) = (value.clone(), chosen.clone());
        view! { <option value=value selected=move || chosen() == own>{name}</option> }
    };
    of.into_iter().map(option).collect_view()
}

fn years_shown(mut years: Vec<i32>, chosen: Option<i32>, this_year: i32) -> Vec<i32> {
    years.extend(chosen);
    years.push(this_year);
    years.sort_unstable_by(|one, other| other.cmp(one));
    years.dedup();
    years
}

/// Both regions, Guiyang's counties, Luodian's towns.
fn places_shown(overview: &Overview) -> Vec<(String, String)> {
    let shown = overview.places.iter().filter(|place| match place.level {
        Level::City | Level::County => true,
        Level::Township => place.side == Side::B,
        Level::Village => false,
    });
    let indent = |place: &jiedui_core::directory::place::Place| match (place.level, place.side) {
        (Level::City, _) | (Level::County, Side::B) => "",
        _ => "\u{3000}",
    };
    shown.map(|place| (place.code.clone(), format!("{}{}", indent(place), place.name))).collect()
}

/// The place or the one above it that is among those shown.
fn foremost(shown: &[(String, String)], wanted: &str) -> String {
    let above = shown.iter().map(|(code, _)| code).filter(|code| covers(code, wanted));
    above.max_by_key(|code| code.len()).cloned().unwrap_or_default()
}

/// A choice among the places right below another one.
#[derive(Clone, Debug, PartialEq)]
struct Further {
    above: String,
    choices: Vec<(String, String)>,
    chosen: String,
}

/// What may be chosen below the place that is chosen among those shown, down to the village.
fn further_places(tree: &Places, shown: &str, wanted: &str) -> Vec<Further> {
    let mut further = Vec::new();
    let mut above = shown.to_owned();
    loop {
        let level = tree.get(&above).map(|place| (place.level, place.side));
        // The cities' counties, and the towns of side b, are among those shown.
        if matches!(level, None | Some((Level::City | Level::Village, _)) | Some((Level::County, Side::B))) {
            return further;
        }
        let choices: Vec<(String, String)> =
            tree.children(&above).map(|place| (place.code.clone(), place.short_name().to_owned())).collect();
        if choices.is_empty() {
            return further;
        }
        let chosen = foremost(&choices, wanted);
        let next = chosen.clone();
        further.push(Further { above, choices, chosen });
        above = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiedui_core::directory::place::Place;

    #[test]
    fn below_a_county_one_chooses_a_town_and_below_it_a_village() {
        let place = |code: &str, parent: &str, level, side| Place {
            code: code.into(),
            parent: parent.into(),
            level,
            name: code.into(),
            side,
        };
        let tree = Places::new(vec![
            place("5201", "52", Level::City, Side::A),
            place("520111", "5201", Level::County, Side::A),
            place("520111001", "520111", Level::Township, Side::A),
            place("520111001201", "520111001", Level::Village, Side::A),
            place("522728", "5227", Level::County, Side::B),
            place("522728100", "522728", Level::Township, Side::B),
            place("522728100200", "522728100", Level::Village, Side::B),
        ]);
        let chosen = |shown, wanted| further_places(&tree, shown, wanted).into_iter().map(|own| own.chosen);
        assert_eq!(chosen("520111", "520111").collect::<Vec<_>>(), [""]);
        assert_eq!(chosen("520111", "520111001201").collect::<Vec<_>>(), ["520111001", "520111001201"]);
        assert_eq!(chosen("522728100", "522728100200").collect::<Vec<_>>(), ["522728100200"]);
        assert_eq!(chosen("522728", "522728").count() + chosen("5201", "5201").count() + chosen("", "").count(), 0);
    }

    #[test]
    fn unreadable_parameters_are_named() {
        let texts = crate::labels::texts::texts(jiedui_core::values::field_error::Language::Chinese);
        let overview = Overview {
            catalogue: serde_json::from_value(serde_json::json!({"version": 1, "indicators": [], "activities": [],
                "programmes": [{"code": "labour", "name": "劳务", "name_en": ""}]}))
            .unwrap(),
            places: vec![Place {
                code: "522728109".into(),
                parent: "522728".into(),
                level: Level::Township,
                name: "沫阳镇".into(),
                side: Side::B,
            }],
            ..Overview::default()
        };
        let wrong = |name: &str, value: &str| {
            unreadable(texts, &overview, |own| (own == name).then(|| value.to_owned()))
                .into_iter()
                .map(|(own, _)| own)
                .next()
        };
        for (name, value, label) in [
            ("year", "20x6", Some(texts.year)),
            ("year", "all", None),
            ("year", "2026", None),
            ("until", "2026-13", Some(texts.months)),
            ("until", "2026-3", Some(texts.months)),
            ("from", "2026-03", None),
            ("programme", "x", Some(texts.programme)),
            ("programme", "labour", None),
            ("place", "99", Some(texts.place)),
            ("place", "522728109205", None),
            ("include", "some", Some(texts.include)),
            ("include", "", None),
        ] {
            assert_eq!(wrong(name, value), label, "{name}={value}");
        }
    }

    #[test]
    fn a_filter_is_an_address_that_names_all_of_it() {
        let month = |text: &str| text.parse::<Month>().ok();
        let filter = Filter {
            year: Some(2023),
            programme: Some("labour".into()),
            place: Some("522728".into()),
            verified_only: true,
            from: month("2023-02"),
            until: month("2023-05"),
        };
        let address = "?year=2023&programme=labour&place=522728&include=verified&from=2023-02&until=2023-05";
        assert_eq!(query_of(&filter), address);
        assert_eq!(query_of(&Filter::default()), "?year=all");
    }
}
