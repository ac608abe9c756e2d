//! The draft of a ledger item, and its conversion to fields.

use crate::state::AppState;
use crate::storage::clock;
use crate::storage::ledger_view::ItemView;
use crate::storage::saving::ChangedElsewhere;
use crate::storage::user_db::new_id;
use crate::ui::drafting::FormDraft;
use crate::ui::number_input::{NotANumber, read_number};
use jiedui_core::entry::{Fields, field};
use jiedui_core::ledger::Status;
use jiedui_core::sync::{Kind, number_value};
use jiedui_core::values::{
    date::format_date,
    field_error::{ErrorCode, FieldError},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A ledger item in the form, with texts as they were typed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// Identifier.
    pub id: Uuid,
    /// Revision that the change started from; 0 for a new item.
    pub base_rev: u64,
    /// Texts by field name.
    pub texts: BTreeMap<String, String>,
    /// Entries that meet the item.
    pub entries: Vec<Uuid>,
    /// Fields of the item when the draft was started.
    pub before: Fields,
    /// Number of this phone's last change of the item when the draft was started.
    #[serde(default)]
    pub since: u64,
    /// Draft of another tab that this one was copied from.
    #[serde(default)]
    pub copy_of: Option<Uuid>,
}

impl FormDraft for Draft {
    const KIND: Kind = Kind::LedgerItem;

    fn identity(&self) -> (Uuid, Option<Uuid>) {
        (self.id, self.copy_of)
    }

    fn set_identity(&mut self, id: Uuid, copy_of: Option<Uuid>) {
        (self.id, self.copy_of) = (id, copy_of);
    }
}

/// Text fields.
const TEXT_FIELDS: [&str; 10] = [
    field::LEDGER,
    field::PLACE,
    field::PROGRAMME,
    field::TITLE,
    field::UNIT,
    field::DUE,
    field::RESPONSIBLE,
    field::STATUS,
    field::PAIRING,
    field::NOTE,
];

impl Draft {
    /// Returns the text of a field.
    pub fn get(&self, name: &str) -> String {
        self.texts.get(name).cloned().unwrap_or_default()
    }

    /// Creates the draft of an item; `since` is the number of this phone's last change of the item.
    pub fn of(item: &ItemView, since: u64) -> Self {
        let (texts, entries) = (texts_of(&item.fields), item.item.entries.clone());
        Self { id: item.id, base_rev: item.rev, texts, entries, before: item.confirmed.clone(), since, copy_of: None }
    }

    /// Rebases the draft on another tab's change: fields changed here keep their values, all others take the new ones.
    pub fn on_top_of(&self, now: &ChangedElsewhere) -> Self {
        let mut fields = now.fields.clone();
        fields.extend(self.changes());
        let entries = fields.get(field::ENTRIES).and_then(|entries| Vec::deserialize(entries).ok()).unwrap_or_default();
        let (texts, before) = (texts_of(&fields), now.fields.clone());
        Self { base_rev: now.rev, texts, entries, before, since: now.since, ..self.clone() }
    }

    /// Converts the draft to fields. Texts in number fields are errors.
    pub fn fields(&self) -> (Fields, Vec<FieldError>) {
        let (mut fields, mut errors) = (Fields::new(), Vec::new());
        for name in TEXT_FIELDS {
            let text = self.get(name);
            fields.insert(name.to_owned(), if text.trim().is_empty() { Value::Null } else { json!(text.trim()) });
        }
        for name in [field::YEAR, field::AMOUNT] {
            match read_number(&self.get(name)) {
                Ok(number) => drop(fields.insert(name.to_owned(), number.map_or(Value::Null, number_value))),
                Err(NotANumber) => errors.push(FieldError::new(name, ErrorCode::NotNumber)),
            }
        }
        fields.insert(field::ENTRIES.to_owned(), json!(self.entries));
        let mut dates = self.before.get(field::DATES).cloned().unwrap_or_else(|| json!({}));
        let status = self.get(field::STATUS);
        let is_new = self.before.get(field::STATUS).and_then(Value::as_str) != Some(&status);
        if let Some(dates) = dates.as_object_mut().filter(|_| is_new) {
            dates.insert(status, json!(format_date(clock::today())));
        }
        fields.insert(field::DATES.to_owned(), dates);
        (fields, errors)
    }

    /// Returns the fields that differ from `before`.
    pub fn changes(&self) -> Fields {
        let (mut fields, _) = self.fields();
        fields.retain(|name, value| self.before.get(name).unwrap_or(&Value::Null) != value);
        fields
    }
}

fn texts_of(fields: &Fields) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    fields.iter().filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect()
}

/// Creates a new item with values from the address and from the user's scope.
pub fn new_draft(app: AppState, given: impl Fn(&str) -> String) -> Draft {
    let scope =
        app.session.user.with_untracked(|user| user.as_ref().map(|user| user.scope.clone())).unwrap_or_default();
    let only = |all: Vec<String>| if all.len() == 1 { all.into_iter().next() } else { None }.unwrap_or_default();
    let place = Some(given("place")).filter(|place| !place.is_empty()).unwrap_or_else(|| only(scope.places));
    let texts = [
        (field::LEDGER, Some(given("ledger")).filter(|ledger| ledger == "plan").unwrap_or_else(|| "need".to_owned())),
        (field::YEAR, clock::today().year().to_string()),
        (field::PLACE, place),
        (field::PROGRAMME, only(scope.programmes)),
        (field::STATUS, Status::Open.code().to_owned()),
    ];
    let texts = texts.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
    Draft { id: new_id(), texts, ..Draft::default() }
}
