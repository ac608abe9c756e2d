//! State of a screen in the address of the page, so that a link shows everybody the same.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};
use leptos_router::params::ParamsMap;

type Navigate = Box<dyn Fn(&str, NavigateOptions) + Send + Sync>;

/// Handle to the address.
#[derive(Clone, Copy)]
pub struct UrlState {
    query: Memo<ParamsMap>,
    path: Memo<String>,
    go: StoredValue<Navigate>,
}

/// Returns a handle to the current address.
pub fn use_url_state() -> UrlState {
    let navigate = use_navigate();
    let go: Navigate = Box::new(move |address, options| navigate(address, options));
    UrlState { query: use_query_map(), path: use_location().pathname, go: StoredValue::new(go) }
}

impl UrlState {
    /// Returns a parameter; `None` if it is missing or empty.
    pub fn get(&self, name: &str) -> Option<String> {
        self.query.with(|query| query.get(name)).filter(|value| !value.is_empty())
    }

    /// Returns a parameter like [`Self::get`], without following its changes.
    pub fn get_untracked(&self, name: &str) -> Option<String> {
        self.query.with_untracked(|query| query.get(name)).filter(|value| !value.is_empty())
    }

    /// Returns the query with its question mark; an empty text without parameters.
    pub fn query(&self) -> String {
        self.query.with(ParamsMap::to_query_string)
    }

    /// Changes parameters; an empty value removes one.
    pub fn change(&self, changes: &[(&'static str, String)], step: HistoryStep) {
        let options =
            NavigateOptions { scroll: false, replace: step == HistoryStep::Replacing, ..NavigateOptions::default() };
        let address = untrack(|| self.changed(changes));
        self.go.with_value(|go| go(&address, options));
    }

    /// Returns the address with other parameters; an empty value removes one.
    pub fn changed(&self, changes: &[(&'static str, String)]) -> String {
        let mut query = self.query.get();
        for (name, value) in changes {
            query.remove(name);
            if !value.is_empty() {
                query.insert(*name, value.clone());
            }
        }
        format!("{}{}", self.path.get(), query.to_query_string())
    }

    /// Sets a parameter, or removes it if it has this value already.
    pub fn toggle(&self, name: &'static str, value: String) {
        let chosen = self.query.with_untracked(|query| query.get(name)).is_some_and(|current| current == value);
        self.change(&[(name, if chosen { String::new() } else { value })], HistoryStep::Further);
    }
}

/// Effect of a change on the browser's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryStep {
    /// Adds an entry, so that the back button undoes the change.
    Further,
    /// Replaces the current entry.
    Replacing,
}
