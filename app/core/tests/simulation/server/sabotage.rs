//! Deliberate faults of the server or the phones, which the simulation must detect.

/// Deliberate defect in the server or the phones that the simulation must detect.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sabotage {
    None,
    /// Results are not stored by idempotency key.
    NoIdempotency,
    /// The response is sent before the commit.
    AnswerBeforeCommit,
    /// Each statement is committed on its own.
    NoTransaction,
    /// Every edit is applied, despite concurrent changes.
    LastWriterWins,
    /// Change numbers are assigned at the start of a transaction, as by a database sequence.
    ChangeNumbersBeforeCommit,
    /// The author of a revision is identified by the client only.
    AuthorByClientOnly,
    /// A client may overwrite its own records with base revision 0.
    OwnRecordsOverwritten,
    /// After a reused sequence number, revisions under the client identifier still count as the author's.
    DuplicatesUndetected,
    /// Database epochs are ignored.
    EpochIgnored,
    /// Phones do not keep acknowledged items.
    SentItemsForgotten,
    /// Phones keep a duplicated client identifier and leave the items rejected.
    ClientIdentifierKept,
    /// A second tab saves a new entry under the identifier of one that is being sent, as if it were an edit.
    TabsShareIdentifiers,
    /// A cursor keeps the rights that its user had when it was given out.
    RightsOfCursorKept,
    /// The window does not move at the start of a month or a year.
    CalendarIgnored,
    /// The limited parts of a window are never counted again.
    LimitsIgnored,
    /// The server moves a window and does not say so.
    WindowMovedInSilence,
    /// A wider window sends no records that the phone lacks.
    WidenedWindowNotListed,
    /// A wider window counts on records of a listing that had not ended.
    UnfinishedListingTrusted,
    /// The feed continues from the end of a listing instead of its start.
    FeedReadAfterListing,
    /// The server does not say that a changed record is outside the window.
    LeavingNotSent,
    /// The server sends no record outside the window, even if the user must resolve a conflict.
    ConflictsNotSent,
    /// A phone drops records outside the window although unsent or unresolved changes need them.
    NeededRecordsDropped,
    /// A phone forgets that a record that it still needs has left the window.
    LeavingForgotten,
    /// A phone stores a page that does not continue from its cursor.
    LatePagesStored,
}
