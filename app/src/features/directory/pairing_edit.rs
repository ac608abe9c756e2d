//! The form of a pairing with its agreement, for coordinators.

use crate::api::reference as server;
use crate::features::directory::edit_form::{
    DirectoryFormState, FieldTexts, base_revision, elsewhere, identifier, programmes,
};
use crate::labels::directory::pairing_name;
use crate::labels::texts::fill;
use crate::lazy_screen;
use crate::state::{AppState, use_app_state};
use crate::sync::photos;
use crate::ui::page::{for_roles, may_change, title};
use jiedui_core::access::user::Role;
use jiedui_core::directory::{
    organisation::{Organisation, Pairing},
    place::Side,
};
use jiedui_core::figures::overview::Overview;
use jiedui_core::values::date::format_date;
use jiedui_core::values::field_error::add_new;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use uuid::Uuid;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;

/// Size limit of an agreement in bytes, the same as the server's.
const LARGEST_FILE: f64 = 4.0 * 1024.0 * 1024.0;

lazy_screen!(office:
    /// The form of a pairing.
    PairingForm, render_pairing_edit, PairingEdit
);

/// The form.
#[component]
fn PairingEdit() -> impl IntoView {
    let app = use_app_state();
    title(app.texts.pairing());
    let (params, query) = (use_params_map(), use_query_map());
    for_roles(Role::coordinates, app.texts.coordinators_only(), move |overview| {
        let id = params.with(|params| params.get("id")).and_then(|id| Uuid::parse_str(&id).ok());
        let with = query.with(|query| query.get("organisation")).and_then(|id| Uuid::parse_str(&id).ok());
        match id {
            None => pairing_form(app, overview, None, with).into_any(),
            Some(id) => match overview.directory().pairing(id) {
                Some(pairing) if !may_change(|user| pairing.forbidden_fields(user, overview.directory())) => {
                    elsewhere(app)
                }
                Some(pairing) => pairing_form(app, overview, Some(pairing), None).into_any(),
                None => view! { <p class="empty">{app.texts.not_found()}</p> }.into_any(),
            },
        }
    })
}

fn texts_of_pairing(pairing: Option<&Pairing>, with: Option<&Organisation>) -> FieldTexts {
    let begun = |side: Side| with.filter(|with| with.side == side).map(|with| with.id.to_string()).unwrap_or_default();
    let programme = pairing.map(|pairing| pairing.programme.clone()).or(with.map(|with| with.programme.clone()));
    FieldTexts::from([
        ("programme", programme.unwrap_or_default()),
        ("organisation_a", pairing.map_or_else(|| begun(Side::A), |pairing| pairing.organisation_a.to_string())),
        ("organisation_b", pairing.map_or_else(|| begun(Side::B), |pairing| pairing.organisation_b.to_string())),
        ("from", pairing.and_then(|pairing| pairing.from).map(format_date).unwrap_or_default()),
        ("to", pairing.and_then(|pairing| pairing.to).map(format_date).unwrap_or_default()),
        ("agreement", pairing.and_then(|pairing| pairing.agreement.clone()).unwrap_or_default()),
    ])
}

fn pairing_form(
    app: AppState,
    overview: &Overview,
    pairing: Option<&Pairing>,
    with: Option<Uuid>,
) -> impl IntoView + use<> {
    let texts = app.texts;
    let (id, source) =
        (identifier(pairing.map(|pairing| pairing.id)), pairing.and_then(|pairing| pairing.source.clone()));
    let with = with.and_then(|id| overview.directory().organisation(id));
    let form = DirectoryFormState::new(texts_of_pairing(pairing, with));
    let of_side = |side: Side| {
        let organisations = overview.organisations.iter().filter(|organisation| organisation.side == side);
        organisations
            .map(|organisation| {
                (organisation.id.to_string(), app.pick(&organisation.name, &organisation.name_en).to_owned())
            })
            .collect::<Vec<_>>()
    };
    let is_new = pairing.is_none();
    let judge = move |source: Option<String>, overview: &Overview| {
        let directory = overview.directory();
        let now = directory.pairing(id());
        if !is_new && !form.is_on(texts_of_pairing(now, None)) {
            return None;
        }
        let base_rev = base_revision(is_new, now.map(|now| now.rev));
        let mut errors = Vec::new();
        let [from, to] = ["from", "to"].map(|name| form.day(name, &mut errors));
        let organisation = |name| Uuid::parse_str(&form.get(name)).unwrap_or_default();
        let edited = Pairing {
            id: id(),
            programme: form.get("programme"),
            organisation_a: organisation("organisation_a"),
            organisation_b: organisation("organisation_b"),
            from,
            to,
            source,
            agreement: Some(form.get("agreement")).filter(|hash| !hash.is_empty()),
            rev: 0,
        };
        add_new(&mut errors, edited.validate(directory, &overview.catalogue));
        add_new(&mut errors, form.forbidden_fields(|user| edited.forbidden_fields(user, directory)));
        let is_right = errors.is_empty();
        form.errors.set(errors);
        let then = format!("/organisations/{}", edited.organisation_b);
        is_right.then_some((async move { server::set_pairing(&edited, base_rev, app.language).await }, then))
    };
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let source = source.clone();
        form.submit(move |overview, _| judge(source, overview));
    };
    let (agreement, busy) = (form.value("agreement"), form.busy);
    let upload = move |event: leptos::ev::Event| {
        let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else { return };
        let Some(file) = input.files().and_then(|files| files.item(0)) else { return };
        form.failed.set((file.size() > LARGEST_FILE).then(|| texts.file_too_large().to_owned()));
        if file.size() > LARGEST_FILE {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            match photos::upload_file(&file).await {
                Ok(sha256) => form.set("agreement", sha256),
                Err(error) => form.failed.set(Some(error.detail.unwrap_or_else(|| texts.needs_network().to_owned()))),
            }
            busy.set(false);
        });
    };
    let file = view! {
        <input id="field-agreement" type="file" accept="application/pdf,image/*" disabled=move || busy.get() on:change=upload/>
        {move || Some(agreement.get()).filter(|hash| !hash.is_empty()).map(|sha256| view! {
            <p class="place-chosen">
                <a href=format!("/api/v1/attachments/{sha256}") rel="external" target="_blank">{texts.agreement_open()}</a>
                <button type="button" class="button-quiet" on:click=move |_| form.set("agreement", String::new())>{texts.take_out()}</button>
            </p>
        })}
    };
    let name = pairing.map_or(texts.pairing_new().to_owned(), |pairing| pairing_name(app.labels(), overview, pairing));
    view! {
        <section class="narrow">
            <h1>{name}</h1>
            {form.failure()}
            <form class="form" novalidate on:submit=save>
                {form.select("programme", texts.programme().to_owned(), programmes(app, overview))}
                {form.select("organisation_a", fill(texts.of_side(), &[&texts.side_a()]), of_side(Side::A))}
                {form.select("organisation_b", fill(texts.of_side(), &[&texts.side_b()]), of_side(Side::B))}
                {form.input("from", form.optional(texts.pairing_from()), "date")}
                {form.input("to", form.optional(texts.pairing_to()), "date")}
                {form.row("agreement", form.optional(texts.agreement()), file.into_any())}
                {form.save_button()}
            </form>
        </section>
    }
}
