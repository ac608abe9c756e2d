//! Scopes: the groups of entries that a year pack has figures of.

use crate::directory::index::{DirectoryIndex, ancestors};
use crate::directory::place::Level;
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// Group of entries that has figures of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Entries that a filter for this place matches: at or below it, or under one of its pairings. An empty code is the
    /// whole region.
    At(String),
    /// Entries at or below this county or township, by their own place.
    Within(String),
    /// Entries at exactly this city or county, by their own place.
    Exactly(String),
    /// Entries under this pairing, or under none. Its figures are of the whole year.
    Under(Option<Uuid>),
}

/// Part of a year pack that is fetched by itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Piece {
    /// Figures of the whole region, cities and counties, and entry counts of pairings.
    Base,
    /// Figures of the townships of this county.
    County(String),
    /// Figures of pairings.
    Pairings,
    /// Entry counts of organisations.
    Organisations,
    /// Largest numbers of the subjects of distinct indicators, which unsent entries are compared with.
    Subjects,
}

impl Scope {
    /// Returns the scopes that count an entry at `place` under `pairing`.
    pub fn of_entry(place: &str, pairing: Option<Uuid>, directory: &DirectoryIndex) -> Vec<Self> {
        let owned = str::to_owned;
        let mut scopes: Vec<Self> =
            directory.places_matching(place, pairing).into_iter().map(|code| Self::At(code.to_owned())).collect();
        let is_group = |code: &&str| code.len() >= Level::County.digits();
        scopes.extend(ancestors(place).filter(is_group).map(owned).map(Self::Within));
        if place.len() < Level::Township.digits() {
            scopes.push(Self::Exactly(place.to_owned()));
        }
        scopes.push(Self::Under(pairing));
        scopes
    }

    /// Returns the piece that has its figures.
    pub fn piece(&self) -> Piece {
        match self {
            Self::At(code) | Self::Within(code) | Self::Exactly(code) => Piece::of_place(code),
            Self::Under(_) => Piece::Pairings,
        }
    }

    /// Returns whether its figures are of the whole year, without months.
    pub fn is_yearly(&self) -> bool {
        matches!(self, Self::Under(_))
    }
}

impl Piece {
    /// Returns the piece with the figures of a place.
    pub fn of_place(code: &str) -> Self {
        match code.get(..Level::County.digits()) {
            Some(county) if code.len() > county.len() => Self::County(county.to_owned()),
            _ => Self::Base,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(code) => write!(f, "at:{code}"),
            Self::Within(code) => write!(f, "within:{code}"),
            Self::Exactly(code) => write!(f, "exactly:{code}"),
            Self::Under(Some(id)) => write!(f, "under:{id}"),
            Self::Under(None) => f.write_str("under:"),
        }
    }
}

impl FromStr for Scope {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, code) = text.split_once(':').ok_or("not a scope")?;
        match kind {
            "at" => Ok(Self::At(code.to_owned())),
            "within" => Ok(Self::Within(code.to_owned())),
            "exactly" => Ok(Self::Exactly(code.to_owned())),
            "under" if code.is_empty() => Ok(Self::Under(None)),
            "under" => Uuid::parse_str(code).map(|id| Self::Under(Some(id))).map_err(|_| "not a pairing"),
            _ => Err("not a scope"),
        }
    }
}

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base => f.write_str("base"),
            Self::County(code) => f.write_str(code),
            Self::Pairings => f.write_str("pairings"),
            Self::Organisations => f.write_str("organisations"),
            Self::Subjects => f.write_str("subjects"),
        }
    }
}

impl FromStr for Piece {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "base" => Ok(Self::Base),
            "pairings" => Ok(Self::Pairings),
            "organisations" => Ok(Self::Organisations),
            "subjects" => Ok(Self::Subjects),
            code if code.len() == Level::County.digits() && code.bytes().all(|byte| byte.is_ascii_digit()) => {
                Ok(Self::County(code.to_owned()))
            }
            _ => Err("not a piece"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Directory;
    use rstest::rstest;

    #[rstest]
    #[case(Scope::At(String::new()))]
    #[case(Scope::At("5227".into()))]
    #[case(Scope::Within("522728109".into()))]
    #[case(Scope::Exactly("522728".into()))]
    #[case(Scope::Under(None))]
    #[case(Scope::Under(Some(Uuid::from_u128(7))))]
    fn scope_round_trips_as_text(#[case] scope: Scope) {
        assert_eq!(scope.to_string().parse(), Ok(scope));
    }

    #[rstest]
    #[case(Piece::Base)]
    #[case(Piece::County("522728".into()))]
    #[case(Piece::Pairings)]
    #[case(Piece::Organisations)]
    #[case(Piece::Subjects)]
    fn piece_round_trips_as_text(#[case] piece: Piece) {
        assert_eq!(piece.to_string().parse(), Ok(piece));
    }

    #[rstest]
    #[case("")]
    #[case("at")]
    #[case("under:x")]
    #[case("5227")]
    #[case("county:522728")]
    fn malformed_text_is_no_scope_and_no_piece(#[case] text: &str) {
        assert!(text.parse::<Scope>().is_err() && text.parse::<Piece>().is_err());
    }

    #[test]
    fn each_place_has_its_figures_in_one_piece() {
        let pieces = ["", "5227", "522728", "522728109"].map(|code| Piece::of_place(code).to_string());
        assert_eq!(pieces, ["base", "base", "base", "522728"]);
    }

    #[test]
    fn entry_at_higher_place_is_counted_there_exactly() {
        let directory = DirectoryIndex::new(Directory { organisations: &[], pairings: &[] });
        let scopes = |place: &str| -> Vec<String> {
            Scope::of_entry(place, None, &directory).iter().map(Scope::to_string).collect()
        };
        assert_eq!(scopes("5227"), ["at:", "at:5227", "exactly:5227", "under:"]);
        assert_eq!(
            scopes("522728109204"),
            ["at:", "at:5227", "at:522728", "at:522728109", "within:522728", "within:522728109", "under:"]
        );
    }
}
