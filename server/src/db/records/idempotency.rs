//! Stored answers of mutations, so that a repeated one changes nothing and gets the same answer.

use crate::db::bulk::insert;
use crate::db::records::stored;
use crate::db::{Result, Tx, Unreadable, signed, with_db};
use jiedui_core::sync::{Mutation, PushResult};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use uuid::Uuid;

/// First bytes of the SHA-256 of a mutation, which identify a repetition.
pub type MutationDigest = [u8; 16];

/// Answers to a client's mutations, by sequence number.
#[derive(Debug, Default)]
pub struct Answers {
    answers: BTreeMap<u64, (MutationDigest, PushResult)>,
    /// Sequence numbers whose answers cannot be read.
    unreadable: Vec<RangeInclusive<i64>>,
}

impl Answers {
    /// Returns the answer to a mutation, with the mutation's digest.
    pub fn get(&self, seq: u64) -> Option<&(MutationDigest, PushResult)> {
        self.answers.get(&seq)
    }

    /// Adds an answer.
    pub fn insert(&mut self, digest: MutationDigest, result: PushResult) {
        self.answers.insert(result.seq, (digest, result));
    }

    /// Adds the answers to other mutations of the same client.
    pub fn extend(&mut self, other: Self) {
        self.answers.extend(other.answers);
        self.unreadable.extend(other.unreadable);
    }

    /// Returns whether a mutation may have been answered by an answer that cannot be read.
    pub fn is_unreadable(&self, seq: u64) -> bool {
        self.unreadable.iter().any(|numbers| numbers.contains(&signed(seq)))
    }
}

/// Returns the digest of a mutation, which is the same for JSON and CBOR.
pub fn digest(mutation: &Mutation) -> Result<MutationDigest> {
    let hash = Sha256::digest(serde_json::to_vec(mutation)?);
    let mut digest = MutationDigest::default();
    digest.copy_from_slice(&hash[..16]);
    Ok(digest)
}

/// Stored answers of one push.
#[derive(Debug, sqlx::FromRow)]
pub struct StoredAnswers {
    account: Uuid,
    client: Uuid,
    last_seq: i64,
    first_seq: i64,
    digests: Vec<u8>,
    results: String,
}

impl StoredAnswers {
    /// Encodes the answers of new mutations; `None` if there are none.
    pub fn new(account: Uuid, client: Uuid, answers: &[(MutationDigest, PushResult)]) -> Result<Option<Self>> {
        let numbers = || answers.iter().map(|(_, result)| signed(result.seq));
        let (Some(first_seq), Some(last_seq)) = (numbers().min(), numbers().max()) else { return Ok(None) };
        let digests = answers.iter().flat_map(|(digest, _)| *digest).collect();
        let results = serde_json::to_string(&answers.iter().map(|(_, result)| result).collect::<Vec<_>>())?;
        Ok(Some(Self { account, client, last_seq, first_seq, digests, results }))
    }

    /// Decodes the answers.
    fn parse(&self) -> Result<Vec<(MutationDigest, PushResult)>> {
        let Self { account, client, last_seq, first_seq, digests, results } = self;
        let name = format!("{account}, client {client}, {first_seq} to {last_seq}");
        for (column, number) in [("first_seq", first_seq), ("last_seq", last_seq)] {
            stored::unsigned("answer", &name, column, *number)?;
        }
        let results: Vec<PushResult> = stored::parse("answer", &name, results)?;
        let (digests, rest) = digests.as_chunks();
        if digests.len() != results.len() || !rest.is_empty() {
            return Err(stored::unreadable("answer", name, &"another number of digests than of results"));
        }
        Ok(digests.iter().copied().zip(results).collect())
    }
}

/// Returns the stored answers to a client's mutations from `first` to `last`.
pub async fn find(tx: &mut Tx, account: Uuid, client: Uuid, first: i64, last: i64) -> Result<Answers> {
    let query = "SELECT account, client, last_seq, first_seq, digests, results FROM answer
        WHERE account = $1 AND client = $2 AND last_seq >= $3 AND first_seq <= $4";
    let rows: Vec<StoredAnswers> = with_db!(tx tx, |connection| sqlx::query_as(query)
        .bind(account)
        .bind(client)
        .bind(first)
        .bind(last)
        .fetch_all(connection)
        .await?);
    let mut answers = Answers::default();
    for row in rows {
        match stored::omit_unreadable(row.parse())? {
            Some(pairs) => pairs.into_iter().for_each(|(digest, result)| answers.insert(digest, result)),
            None => answers.unreadable.push(row.first_seq..=row.last_seq),
        }
    }
    Ok(answers)
}

/// Inserts answers.
pub async fn write(tx: &mut Tx, rows: &[StoredAnswers], at: i64) -> Result<()> {
    let head = "INSERT INTO answer (account, client, last_seq, first_seq, digests, results, at) ";
    insert!(tx, head, rows, "", |values, row| {
        values.push_bind(row.account).push_bind(row.client).push_bind(row.last_seq).push_bind(row.first_seq);
        values.push_bind(&row.digests).push_bind(&row.results).push_bind(at);
    });
    Ok(())
}

/// Rows that [`note_unreadable`] reads at a time.
const PAGE: i64 = 1_000;

/// Adds the unreadable answers to a list. Reads all answers.
pub async fn note_unreadable(tx: &mut Tx, unreadable: &mut Vec<Unreadable>) -> Result<()> {
    let query = "SELECT account, client, last_seq, first_seq, digests, results FROM answer
        WHERE (account, client, last_seq) > ($1, $2, $3) ORDER BY account, client, last_seq LIMIT $4";
    let mut after = (Uuid::nil(), Uuid::nil(), i64::MIN);
    loop {
        let rows: Vec<StoredAnswers> = with_db!(tx &mut *tx, |connection| sqlx::query_as(query)
            .bind(after.0)
            .bind(after.1)
            .bind(after.2)
            .bind(PAGE)
            .fetch_all(connection)
            .await?);
        let Some(last) = rows.last() else { return Ok(()) };
        after = (last.account, last.client, last.last_seq);
        for row in rows {
            stored::note_unreadable(row.parse(), unreadable)?;
        }
    }
}
