//! Files that only the account of the server may read.

use std::fs::{Permissions, metadata, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Permission bits of group and others.
const OTHERS: u32 = 0o077;

/// Makes new files and folders of this process private to its user.
pub fn close_new_files() {
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
}

/// Makes a file or folder of an earlier version private. Does nothing if it does not exist.
pub fn close_to_others(path: &Path) {
    let Ok(metadata) = metadata(path) else { return };
    let mode = metadata.permissions().mode();
    if mode & OTHERS == 0 {
        return;
    }
    // A file of another user can be changed by that user only.
    if let Err(error) = set_permissions(path, Permissions::from_mode(mode & 0o7777 & !OTHERS)) {
        tracing::warn!(%error, path = %path.display(), "others on this machine can read the data");
    }
}
