//! The signed-in person, in local storage.

use crate::storage::local_storage;
use jiedui_core::access::user::User;
use std::cell::Cell;

const USER: &str = "jiedui.user";
const SIGNED_OUT: &str = "jiedui.signed_out";

thread_local! {
    /// Whether this tab has stored the signed-in person. A profile that was never stored is not missing.
    static WAS_KEPT: Cell<bool> = const { Cell::new(false) };
}

/// Returns the signed-in person.
pub fn user() -> Option<User> {
    local_storage::get(USER)
}

/// Whether local storage can say who has signed in: it does not where the browser refuses it.
pub fn is_kept() -> bool {
    local_storage::local_storage().is_some() && WAS_KEPT.get()
}

/// Remembers who has signed in.
pub fn keep(user: &User) {
    // Without it the person only has to sign in again; their entries lie elsewhere.
    WAS_KEPT.set(local_storage::set(USER, user).is_ok());
    local_storage::remove(SIGNED_OUT);
}

/// Forgets the signed-in person. A sign-out that did not reach the server is repeated later.
pub fn forget(server_knows: bool) {
    local_storage::remove(USER);
    if !server_knows {
        let _ = local_storage::set(SIGNED_OUT, &true);
    }
}

/// Whether a sign-out has yet to reach the server.
pub fn owes_sign_out() -> bool {
    local_storage::get(SIGNED_OUT).unwrap_or(false)
}

/// Records that the sign-out has reached the server.
pub fn sign_out_is_told() {
    local_storage::remove(SIGNED_OUT);
}
