//! The audit trail: actions, and kinds of their objects.

mod values;

pub use values::{changes, item_of};

/// Declares an enum whose variants are stored as text codes.
macro_rules! coded {
    ($(#[$about:meta])* $name:ident { $($(#[$meaning:meta])* $variant:ident = $code:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$meaning])* $variant,)+
        }

        impl $name {
            /// All of them in display order.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Returns the code.
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            /// Returns the value with this code.
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.code() == code)
            }
        }
    };
}

coded! {
    /// Kind of an act.
    Action {
        /// Signed in with a password.
        SignIn = "sign_in",
        /// Tried to sign in with a wrong password or code, or too often.
        SignInFailed = "sign_in_failed",
        /// Signed out.
        SignOut = "sign_out",
        /// Ended a session.
        SessionEnded = "session_ended",
        /// Issued a one-time code for an account.
        CodeIssued = "code_issued",
        /// Signed in with a one-time code, which set the password.
        CodeUsed = "code_used",
        /// Changed a password.
        PasswordChanged = "password_changed",
        /// Added an account.
        AccountAdded = "account_added",
        /// Changed an account.
        AccountChanged = "account_changed",
        /// Approved entries.
        Verified = "verified",
        /// Returned entries to their authors.
        Returned = "returned",
        /// Put approved or returned entries back to submitted, as a reviewer.
        Reopened = "reopened",
        /// Deleted entries of others.
        Deleted = "deleted",
        /// Changed organisations or pairings.
        DirectoryChanged = "directory_changed",
        /// Changed programmes, forms, indicators or targets.
        CatalogueChanged = "catalogue_changed",
        /// Closed a month.
        MonthClosed = "month_closed",
        /// Opened a closed month again.
        MonthReopened = "month_reopened",
        /// Exported data.
        Exported = "exported",
        /// Wrote an import.
        Imported = "imported",
        /// Reverted an import.
        ImportReverted = "import_reverted",
        /// Made a link to the shared view.
        LinkMade = "link_made",
        /// Opened a link.
        LinkOpened = "link_opened",
        /// Withdrew a link.
        LinkWithdrawn = "link_withdrawn",
        /// Made a backup.
        BackedUp = "backed_up",
        /// Restored a backup.
        Restored = "restored",
        /// Removed rows of the trail that were older than the setting.
        RowsRemoved = "rows_removed",
    }
}

coded! {
    /// Kind of an act's object.
    ObjectKind {
        /// No object in particular.
        None = "none",
        /// An account.
        Account = "account",
        /// An entry, or several.
        Entry = "entry",
        /// An organisation.
        Organisation = "organisation",
        /// A pairing.
        Pairing = "pairing",
        /// A programme.
        Programme = "programme",
        /// A form.
        Form = "form",
        /// An indicator.
        Indicator = "indicator",
        /// A month.
        Month = "month",
        /// A link.
        Link = "link",
        /// An import.
        Import = "import",
        /// An exported file.
        Export = "export",
        /// The database.
        Database = "database",
        /// The audit trail.
        Trail = "trail",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_distinct_and_read_as_written() {
        let actions: BTreeSet<&str> = Action::ALL.iter().map(|action| action.code()).collect();
        let kinds: BTreeSet<&str> = ObjectKind::ALL.iter().map(|kind| kind.code()).collect();
        assert_eq!((actions.len(), kinds.len()), (Action::ALL.len(), ObjectKind::ALL.len()));
        assert!(Action::ALL.iter().all(|action| Action::from_code(action.code()) == Some(*action)));
        assert_eq!((Action::from_code("nothing"), ObjectKind::from_code("")), (None, None));
    }
}
