//! The catalogue, for administrators: list of programmes, forms and indicators, and the forms that change them.

pub mod activity;
mod editing;
mod field_edit;
pub mod indicator;
pub mod programme;
mod typed_field;
mod typed_lines;
mod unreadable;

use crate::labels::programme_color::color_style;
use crate::labels::texts::fill;
use crate::lazy_screen;
use crate::state::use_app_state;
use crate::ui::loading::Loading;
use jiedui_core::access::user::Role;
use jiedui_core::values::field_error::FieldError;
use jiedui_core::values::language::Language;
use leptos::prelude::*;

/// Last part of the address of a form that adds an item. Codes have no hyphen, so it names no item.
const NEW_ITEM: &str = "new-item";

lazy_screen!(office:
    /// Activities and indicators, for administrators.
    CatalogueOverview, render_catalogue, CatalogueList
);

/// The list.
#[component]
fn CatalogueList() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    crate::ui::page::title(texts.nav_catalogue());
    move || {
        if !app.session.user.with(|user| user.as_ref().is_some_and(|user| is_admin(user.role))) {
            return view! { <p class="empty">{texts.admins_only()}</p> }.into_any();
        }
        let Some(overview) = app.overviews.server.get() else {
            return view! { <Loading/> }.into_any();
        };
        let catalogue = &overview.catalogue;
        let groups = catalogue.programmes.iter().map(|programme| {
            let activities = catalogue.activities.iter().filter(|activity| activity.programme == programme.code);
            let activities = activities.map(|activity| {
                let name = app.pick(&activity.name, &activity.name_en).to_owned();
                let about = fill(texts.form_version(), &[&activity.version, &activity.fields.len()]);
                view! { <li><a href=format!("/catalogue/activities/{}", activity.code)>{name}" "<small>{about}</small></a></li> }
            });
            let indicators = catalogue.indicators.iter().filter(|indicator| indicator.programme == programme.code);
            let indicators = indicators.map(|indicator| {
                let name = format!("{}（{}）", app.pick(&indicator.name, &indicator.name_en), app.pick(&indicator.unit, &indicator.unit_en));
                view! { <li><a href=format!("/catalogue/indicators/{}", indicator.code)>{name}</a></li> }
            });
            view! {
                <details class="programme" style=color_style(programme.color)>
                    <summary>{app.pick(&programme.name, &programme.name_en).to_owned()}</summary>
                    <h3>{texts.activities()}</h3>
                    <ul class="choices">{activities.collect_view()}</ul>
                    <h3>{texts.indicators()}</h3>
                    <ul class="choices">{indicators.collect_view()}</ul>
                    <p class="actions">
                        <a class="button button-quiet" href=format!("/catalogue/programmes/{}", programme.code)>{texts.programme_edit()}</a>
                    </p>
                </details>
            }
        });
        view! {
            <section class="narrow catalogue">
                <h1>{texts.nav_catalogue()}</h1>
                <p class="actions">
                    <a class="button" href=format!("/catalogue/activities/{NEW_ITEM}")>{texts.activity_new()}</a>
                    <a class="button" href=format!("/catalogue/indicators/{NEW_ITEM}")>{texts.indicator_new()}</a>
                    <a class="button" href=format!("/catalogue/programmes/{NEW_ITEM}")>{texts.programme_new()}</a>
                </p>
                {groups.collect_view()}
            </section>
        }
        .into_any()
    }
}

/// Returns the message of an error with its position.
fn sentence(error: FieldError, language: Language) -> String {
    let field = error.field.clone();
    format!("{field}：{}", error.in_language(language).message)
}

/// Returns whether people of a role change the catalogue.
fn is_admin(role: Role) -> bool {
    role == Role::Admin
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiedui_core::catalogue::Catalogue;
    use jiedui_core::catalogue::edit::programme::ProgrammeDraft;
    use jiedui_core::values::field_error::ErrorCode;

    #[test]
    fn address_of_new_item_is_no_code() {
        let add = |code: &str| {
            let (code, color) = (code.to_owned(), "#000000".to_owned());
            let draft = ProgrammeDraft { code, name: "生态".to_owned(), color, ..ProgrammeDraft::default() };
            Catalogue::default().with_programme(draft).map_err(|errors| errors[0].code)
        };
        assert_eq!(add(NEW_ITEM), Err(ErrorCode::WrongType));
        assert_eq!(add("new").map(|catalogue| catalogue.programmes.len()), Ok(1));
    }
}
