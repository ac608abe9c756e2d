//! Stored answers of mutations, so that a repeated one changes nothing and gets the same answer.

use crate::db::bulk::insert;
use crate::db::{Result, Tx, on};
use jiedui_core::sync::{Mutation, PushResult};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The beginning of the SHA-256 of a mutation: enough to tell whether it is the same that comes again.
pub type MutationDigest = [u8; 16];

/// Answers by the mutations' numbers.
pub type Answers = BTreeMap<u64, (MutationDigest, PushResult)>;

/// A mutation's digest, the same however it travelled.
pub fn digest(mutation: &Mutation) -> Result<MutationDigest> {
    let hash = Sha256::digest(serde_json::to_vec(mutation)?);
    let mut digest = MutationDigest::default();
    digest.copy_from_slice(&hash[..16]);
    Ok(digest)
}

/// The answers that a client's mutations from `first` to `last` have got before.
pub async fn find(tx: &mut Tx, account: Uuid, client: Uuid, first: i64, last: i64) -> Result<Answers> {
    let query = "SELECT digests, results FROM answer
        WHERE account = $1 AND client = $2 AND last_seq >= $3 AND first_seq <= $4";
    let rows = on!(in tx, |connection| sqlx::query_as::<_, (Vec<u8>, String)>(query)
        .bind(account)
        .bind(client)
        .bind(first)
        .bind(last)
        .fetch_all(connection)
        .await?);
    let mut answers = Answers::new();
    for (digests, results) in rows {
        let results: Vec<PushResult> = serde_json::from_str(&results)?;
        let digests = digests.chunks_exact(16).filter_map(|digest| digest.try_into().ok());
        answers.extend(digests.zip(results).map(|(digest, result)| (result.seq, (digest, result))));
    }
    Ok(answers)
}

/// The answers of one push, as they are stored.
#[derive(Debug)]
pub struct Stored {
    account: Uuid,
    client: Uuid,
    last_seq: i64,
    first_seq: i64,
    digests: Vec<u8>,
    results: String,
}

impl Stored {
    /// Encodes the answers of new mutations; `None` if there are none.
    pub fn new(account: Uuid, client: Uuid, answers: &[(MutationDigest, PushResult)]) -> Result<Option<Self>> {
        let numbers = || answers.iter().map(|(_, result)| crate::db::signed(result.seq));
        let (Some(first_seq), Some(last_seq)) = (numbers().min(), numbers().max()) else { return Ok(None) };
        let digests = answers.iter().flat_map(|(digest, _)| *digest).collect();
        let results = serde_json::to_string(&answers.iter().map(|(_, result)| result).collect::<Vec<_>>())?;
        Ok(Some(Self { account, client, last_seq, first_seq, digests, results }))
    }
}

/// Stores them.
pub async fn write(tx: &mut Tx, rows: &[Stored], at: i64) -> Result<()> {
    let head = "INSERT INTO answer (account, client, last_seq, first_seq, digests, results, at) ";
    insert!(tx, head, rows, "", |values, row| {
        values.push_bind(row.account).push_bind(row.client).push_bind(row.last_seq).push_bind(row.first_seq);
        values.push_bind(&row.digests).push_bind(&row.results).push_bind(at);
    });
    Ok(())
}
