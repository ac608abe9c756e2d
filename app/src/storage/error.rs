//! Errors of the browser's storage.

use crate::labels::texts::{Texts, fill};

/// Result of an operation on the browser's storage.
pub type Result<T> = std::result::Result<T, StoreError>;

/// An error of the browser's storage.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StoreError {
    /// The storage quota is exhausted.
    #[error("the phone's storage is full")]
    Full,
    /// The browser closes the database or aborts transactions repeatedly.
    #[error("the browser has closed the phone's storage")]
    Closed,
    /// A newer version of the app has changed the database.
    #[error("the page is of an older version than the phone's storage")]
    Outdated,
    /// Another tab keeps an older version of the database open.
    #[error("another tab holds the phone's storage")]
    Blocked,
    /// The browser denies storage to this site.
    #[error("the browser refuses the site its storage")]
    Refused,
    /// Without storage, the change was sent at once, and the server rejected it for this reason.
    #[error("not sent: {0}")]
    NotSent(String),
    /// The browser evicted the database, with this number of unsent changes.
    #[error("the phone's storage was emptied with {0} unsent changes")]
    Emptied(usize),
    /// Any other error, with the browser's message.
    #[error("{0}")]
    Failed(String),
}

impl StoreError {
    /// Classifies the browser's message.
    pub(super) fn of(text: &str) -> Self {
        let contains = |word: &&str| text.contains(*word);
        if contains(&"Quota") {
            Self::Full
        } else if contains(&"VersionError") {
            Self::Outdated
        } else if ["AbortError", "InvalidStateError", "TransactionInactiveError", "server lost"].iter().any(contains) {
            Self::Closed
        } else {
            Self::Failed(text.to_owned())
        }
    }

    /// Returns the message on the screen.
    pub fn words(&self, texts: &Texts) -> String {
        match self {
            Self::Full => texts.storage_full().to_owned(),
            Self::Closed => texts.storage_closed().to_owned(),
            Self::Outdated => texts.storage_outdated().to_owned(),
            Self::Blocked => texts.storage_blocked().to_owned(),
            Self::Refused => texts.storage_refused().to_owned(),
            Self::NotSent(why) => fill(texts.not_sent(), &[why]),
            Self::Emptied(lost) => fill(texts.storage_emptied(), &[lost]),
            Self::Failed(why) => fill(texts.storage_failed(), &[why]),
        }
    }
}

impl From<idb::Error> for StoreError {
    fn from(error: idb::Error) -> Self {
        match error {
            idb::Error::IndexedDbNotFound(_) | idb::Error::IndexedDbOpenFailed(_) => Self::Refused,
            error => Self::of(&error.to_string()),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn store_error_is_read_from_the_browsers_message() {
        let of = |text: &str| StoreError::of(text);
        assert_eq!(of("DOM exception: QuotaExceededError: no room"), StoreError::Full);
        assert_eq!(
            of("VersionError: The requested version (1) is less than the existing version (2)."),
            StoreError::Outdated
        );
        for text in [
            "InvalidStateError: Failed to execute 'transaction' on 'IDBDatabase': The database connection is closing.",
            "AbortError: The transaction was aborted, so the request cannot be fulfilled.",
            "UnknownError: Connection to Indexed Database server lost. Refresh the page to try again",
        ] {
            assert_eq!(of(text), StoreError::Closed, "{text}");
        }
        assert_eq!(of("DataError: a key"), StoreError::Failed("DataError: a key".to_owned()));
    }
}
