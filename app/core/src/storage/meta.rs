//! Single values of a phone's database, and the phone's identity.

use super::backend::{Key, Row, Store, Transaction};
use super::json::{from_json, to_json};
use super::replica_progress::ReplicaProgress;
use crate::sync::{Sender, Window};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// Names of the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// Client identifier.
    Client,
    /// Database epoch of the replica.
    Epoch,
    /// Cursor of the next pull.
    Cursor,
    /// Window of the replica; absent if it holds everything.
    Window,
    /// Next sequence number.
    NextSeq,
    /// Progress of the replica in the server's feed.
    Progress,
    /// Own entries that others have deleted.
    Gone,
    /// Entries accepted since the overview was last fetched; in version 1 only.
    Accepted,
    /// Number of the last change of a record by a form on this phone.
    Saved(Uuid),
    /// Acknowledged mutation by number, remembered for a restored server.
    Sent(u64),
}

impl Name {
    /// Returns the key of the value.
    pub fn key(self) -> Key {
        match self {
            Self::Client => "client".into(),
            Self::Epoch => "epoch".into(),
            Self::Cursor => "cursor".into(),
            Self::Window => "window".into(),
            Self::NextSeq => "next_seq".into(),
            Self::Progress => "replica".into(),
            Self::Gone => "gone".into(),
            Self::Accepted => "accepted".into(),
            Self::Saved(id) => format!("saved {id}").into(),
            Self::Sent(seq) => format!("sent-{seq:016}").into(),
        }
    }
}

/// First and last key of the remembered mutations.
pub(super) const SENT: (&str, &str) = ("sent-", "sent-~");

/// Returns some values, in one round trip.
pub(super) async fn rows<T: Transaction, const N: usize>(
    transaction: &T,
    names: [Name; N],
) -> Result<[Option<Row>; N], T::Error> {
    let mut rows = transaction.get(Store::Meta, &names.map(Name::key)).await?.into_iter();
    Ok(std::array::from_fn(|_| rows.next().flatten()))
}

/// Parses a value.
pub(super) fn parse<V: DeserializeOwned>(row: Option<&Row>) -> serde_json::Result<Option<V>> {
    row.map(|row| from_json(&row.body)).transpose()
}

/// Returns one value.
pub(super) async fn get<T: Transaction, V: DeserializeOwned>(
    transaction: &T,
    name: Name,
) -> Result<Option<V>, T::Error> {
    let [row] = rows(transaction, [name]).await?;
    Ok(parse(row.as_ref())?)
}

/// Writes a value.
pub(super) fn put<T: Transaction>(transaction: &T, name: Name, value: &impl Serialize) -> Result<(), T::Error> {
    transaction.put(Store::Meta, name.key(), Row::new(to_json(value)?))
}

/// The person whose database it is, and the source of new identifiers.
#[derive(Clone, Copy)]
pub struct Owner<'a> {
    /// Account.
    pub user: Uuid,
    /// Returns an unused identifier.
    pub new_id: &'a dyn Fn() -> Uuid,
}

/// Next sequence number, and the sender of this phone.
pub(super) struct Identity {
    pub next_seq: u64,
    pub sender: Sender,
}

/// Returns the phone's identity. The first call makes the client identifier.
pub(super) async fn identity<T: Transaction>(transaction: &T, owner: Owner<'_>) -> Result<Identity, T::Error> {
    let [client, epoch, next_seq] = rows(transaction, [Name::Client, Name::Epoch, Name::NextSeq]).await?;
    let client = match parse(client.as_ref())? {
        Some(client) => client,
        None => {
            let client = (owner.new_id)();
            put(transaction, Name::Client, &client)?;
            client
        }
    };
    let sender = Sender { user: owner.user, client, epoch: parse(epoch.as_ref())? };
    Ok(Identity { next_seq: parse(next_seq.as_ref())?.unwrap_or(1), sender })
}

/// Returns the client identifier, by which the server tells this phone's mutations from others'.
pub async fn client<T: Transaction>(transaction: &T, owner: Owner<'_>) -> Result<Uuid, T::Error> {
    Ok(identity(transaction, owner).await?.sender.client)
}

/// Returns the cursor of the next pull.
pub async fn cursor<T: Transaction>(transaction: &T) -> Result<Option<String>, T::Error> {
    get(transaction, Name::Cursor).await
}

/// Returns the window of the replica; `None` if it holds everything.
pub async fn window<T: Transaction>(transaction: &T) -> Result<Option<Window>, T::Error> {
    get(transaction, Name::Window).await
}

/// Returns the progress of the replica in the server's feed.
pub async fn progress<T: Transaction>(transaction: &T) -> Result<ReplicaProgress, T::Error> {
    Ok(get(transaction, Name::Progress).await?.unwrap_or_default())
}
