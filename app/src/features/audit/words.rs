//! A row of the audit log in words: labels instead of codes.

use crate::labels::audit::{action_name, field_name, kind_name, wrong_name};
use crate::labels::code::{entry_state, organisation_kind, role_name};
use crate::labels::texts::fill;
use crate::labels::time_format::in_china;
use crate::state::AppState;
use jiedui_core::access::user::Role;
use jiedui_core::api::audit::AuditItem;
use jiedui_core::audit::{Action, ObjectKind};
use jiedui_core::figures::overview::Overview;
use leptos::prelude::*;
use serde_json::Value;

/// Turns rows into words.
#[derive(Clone, Copy)]
pub struct Words(pub AppState);

impl Words {
    /// Returns the time.
    pub fn time(self, row: &AuditItem) -> String {
        in_china(&row.at)
    }

    /// Returns who acted.
    pub fn person(self, row: &AuditItem) -> String {
        let texts = self.0.texts;
        match (&row.actor, row.origin.as_str()) {
            (Some(actor), _) => actor.name.clone(),
            (None, "command line") => texts.audit_command_line().to_owned(),
            (None, "server") => texts.audit_server().to_owned(),
            (None, _) => texts.audit_nobody().to_owned(),
        }
    }

    /// Returns the action.
    pub fn action(self, row: &AuditItem) -> String {
        Action::from_code(&row.action)
            .map_or_else(|| row.action.clone(), |action| action_name(self.0.texts, action).to_owned())
    }

    /// Returns from where.
    pub fn origin(self, row: &AuditItem) -> String {
        let texts = self.0.texts;
        match row.origin.as_str() {
            "command line" => texts.audit_command_line().to_owned(),
            "server" => texts.audit_server().to_owned(),
            "several" => texts.audit_several().to_owned(),
            address => address.to_owned(),
        }
    }

    /// Returns kind and name of the object.
    pub fn object(self, row: &AuditItem) -> String {
        let texts = self.0.texts;
        let Some(object) = &row.object else { return String::new() };
        let kind = ObjectKind::from_code(&object.kind);
        let kind_words = kind.map_or(object.kind.as_str(), |kind| kind_name(texts, kind));
        let name = match (kind, row.after.get("entries").and_then(Value::as_array)) {
            (Some(ObjectKind::Entry), Some(entries)) => return fill(texts.of_entries(), &[&entries.len()]),
            (Some(ObjectKind::Link), _) => self.filter(&object.name),
            _ if object.name.is_empty() => object.id.clone(),
            _ => object.name.clone(),
        };
        if name.is_empty() { kind_words.to_owned() } else { format!("{kind_words} {name}") }
    }

    /// Returns the address of the object's page, if it has one.
    pub fn address(self, row: &AuditItem) -> Option<String> {
        let object = row.object.as_ref().filter(|object| !object.id.is_empty())?;
        let screen = match ObjectKind::from_code(&object.kind)? {
            ObjectKind::Entry => "/list",
            ObjectKind::Account => "/people",
            ObjectKind::Organisation => "/organisations",
            ObjectKind::Pairing => "/pairings",
            ObjectKind::Programme => "/catalogue/programmes",
            ObjectKind::Form => "/catalogue/activities",
            ObjectKind::Indicator => "/catalogue/indicators",
            _ => return None,
        };
        Some(format!("{screen}/{}", object.id))
    }

    /// Returns each changed field: its name, the value before, and the value after. `None` stands for a field that one
    /// side lacks.
    pub fn fields(self, row: &AuditItem) -> Vec<(String, Option<String>, Option<String>)> {
        let mut names: Vec<&String> = row.before.keys().collect();
        names.extend(row.after.keys().filter(|name| !row.before.contains_key(*name)));
        let field = |name: &String| {
            let words = |value: Option<&Value>| value.map(|value| self.value(name, value));
            let label = field_name(self.0.texts, name).to_owned();
            (label, words(row.before.get(name)), words(row.after.get(name)))
        };
        names.into_iter().map(field).collect()
    }

    /// Returns all changed fields in one line.
    pub fn changes(self, row: &AuditItem) -> String {
        let line = |(name, before, after): (String, Option<String>, Option<String>)| match (before, after) {
            (Some(before), Some(after)) => format!("{name}：{before} → {after}"),
            (before, after) => format!("{name}：{}", after.or(before).unwrap_or_default()),
        };
        self.fields(row).into_iter().map(line).collect::<Vec<_>>().join("；")
    }

    /// Returns a filter, given as a query.
    fn filter(self, query: &str) -> String {
        let part = |part: &str| match part.split_once('=') {
            Some((name, value)) => {
                format!("{} {}", field_name(self.0.texts, name), self.value(name, &Value::String(value.to_owned())))
            }
            None => part.to_owned(),
        };
        query.split('&').filter(|text| !text.is_empty()).map(part).collect::<Vec<_>>().join("，")
    }

    /// Returns the value of a field.
    fn value(self, field: &str, value: &Value) -> String {
        let texts = self.0.texts;
        match value {
            Value::Bool(true) => texts.yes().to_owned(),
            Value::Bool(false) => texts.audit_no().to_owned(),
            Value::Array(items) if items.is_empty() && field == "places" => texts.all_places().to_owned(),
            Value::Array(items) if items.is_empty() && field == "programmes" => texts.all_programmes().to_owned(),
            Value::Array(items) if field == "entries" => fill(texts.of_entries(), &[&items.len()]),
            Value::Array(items) if !items.is_empty() => {
                items.iter().map(|item| self.value(field, item)).collect::<Vec<_>>().join("、")
            }
            Value::Null | Value::Array(_) => texts.nothing_there().to_owned(),
            Value::String(text) if text.is_empty() => texts.nothing_there().to_owned(),
            Value::String(text) => self.text(field, text),
            Value::Number(number) => number.to_string(),
            Value::Object(item) => {
                let part = |name: &str| item.get(name).map(|value| self.value(name, value));
                let named = part("name").or_else(|| Some(format!("{} {}", part("year")?, part("value")?)));
                named.unwrap_or_else(|| value.to_string())
            }
        }
    }

    /// Returns the text of a field; a code becomes its name.
    fn text(self, field: &str, text: &str) -> String {
        let texts = self.0.texts;
        let of_overview = |find: &dyn Fn(&Overview) -> Option<String>| {
            self.0
                .overviews
                .server
                .with(|overview| overview.as_ref().and_then(|overview| find(overview)))
                .unwrap_or_else(|| text.to_owned())
        };
        let or_code = |name: Option<&'static str>| name.unwrap_or(text).to_owned();
        match field {
            "role" | "by_role" => or_code(Role::from_code(text).map(|role| role_name(texts, role))),
            "state" => {
                let state = serde_json::from_value(Value::String(text.to_owned())).ok();
                or_code(state.map(|state| entry_state(texts, state)))
            }
            "kind" => {
                let kind = serde_json::from_value(Value::String(text.to_owned())).ok();
                or_code(kind.map(|kind| organisation_kind(texts, kind)))
            }
            "place" | "places" => self.0.geography.places.with(|places| places.label(text)),
            "programme" | "programmes" => of_overview(&|overview| {
                let programme = overview.catalogue.programme(text)?;
                Some(self.0.pick(&programme.name, &programme.name_en).to_owned())
            }),
            "activity" => of_overview(&|overview| {
                let activity = overview.catalogue.activity(text)?;
                Some(self.0.pick(&activity.name, &activity.name_en).to_owned())
            }),
            "organisation_a" | "organisation_b" => of_overview(&|overview| {
                let mut organisations = overview.organisations.iter();
                organisations.find(|organisation| organisation.id.to_string() == text).map(|found| found.name.clone())
            }),
            "action" => or_code(Action::from_code(text).map(|action| action_name(texts, action))),
            "wrong" => wrong_name(texts, text).to_owned(),
            "filter" => self.filter(text),
            "expires_at" | "until" if text.contains('T') => in_china(text),
            _ => text.to_owned(),
        }
    }
}
