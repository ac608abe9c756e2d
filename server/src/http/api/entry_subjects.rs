//! Subjects that the entries of a list concern: a pairing, an organisation, an indicator.

use crate::db::records::entry::EntryFilter;
use crate::db::records::stored;
use crate::db::reference::load::Reference;
use crate::http::extract::query::QueryParams;
use crate::http::problem::Problem;
use jiedui_core::entry::{Entry, State};
use jiedui_core::figures::figure::{self, CompiledFilter};
use jiedui_core::sync::Record;
use jiedui_core::values::field_error::ErrorCode;
use serde::Deserialize;
use uuid::Uuid;

/// Subjects that a request names. An entry of the list concerns each of them.
#[derive(Debug)]
pub struct Subjects {
    pairing: Option<Uuid>,
    organisation: Option<Uuid>,
    indicator: Option<String>,
}

impl Subjects {
    /// Reads the parameters `pairing`, `organisation` and `indicator`.
    pub fn of(query: &mut QueryParams) -> Self {
        Self {
            pairing: query.parsed("pairing"),
            organisation: query.parsed("organisation"),
            indicator: query.code("indicator"),
        }
    }

    /// Returns the name of the first parameter that was given.
    pub fn first_given(&self) -> Option<&'static str> {
        let pairing = self.pairing.map(|_| "pairing");
        pairing.or(self.organisation.map(|_| "organisation")).or(self.indicator.as_ref().map(|_| "indicator"))
    }

    /// Returns the codes of the activities that feed the indicator; `None` without an indicator. Fails for an unknown one.
    pub fn activities<'a>(&self, reference: &'a Reference) -> Result<Option<Vec<&'a str>>, Problem> {
        let Some(code) = &self.indicator else { return Ok(None) };
        let catalogue = &reference.catalogue;
        let indicator = catalogue.indicator(code).ok_or_else(|| Problem::field("indicator", ErrorCode::Unknown))?;
        Ok(Some(catalogue.activities_feeding(&indicator.code).into_iter().collect()))
    }

    /// Returns the filter that finds the entries. An indicator decides on place and programme itself: a figure also counts
    /// entries of pairings with an organisation at its place.
    pub fn widened(&self, filter: &EntryFilter) -> EntryFilter {
        match self.indicator {
            Some(_) => EntryFilter { place: None, programme: None, ..filter.clone() },
            None => filter.clone(),
        }
    }

    /// Returns whether an entry concerns the subjects. An indicator counts it under the filter of the figure.
    pub fn contain(&self, record: &Record, figure: &CompiledFilter<'_>, reference: &Reference) -> bool {
        let Ok(entry) = Entry::deserialize(&record.fields) else {
            stored::log(record.kind.as_str(), record.id);
            return false;
        };
        let is_at = |id: Uuid| {
            entry.organisation == Some(id) || entry.pairing.is_some_and(|pairing| has(reference, pairing, id))
        };
        self.pairing.is_none_or(|pairing| entry.pairing == Some(pairing))
            && self.organisation.is_none_or(is_at)
            && self.indicator.as_ref().is_none_or(|code| figure.matches_entry(&entry, code, &reference.catalogue))
    }
}

/// Returns whether a pairing has an organisation.
fn has(reference: &Reference, pairing: Uuid, organisation: Uuid) -> bool {
    let pairing = reference.directory().pairing(pairing);
    pairing.is_some_and(|pairing| [pairing.organisation_a, pairing.organisation_b].contains(&organisation))
}

/// Returns the filter under which a figure counts the entries of a list.
pub fn figure_filter(filter: &EntryFilter) -> figure::Filter {
    figure::Filter {
        year: filter.year,
        programme: filter.programme.clone(),
        place: filter.place.clone(),
        verified_only: filter.state.as_deref() == Some(State::Verified.code()),
        from: filter.from,
        until: filter.until,
    }
}
