//! Filters as parameters of an address: reads the year, writes a query, and finds unreadable values.

use crate::labels::texts::Texts;
use jiedui_core::directory::place::Level;
use jiedui_core::figures::{figure::Filter, overview::Overview};
use jiedui_core::values::month::{Month, Year};

/// Value of the parameter `year` for every year.
pub const ALL_YEARS: &str = "all";

/// Reads the parameter `year`. Without a readable year, returns the latest year that has figures, the first of `years`.
pub fn year_of(given: Option<&str>, years: &[i32]) -> Option<i32> {
    let latest = || years.first().copied();
    match given {
        Some(ALL_YEARS) => None,
        Some(year) => year.parse::<Year>().ok().map(Year::get).or_else(latest),
        None => latest(),
    }
}

/// Writes a filter as the query of an address, with its question mark.
pub fn query_of(filter: &Filter) -> String {
    let year = filter.year.map_or(ALL_YEARS.to_owned(), |year| year.to_string());
    let month = |month: Option<Month>| month.map(|month| month.to_string());
    let parameters = [
        ("year", Some(year)),
        ("programme", filter.programme.clone()),
        ("place", filter.place.clone()),
        ("include", filter.verified_only.then(|| "verified".to_owned())),
        ("from", month(filter.from)),
        ("until", month(filter.until)),
    ];
    // Codes, years and months need no escaping.
    let pairs: Vec<String> =
        parameters.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?))).collect();
    format!("?{}", pairs.join("&"))
}

/// Returns the filter as further parameters of a request, each after `&`.
pub fn parameters_of(filter: &Filter) -> String {
    // The API expects no year for all years.
    query_of(filter).replacen('?', "&", 1).replacen(&format!("year={ALL_YEARS}"), "", 1)
}

/// Returns the label and the value of each parameter that cannot be read. The page must name them: nothing is filtered by
/// them.
pub fn unreadable(
    texts: &Texts,
    overview: &Overview,
    given: impl Fn(&str) -> Option<String>,
) -> Vec<(&'static str, String)> {
    let is_year = |text: &str| text == ALL_YEARS || text.parse::<Year>().is_ok();
    let is_month = |text: &str| text.parse::<Month>().is_ok();
    let is_programme = |code: &str| overview.catalogue.programme(code).is_some();
    let is_place = |code: &str| {
        let township = Level::Township.ancestor_code(code);
        overview.places.iter().any(|place| place.code == township)
    };
    let is_include = |word: &str| matches!(word, "verified" | "submitted");
    type IsReadable<'a> = &'a dyn Fn(&str) -> bool;
    let checks: [(&str, &'static str, IsReadable<'_>); 6] = [
        ("year", texts.year(), &is_year),
        ("from", texts.months(), &is_month),
        ("until", texts.months(), &is_month),
        ("programme", texts.programme(), &is_programme),
        ("place", texts.place(), &is_place),
        ("include", texts.include(), &is_include),
    ];
    let unreadable = checks.into_iter().filter_map(|(name, label, is_readable)| {
        given(name).filter(|value| !value.is_empty() && !is_readable(value)).map(|value| (label, value))
    });
    unreadable.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::texts::texts;
    use jiedui_core::directory::place::{Place, Side};
    use jiedui_core::values::language::Language;

    #[test]
    fn unreadable_names_each_unreadable_parameter() {
        let texts = texts(Language::Chinese);
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
                initials: String::new(),
            }],
            ..Overview::default()
        };
        let label_of = |name: &str, value: &str| {
            unreadable(texts, &overview, |parameter| (parameter == name).then(|| value.to_owned()))
                .into_iter()
                .map(|(label, _)| label)
                .next()
        };
        for (name, value, label) in [
            ("year", "20x6", Some(texts.year())),
            ("year", "all", None),
            ("year", "2026", None),
            ("until", "2026-13", Some(texts.months())),
            ("until", "2026-3", Some(texts.months())),
            ("from", "2026-03", None),
            ("programme", "x", Some(texts.programme())),
            ("programme", "labour", None),
            ("place", "99", Some(texts.place())),
            ("place", "522728109205", None),
            ("include", "some", Some(texts.include())),
            ("include", "", None),
        ] {
            assert_eq!(label_of(name, value), label, "{name}={value}");
        }
    }

    #[test]
    fn query_of_names_every_part_of_the_filter() {
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
        assert_eq!(parameters_of(&filter), address.replace('?', "&"));
        assert_eq!(parameters_of(&Filter::default()), "&");
    }
}
