//! A stored row and its hash.

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// First bytes of a row's canonical form.
const VERSION: &[u8] = b"jiedui audit 1";

/// A row of the trail as stored.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AuditRow {
    /// Number in the chain, from 1.
    pub number: i64,
    /// Time in milliseconds since 1970.
    pub at: i64,
    /// Account of the actor.
    pub account: Option<Uuid>,
    /// Name of the actor as it was.
    pub name: String,
    /// Address of the client, or `command line`.
    pub origin: String,
    /// Code of the action.
    pub action: String,
    /// Code of the object's kind.
    pub object_kind: String,
    /// Identifier of the object.
    pub object: String,
    /// Name of the object as it was.
    pub object_name: String,
    /// Changed fields as they were, as JSON.
    pub old_values: String,
    /// Changed fields as they are, as JSON.
    pub new_values: String,
}

impl AuditRow {
    /// Returns the canonical bytes: each field after its length, so that no two rows have the same bytes.
    pub(super) fn canonical(&self) -> Vec<u8> {
        let mut bytes = VERSION.to_vec();
        let account = self.account.map(Uuid::into_bytes);
        let fields: [&[u8]; 11] = [
            &self.number.to_be_bytes(),
            &self.at.to_be_bytes(),
            account.as_ref().map_or(&[], |account| account.as_slice()),
            self.name.as_bytes(),
            self.origin.as_bytes(),
            self.action.as_bytes(),
            self.object_kind.as_bytes(),
            self.object.as_bytes(),
            self.object_name.as_bytes(),
            self.old_values.as_bytes(),
            self.new_values.as_bytes(),
        ];
        for field in fields {
            bytes.extend((field.len() as u64).to_be_bytes());
            bytes.extend(field);
        }
        bytes
    }

    /// Returns the hash over the previous row's hash and this row.
    pub(super) fn hash(&self, previous: &[u8]) -> Vec<u8> {
        Sha256::new().chain_update(previous).chain_update(self.canonical()).finalize().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> AuditRow {
        AuditRow {
            number: 7,
            at: 1_764_000_000_000,
            account: Some(Uuid::from_u128(1)),
            name: "王五".to_owned(),
            origin: "192.0.2.1".to_owned(),
            action: "sign_in".to_owned(),
            object_kind: "account".to_owned(),
            object: "x".to_owned(),
            object_name: String::new(),
            old_values: "{}".to_owned(),
            new_values: r#"{"device":"a"}"#.to_owned(),
        }
    }

    #[test]
    fn canonical_bytes_do_not_change() {
        let hex: String = row().hash(&[0; 32]).iter().map(|byte| format!("{byte:02x}")).collect();
        // Rows of earlier releases have these hashes.
        assert_eq!(hex, "48250435e6def06b48cca7611be76e2decdea5e8054a9e843da1a0276161cc72");
        assert_eq!(row().canonical().len(), VERSION.len() + 11 * 8 + 8 + 8 + 16 + 6 + 9 + 7 + 7 + 1 + 2 + 14);
    }

    #[test]
    fn hash_depends_on_every_field_and_on_the_previous_row() {
        let shift = |text: &str| format!("{text}x");
        let row = row();
        let changed = [
            AuditRow { number: 8, ..row.clone() },
            AuditRow { at: 1, ..row.clone() },
            AuditRow { account: None, ..row.clone() },
            AuditRow { name: shift(&row.name), ..row.clone() },
            AuditRow { origin: shift(&row.origin), ..row.clone() },
            AuditRow { action: shift(&row.action), ..row.clone() },
            AuditRow { object_kind: shift(&row.object_kind), ..row.clone() },
            AuditRow { object: shift(&row.object), ..row.clone() },
            AuditRow { object_name: shift(&row.object_name), ..row.clone() },
            AuditRow { old_values: shift(&row.old_values), ..row.clone() },
            AuditRow { new_values: shift(&row.new_values), ..row.clone() },
            // The same text, divided differently.
            AuditRow { object: String::new(), object_name: row.object.clone(), ..row.clone() },
        ];
        let mut hashes: Vec<Vec<u8>> = changed.iter().map(|row| row.hash(&[0; 32])).collect();
        hashes.push(row.hash(&[0; 32]));
        hashes.push(row.hash(&[1; 32]));
        let count = hashes.len();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), count);
    }
}
