//! Metadata of photos and agreements: rights to read them and the records that name them. The content is in files.

use crate::db::bulk::{insert, select_in};
use crate::db::{Db, Result, Tx, feed, with_db};
use jiedui_core::access::user::User;
use jiedui_core::entry::{Fields, field};
use jiedui_core::sync::Kind;
use serde_json::Value;
use sqlx::FromRow;
use std::collections::BTreeSet;
use std::io;
use uuid::Uuid;

/// Returns the content type of the stored photo with this hash, if there is one.
pub async fn content_type(db: &Db, sha256: &str) -> Result<Option<String>> {
    let query = "SELECT content_type FROM attachment WHERE sha256 = $1";
    Ok(with_db!(primary db, |pool| sqlx::query_scalar(query).bind(sha256).fetch_optional(pool).await?))
}

/// Records that an account has uploaded a photo whose content is stored.
pub async fn add(db: &Db, sha256: &str, size: i64, content_type: &str, account: Uuid) -> Result<()> {
    let photo =
        "INSERT INTO attachment (sha256, size, content_type, account, created_at, named) VALUES ($1, $2, $3, $4, $5,
        EXISTS (SELECT 1 FROM attachment_reference r WHERE r.sha256 = $1)) ON CONFLICT (sha256) DO NOTHING";
    let owner = "INSERT INTO attachment_owner (sha256, account, size, created_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (sha256, account) DO NOTHING";
    let (mut tx, at) = (db.begin().await?, crate::db::now());
    with_db!(tx &mut tx, |connection| {
        sqlx::query(photo)
            .bind(sha256)
            .bind(size)
            .bind(content_type)
            .bind(account)
            .bind(at)
            .execute(&mut *connection)
            .await?;
        sqlx::query(owner).bind(sha256).bind(account).bind(size).bind(at).execute(&mut *connection).await?;
    });
    tx.commit().await
}

/// Returns the number of photo bytes that an account has uploaded since an instant.
pub async fn brought_since(db: &Db, account: Uuid, since: i64) -> Result<i64> {
    let query =
        "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM attachment_owner WHERE account = $1 AND created_at >= $2";
    Ok(with_db!(primary db, |pool| sqlx::query_scalar(query).bind(account).bind(since).fetch_one(pool).await?))
}

const IS_OWNER: &str = "SELECT COUNT(*) FROM attachment_owner WHERE sha256 = $1 AND account = $2";

/// A record that names a photo or has named it, by a reference that counts.
#[derive(FromRow)]
struct Reference {
    record: Uuid,
    #[sqlx(try_from = "String")]
    kind: Kind,
    author: Option<Uuid>,
    programme: String,
    place: String,
    /// Whether the record names the photo at present.
    is_current: bool,
}

const REFERENCES: &str =
    "SELECT r.id AS record, r.kind, r.author, r.programme, r.place, (NOT r.deleted AND r.fields LIKE $2) AS is_current
    FROM attachment_reference f JOIN record r ON r.id = f.record
    WHERE f.sha256 = $1 AND (f.account = $3
        OR EXISTS (SELECT 1 FROM attachment_owner o WHERE o.sha256 = f.sha256 AND o.account = f.account))";

impl Reference {
    /// Whether it lets a user read the photo. Deleted entries and history are for their author and for reviewers; the
    /// agreement of a pairing is for everybody with an account.
    fn shows(&self, user: &User) -> bool {
        if self.kind == Kind::Pairing {
            return self.is_current || user.role.coordinates();
        }
        user.sees(self.author, &self.programme, &self.place)
            && (self.is_current || user.role.reviews() || self.author == Some(user.id))
    }
}

/// Returns whether a user may read a stored photo: as its uploader, or because a visible record names it.
pub async fn may_read(db: &Db, sha256: &str, user: &User) -> Result<bool> {
    let owned: i64 =
        with_db!(primary db, |pool| sqlx::query_scalar(IS_OWNER).bind(sha256).bind(user.id).fetch_one(pool).await?);
    if owned > 0 {
        return Ok(true);
    }
    let references: Vec<Reference> = with_db!(primary db, |pool| sqlx::query_as(REFERENCES)
        .bind(sha256)
        .bind(pattern(sha256))
        .bind(Uuid::nil())
        .fetch_all(pool)
        .await?);
    Ok(references.iter().any(|reference| reference.shows(user)))
}

fn pattern(sha256: &str) -> String {
    format!("%{sha256}%")
}

/// Returns the photos that fields name.
pub fn named_in(fields: &Fields) -> impl Iterator<Item = &str> {
    let attachments = fields.get(field::ATTACHMENTS).and_then(Value::as_array).into_iter().flatten();
    attachments.chain(fields.get("agreement")).filter_map(Value::as_str)
}

/// Rights of a batch to name stored photos of other accounts.
#[derive(Debug, Default)]
pub struct Naming {
    /// Accounts with the photos that they may read.
    readable: BTreeSet<(Uuid, String)>,
    /// Accounts, records and photos that must not be named.
    refused: BTreeSet<(Uuid, Uuid, String)>,
}

impl Naming {
    /// Looks up the photos that users name in records. A photo that is not stored yet may be named: the phone that took it
    /// sends it after the entry. A photo of another account may be named by users who may read it, and in a record that
    /// names it or has named it.
    pub async fn look_up(tx: &mut Tx, named: &[(&User, Uuid, &str)]) -> Result<Self> {
        let mut naming = Self::default();
        let hashes: Vec<&str> = named.iter().map(|(_, _, hash)| *hash).collect::<BTreeSet<_>>().into_iter().collect();
        let stored =
            select_in!(&mut *tx, "SELECT sha256 FROM attachment WHERE sha256", hashes, (String,), |values, hash| {
                values.push_bind(*hash);
            });
        let stored: BTreeSet<String> = stored.into_iter().map(|row| row.0).collect();
        for (user, record, hash) in named.iter().filter(|(_, _, hash)| stored.contains(*hash)) {
            let owned: i64 = with_db!(tx &mut *tx, |connection| sqlx::query_scalar(IS_OWNER)
                .bind(*hash)
                .bind(user.id)
                .fetch_one(connection)
                .await?);
            if owned > 0 {
                continue;
            }
            let references: Vec<Reference> = with_db!(tx &mut *tx, |connection| sqlx::query_as(REFERENCES)
                .bind(*hash)
                .bind(pattern(hash))
                .bind(Uuid::nil())
                .fetch_all(connection)
                .await?);
            if user.id.is_nil() || references.iter().any(|reference| reference.shows(user)) {
                naming.readable.insert((user.id, (*hash).to_owned()));
            } else if !references.iter().any(|reference| reference.record == *record) {
                naming.refused.insert((user.id, *record, (*hash).to_owned()));
            }
        }
        Ok(naming)
    }

    /// Returns whether a user may not name one of these photos in a record.
    pub fn refuses<'a>(&self, user: Uuid, record: Uuid, mut hashes: impl Iterator<Item = &'a str>) -> bool {
        !self.refused.is_empty() && hashes.any(|hash| self.refused.contains(&(user, record, hash.to_owned())))
    }

    /// Returns the reference that a change by a user makes.
    pub fn reference(&self, user: Uuid, record: Uuid, hash: &str) -> (String, Uuid, Uuid) {
        let may_read = self.readable.contains(&(user, hash.to_owned()));
        (hash.to_owned(), record, if may_read { Uuid::nil() } else { user })
    }
}

/// Writes references: photo, record, account. They are permanent, like the record's history.
pub async fn refer(tx: &mut Tx, references: &[(String, Uuid, Uuid)]) -> Result<()> {
    let head = "INSERT INTO attachment_reference (sha256, record, account) ";
    insert!(tx, head, references, " ON CONFLICT (sha256, record, account) DO NOTHING", |values, reference| {
        values.push_bind(&reference.0).push_bind(reference.1).push_bind(reference.2);
    });
    let named = "UPDATE attachment SET named = TRUE WHERE sha256 = $1 AND NOT named";
    for (sha256, ..) in references {
        with_db!(tx &mut *tx, |connection| sqlx::query(named).bind(sha256).execute(connection).await.map(drop)?);
    }
    Ok(())
}

/// Deletes photos that no record has named since an instant, up to a limit, and returns their hashes. The feed is
/// locked, so none of them can become named. `set_aside` moves their files before the rows are deleted.
pub async fn forget_unnamed(
    db: &Db,
    before: i64,
    limit: i64,
    set_aside: impl FnOnce(&[String]) -> io::Result<()>,
) -> Result<Vec<String>> {
    let unnamed = "SELECT sha256 FROM attachment WHERE NOT named AND created_at < $1 ORDER BY created_at LIMIT $2";
    let hashes: Vec<String> =
        with_db!(primary db, |pool| sqlx::query_scalar(unnamed).bind(before).bind(limit).fetch_all(pool).await?);
    if hashes.is_empty() {
        return Ok(hashes);
    }
    let mut tx = db.begin().await?;
    feed::lock(&mut tx).await?;
    let forget = "DELETE FROM attachment WHERE sha256 = $1 AND NOT named
        AND NOT EXISTS (SELECT 1 FROM attachment_reference r WHERE r.sha256 = attachment.sha256)";
    let owners = "DELETE FROM attachment_owner WHERE sha256 = $1";
    // The reference and the photo arrived concurrently.
    let named = "UPDATE attachment SET named = TRUE WHERE sha256 = $1";
    let mut forgotten = Vec::with_capacity(hashes.len());
    for sha256 in hashes {
        with_db!(tx &mut tx, |connection| {
            let done = sqlx::query(forget).bind(&sha256).execute(&mut *connection).await?.rows_affected() > 0;
            let follow = if done { owners } else { named };
            sqlx::query(follow).bind(&sha256).execute(&mut *connection).await?;
            if done {
                forgotten.push(sha256);
            }
        });
    }
    set_aside(&forgotten)?;
    tx.commit().await?;
    Ok(forgotten)
}

/// Returns the hashes of stored photos after one, in order, up to a limit.
pub async fn hashes_after(db: &Db, after: &str, limit: i64) -> Result<Vec<String>> {
    let query = "SELECT sha256 FROM attachment WHERE sha256 > $1 ORDER BY sha256 LIMIT $2";
    Ok(with_db!(primary db, |pool| sqlx::query_scalar(query).bind(after).bind(limit).fetch_all(pool).await?))
}
