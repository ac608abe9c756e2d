//! Options of the place filter: regions, counties and towns first, and one more level for each choice below them.

use jiedui_core::directory::place::{Level, Place, Places, Side, covers};
use jiedui_core::figures::overview::Overview;

/// Lists both regions, the counties of side a and the towns of side b, as codes and indented names.
pub fn top_options(overview: &Overview) -> Vec<(String, String)> {
    let listed = overview.places.iter().filter(|place| match place.level {
        Level::City | Level::County => true,
        Level::Township => place.side == Side::B,
        Level::Village => false,
    });
    let indent = |place: &Place| match (place.level, place.side) {
        (Level::City, _) | (Level::County, Side::B) => "",
        _ => "\u{3000}",
    };
    listed.map(|place| (place.code.clone(), format!("{}{}", indent(place), place.name))).collect()
}

/// Returns the closest option at or above a place; an empty code if there is none.
pub fn closest_option(options: &[(String, String)], wanted: &str) -> String {
    let above = options.iter().map(|(code, _)| code).filter(|code| covers(code, wanted));
    above.max_by_key(|code| code.len()).cloned().unwrap_or_default()
}

/// Options right below another place.
#[derive(Clone, Debug, PartialEq)]
pub struct LowerOptions {
    /// Code of the place above.
    pub above: String,
    /// Codes and names of the places below it.
    pub options: Vec<(String, String)>,
    /// Code of the chosen place; empty for none.
    pub chosen: String,
}

/// Lists the levels below the chosen top option, down to the village.
pub fn lower_options(tree: &Places, top: &str, wanted: &str) -> Vec<LowerOptions> {
    let mut levels = Vec::new();
    let mut above = top.to_owned();
    loop {
        let level = tree.get(&above).map(|place| (place.level, place.side));
        // The counties of a city and the towns of side b are top options.
        if matches!(level, None | Some((Level::City | Level::Village, _)) | Some((Level::County, Side::B))) {
            return levels;
        }
        let options: Vec<(String, String)> =
            tree.children(&above).map(|place| (place.code.clone(), place.short_name().to_owned())).collect();
        if options.is_empty() {
            return levels;
        }
        let chosen = closest_option(&options, wanted);
        let next = chosen.clone();
        levels.push(LowerOptions { above, options, chosen });
        above = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_options_go_down_to_the_village() {
        let place = |code: &str, parent: &str, level, side| Place {
            code: code.into(),
            parent: parent.into(),
            level,
            name: code.into(),
            side,
            initials: String::new(),
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
        let chosen = |top, wanted| lower_options(&tree, top, wanted).into_iter().map(|level| level.chosen);
        assert_eq!(chosen("520111", "520111").collect::<Vec<_>>(), [""]);
        assert_eq!(chosen("520111", "520111001201").collect::<Vec<_>>(), ["520111001", "520111001201"]);
        assert_eq!(chosen("522728100", "522728100200").collect::<Vec<_>>(), ["522728100200"]);
        assert_eq!(chosen("522728", "522728").count() + chosen("5201", "5201").count() + chosen("", "").count(), 0);
    }
}
