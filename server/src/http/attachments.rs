//! Photos by their content hash. A broken upload goes on where it stopped.

use super::App;
use super::body::unreadable;
use super::problem::Problem;
use crate::auth::SignedIn;
use crate::db::{DbError, attachment};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use tokio::fs;
use tokio::io::AsyncWriteExt;

/// The largest photo, in bytes.
const LARGEST: u64 = 4 << 20;

/// A SHA-256 in lower-case hexadecimal: nothing else may become a file's name.
fn checked(sha256: &str) -> Result<&str, Problem> {
    let right = sha256.len() == 64 && sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if right { Ok(sha256) } else { Err(Problem::not_found()) }
}

/// SHA-256 in lower-case hexadecimal.
pub fn hash_of(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl App {
    fn attachment_path(&self, sha256: &str) -> PathBuf {
        self.config.storage.data_dir.join("attachments").join(sha256)
    }
}

/// What the content is, by its first bytes; `None` for what is no picture and no agreement.
fn content_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        [b'%', b'P', b'D', b'F', b'-', ..] => Some("application/pdf"),
        _ => None,
    }
}

fn failed(error: std::io::Error) -> Problem {
    DbError::Sql(sqlx::Error::Io(error)).into()
}

/// What is sent of a photo, or asked about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    /// `bytes */TOTAL` and nothing else: how much of it is there?
    Question,
    /// `bytes START-END/TOTAL`, or the whole.
    Part { start: u64, total: u64 },
}

/// Reads `Content-Range`; nothing where it does not fit to what is sent.
fn sent(headers: &HeaderMap, length: u64) -> Option<Sent> {
    let Some(range) = headers.get(header::CONTENT_RANGE) else { return Some(Sent::Part { start: 0, total: length }) };
    let (span, total) = range.to_str().ok()?.strip_prefix("bytes ")?.split_once('/')?;
    let total: u64 = total.parse().ok()?;
    if span == "*" {
        return (length == 0).then_some(Sent::Question);
    }
    let (start, end) = span.split_once('-')?;
    let (start, end): (u64, u64) = (start.parse().ok()?, end.parse().ok()?);
    let fits = end.checked_sub(start)?.checked_add(1)? == length && end < total;
    fits.then_some(Sent::Part { start, total })
}

/// So many bytes of a photo are there: `Range` says which, where there are any.
fn so_much_is_there(status: StatusCode, there: u64) -> Response {
    match there {
        0 => status.into_response(),
        _ => (status, [(header::RANGE, format!("bytes=0-{}", there - 1))]).into_response(),
    }
}

/// Stores a photo, or with `Content-Range` the next part of one. 202 with `Range` tells how much is there by now, also to who
/// asks with `bytes */TOTAL` and no body.
#[utoipa::path(put, path = "/api/v1/attachments/{sha256}", params(("sha256" = String, Path)), responses(
    (status = 201, description = "stored"), (status = 200, description = "was there already"),
    (status = 202, description = "a part is stored"), (status = 400, description = "not what the hash says, or no picture"),
    (status = 409, description = "this part does not follow what is there; Range tells how much is")))]
pub async fn put(
    State(app): State<App>,
    SignedIn(user): SignedIn,
    Path(sha256): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let path = app.attachment_path(checked(&sha256)?);
    let body = body.map_err(unreadable)?;
    if attachment::find(&app.db, &sha256).await?.is_some() {
        return Ok(StatusCode::OK.into_response());
    }
    let bad_range = Problem::new(StatusCode::BAD_REQUEST, "Content-Range 不对", "The Content-Range is not right");
    let sent = sent(&headers, body.len() as u64).ok_or(bad_range)?;
    // Each person's parts lie apart: nobody can spoil another's upload.
    let part = path.with_extension(format!("{}.part", user.id));
    let there = fs::metadata(&part).await.map_or(0, |file| file.len());
    let Sent::Part { start, total } = sent else { return Ok(so_much_is_there(StatusCode::ACCEPTED, there)) };
    if total > LARGEST {
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "照片太大", "The photo is too large"));
    }
    fs::create_dir_all(part.parent().unwrap_or(&part)).await.map_err(failed)?;
    if start > 0 && start != there {
        return Ok(so_much_is_there(StatusCode::CONFLICT, there));
    }
    let mut file = fs::OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(start == 0)
        .append(start > 0)
        .open(&part)
        .await
        .map_err(failed)?;
    file.write_all(&body).await.map_err(failed)?;
    file.sync_all().await.map_err(failed)?;
    let there = start + body.len() as u64;
    if there < total {
        return Ok(so_much_is_there(StatusCode::ACCEPTED, there));
    }
    let whole = fs::read(&part).await.map_err(failed)?;
    let hash = hash_of(&whole);
    let kind = content_type(&whole);
    let Some(kind) = kind.filter(|_| hash == sha256) else {
        fs::remove_file(&part).await.map_err(failed)?;
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "不是照片或 PDF，或内容与校验值不符",
            "No picture and no PDF, or not the content that the hash names",
        ));
    };
    fs::rename(&part, &path).await.map_err(failed)?;
    attachment::add(&app.db, &sha256, whole.len() as i64, kind, user.id).await?;
    Ok(StatusCode::CREATED.into_response())
}

/// A photo.
#[utoipa::path(get, path = "/api/v1/attachments/{sha256}", params(("sha256" = String, Path)), responses(
    (status = 200, description = "the photo"), (status = 403, description = "not for this user"),
    (status = 404, description = "there is none")))]
pub async fn get(
    State(app): State<App>,
    SignedIn(user): SignedIn,
    Path(sha256): Path<String>,
) -> Result<Response, Problem> {
    let path = app.attachment_path(checked(&sha256)?);
    let found = attachment::find(&app.db, &sha256).await?.ok_or(Problem::not_found())?;
    if found.account != user.id && !attachment::is_seen_by(&app.db, &sha256, &user).await? {
        return Err(Problem::forbidden());
    }
    let bytes = fs::read(path).await.map_err(failed)?;
    let headers =
        [(header::CONTENT_TYPE, found.content_type), (header::CACHE_CONTROL, "private, immutable".to_owned())];
    Ok((headers, bytes).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("bytes 0-9/20", Some(Sent::Part { start: 0, total: 20 }))]
    #[case("bytes 10-19/20", Some(Sent::Part { start: 10, total: 20 }))]
    #[case("bytes 0-8/20", None)]
    #[case("bytes 15-24/20", None)]
    #[case("bytes 9-0/20", None)]
    #[case("bytes 0-18446744073709551615/5", None)]
    #[case("bytes */20", None)]
    fn takes_only_a_range_that_fits(#[case] text: &str, #[case] expected: Option<Sent>) {
        let mut headers = HeaderMap::new();
        assert_eq!(sent(&headers, 10), Some(Sent::Part { start: 0, total: 10 }));
        headers.insert(header::CONTENT_RANGE, text.parse().unwrap());
        assert_eq!(sent(&headers, 10), expected);
    }

    #[test]
    fn who_sends_nothing_may_ask_how_much_is_there() {
        let headers = HeaderMap::from_iter([(header::CONTENT_RANGE, "bytes */20".parse().unwrap())]);
        assert_eq!(sent(&headers, 0), Some(Sent::Question));
    }
}
