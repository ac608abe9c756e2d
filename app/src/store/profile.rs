//! Who has signed in on this phone.

use crate::json;
use jiedui_core::access::user::User;

const USER: &str = "jiedui.user";
const SIGNED_OUT: &str = "jiedui.signed_out";

/// Who has signed in.
pub fn user() -> Option<User> {
    json::kept(USER)
}

/// Remembers who has signed in.
pub fn keep(user: &User) {
    // Without it the person only has to sign in again; their entries lie elsewhere.
    let _ = json::keep(USER, user);
    json::forget(SIGNED_OUT);
}

/// Forgets who has signed in. Where the server could not be told, that is made up for later.
pub fn forget(server_knows: bool) {
    json::forget(USER);
    if !server_knows {
        let _ = json::keep(SIGNED_OUT, &true);
    }
}

/// Whether the server still has to be told that somebody signed out.
pub fn owes_sign_out() -> bool {
    json::kept(SIGNED_OUT).unwrap_or(false)
}

/// The server has been told.
pub fn sign_out_is_told() {
    json::forget(SIGNED_OUT);
}
