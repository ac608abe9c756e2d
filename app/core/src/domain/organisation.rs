//! Organisations and who is paired with whom.

use super::catalogue::Catalogue;
use super::field_error::{ErrorCode, FieldError};
use super::figure::Directory;
use super::place::{Places, Side};
use super::user::User;
use serde::{Deserialize, Serialize};
use time::Date;
use uuid::Uuid;

/// The most characters of a name.
const NAME_LENGTH: usize = 80;

/// What sort of body an organisation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganisationKind {
    /// A Party branch.
    PartyBranch,
    /// A district, county, town or township as a partner.
    Government,
    /// A village.
    Village,
    /// A school.
    School,
    /// A hospital.
    Hospital,
    /// A company.
    Company,
    /// A co-operative.
    Cooperative,
    /// A bureau.
    Bureau,
}

/// A body of one side that takes part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Organisation {
    /// Identifier.
    pub id: Uuid,
    /// Name in Chinese.
    pub name: String,
    /// Name in English.
    pub name_en: String,
    /// What it is.
    pub kind: OrganisationKind,
    /// Its region.
    pub side: Side,
    /// The code of the place where it is, as precisely as is known.
    pub place: String,
    /// The programme it chiefly takes part in.
    pub programme: String,
    /// Longitude and latitude in degrees (WGS 84), once a person has set them.
    #[serde(default)]
    pub position: Option<(f64, f64)>,
    /// Where its being here comes from.
    #[serde(default)]
    pub source: Option<String>,
    /// The first letters of its name's pinyin, which people type to find it; the server knows them.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub initials: String,
}

impl Organisation {
    /// What is wrong with one that somebody wants to write down.
    pub fn mistakes(&self, places: &Places, catalogue: &Catalogue) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let name = self.name.trim();
        if name.is_empty() {
            errors.push(FieldError::new("name", ErrorCode::Required));
        }
        for (field, text) in [("name", &self.name), ("name_en", &self.name_en)] {
            if text.chars().count() > NAME_LENGTH {
                errors.push(FieldError::with_limit(field, ErrorCode::TooLong, NAME_LENGTH as f64));
            }
        }
        if places.get(&self.place).is_none_or(|place| place.side != self.side) {
            errors.push(FieldError::new("place", ErrorCode::Unknown));
        }
        if catalogue.programme(&self.programme).is_none() {
            errors.push(FieldError::new("programme", ErrorCode::Unknown));
        }
        let is_on_earth = |(east, north): (f64, f64)| east.abs() <= 180.0 && north.abs() <= 90.0;
        if self.position.is_some_and(|position| !is_on_earth(position)) {
            errors.push(FieldError::new("position", ErrorCode::TooLarge));
        }
        errors
    }

    /// What of it is not for this person to write down.
    pub fn beyond(&self, user: &User) -> Vec<FieldError> {
        let place = (!user.coordinates_place(&self.place)).then_some("place");
        let programme = (!user.coordinates_programme(&self.programme)).then_some("programme");
        place.into_iter().chain(programme).map(|field| FieldError::new(field, ErrorCode::Forbidden)).collect()
    }

    /// Whether each of these words, in lower case, is in its names, in the name of its place, or in the initials.
    pub fn is_named(&self, words: &[String], place: &str) -> bool {
        let text = format!("{} {} {place} {}", self.name, self.name_en, self.initials).to_lowercase();
        words.iter().all(|word| text.contains(word.as_str()))
    }
}

/// Two organisations, one of each side, under a programme: a line on the map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pairing {
    /// Identifier.
    pub id: Uuid,
    /// The programme's code.
    pub programme: String,
    /// The organisation of side a.
    pub organisation_a: Uuid,
    /// The organisation of side b.
    pub organisation_b: Uuid,
    /// Its first day, where known.
    #[serde(default, with = "super::date_format::option")]
    pub from: Option<Date>,
    /// Its last day, once ended.
    #[serde(default, with = "super::date_format::option")]
    pub to: Option<Date>,
    /// Where its being here comes from.
    #[serde(default)]
    pub source: Option<String>,
    /// The hash of the agreement's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<String>,
}

impl Pairing {
    /// What is wrong with one that somebody wants to write down.
    pub fn mistakes(&self, directory: Directory<'_>, catalogue: &Catalogue) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if catalogue.programme(&self.programme).is_none() {
            errors.push(FieldError::new("programme", ErrorCode::Unknown));
        }
        for (field, id, side) in
            [("organisation_a", self.organisation_a, Side::A), ("organisation_b", self.organisation_b, Side::B)]
        {
            if directory.organisation(id).is_none_or(|own| own.side != side) {
                errors.push(FieldError::new(field, ErrorCode::Unknown));
            }
        }
        if self.from.zip(self.to).is_some_and(|(from, to)| to < from) {
            errors.push(FieldError::new("to", ErrorCode::NotDate));
        }
        let is_hash = |own: &String| own.len() == 64 && own.bytes().all(|byte| byte.is_ascii_hexdigit());
        if self.agreement.as_ref().is_some_and(|own| !is_hash(own)) {
            errors.push(FieldError::new("agreement", ErrorCode::WrongType));
        }
        errors
    }

    /// What of it is not for this person to write down: one of the two has to be at a place of theirs.
    pub fn beyond(&self, user: &User, directory: Directory<'_>) -> Vec<FieldError> {
        let programme = (!user.coordinates_programme(&self.programme)).then_some(["programme"].as_slice());
        let ends = [self.organisation_a, self.organisation_b].map(|id| directory.organisation(id));
        let is_own = ends.iter().flatten().any(|own| user.coordinates_place(&own.place));
        let ends = (!is_own).then_some(["organisation_a", "organisation_b"].as_slice());
        let fields = programme.into_iter().chain(ends).flatten();
        fields.map(|field| FieldError::new(*field, ErrorCode::Forbidden)).collect()
    }
}
