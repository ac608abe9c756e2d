//! OpenAPI document: its head, and the parts that all operations share.

use jiedui_core::api::problem::Problem;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi as Document, PathItem, Ref, RefOr, Response};
use utoipa::{Modify, OpenApi, ToSchema};

/// Head of the document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Jiedui",
        description = "结对: what Guiyang and Luodian do together, recorded, checked and seen by both. Identifiers are \
            UUIDv7, dates YYYY-MM-DD, instants RFC 3339 in UTC, errors application/problem+json (RFC 9457)."
    ),
    components(schemas(Problem))
)]
pub struct Description;

/// Adds the shared parts: problem bodies of error responses, and the security schemes.
#[derive(Debug)]
pub struct Common;

impl Modify for Common {
    fn modify(&self, document: &mut Document) {
        for (path, item) in &mut document.paths.paths {
            for (method, operation) in operations(item) {
                operation.operation_id = Some(operation_id(method, path));
                describe_errors(operation);
            }
        }
        let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        let cookie =
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(crate::http::extract::credentials::COOKIE)));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", bearer);
        components.add_security_scheme("cookie", cookie);
        // Either of them, or none where the view is public.
        let none = SecurityRequirement::default();
        let by = |name: &str| SecurityRequirement::new::<&str, [&str; 0], &str>(name, []);
        document.security = Some(vec![by("bearer"), by("cookie"), none]);
    }
}

/// Returns the operations of a path, with their methods.
fn operations(path: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let PathItem { get, put, post, delete, .. } = path;
    let operations = [("get", get), ("put", put), ("post", post), ("delete", delete)];
    operations.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// Returns the unique name of an operation, from which generators name functions: `put_periods_month`.
fn operation_id(method: &str, path: &str) -> String {
    let path = path.trim_start_matches("/api/v1").trim_start_matches('/');
    let words = path.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    std::iter::once(method).chain(words).collect::<Vec<_>>().join("_")
}

/// Declares a problem as the body of each error response without one.
fn describe_errors(operation: &mut Operation) {
    let is_error = |status: &str| status.starts_with(['4', '5']);
    for (_, response) in operation.responses.responses.iter_mut().filter(|(status, _)| is_error(status)) {
        if let RefOr::T(Response { content, .. }) = response
            && content.is_empty()
        {
            let problem = Ref::from_schema_name(Problem::name());
            let problem = ContentBuilder::new().schema(Some(problem)).build();
            content.insert("application/problem+json".to_owned(), RefOr::T(problem));
        }
    }
}
