//! Photos on a full disk.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::{Database, TestEnv, photo};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A small file system, unmounted when dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn new(size: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mount = ["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"];
        assert!(Command::new("mount").args(mount).arg(folder.path()).status().unwrap().success());
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

fn may_mount() -> bool {
    let probe = tempfile::tempdir().unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"]).arg(probe.path()).output();
    let mounted = mounted.is_ok_and(|output| output.status.success());
    if mounted {
        let _ = Command::new("umount").arg(probe.path()).status();
    }
    mounted
}

#[test]
fn full_disk_defers_photos_and_rejects_none() {
    // Only root may mount, and not in every container.
    if !may_mount() {
        eprintln!("skipped: no file system can be mounted here");
        return;
    }
    let disk = SmallDisk::new("1m");
    let env = TestEnv::new(Database::Sqlite);
    env.add_user("town", "recorder", &["--place", "522728109"]);
    let server = env.serve_with(&[], |command| {
        command.env("JIEDUI_DATA_DIR", disk.path());
    });
    let town = server.sign_in("town");
    let (bytes, hash) = photo(40, 300_000);
    let path = format!("/api/v1/attachments/{hash}");
    let part = |start: usize, end: usize| {
        let range = format!("bytes {start}-{}/{}", end - 1, bytes.len());
        town.request("PUT", &path).header("content-range", range).body(bytes[start..end].to_vec()).send().unwrap()
    };
    let stored_bytes = || {
        let answer =
            town.request("PUT", &path).header("content-range", format!("bytes */{}", bytes.len())).send().unwrap();
        let range = answer.headers().get("range").map(|range| range.to_str().unwrap().to_owned());
        range.map_or(0, |range| range.strip_prefix("bytes=0-").unwrap().parse::<usize>().unwrap() + 1)
    };
    assert_eq!(part(0, 50_000).status(), 202);
    // Fills the disk except for a few pages.
    let ballast = disk.path().join("ballast");
    let full = fs::write(&ballast, vec![1; 2 << 20]).is_err();
    assert!(full && fs::metadata(&ballast).unwrap().len() < 1 << 20);
    for (start, end) in [(50_000, 150_000), (50_000, 300_000)] {
        let answer = part(start.max(stored_bytes()), end);
        assert_eq!(answer.status(), 507, "a middle piece and the last one");
        assert!(answer.headers().contains_key("retry-after"));
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
    }
    fs::remove_file(&ballast).unwrap();
    let start = stored_bytes();
    assert!(start < bytes.len());
    assert_eq!(part(start, bytes.len()).status(), 201, "with space again it goes on");
    assert_eq!(town.get(&path).bytes().unwrap(), bytes);
}
