//! Schemas of types with their own serializers.

use crate::catalogue::ProgrammeColor;
use crate::figures::contribution::Discriminator;
use crate::values::month::Month;
use crate::values::quantity::Quantity;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{KnownFormat, RefOr, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

/// The bytes of a file.
#[derive(Debug)]
pub struct FileContent;

impl PartialSchema for FileContent {
    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::KnownFormat(KnownFormat::Binary);
        ObjectBuilder::new().schema_type(Type::String).format(Some(format)).into()
    }
}

impl ToSchema for FileContent {}

impl PartialSchema for Quantity {
    fn schema() -> RefOr<Schema> {
        let text = "An amount in the indicator's unit, with at most four decimals.";
        ObjectBuilder::new().schema_type(Type::Number).description(Some(text)).into()
    }
}

impl ToSchema for Quantity {}

impl PartialSchema for Month {
    fn schema() -> RefOr<Schema> {
        let object = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[0-9]{4}-[0-9]{2}$"));
        object.description(Some("A calendar month, `YYYY-MM`.")).into()
    }
}

impl ToSchema for Month {}

impl PartialSchema for ProgrammeColor {
    fn schema() -> RefOr<Schema> {
        let object = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^#[0-9a-f]{6}$"));
        object.description(Some("An sRGB colour with a contrast of at least 4:1 against white.")).into()
    }
}

impl ToSchema for ProgrammeColor {}

impl PartialSchema for Discriminator {
    fn schema() -> RefOr<Schema> {
        let text = "What keeps contributions apart that must not be added up: `latest <date> <entry>` or `<subject> <number>`.";
        ObjectBuilder::new().schema_type(Type::String).description(Some(text)).into()
    }
}

impl ToSchema for Discriminator {}
