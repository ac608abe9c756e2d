//! Changing the directory, for who coordinates: an organisation, and a pairing with its agreement. It needs a network, since
//! everybody's forms offer what it holds.

use crate::components::form_row::{form_row, mistake};
use crate::components::map::lists::pair_name;
use crate::components::place_field::PlaceField;
use crate::model::{Model, use_model};
use crate::pages::form::read_number;
use crate::pages::organisations::kind_name;
use crate::store::person::new_id;
use crate::sync::api::{self, ApiError};
use crate::sync::catalogue as server;
use crate::texts::fill;
use jiedui_core::domain::field_error::add_new;
use jiedui_core::domain::organisation::OrganisationKind;
use jiedui_core::domain::{
    ErrorCode, FieldError, Organisation, Overview, Pairing, Role, Side, User, format_date, parse_date,
};
use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_params_map, use_query_map};
use std::collections::BTreeMap;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;

/// The largest agreement, in bytes: as much as the server takes.
const LARGEST_FILE: f64 = 4.0 * 1024.0 * 1024.0;

/// What both forms have in common: texts by the names of the fields.
#[derive(Clone, Copy)]
struct Form {
    model: Model,
    texts: RwSignal<BTreeMap<&'static str, String>>,
    errors: RwSignal<Vec<FieldError>>,
    failed: RwSignal<Option<String>>,
}

impl Form {
    fn new(texts: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        let texts = RwSignal::new(texts.into_iter().collect());
        Self { model: use_model(), texts, errors: RwSignal::default(), failed: RwSignal::default() }
    }

    fn get(self, name: &'static str) -> String {
        self.texts.with_untracked(|texts| texts.get(name).cloned().unwrap_or_default())
    }

    fn value(self, name: &'static str) -> Signal<String> {
        Signal::derive(move || self.texts.with(|texts| texts.get(name).cloned().unwrap_or_default()))
    }

    fn set(self, name: &'static str, text: String) {
        self.texts.update(|texts| drop(texts.insert(name, text)));
        self.errors.update(|errors| errors.retain(|error| error.field != name));
    }

    fn error(self, name: &'static str) -> Signal<Option<String>> {
        mistake(self.model, self.errors, name)
    }

    fn row(self, name: &'static str, label: String, control: AnyView) -> impl IntoView + use<> {
        form_row(name, label, self.error(name), control)
    }

    fn input(self, name: &'static str, label: String, kind: &'static str) -> impl IntoView + use<> {
        let (value, error) = (self.value(name), self.error(name));
        let control = view! {
            <input id=format!("field-{name}") type=kind autocomplete="off" prop:value=value
                aria-invalid=move || error.get().is_some().to_string() aria-describedby=format!("error-{name}")
                on:input=move |event| self.set(name, event_target_value(&event))/>
        };
        self.row(name, label, control.into_any())
    }

    fn select(self, name: &'static str, label: String, options: Vec<(String, String)>) -> impl IntoView + use<> {
        let value = self.value(name);
        let option = move |(code, words): (String, String)| {
            let own = code.clone();
            view! { <option value=code selected=move || value.get() == own>{words}</option> }
        };
        let control = view! {
            <select id=format!("field-{name}") aria-describedby=format!("error-{name}") on:change=move |event| self.set(name, event_target_value(&event))>
                <option value="">{self.model.texts.please_choose}</option>
                {options.into_iter().map(option).collect_view()}
            </select>
        };
        self.row(name, label, control.into_any())
    }

    fn optional(self, label: &str) -> String {
        format!("{label}{}", self.model.texts.optional)
    }

    /// What of it is beyond who fills it in.
    fn beyond(self, of: impl FnOnce(&User) -> Vec<FieldError>) -> Vec<FieldError> {
        self.model.user.with_untracked(|user| user.as_ref().map(of)).unwrap_or_default()
    }

    /// Sends it, and goes where it can be seen.
    fn send(self, sending: impl Future<Output = Result<(), ApiError>> + 'static, then: String) {
        let (model, navigate) = (self.model, use_navigate());
        self.failed.set(None);
        spawn_local(async move {
            match sending.await {
                Ok(()) => {
                    crate::sync::look_for_news(model);
                    navigate(&then, Default::default());
                }
                Err(error) => {
                    self.failed.set(Some(error.detail.unwrap_or_else(|| model.texts.needs_network.to_owned())));
                    self.errors.set(error.errors);
                }
            }
        });
    }

    fn failure(self) -> impl IntoView {
        move || self.failed.get().map(|why| view! { <p class="notice bad" role="alert">{why}</p> })
    }
}

/// That of what is changed, or from the first time that it is asked for a new one: saving twice makes one.
fn identifier(own: Option<Uuid>) -> impl Fn() -> Uuid + Copy {
    let id = StoredValue::new(own);
    move || match id.get_value() {
        Some(id) => id,
        None => {
            id.set_value(Some(new_id()));
            id.get_value().unwrap_or_default()
        }
    }
}

/// What stands where another place's coordinators see to it.
fn elsewhere(model: Model) -> AnyView {
    view! { <p class="empty">{model.texts.coordinators_only}</p> }.into_any()
}

fn programmes(model: Model, overview: &Overview) -> Vec<(String, String)> {
    let own = overview.catalogue.programmes.iter();
    own.map(|own| (own.code.clone(), model.pick(&own.name, &own.name_en).to_owned())).collect()
}

/// An organisation.
#[component]
pub fn OrganisationEdit() -> impl IntoView {
    let model = use_model();
    super::title(model.texts.organisation);
    let params = use_params_map();
    super::for_roles(Role::coordinates, model.texts.coordinators_only, move |overview| {
        let id = params.with(|params| params.get("id")).and_then(|id| Uuid::parse_str(&id).ok());
        match id {
            None => organisation_form(model, overview, None).into_any(),
            Some(id) => match overview.directory().organisation(id) {
                Some(own) if !super::is_own(|user| own.beyond(user)) => elsewhere(model),
                Some(own) => organisation_form(model, overview, Some(own)).into_any(),
                None => view! { <p class="empty">{model.texts.not_found}</p> }.into_any(),
            },
        }
    })
}

fn organisation_form(model: Model, overview: &Overview, own: Option<&Organisation>) -> impl IntoView + use<> {
    let texts = model.texts;
    let (id, source) = (identifier(own.map(|own| own.id)), own.and_then(|own| own.source.clone()));
    let position = own.and_then(|own| own.position);
    let form = Form::new([
        ("name", own.map(|own| own.name.clone()).unwrap_or_default()),
        ("name_en", own.map(|own| own.name_en.clone()).unwrap_or_default()),
        ("kind", own.map(|own| code_of(own.kind)).unwrap_or_default()),
        ("place", own.map(|own| own.place.clone()).unwrap_or_default()),
        ("programme", own.map(|own| own.programme.clone()).unwrap_or_default()),
        ("east", position.map(|own| own.0.to_string()).unwrap_or_default()),
        ("north", position.map(|own| own.1.to_string()).unwrap_or_default()),
    ]);
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let overview = model.received.get_untracked().unwrap_or_default();
        let places = model.places.get_untracked();
        let mut errors = Vec::new();
        let kind = KINDS.into_iter().find(|kind| code_of(*kind) == form.get("kind"));
        if kind.is_none() {
            errors.push(FieldError::new("kind", ErrorCode::Required));
        }
        let [east, north] = ["east", "north"].map(|name| match read_number(&form.get(name)) {
            Ok(number) => number,
            Err(()) => {
                errors.push(FieldError::new(name, ErrorCode::NotAmount));
                None
            }
        });
        let id = id();
        let own = Organisation {
            id,
            name: form.get("name").trim().to_owned(),
            name_en: form.get("name_en").trim().to_owned(),
            kind: kind.unwrap_or(OrganisationKind::Village),
            side: places.get(&form.get("place")).map_or(Side::A, |place| place.side),
            place: form.get("place"),
            programme: form.get("programme"),
            position: east.zip(north),
            source: source.clone(),
            initials: String::new(),
        };
        errors.extend(own.mistakes(&places, &overview.catalogue));
        add_new(&mut errors, form.beyond(|user| own.beyond(user)));
        form.errors.set(errors);
        if form.errors.with_untracked(Vec::is_empty) {
            let then = format!("/organisations/{id}");
            form.send(async move { server::set_organisation(&own, model.language).await }, then);
        }
    };
    let kinds = KINDS.into_iter().map(|kind| (code_of(kind), kind_name(texts, kind).to_owned())).collect();
    let place_error = form.error("place");
    let place = view! {
        <PlaceField value=form.value("place") invalid=Signal::derive(move || place_error.get().is_some())
            on_choose=Callback::new(move |code| form.set("place", code))/>
    };
    view! {
        <section class="narrow">
            <h1>{own.map_or(texts.organisation_new.to_owned(), |own| own.name.clone())}</h1>
            {form.failure()}
            <form class="form" novalidate on:submit=save>
                {form.input("name", texts.organisation_name.to_owned(), "text")}
                {form.input("name_en", form.optional(texts.organisation_name_en), "text")}
                {form.select("kind", texts.field_kind.to_owned(), kinds)}
                {form.row("place", texts.place.to_owned(), place.into_any())}
                {form.select("programme", texts.programme.to_owned(), programmes(model, overview))}
                {form.input("east", form.optional(texts.position_east), "text")}
                {form.input("north", form.optional(texts.position_north), "text")}
                <p class="actions"><button class="button primary" id="save">{texts.save}</button></p>
            </form>
        </section>
    }
}

/// All kinds, in the order in which they are offered.
const KINDS: [OrganisationKind; 8] = [
    OrganisationKind::PartyBranch,
    OrganisationKind::Government,
    OrganisationKind::Village,
    OrganisationKind::School,
    OrganisationKind::Hospital,
    OrganisationKind::Company,
    OrganisationKind::Cooperative,
    OrganisationKind::Bureau,
];

fn code_of(kind: OrganisationKind) -> String {
    serde_json::to_value(kind).ok().and_then(|code| code.as_str().map(str::to_owned)).unwrap_or_default()
}

/// A pairing.
#[component]
pub fn PairingEdit() -> impl IntoView {
    let model = use_model();
    super::title(model.texts.pairing);
    let (params, query) = (use_params_map(), use_query_map());
    super::for_roles(Role::coordinates, model.texts.coordinators_only, move |overview| {
        let id = params.with(|params| params.get("id")).and_then(|id| Uuid::parse_str(&id).ok());
        let with = query.with(|query| query.get("organisation")).and_then(|id| Uuid::parse_str(&id).ok());
        match id {
            None => pairing_form(model, overview, None, with).into_any(),
            Some(id) => match overview.directory().pairing(id) {
                Some(own) if !super::is_own(|user| own.beyond(user, overview.directory())) => elsewhere(model),
                Some(own) => pairing_form(model, overview, Some(own), None).into_any(),
                None => view! { <p class="empty">{model.texts.not_found}</p> }.into_any(),
            },
        }
    })
}

fn pairing_form(model: Model, overview: &Overview, own: Option<&Pairing>, with: Option<Uuid>) -> impl IntoView + use<> {
    let texts = model.texts;
    let (id, source) = (identifier(own.map(|own| own.id)), own.and_then(|own| own.source.clone()));
    let with = with.and_then(|id| overview.directory().organisation(id));
    let begun = |side: Side| with.filter(|with| with.side == side).map(|with| with.id.to_string()).unwrap_or_default();
    let form = Form::new([
        (
            "programme",
            own.map(|own| own.programme.clone()).or(with.map(|with| with.programme.clone())).unwrap_or_default(),
        ),
        ("organisation_a", own.map_or_else(|| begun(Side::A), |own| own.organisation_a.to_string())),
        ("organisation_b", own.map_or_else(|| begun(Side::B), |own| own.organisation_b.to_string())),
        ("from", own.and_then(|own| own.from).map(format_date).unwrap_or_default()),
        ("to", own.and_then(|own| own.to).map(format_date).unwrap_or_default()),
        ("agreement", own.and_then(|own| own.agreement.clone()).unwrap_or_default()),
    ]);
    let of_side = |side: Side| {
        let own = overview.organisations.iter().filter(|own| own.side == side);
        own.map(|own| (own.id.to_string(), model.pick(&own.name, &own.name_en).to_owned())).collect::<Vec<_>>()
    };
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let overview = model.received.get_untracked().unwrap_or_default();
        let organisation = |name| Uuid::parse_str(&form.get(name)).unwrap_or_default();
        let own = Pairing {
            id: id(),
            programme: form.get("programme"),
            organisation_a: organisation("organisation_a"),
            organisation_b: organisation("organisation_b"),
            from: parse_date(&form.get("from")),
            to: parse_date(&form.get("to")),
            source: source.clone(),
            agreement: Some(form.get("agreement")).filter(|own| !own.is_empty()),
        };
        let directory = overview.directory();
        let mut errors = own.mistakes(directory, &overview.catalogue);
        add_new(&mut errors, form.beyond(|user| own.beyond(user, directory)));
        form.errors.set(errors);
        if form.errors.with_untracked(Vec::is_empty) {
            let then = format!("/organisations/{}", own.organisation_b);
            form.send(async move { server::set_pairing(&own, model.language).await }, then);
        }
    };
    let (agreement, busy) = (form.value("agreement"), RwSignal::new(false));
    let bring = move |event: leptos::ev::Event| {
        let Some(input) = event.target().and_then(|own| own.dyn_into::<HtmlInputElement>().ok()) else { return };
        let Some(file) = input.files().and_then(|files| files.item(0)) else { return };
        form.failed.set((file.size() > LARGEST_FILE).then(|| texts.file_too_large.to_owned()));
        if file.size() > LARGEST_FILE {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            match api::bring_file(&file).await {
                Ok(sha256) => form.set("agreement", sha256),
                Err(error) => form.failed.set(Some(error.detail.unwrap_or_else(|| texts.needs_network.to_owned()))),
            }
            busy.set(false);
        });
    };
    let file = view! {
        <input id="field-agreement" type="file" accept="application/pdf,image/*" disabled=move || busy.get() on:change=bring/>
        {move || Some(agreement.get()).filter(|own| !own.is_empty()).map(|sha256| view! {
            <p class="chosen-place">
                <a href=format!("/api/v1/attachments/{sha256}") rel="external" target="_blank">{texts.agreement_open}</a>
                <button type="button" class="quiet" on:click=move |_| form.set("agreement", String::new())>{texts.take_out}</button>
            </p>
        })}
    };
    let name = own.map_or(texts.pairing_new.to_owned(), |own| pair_name(model, overview, own));
    view! {
        <section class="narrow">
            <h1>{name}</h1>
            {form.failure()}
            <form class="form" novalidate on:submit=save>
                {form.select("programme", texts.programme.to_owned(), programmes(model, overview))}
                {form.select("organisation_a", fill(texts.of_side, &[&texts.side_a]), of_side(Side::A))}
                {form.select("organisation_b", fill(texts.of_side, &[&texts.side_b]), of_side(Side::B))}
                {form.input("from", form.optional(texts.pairing_from), "date")}
                {form.input("to", form.optional(texts.pairing_to), "date")}
                {form.row("agreement", form.optional(texts.agreement), file.into_any())}
                <p class="actions"><button class="button primary" id="save" disabled=move || busy.get()>{texts.save}</button></p>
            </form>
        </section>
    }
}
