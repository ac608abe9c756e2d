//! Tree of places: cities, counties, townships and villages. Their statistical codes (2023) nest by prefix.

use crate::values::sort::{sort_by, sort_by_key};
use serde::{Deserialize, Serialize};

/// One of the two regions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Guiyang, the supporting region.
    A,
    /// Luodian, the supported region.
    B,
}

/// Administrative level of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// A city with districts.
    City,
    /// A district, county or county-level city.
    County,
    /// A township, town or street.
    Township,
    /// A village or neighbourhood.
    Village,
}

impl Level {
    /// Returns the number of digits in the codes of this level.
    pub const fn digits(self) -> usize {
        match self {
            Self::City => 4,
            Self::County => 6,
            Self::Township => 9,
            Self::Village => 12,
        }
    }

    /// Returns the code of the ancestor at this level; a higher place is returned unchanged.
    pub fn ancestor_code(self, code: &str) -> &str {
        code.get(..self.digits()).unwrap_or(code)
    }
}

/// A place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Place {
    /// Statistical code: 4 digits for a city, 6 for a county, 9 for a township, 12 for a village.
    pub code: String,
    /// Code of the parent, which may be outside the tree.
    pub parent: String,
    /// Level.
    pub level: Level,
    /// Name in Chinese.
    pub name: String,
    /// Region.
    pub side: Side,
    /// Pinyin initials of the short name for search, set by the server.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub initials: String,
}

impl Place {
    /// Returns the name without the suffix for village committees, as used in speech.
    pub fn short_name(&self) -> &str {
        ["村民委员会", "居民委员会"]
            .iter()
            .find_map(|suffix| self.name.strip_suffix(suffix))
            .filter(|name| !name.is_empty())
            .unwrap_or(&self.name)
    }
}

/// Returns whether `below` is the place `above` or one of its descendants, by prefix.
pub fn covers(above: &str, below: &str) -> bool {
    below.starts_with(above)
}

/// Tree of places, sorted by code.
#[derive(Clone, Debug, Default)]
pub struct Places(Vec<Place>);

impl Places {
    /// Creates the tree from places in any order.
    pub fn new(mut places: Vec<Place>) -> Self {
        sort_by(&mut places, |a, b| a.code.cmp(&b.code));
        Self(places)
    }

    /// Returns the place with this code.
    pub fn get(&self, code: &str) -> Option<&Place> {
        let index = self.0.binary_search_by(|place| place.code.as_str().cmp(code)).ok()?;
        self.0.get(index)
    }

    /// Returns all places, sorted by code.
    pub fn all(&self) -> &[Place] {
        &self.0
    }

    /// Returns the direct children of `parent`.
    pub fn children<'a>(&'a self, parent: &'a str) -> impl Iterator<Item = &'a Place> {
        self.0.iter().filter(move |place| place.parent == parent)
    }

    /// Returns the highest places at or below one of `within` (everywhere if empty).
    pub fn tops(&self, within: &[String]) -> Vec<&Place> {
        let is_within = |code: &str| within.is_empty() || within.iter().any(|above| covers(above, code));
        let is_top = |place: &&Place| self.get(&place.parent).is_none_or(|above| !is_within(&above.code));
        self.0.iter().filter(|place| is_within(&place.code)).filter(is_top).collect()
    }

    /// Returns the place and its ancestors, highest first: 罗甸县, 沫阳镇, 沫阳村.
    pub fn path(&self, code: &str) -> Vec<&Place> {
        let mut path = Vec::new();
        let mut next = self.get(code);
        while let Some(place) = next {
            path.push(place);
            next = self.get(&place.parent);
        }
        path.reverse();
        path
    }

    /// Returns the names of the path as one line, without the city, which the county implies.
    pub fn label(&self, code: &str) -> String {
        let path = self.path(code);
        let skip = usize::from(path.len() > 1 && path.first().is_some_and(|top| top.level == Level::City));
        path.iter().skip(skip).map(|place| place.short_name()).collect::<Vec<_>>().join(" · ")
    }

    /// Returns the best matches at or below one of `within` (everywhere if empty). Every word of `query` must occur in
    /// the path, as written or as pinyin initials. Names that start with the query come first, then higher places.
    pub fn search(&self, query: &str, within: &[String], limit: usize) -> Vec<&Place> {
        let query = query.to_lowercase();
        let words: Vec<&str> = query.split_whitespace().collect();
        let mut matches: Vec<(u8, &Place)> = self
            .0
            .iter()
            .filter(|place| within.is_empty() || within.iter().any(|above| covers(above, &place.code)))
            .filter_map(|place| self.rank(place, &words).map(|rank| (rank, place)))
            .collect();
        sort_by_key(&mut matches, |(rank, place)| (*rank, place.level));
        matches.into_iter().take(limit).map(|(_, place)| place).collect()
    }

    fn rank(&self, place: &Place, words: &[&str]) -> Option<u8> {
        let Some(last) = words.last() else { return Some(0) };
        let above = self.get(&place.parent);
        let is_in = |place: &Place, word: &str| place.name.contains(word) || place.initials.contains(word);
        let has =
            |word: &&str| is_in(place, word) || place.code == **word || above.is_some_and(|above| is_in(above, word));
        if !words.iter().all(has) {
            return None;
        }
        Some(match (place.name.find(*last), place.initials.find(*last)) {
            (Some(0), _) | (_, Some(0)) => 0,
            (Some(_), _) | (_, Some(_)) => 1,
            (None, None) => 2,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ancestor_code_truncates_but_keeps_higher_places() {
        let above =
            [Level::City, Level::County, Level::Township, Level::Village].map(|level| level.ancestor_code("522728109"));
        assert_eq!(above, ["5227", "522728", "522728109", "522728109"]);
    }

    fn place(code: &str, parent: &str, level: Level, name: &str) -> Place {
        let initials = match name {
            "沫阳村村民委员会" => "myc",
            "沫阳镇" => "myz",
            "边阳镇" => "byz",
            _ => "ldx",
        };
        let (code, parent, name, initials) = (code.into(), parent.into(), name.into(), initials.into());
        Place { code, parent, level, name, side: Side::B, initials }
    }

    fn luodian() -> Places {
        Places::new(vec![
            place("522728109204", "522728109", Level::Village, "沫阳村村民委员会"),
            place("522728", "5227", Level::County, "罗甸县"),
            place("522728109", "522728", Level::Township, "沫阳镇"),
            place("522728108", "522728", Level::Township, "边阳镇"),
        ])
    }

    #[test]
    fn search_matches_any_part_of_path() {
        let places = luodian();
        let codes = |query: &str| places.search(query, &[], 9).iter().map(|p| p.code.clone()).collect::<Vec<_>>();
        assert_eq!(codes("沫阳"), ["522728109", "522728109204"]);
        assert_eq!(codes("沫阳镇 村"), ["522728109204"]);
        assert_eq!(codes("罗甸 边阳"), ["522728108"]);
        assert!(codes("不存在").is_empty());
    }

    #[test]
    fn search_matches_pinyin_initials() {
        let places = luodian();
        let codes = |query: &str| places.search(query, &[], 9).iter().map(|p| p.code.clone()).collect::<Vec<_>>();
        assert_eq!(codes("my"), ["522728109", "522728109204"]);
        assert_eq!(codes("MYZ"), ["522728109", "522728109204"], "the village is below the town");
        assert_eq!(codes("by"), ["522728108"]);
        assert!(codes("xx").is_empty());
    }

    #[test]
    fn tops_are_the_highest_places_of_a_scope() {
        let places = luodian();
        let codes = |within: &[String]| places.tops(within).iter().map(|p| p.code.clone()).collect::<Vec<_>>();
        assert_eq!(codes(&[]), ["522728"]);
        assert_eq!(codes(&["522728109".to_owned()]), ["522728109"]);
        assert_eq!(codes(&["522728109204".to_owned(), "522728108".to_owned()]), ["522728108", "522728109204"]);
    }

    #[test]
    fn search_is_limited_to_given_places() {
        let places = luodian();
        let within = vec!["522728108".to_owned()];
        assert!(places.search("沫阳", &within, 9).is_empty());
        assert_eq!(places.search("", &within, 9).len(), 1);
    }

    #[test]
    fn label_lists_path_from_county() {
        assert_eq!(luodian().label("522728109204"), "罗甸县 · 沫阳镇 · 沫阳村");
    }
}
