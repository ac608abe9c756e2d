//! Schema of a record's fields in the OpenAPI document.

use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Schema};
use utoipa::{PartialSchema, ToSchema, openapi::RefOr};

/// A record's fields, by their names. Unknown fields are preserved.
#[derive(Debug)]
pub struct RecordFields;

impl PartialSchema for RecordFields {
    fn schema() -> RefOr<Schema> {
        let any = Some(AdditionalProperties::FreeForm(true));
        let text = "A record's fields, by their names; for those of an entry see the documentation of the sync.";
        ObjectBuilder::new().additional_properties(any).description(Some(text)).into()
    }
}

impl ToSchema for RecordFields {}
