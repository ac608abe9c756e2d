//! Programmes, indicators, forms and places.

use super::App;
use super::body::Wants;
use super::problem::Problem;
use super::query::Query;
use crate::auth::MayView;
use axum::extract::State;
use axum::response::Response;
use jiedui_core::domain::Place;

/// The catalogue.
#[utoipa::path(get, path = "/api/v1/catalogue", responses((status = 200, description = "version, programmes, indicators, activities")))]
pub async fn catalogue(State(app): State<App>, _: MayView, wants: Wants) -> Response {
    wants.answer(&app.reference.catalogue)
}

/// Places right below one, or all of them.
#[utoipa::path(get, path = "/api/v1/places", params(("parent" = Option<String>, Query, description = "code of the place above")),
    responses((status = 200, description = "places: code, parent, level, name, side")))]
pub async fn places(State(app): State<App>, _: MayView, wants: Wants, mut query: Query) -> Result<Response, Problem> {
    let parent = query.code("parent");
    query.done()?;
    let places = &app.reference.places;
    let places: Vec<&Place> = match &parent {
        Some(parent) => places.children(parent).collect(),
        None => places.all().iter().collect(),
    };
    Ok(wants.answer(&places))
}
