//! Files that only the account of the server may read.

use std::fs::{Permissions, metadata, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The rights of the group and of others.
const OTHERS: u32 = 0o077;

/// Lets new files and folders of this process be read by its user alone.
pub fn close_new_files() {
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
}

/// Takes the rights of others away from a file or folder that an earlier version may have made; does nothing where there is none.
pub fn close_to_others(path: &Path) {
    let Ok(metadata) = metadata(path) else { return };
    let mode = metadata.permissions().mode();
    if mode & OTHERS == 0 {
        return;
    }
    // It may be somebody else's, who then has to do it.
    if let Err(error) = set_permissions(path, Permissions::from_mode(mode & 0o7777 & !OTHERS)) {
        tracing::warn!(%error, path = %path.display(), "others on this machine can read the data");
    }
}
