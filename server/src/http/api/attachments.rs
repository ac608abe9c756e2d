//! Photos by content hash, with resumable uploads.

use crate::attachment_store::{AttachmentStore, ChunkOutcome};
use crate::db::files::attachment;
use crate::http::extract::body::{Accept, Payload as Body, unreadable};
use crate::http::extract::current_user::CurrentUser;
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiedui_core::access::user::User;
use jiedui_core::api::attachments::{MissingRequest, MissingResponse};
use jiedui_core::api::schema::FileContent;
use jiedui_core::values::field_error::{ErrorCode, FieldError};
use jiedui_core::values::hash::is_sha256;
use std::io;
use tokio::task::spawn_blocking;

/// Maximum size of a photo, in bytes.
const LARGEST: u64 = 4 << 20;
/// Maximum number of unfinished uploads per account.
const MAX_UPLOADS: usize = 64;
/// Maximum number of hashes in one request.
const MAX_HASHES: usize = 100;
/// Milliseconds of a day.
const DAY: i64 = 24 * 3600 * 1000;

/// Accepts hashes only. Nothing else may become a file name.
fn checked(sha256: String) -> Result<String, Problem> {
    if is_sha256(&sha256) { Ok(sha256) } else { Err(Problem::not_found()) }
}

impl AppState {
    /// Returns the store of photo files.
    pub fn attachments(&self) -> AttachmentStore {
        AttachmentStore::new(&self.config.storage.data_dir)
    }

    /// Runs file operations on the blocking thread pool.
    async fn with_attachments<T: Send + 'static>(
        &self,
        work: impl FnOnce(&AttachmentStore) -> io::Result<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let store = self.attachments();
        Ok(spawn_blocking(move || work(&store)).await.map_err(io::Error::other)??)
    }

    /// Returns whether a photo and its file are stored and the user may read it. Without the right the answer is no.
    async fn is_stored_for(&self, sha256: &str, user: &User) -> Result<bool, Problem> {
        if attachment::content_type(&self.db, sha256).await?.is_none()
            || !attachment::may_read(&self.db, sha256, user).await?
        {
            return Ok(false);
        }
        let sha256 = sha256.to_owned();
        self.with_attachments(move |store| store.has(&sha256)).await
    }
}

/// Part of a photo in a request, or a question about the upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    /// `bytes */TOTAL` without a body: asks for the received length.
    Question,
    /// `bytes START-END/TOTAL`, or the whole photo.
    Part { start: u64, total: u64 },
}

/// Parses `Content-Range`; `None` if it does not match the length of the body.
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

/// Returns a response with the received length of a photo in `Range`.
fn received_length(status: StatusCode, received: u64) -> Response {
    match received {
        0 => status.into_response(),
        _ => (status, [(header::RANGE, format!("bytes=0-{}", received - 1))]).into_response(),
    }
}

/// Stores a photo, or with `Content-Range` its next part. 202 has the received length in `Range`, also for a request
/// with `bytes */TOTAL` and no body.
#[utoipa::path(put, path = "/api/v1/attachments/{sha256}", params(("sha256" = String, Path)),
    request_body(content = FileContent, description = "a picture or a PDF, or a part of one", content_type = "application/octet-stream"), responses(
    (status = 201, description = "stored"), (status = 200, description = "already stored"),
    (status = 202, description = "a part is stored"), (status = 400, description = "content that does not match the hash, or no picture; `content-range` in errors: the total differs from the first part's"),
    (status = 403, description = "a role that does not record"),
    (status = 409, description = "this part does not follow the stored bytes; Range has their number"),
    (status = 413, description = "over 4 MB"), (status = 429, description = "the daily quota of the account is used up, or another request uploads this photo"),
    (status = 507, description = "the server has no space left: try again later")))]
pub async fn put(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    Path(sha256): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let sha256 = checked(sha256)?;
    if !user.role.records() {
        return Err(Problem::forbidden());
    }
    let body = body.map_err(unreadable)?;
    // A photo without its file is accepted again.
    if app.is_stored_for(&sha256, &user).await? {
        return Ok(StatusCode::OK.into_response());
    }
    let bad_range = Problem::new(StatusCode::BAD_REQUEST, "Content-Range 不对", "The Content-Range is invalid");
    let (account, hash) = (user.id, sha256.clone());
    let Sent::Part { start, total } = sent(&headers, body.len() as u64).ok_or(bad_range)? else {
        let received = app.with_attachments(move |store| store.received(account, &hash)).await?;
        return Ok(received_length(StatusCode::ACCEPTED, received));
    };
    if total > LARGEST {
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "照片太大", "The photo is too large"));
    }
    let (uploads, bytes) = app.with_attachments(move |store| store.unfinished_uploads(account, &hash)).await?;
    let stored = attachment::brought_since(&app.db, account, crate::db::now() - DAY).await?;
    let quota = i64::from(app.config.photo_quota_mb) << 20;
    let used = [stored, signed(bytes), signed(total)].into_iter().fold(0_i64, i64::saturating_add);
    if uploads >= MAX_UPLOADS || used > quota {
        tracing::warn!(%account, stored, uploads, "an account has used up its photo quota");
        let (chinese, english) =
            ("今天上传的照片太多，明天会接着上传", "Too many photos for one day: uploads continue tomorrow");
        return Err(Problem::retry_after(StatusCode::TOO_MANY_REQUESTS, chinese, english, 3600));
    }
    let hash = sha256.clone();
    match app.with_attachments(move |store| store.receive(account, &hash, (start, total), &body)).await? {
        ChunkOutcome::Part(received) => Ok(received_length(StatusCode::ACCEPTED, received)),
        ChunkOutcome::Gap(received) => Ok(received_length(StatusCode::CONFLICT, received)),
        ChunkOutcome::OtherTotal(first) => {
            let (chinese, english) = (
                "照片的总大小与先前上传的部分不同",
                "The total size of the photo differs from that of its earlier parts",
            );
            let error = FieldError::with_limit("content-range", ErrorCode::Conflict, first as f64);
            Err(Problem::new(StatusCode::BAD_REQUEST, chinese, english).with(vec![error]))
        }
        ChunkOutcome::Whole { size, content_type } => {
            attachment::add(&app.db, &sha256, signed(size), content_type, account).await?;
            Ok(StatusCode::CREATED.into_response())
        }
        ChunkOutcome::Wrong => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "不是照片或 PDF，或内容与校验值不符",
            "Neither a picture nor a PDF, or the content does not match the hash",
        )),
        ChunkOutcome::Busy => Err(Problem::retry_after(
            StatusCode::TOO_MANY_REQUESTS,
            "这张照片正在上传",
            "This photo is being uploaded by another request",
            1,
        )),
    }
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// Returns the photos that the phone should upload again: those that are not stored, or whose file is missing after a
/// restore from a backup.
#[utoipa::path(post, path = "/api/v1/attachments/missing",
    request_body = MissingRequest,
    responses((status = 200, description = "the photos to send again", body = MissingResponse),
        (status = 400, description = "no hashes, or too many")))]
pub async fn missing(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    wants: Accept,
    body: Body,
) -> Result<Response, Problem> {
    let wrong = || Problem::field("sha256", ErrorCode::WrongType);
    let MissingRequest { sha256 } = body.parse().map_err(|_| wrong())?;
    if sha256.len() > MAX_HASHES {
        return Err(Problem::field("sha256", ErrorCode::TooLong));
    }
    let mut missing = Vec::new();
    for hash in sha256 {
        if !is_sha256(&hash) {
            return Err(wrong());
        }
        if !app.is_stored_for(&hash, &user).await? {
            missing.push(hash);
        }
    }
    Ok(wants.answer(&MissingResponse { missing }))
}

/// Returns a photo. Its content never changes, so clients may cache it.
#[utoipa::path(get, path = "/api/v1/attachments/{sha256}", params(("sha256" = String, Path)), responses(
    (status = 200, description = "the photo", body = FileContent, content_type = "image/*"), (status = 403, description = "not visible to this user"),
    (status = 404, description = "no such photo, or its file is missing")))]
pub async fn get(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    Path(sha256): Path<String>,
) -> Result<Response, Problem> {
    let sha256 = checked(sha256)?;
    let content_type = attachment::content_type(&app.db, &sha256).await?.ok_or(Problem::not_found())?;
    if !attachment::may_read(&app.db, &sha256, &user).await? {
        return Err(Problem::forbidden());
    }
    let hash = sha256.clone();
    let Some(bytes) = app.with_attachments(move |store| store.read(&hash)).await? else {
        tracing::error!(sha256, "the file of a stored photo is missing");
        return Err(Problem::not_found());
    };
    // Browsers do not show PDF in a sandbox, so files other than pictures are downloaded.
    let ending = content_type.rsplit('/').next().unwrap_or("bin");
    let kind = if content_type.starts_with("image/") { "inline" } else { "attachment" };
    let disposition = format!("{kind}; filename=\"{}.{ending}\"", sha256.get(..12).unwrap_or(&sha256));
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CACHE_CONTROL, "private, max-age=31536000, immutable".to_owned()),
    ];
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
    fn upload_accepts_only_a_matching_range(#[case] text: &str, #[case] expected: Option<Sent>) {
        let mut headers = HeaderMap::new();
        assert_eq!(sent(&headers, 10), Some(Sent::Part { start: 0, total: 10 }));
        headers.insert(header::CONTENT_RANGE, text.parse().unwrap());
        assert_eq!(sent(&headers, 10), expected);
    }

    #[test]
    fn empty_upload_asks_for_the_stored_size() {
        let headers = HeaderMap::from_iter([(header::CONTENT_RANGE, "bytes */20".parse().unwrap())]);
        assert_eq!(sent(&headers, 0), Some(Sent::Question));
    }
}
