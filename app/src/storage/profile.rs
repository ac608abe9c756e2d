//! The signed-in person, in local storage.

use crate::storage::local_storage;
use jiedui_core::access::user::User;
use std::cell::Cell;

const USER: &str = "jiedui.user";
const SIGNED_OUT: &str = "jiedui.signed_out";

thread_local! {
    /// Whether this tab has stored the signed-in person. Only then does a missing profile mean a sign-out by another tab.
    static WAS_STORED: Cell<bool> = const { Cell::new(false) };
}

/// Returns the signed-in person.
pub fn user() -> Option<User> {
    local_storage::get(USER)
}

/// Returns whether this tab has stored the signed-in person, in a local storage that the browser allows.
pub fn is_stored() -> bool {
    local_storage::local_storage().is_some() && WAS_STORED.get()
}

/// Stores the signed-in person.
pub fn store(user: &User) {
    // If this fails, the person only has to sign in again: entries are stored elsewhere.
    WAS_STORED.set(local_storage::set(USER, user).is_ok());
    local_storage::remove(SIGNED_OUT);
}

/// Removes the signed-in person. An unconfirmed sign-out is repeated later.
pub fn forget(is_confirmed: bool) {
    local_storage::remove(USER);
    if !is_confirmed {
        let _ = local_storage::set(SIGNED_OUT, &true);
    }
}

/// Returns whether a sign-out has not reached the server yet.
pub fn is_sign_out_pending() -> bool {
    local_storage::get(SIGNED_OUT).unwrap_or(false)
}

/// Marks the sign-out as received by the server.
pub fn confirm_sign_out() {
    local_storage::remove(SIGNED_OUT);
}
