//! The address of the page: it holds the whole state of the shared view, so that a link shows the same to everybody.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};
use leptos_router::params::ParamsMap;

type Go = Box<dyn Fn(&str, NavigateOptions) + Send + Sync>;

/// The address, to be read and changed.
#[derive(Clone, Copy)]
pub struct UrlState {
    query: Memo<ParamsMap>,
    path: Memo<String>,
    go: StoredValue<Go>,
}

/// The address of the page that one is on.
pub fn use_url_state() -> UrlState {
    let navigate = use_navigate();
    let go: Go = Box::new(move |address, options| navigate(address, options));
    UrlState { query: use_query_map(), path: use_location().pathname, go: StoredValue::new(go) }
}

impl UrlState {
    /// A parameter that is given.
    pub fn get(&self, name: &str) -> Option<String> {
        self.query.with(|query| query.get(name)).filter(|value| !value.is_empty())
    }

    /// The query as it stands, with its question mark where it is not empty.
    pub fn query(&self) -> String {
        self.query.with(ParamsMap::to_query_string)
    }

    /// Changes parameters; an empty value takes one away. `Replacing`, one does not come back to what was before.
    pub fn change(&self, changes: &[(&'static str, String)], step: HistoryStep) {
        let mut query = self.query.get_untracked();
        for (name, value) in changes {
            query.remove(name);
            if !value.is_empty() {
                query.insert(*name, value.clone());
            }
        }
        let options =
            NavigateOptions { scroll: false, replace: step == HistoryStep::Replacing, ..NavigateOptions::default() };
        let address = format!("{}{}", self.path.get_untracked(), query.to_query_string());
        self.go.with_value(|go| go(&address, options));
    }

    /// Chooses a value, or none where it is chosen already.
    pub fn toggle(&self, name: &'static str, value: String) {
        let chosen = self.query.with_untracked(|query| query.get(name)).is_some_and(|own| own == value);
        self.change(&[(name, if chosen { String::new() } else { value })], HistoryStep::Further);
    }
}

/// Whether a change of the address is one that the browser's way back undoes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryStep {
    /// It is.
    Further,
    /// It is not.
    Replacing,
}
