//! Scales a photo down and removes its metadata, except the time and, where the person allows it, the position.

use exif::experimental::Writer;
use exif::{Field, In, Reader, Tag};
use js_sys::{ArrayBuffer, Promise, Uint8Array};
use leptos::prelude::{document, window};
use sha2::{Digest, Sha256};
use std::io::Cursor;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, CanvasRenderingContext2d, HtmlCanvasElement, ImageBitmap};

/// Size limit of a scaled photo in bytes.
pub const LARGEST: usize = 300 * 1024;
/// Longest side in pixels and JPEG quality, tried in order until the photo is small enough.
const TRIES: [(f64, f64); 7] =
    [(1600.0, 0.82), (1600.0, 0.7), (1600.0, 0.55), (1280.0, 0.6), (1024.0, 0.55), (800.0, 0.5), (640.0, 0.4)];

/// Error: the file is not an image that the browser supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a picture that this browser supports")]
pub struct NoPicture;

/// Scales a picture down to a JPEG of at most [`LARGEST`] bytes.
pub async fn scale_down(file: &Blob, keep_place: bool) -> Result<Uint8Array, NoPicture> {
    let bytes = bytes_of(file).await?;
    let taken = taken(&bytes.to_vec(), keep_place).unwrap_or_default();
    let picture = window().create_image_bitmap_with_blob(file).map_err(|_| NoPicture)?;
    let picture: ImageBitmap = waited(picture).await?.dyn_into().map_err(|_| NoPicture)?;
    let canvas: HtmlCanvasElement =
        document().create_element("canvas").map_err(|_| NoPicture)?.dyn_into().map_err(|_| NoPicture)?;
    for (side, quality) in TRIES {
        let small = bytes_of(&drawn(&picture, &canvas, side, quality).await?).await?.to_vec();
        if small.len() + taken.len() <= LARGEST {
            picture.close();
            return Ok(Uint8Array::from(with_taken(&small, &taken).as_slice()));
        }
    }
    Err(NoPicture)
}

/// Draws the picture with a longest side, as a JPEG.
async fn drawn(picture: &ImageBitmap, canvas: &HtmlCanvasElement, side: f64, quality: f64) -> Result<Blob, NoPicture> {
    let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
    let scale = (side / width.max(height)).min(1.0);
    let (width, height) = ((width * scale).round().max(1.0), (height * scale).round().max(1.0));
    canvas.set_width(width as u32);
    canvas.set_height(height as u32);
    let context = canvas.get_context("2d").ok().flatten().ok_or(NoPicture)?;
    let context: CanvasRenderingContext2d = context.dyn_into().map_err(|_| NoPicture)?;
    // Transparent pixels would turn black in a JPEG.
    context.set_fill_style_str("#fff");
    context.fill_rect(0.0, 0.0, width, height);
    let drawn = context.draw_image_with_image_bitmap_and_dw_and_dh(picture, 0.0, 0.0, width, height);
    drawn.map_err(|_| NoPicture)?;
    let blob = Promise::new(&mut |done, _| {
        let refused = canvas.to_blob_with_type_and_encoder_options(&done, "image/jpeg", &quality.into());
        if refused.is_err() {
            let _ = done.call1(&JsValue::NULL, &JsValue::NULL);
        }
    });
    waited(blob).await?.dyn_into().map_err(|_| NoPicture)
}

/// Reads the bytes of a file.
pub async fn bytes_of(blob: &Blob) -> Result<Uint8Array, NoPicture> {
    let buffer: ArrayBuffer = waited(blob.array_buffer()).await?.dyn_into().map_err(|_| NoPicture)?;
    Ok(Uint8Array::new(&buffer))
}

async fn waited(promise: Promise) -> Result<JsValue, NoPicture> {
    JsFuture::from(promise).await.map_err(|_| NoPicture)
}

/// Returns the SHA-256 hash in lower-case hexadecimal. The browser offers `crypto.subtle` on encrypted connections only.
pub fn sha256(content: &Uint8Array) -> String {
    Sha256::digest(content.to_vec()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the time of a picture as EXIF, with the position if `keep_place` is set.
fn taken(picture: &[u8], keep_place: bool) -> Option<Vec<u8>> {
    let exif = Reader::new().read_from_container(&mut Cursor::new(picture)).ok()?;
    let when = [Tag::DateTimeOriginal, Tag::OffsetTimeOriginal];
    let place = [Tag::GPSLatitudeRef, Tag::GPSLatitude, Tag::GPSLongitudeRef, Tag::GPSLongitude];
    let wanted = when.iter().chain(place.iter().filter(|_| keep_place));
    let fields: Vec<&Field> = wanted.filter_map(|tag| exif.get_field(*tag, In::PRIMARY)).collect();
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    let mut written = Cursor::new(Vec::new());
    (!fields.is_empty()).then_some(())?;
    writer.write(&mut written, false).ok()?;
    Some(written.into_inner())
}

/// Inserts EXIF behind the first marker of a JPEG (Exif 2.3, 4.7.2); returns it unchanged if `taken` is empty.
fn with_taken(jpeg: &[u8], taken: &[u8]) -> Vec<u8> {
    let (Some((start, rest)), false) = (jpeg.split_at_checked(2), taken.is_empty()) else { return jpeg.to_vec() };
    let header = b"Exif\0\0";
    // The length includes its own two bytes; the metadata has a few hundred.
    let length = u16::try_from(2 + header.len() + taken.len()).unwrap_or(u16::MAX).to_be_bytes();
    [start, &[0xff, 0xe1], &length, header, taken, rest].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use exif::{Rational, Value};

    fn field(tag: Tag, value: Value) -> Field {
        Field { tag, ifd_num: In::PRIMARY, value }
    }

    fn text(words: &str) -> Value {
        Value::Ascii(vec![words.as_bytes().to_vec()])
    }

    fn from_a_camera() -> Vec<u8> {
        let degrees = |degrees| Value::Rational(vec![Rational { num: degrees, denom: 1 }; 3]);
        let fields = [
            field(Tag::Make, text("Camera")),
            field(Tag::DateTimeOriginal, text("2026:11:24 09:30:00")),
            field(Tag::GPSLatitudeRef, text("N")),
            field(Tag::GPSLatitude, degrees(25)),
            field(Tag::GPSLongitudeRef, text("E")),
            field(Tag::GPSLongitude, degrees(106)),
        ];
        let (mut writer, mut written) = (Writer::new(), Cursor::new(Vec::new()));
        fields.iter().for_each(|field| writer.push_field(field));
        writer.write(&mut written, false).unwrap();
        with_taken(&[0xff, 0xd8, 0xff, 0xd9], &written.into_inner())
    }

    fn tags(jpeg: &[u8]) -> Vec<Tag> {
        let exif = Reader::new().read_from_container(&mut Cursor::new(jpeg)).unwrap();
        exif.fields().map(|field| field.tag).filter(|tag| !matches!(tag.number(), 0x8769 | 0x8825)).collect()
    }

    #[test]
    fn exif_keeps_the_time_and_the_position_only_if_allowed() {
        let photo = from_a_camera();
        assert!(tags(&photo).contains(&Tag::Make));
        let without = with_taken(&[0xff, 0xd8, 0xff, 0xd9], &taken(&photo, false).unwrap());
        assert_eq!(tags(&without), [Tag::DateTimeOriginal]);
        let with = tags(&with_taken(&[0xff, 0xd8, 0xff, 0xd9], &taken(&photo, true).unwrap()));
        assert!(with.contains(&Tag::GPSLatitude) && with.contains(&Tag::GPSLongitude) && !with.contains(&Tag::Make));
    }

    #[test]
    fn jpeg_without_exif_is_unchanged() {
        assert_eq!(taken(b"no picture", true), None);
        assert_eq!(with_taken(&[0xff, 0xd8, 0xff, 0xd9], &[]), [0xff, 0xd8, 0xff, 0xd9]);
    }
}
