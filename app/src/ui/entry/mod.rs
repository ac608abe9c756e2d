//! Views of one entry that several features share: card, history, menu, deletion and its undo.

pub mod card;
pub mod deletion;
pub mod history;
pub mod parts;
