//! Places: city, county, township and village, a tree whose codes nest (statistical bureau, 2023).

use serde::{Deserialize, Serialize};

/// Which of the two regions that work together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Guiyang, which helps.
    A,
    /// Luodian, which is helped.
    B,
}

/// How high a place stands in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
    /// How many digits the codes of such places have.
    pub const fn digits(self) -> usize {
        match self {
            Self::City => 4,
            Self::County => 6,
            Self::Township => 9,
            Self::Village => 12,
        }
    }

    /// The code of the place of this level at or above a place; the place's own where it is a higher one.
    pub fn ancestor_code(self, code: &str) -> &str {
        code.get(..self.digits()).unwrap_or(code)
    }
}

/// One place of the tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The statistical code: 4 digits for a city, 6 for a county, 9 for a township, 12 for a village.
    pub code: String,
    /// The code of the place above, which may lie outside the tree.
    pub parent: String,
    /// Its level.
    pub level: Level,
    /// Its name in Chinese.
    pub name: String,
    /// Its region.
    pub side: Side,
}

impl Place {
    /// The name without the suffix that every village carries, as people say it.
    pub fn short_name(&self) -> &str {
        ["村民委员会", "居民委员会"]
            .iter()
            .find_map(|suffix| self.name.strip_suffix(suffix))
            .filter(|name| !name.is_empty())
            .unwrap_or(&self.name)
    }
}

/// Whether the place coded `above` is `below` or has it under it: codes nest, so a prefix says so.
pub fn covers(above: &str, below: &str) -> bool {
    below.starts_with(above)
}

/// The tree, sorted by code.
#[derive(Clone, Debug, Default)]
pub struct Places(Vec<Place>);

impl Places {
    /// Takes places in any order.
    pub fn new(mut places: Vec<Place>) -> Self {
        places.sort_by(|a, b| a.code.cmp(&b.code));
        Self(places)
    }

    /// The place with this code.
    pub fn get(&self, code: &str) -> Option<&Place> {
        let index = self.0.binary_search_by(|place| place.code.as_str().cmp(code)).ok()?;
        self.0.get(index)
    }

    /// All of them, by code.
    pub fn all(&self) -> &[Place] {
        &self.0
    }

    /// Those right below `parent`.
    pub fn children<'a>(&'a self, parent: &'a str) -> impl Iterator<Item = &'a Place> {
        self.0.iter().filter(move |place| place.parent == parent)
    }

    /// The place and all above it that the tree has, highest first: 罗甸县, 沫阳镇, 沫阳村.
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

    /// The path's names in one line, without the city, which the counties' names make plain.
    pub fn label(&self, code: &str) -> String {
        let path = self.path(code);
        let skip = usize::from(path.len() > 1 && path.first().is_some_and(|top| top.level == Level::City));
        path.iter().skip(skip).map(|place| place.short_name()).collect::<Vec<_>>().join(" · ")
    }

    /// Places below one of `within` (all, when empty) whose path has every word of `query`, the best first: a name
    /// that begins with the query before one that only has it, higher places before lower ones.
    pub fn search(&self, query: &str, within: &[String], limit: usize) -> Vec<&Place> {
        let words: Vec<&str> = query.split_whitespace().collect();
        let mut found: Vec<(u8, &Place)> = self
            .0
            .iter()
            .filter(|place| within.is_empty() || within.iter().any(|above| covers(above, &place.code)))
            .filter_map(|place| self.rank(place, &words).map(|rank| (rank, place)))
            .collect();
        found.sort_by_key(|(rank, place)| (*rank, place.level));
        found.into_iter().take(limit).map(|(_, place)| place).collect()
    }

    fn rank(&self, place: &Place, words: &[&str]) -> Option<u8> {
        let Some(last) = words.last() else { return Some(0) };
        let above = self.get(&place.parent);
        let has = |word: &&str| {
            place.name.contains(*word) || place.code == **word || above.is_some_and(|above| above.name.contains(*word))
        };
        if !words.iter().all(has) {
            return None;
        }
        Some(match place.name.find(*last) {
            Some(0) => 0,
            Some(_) => 1,
            None => 2,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_above_a_place_has_a_shorter_code_and_a_higher_place_stays() {
        let above =
            [Level::City, Level::County, Level::Township, Level::Village].map(|level| level.ancestor_code("522728109"));
        assert_eq!(above, ["5227", "522728", "522728109", "522728109"]);
    }

    fn place(code: &str, parent: &str, level: Level, name: &str) -> Place {
        Place { code: code.into(), parent: parent.into(), level, name: name.into(), side: Side::B }
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
    fn finds_by_any_part_of_the_path() {
        let places = luodian();
        let codes = |query: &str| places.search(query, &[], 9).iter().map(|p| p.code.clone()).collect::<Vec<_>>();
        assert_eq!(codes("沫阳"), ["522728109", "522728109204"]);
        assert_eq!(codes("沫阳镇 村"), ["522728109204"]);
        assert_eq!(codes("罗甸 边阳"), ["522728108"]);
        assert!(codes("不存在").is_empty());
    }

    #[test]
    fn a_search_stays_within_the_places_given() {
        let places = luodian();
        let within = vec!["522728108".to_owned()];
        assert!(places.search("沫阳", &within, 9).is_empty());
        assert_eq!(places.search("", &within, 9).len(), 1);
    }

    #[test]
    fn a_label_names_the_way_down() {
        assert_eq!(luodian().label("522728109204"), "罗甸县 · 沫阳镇 · 沫阳村");
    }
}
