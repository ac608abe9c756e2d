//! State, fields and submission that the forms of the directory share.

use crate::api::error::ApiError;
use crate::labels::texts::fill;
use crate::state::{AppState, use_app_state};
use crate::storage::user_db::new_id;
use crate::sync;
use crate::ui::form_row::{error_of, form_row, is_half_typed};
use jiedui_core::access::user::User;
use jiedui_core::directory::place::Places;
use jiedui_core::figures::overview::Overview;
use jiedui_core::values::{
    date::parse_date,
    field_error::{ErrorCode, FieldError},
};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use std::collections::BTreeMap;
use time::Date;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;

/// State of a form, with texts by the names of the fields.
#[derive(Clone, Copy)]
pub(super) struct DirectoryFormState {
    pub(super) app: AppState,
    pub(super) texts: RwSignal<FieldTexts>,
    pub(super) errors: RwSignal<Vec<FieldError>>,
    pub(super) failed: RwSignal<Option<String>>,
    pub(super) busy: RwSignal<bool>,
    /// Texts with which the form started.
    begun: StoredValue<FieldTexts>,
    navigate: StoredValue<Navigate, LocalStorage>,
}

/// HTTP status of a change that was based on an older revision.
const CONFLICT: u16 = 409;

/// Goes to another screen.
type Navigate = Box<dyn Fn(&str)>;

/// Texts by the names of the fields.
pub(super) type FieldTexts = BTreeMap<&'static str, String>;

impl DirectoryFormState {
    pub(super) fn new(texts: FieldTexts) -> Self {
        let navigate = use_navigate();
        let navigate = StoredValue::new_local(Box::new(move |to: &str| navigate(to, Default::default())) as Box<_>);
        let begun = StoredValue::new(texts.clone());
        let (errors, failed, busy) = (RwSignal::default(), RwSignal::default(), RwSignal::new(false));
        Self { app: use_app_state(), texts: RwSignal::new(texts), errors, failed, busy, begun, navigate }
    }

    pub(super) fn get(self, name: &'static str) -> String {
        self.texts.with_untracked(|texts| texts.get(name).cloned().unwrap_or_default())
    }

    pub(super) fn value(self, name: &'static str) -> Signal<String> {
        Signal::derive(move || self.texts.with(|texts| texts.get(name).cloned().unwrap_or_default()))
    }

    pub(super) fn set(self, name: &'static str, text: String) {
        self.texts.update(|texts| drop(texts.insert(name, text)));
        self.errors.update(|errors| errors.retain(|error| error.field != name));
    }

    pub(super) fn error(self, name: &'static str) -> Signal<Option<String>> {
        error_of(self.app, self.errors, name)
    }

    pub(super) fn row(self, name: &'static str, label: String, control: AnyView) -> impl IntoView + use<> {
        form_row(name, label, self.error(name), control)
    }

    pub(super) fn input(self, name: &'static str, label: String, kind: &'static str) -> impl IntoView + use<> {
        let (value, error) = (self.value(name), self.error(name));
        let control = view! {
            <input id=format!("field-{name}") type=kind autocomplete="off" prop:value=value
                aria-invalid=move || error.get().is_some().to_string() aria-describedby=format!("error-{name}")
                on:input=move |event| self.set(name, event_target_value(&event))/>
        };
        self.row(name, label, control.into_any())
    }

    /// Parses an optional date. Text that is not a date is an error.
    pub(super) fn day(self, name: &'static str, errors: &mut Vec<FieldError>) -> Option<Date> {
        let text = self.get(name);
        let day = parse_date(&text);
        if day.is_none() && (!text.is_empty() || is_half_typed(&format!("field-{name}"))) {
            errors.push(FieldError::new(name, ErrorCode::NotDate));
        }
        day
    }

    pub(super) fn select(
        self,
        name: &'static str,
        label: String,
        options: Vec<(String, String)>,
    ) -> impl IntoView + use<> {
        let value = self.value(name);
        let option = move |(code, words): (String, String)| {
            let option_code = code.clone();
            view! { <option value=code selected=move || value.get() == option_code>{words}</option> }
        };
        let control = view! {
            <select id=format!("field-{name}") aria-describedby=format!("error-{name}") on:change=move |event| self.set(name, event_target_value(&event))>
                <option value="">{self.app.texts.please_choose()}</option>
                {options.into_iter().map(option).collect_view()}
            </select>
        };
        self.row(name, label, control.into_any())
    }

    pub(super) fn optional(self, label: &str) -> String {
        format!("{label}{}", self.app.texts.optional())
    }

    /// Returns the fields that the user's scope forbids.
    pub(super) fn forbidden_fields(self, of: impl FnOnce(&User) -> Vec<FieldError>) -> Vec<FieldError> {
        self.app.session.user.with_untracked(|user| user.as_ref().map(of)).unwrap_or_default()
    }

    /// Validates the form once the reference data is loaded, then sends the request that `validate` returns and opens the
    /// address that comes with it.
    pub(super) fn submit<S: Future<Output = Result<(), ApiError>>>(
        self,
        validate: impl FnOnce(&Overview, &Places) -> Option<(S, String)> + 'static,
    ) {
        if self.busy.get_untracked() {
            return;
        }
        let (app, texts) = (self.app, self.app.texts);
        self.busy.set(true);
        self.failed.set(None);
        spawn_local(async move {
            // Loads other users' changes first, so that none is overwritten unseen.
            sync::refresh_overview(app).await;
            let validated = match sync::reference_data(app).await {
                Some((overview, places)) => validate(&overview, &places),
                None => {
                    self.failed.try_set(Some(texts.not_ready_to_save().to_owned()));
                    None
                }
            };
            if let Some((request, next)) = validated {
                match request.await {
                    Ok(()) => {
                        sync::look_for_news(app);
                        self.navigate.try_with_value(|navigate| navigate(&next));
                    }
                    Err(error) => {
                        let why = match error.status {
                            CONFLICT => texts.directory_changed().to_owned(),
                            _ => error.detail.unwrap_or_else(|| texts.needs_network().to_owned()),
                        };
                        self.failed.try_set(Some(why));
                        self.errors.try_set(error.errors);
                    }
                }
            }
            self.busy.try_set(false);
        });
    }

    /// Rebases the form on the current record. Fields that only others changed take their values. Returns false after showing the
    /// fields that both changed; the next submission overwrites them.
    pub(super) fn is_on(self, now: FieldTexts) -> bool {
        let (begun, mine) = (self.begun.get_value(), self.texts.get_untracked());
        let is_theirs = |name: &&'static str| now.get(*name) != begun.get(*name);
        let is_mine = |name: &&'static str| mine.get(*name) != begun.get(*name) && mine.get(*name) != now.get(*name);
        let changed: Vec<&'static str> = now.keys().copied().filter(is_theirs).collect();
        let (both, theirs): (Vec<_>, Vec<_>) = changed.into_iter().partition(is_mine);
        self.texts.update(|texts| {
            texts.extend(theirs.into_iter().filter_map(|name| Some((name, now.get(name)?.clone()))));
        });
        self.begun.set_value(now);
        if !both.is_empty() {
            let names: Vec<&str> = both.into_iter().map(|name| label_of(self.app, name)).collect();
            self.failed.set(Some(fill(self.app.texts.changed_elsewhere(), &[&names.join("、")])));
            return false;
        }
        true
    }

    pub(super) fn save_button(self) -> impl IntoView {
        let (busy, texts) = (self.busy, self.app.texts);
        view! {
            <p class="actions">
                <button class="button button-primary" id="save" disabled=busy>
                    {move || if busy.get() { texts.saving() } else { texts.save() }}
                </button>
            </p>
        }
    }

    pub(super) fn failure(self) -> impl IntoView {
        move || self.failed.get().map(|why| view! { <p class="notice bad" role="alert">{why}</p> })
    }
}

/// Returns the identifier of an existing record. A new one gets an identifier at the first call, so that saving twice creates one
/// record.
pub(super) fn identifier(existing: Option<Uuid>) -> impl Fn() -> Uuid + Copy {
    let id = StoredValue::new(existing);
    move || match id.get_value() {
        Some(id) => id,
        None => {
            id.set_value(Some(new_id()));
            id.get_value().unwrap_or_default()
        }
    }
}

/// Returns the revision that an edit names: 0 for a new record. `None` where the phone's overview is of a server that sent none.
pub(super) fn base_revision(is_new: bool, rev: Option<u64>) -> Option<u64> {
    if is_new { Some(0) } else { rev.filter(|rev| *rev > 0) }
}

/// Renders the notice for users who may not edit the record.
pub(super) fn elsewhere(app: AppState) -> AnyView {
    view! { <p class="empty">{app.texts.coordinators_only()}</p> }.into_any()
}

/// Returns the programmes to choose from.
pub(super) fn programmes(app: AppState, overview: &Overview) -> Vec<(String, String)> {
    let all = overview.catalogue.programmes.iter();
    all.map(|programme| (programme.code.clone(), app.pick(&programme.name, &programme.name_en).to_owned())).collect()
}

/// Returns the label of a field.
fn label_of(app: AppState, name: &str) -> &'static str {
    let texts = app.texts;
    match name {
        "name" => texts.organisation_name(),
        "name_en" => texts.organisation_name_en(),
        "kind" => texts.field_kind(),
        "place" => texts.place(),
        "programme" => texts.programme(),
        "east" => texts.position_east(),
        "north" => texts.position_north(),
        "from" => texts.pairing_from(),
        "to" => texts.pairing_to(),
        "agreement" => texts.agreement(),
        _ => texts.organisation(),
    }
}
