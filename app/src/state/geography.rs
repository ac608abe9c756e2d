//! State of the places and of the base map.

use jiedui_core::directory::place::Places;
use leptos::prelude::*;
use std::sync::Arc;

/// Signals of the places.
#[derive(Clone, Copy)]
pub struct Geography {
    /// The whole tree of places, once it is on the phone.
    pub places: RwSignal<Arc<Places>>,
    /// Whether a screen needs the tree of places before the sync fetches it.
    pub places_requested: RwSignal<bool>,
    /// Number of the approved base map.
    pub map_number: StoredValue<Option<String>>,
}

impl Geography {
    /// Creates the state before the tree of places has been loaded.
    pub(super) fn new(map_number: Option<String>) -> Self {
        Self {
            places: RwSignal::new(Arc::default()),
            places_requested: RwSignal::new(false),
            map_number: StoredValue::new(map_number),
        }
    }
}
