//! The form of an organisation, for coordinators. Works online only, because all users' forms offer the organisations.

use super::edit_form::{DirectoryFormState, FieldTexts, base_revision, elsewhere, identifier, programmes};
use crate::api::reference as server;
use crate::labels::code::organisation_kind;
use crate::lazy_screen;
use crate::state::{AppState, use_app_state};
use crate::ui::number_input::{NotANumber, read_number};
use crate::ui::place_field::PlaceField;
use jiedui_core::access::user::Role;
use jiedui_core::directory::organisation::OrganisationKind;
use jiedui_core::directory::{
    organisation::Organisation,
    place::{Places, Side},
};
use jiedui_core::figures::overview::Overview;
use jiedui_core::values::field_error::add_new;
use jiedui_core::values::field_error::{ErrorCode, FieldError};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use uuid::Uuid;

lazy_screen!(office:
    /// The form of an organisation.
    OrganisationForm, render_organisation_edit, OrganisationEdit
);

/// The form.
#[component]
fn OrganisationEdit() -> impl IntoView {
    let app = use_app_state();
    crate::ui::page::title(app.texts.organisation());
    let params = use_params_map();
    crate::ui::page::for_roles(Role::coordinates, app.texts.coordinators_only(), move |overview| {
        let id = params.with(|params| params.get("id")).and_then(|id| Uuid::parse_str(&id).ok());
        match id {
            None => organisation_form(app, overview, None).into_any(),
            Some(id) => match overview.directory().organisation(id) {
                Some(organisation) if !crate::ui::page::may_change(|user| organisation.forbidden_fields(user)) => {
                    elsewhere(app)
                }
                Some(organisation) => organisation_form(app, overview, Some(organisation)).into_any(),
                None => view! { <p class="empty">{app.texts.not_found()}</p> }.into_any(),
            },
        }
    })
}

fn texts_of_organisation(organisation: Option<&Organisation>) -> FieldTexts {
    let position = organisation.and_then(|organisation| organisation.position);
    FieldTexts::from([
        ("name", organisation.map(|organisation| organisation.name.clone()).unwrap_or_default()),
        ("name_en", organisation.map(|organisation| organisation.name_en.clone()).unwrap_or_default()),
        ("kind", organisation.map(|organisation| code_of(organisation.kind)).unwrap_or_default()),
        ("place", organisation.map(|organisation| organisation.place.clone()).unwrap_or_default()),
        ("programme", organisation.map(|organisation| organisation.programme.clone()).unwrap_or_default()),
        ("east", position.map(|point| point.0.to_string()).unwrap_or_default()),
        ("north", position.map(|point| point.1.to_string()).unwrap_or_default()),
    ])
}

fn organisation_form(app: AppState, overview: &Overview, organisation: Option<&Organisation>) -> impl IntoView + use<> {
    let texts = app.texts;
    let (id, source) = (
        identifier(organisation.map(|organisation| organisation.id)),
        organisation.and_then(|organisation| organisation.source.clone()),
    );
    let form = DirectoryFormState::new(texts_of_organisation(organisation));
    let is_new = organisation.is_none();
    let judge = move |source: Option<String>, overview: &Overview, places: &Places| {
        let now = overview.directory().organisation(id());
        if !is_new && !form.is_on(texts_of_organisation(now)) {
            return None;
        }
        let base_rev = base_revision(is_new, now.map(|now| now.rev));
        let mut errors = Vec::new();
        let kind = KINDS.into_iter().find(|kind| code_of(*kind) == form.get("kind"));
        if kind.is_none() {
            errors.push(FieldError::new("kind", ErrorCode::Required));
        }
        let [east, north] = ["east", "north"].map(|name| match read_number(&form.get(name)) {
            Ok(number) => number,
            Err(NotANumber) => {
                errors.push(FieldError::new(name, ErrorCode::NotAmount));
                None
            }
        });
        // A position needs both coordinates.
        for (name, value, other) in [("east", east, north), ("north", north, east)] {
            if value.is_none() && other.is_some() && form.get(name).trim().is_empty() {
                errors.push(FieldError::new(name, ErrorCode::Required));
            }
        }
        let id = id();
        let edited = Organisation {
            id,
            name: form.get("name").trim().to_owned(),
            name_en: form.get("name_en").trim().to_owned(),
            kind: kind.unwrap_or(OrganisationKind::Village),
            side: places.get(&form.get("place")).map_or(Side::A, |place| place.side),
            place: form.get("place"),
            programme: form.get("programme"),
            position: east.zip(north),
            source,
            initials: String::new(),
            rev: 0,
        };
        add_new(&mut errors, edited.validate(places, &overview.catalogue));
        add_new(&mut errors, form.forbidden_fields(|user| edited.forbidden_fields(user)));
        let is_right = errors.is_empty();
        form.errors.set(errors);
        let then = format!("/organisations/{id}");
        is_right.then_some((async move { server::set_organisation(&edited, base_rev, app.language).await }, then))
    };
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let source = source.clone();
        form.submit(move |overview, places| judge(source, overview, places));
    };
    let kinds = KINDS.into_iter().map(|kind| (code_of(kind), organisation_kind(texts, kind).to_owned())).collect();
    let place_error = form.error("place");
    let place = view! {
        <PlaceField value=form.value("place") invalid=Signal::derive(move || place_error.get().is_some())
            on_choose=Callback::new(move |code| form.set("place", code))/>
    };
    view! {
        <section class="narrow">
            <h1>{organisation.map_or(texts.organisation_new().to_owned(), |organisation| organisation.name.clone())}</h1>
            {form.failure()}
            <form class="form" novalidate on:submit=save>
                {form.input("name", texts.organisation_name().to_owned(), "text")}
                {form.input("name_en", form.optional(texts.organisation_name_en()), "text")}
                {form.select("kind", texts.field_kind().to_owned(), kinds)}
                {form.row("place", texts.place().to_owned(), place.into_any())}
                {form.select("programme", texts.programme().to_owned(), programmes(app, overview))}
                {form.input("east", form.optional(texts.position_east()), "text")}
                {form.input("north", form.optional(texts.position_north()), "text")}
                {form.save_button()}
            </form>
        </section>
    }
}

/// All kinds, in the order of the list.
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
