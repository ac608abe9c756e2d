//! Encoding of bodies: CBOR, compressed with gzip if the browser can.

use crate::api::error::ApiError;
use js_sys::{Array, Function, Reflect, Uint8Array};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, ReadableStream, ReadableStreamDefaultReader};

/// The content type.
pub const CBOR: &str = "application/cbor";

/// Encodes a body as CBOR. It converts through JSON values, so that the wasm contains one serializer for each type.
pub fn encode(body: &impl Serialize) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    ciborium::into_writer(&serde_json::to_value(body).ok()?, &mut bytes).ok()?;
    Some(bytes)
}

/// Decodes a value that [`encode`] has encoded.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let value: Value = ciborium::from_reader(bytes).ok()?;
    serde_json::from_value(value).ok()
}

/// Compresses with gzip; `None` if the browser cannot (Chrome before 80, Safari before 16.4).
pub async fn compress(bytes: &[u8]) -> Option<Uint8Array> {
    let packer = Reflect::get(&js_sys::global(), &"CompressionStream".into()).ok()?.dyn_into::<Function>().ok()?;
    let packer = Reflect::construct(&packer, &Array::of1(&"gzip".into())).ok()?;
    let blob = Blob::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(bytes))).ok()?;
    let packed = blob.stream().pipe_through(packer.unchecked_ref());
    let whole = web_sys::Response::new_with_opt_readable_stream(Some(&packed)).ok()?.array_buffer().ok()?;
    Some(Uint8Array::new(&JsFuture::from(whole).await.ok()?))
}

/// Chunks of a streamed answer: a sequence of CBOR byte strings (RFC 8742).
pub struct ChunkStream {
    reader: ReadableStreamDefaultReader,
    received: Vec<u8>,
}

impl ChunkStream {
    /// Reads the chunks of an answer's body.
    pub fn of(body: &ReadableStream) -> Option<Self> {
        Some(Self { reader: body.get_reader().dyn_into().ok()?, received: Vec::new() })
    }

    /// Returns the next chunk once it is complete.
    pub async fn next<T: DeserializeOwned>(&mut self) -> Result<T, ApiError> {
        loop {
            if let Some((start, end)) = first(&self.received) {
                let chunk = self.received.get(start..end).and_then(decode);
                self.received.drain(..end);
                return chunk.ok_or_else(ApiError::no_answer);
            }
            // A line that breaks ends here as an error or as an early end.
            let read = JsFuture::from(self.reader.read()).await.map_err(|_| ApiError::no_answer())?;
            let bytes = Reflect::get(&read, &"value".into()).unwrap_or(JsValue::UNDEFINED);
            let bytes = bytes.dyn_into::<Uint8Array>().map_err(|_| ApiError::no_answer())?;
            self.received.extend(bytes.to_vec());
        }
    }
}

impl Drop for ChunkStream {
    fn drop(&mut self) {
        // Cancels the stream; the error is ignored if the connection is already broken.
        let cancelled = JsFuture::from(self.reader.cancel());
        spawn_local(async move { drop(cancelled.await) });
    }
}

/// Returns the range of the first byte string's content in `bytes` (RFC 8949, section 3.1); `None` until it is complete.
fn first(bytes: &[u8]) -> Option<(usize, usize)> {
    const BYTE_STRING: u8 = 2 << 5;
    let head = *bytes.first()?;
    let (start, length) = match head.checked_sub(BYTE_STRING)? {
        short @ 0..24 => (1, usize::from(short)),
        sized @ 24..27 => {
            let size = 1 << (sized - 24);
            let digits = bytes.get(1..=size)?;
            (1 + size, digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)))
        }
        _ => return None,
    };
    (bytes.len() >= start + length).then_some((start, start + length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn encoded_body_decodes_to_itself() {
        let body =
            json!({"client_id": "x", "mutations": [{"seq": 1, "values": {"area": 4.5, "count": -3}, "note": null}]});
        assert_eq!(decode::<Value>(&encode(&body).unwrap()), Some(body));
        assert_eq!(decode::<Value>(b"\xff"), None);
    }

    #[test]
    fn chunk_is_returned_once_it_is_complete() {
        for length in [0, 5, 23, 24, 255, 256, 70_000] {
            let content = vec![7; length];
            let mut framed = Vec::new();
            ciborium::into_writer(&ciborium::Value::Bytes(content), &mut framed).unwrap();
            let (start, end) = first(&framed).unwrap();
            assert_eq!((end, end - start), (framed.len(), length));
            assert_eq!(first(&framed[..framed.len() - 1]), None);
            framed.push(0x41);
            assert_eq!(first(&framed).unwrap(), (start, end));
        }
    }
}
