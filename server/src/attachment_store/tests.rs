//! Tests of the attachment store.

use super::*;

const JPEG: &[u8] = &[0xff, 0xd8, 0xff, 1, 2, 3];

fn store() -> (AttachmentStore, PathBuf) {
    let folder = std::env::temp_dir().join(format!("jiedui-{}", Uuid::now_v7()));
    (AttachmentStore::new(&folder), folder)
}

#[test]
fn receive_joins_chunks_and_returns_next_offset() {
    let (store, folder) = store();
    let (account, sha256) = (Uuid::from_u128(1), hash_of(JPEG));
    let receive =
        |start: usize, end: usize| store.receive(account, &sha256, (start as u64, 6), &JPEG[start..end]).unwrap();
    assert_eq!(receive(0, 2), ChunkOutcome::Part(2));
    assert_eq!(receive(4, 6), ChunkOutcome::Gap(2));
    assert_eq!(store.received(account, &sha256).unwrap(), 2);
    assert_eq!(receive(0, 4), ChunkOutcome::Part(4), "from the start again");
    assert_eq!(receive(4, 6), ChunkOutcome::Whole { size: 6, content_type: "image/jpeg" });
    assert_eq!((store.read(&sha256).unwrap().as_deref(), store.has(&sha256).unwrap()), (Some(JPEG), true));
    assert_eq!(store.unfinished_uploads(account, "").unwrap(), (0, 0));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn chunk_with_another_total_is_rejected() {
    let (store, folder) = store();
    let (account, sha256) = (Uuid::from_u128(1), hash_of(JPEG));
    let receive = |start: usize, end: usize, total: u64| {
        store.receive(account, &sha256, (start as u64, total), &JPEG[start..end]).unwrap()
    };
    assert_eq!(receive(0, 2, 6), ChunkOutcome::Part(2));
    for total in [5, 7, 9] {
        assert_eq!(receive(2, 4, total), ChunkOutcome::OtherTotal(6));
    }
    assert_eq!(store.unfinished_uploads(account, "").unwrap(), (1, 2), "nothing was added");
    assert_eq!(receive(0, 2, 9), ChunkOutcome::Part(2), "a new start may name another total");
    assert_eq!(receive(2, 4, 6), ChunkOutcome::OtherTotal(9));
    assert_eq!(receive(0, 4, 6), ChunkOutcome::Part(4));
    assert_eq!(receive(4, 6, 6), ChunkOutcome::Whole { size: 6, content_type: "image/jpeg" });
    assert_eq!(fs::read_dir(store.uploads(account)).unwrap().count(), 0);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn receive_discards_wrong_content_and_waits_for_other_request() {
    let (store, folder) = store();
    let (account, other) = (Uuid::from_u128(1), hash_of(b"other"));
    assert_eq!(store.receive(account, &other, (0, 6), JPEG).unwrap(), ChunkOutcome::Wrong);
    assert_eq!(store.received(account, &other).unwrap(), 0);
    assert_eq!(store.receive(account, &other, (0, 9), JPEG).unwrap(), ChunkOutcome::Part(6));
    let held = File::open(store.uploads(account).join(&other)).unwrap();
    held.lock().unwrap();
    assert_eq!(store.receive(account, &other, (6, 9), b"abc").unwrap(), ChunkOutcome::Busy);
    assert_eq!(store.unfinished_uploads(account, "").unwrap(), (1, 6));
    assert_eq!(store.unfinished_uploads(account, &other).unwrap(), (0, 0));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn old_uploads_are_removed_and_set_aside_files_restored() {
    let (store, folder) = store();
    let (account, sha256) = (Uuid::from_u128(1), hash_of(JPEG));
    store.receive(account, &sha256, (0, 6), JPEG).unwrap();
    store.receive(account, "1", (0, 9), JPEG).unwrap();
    fs::write(store.folder().join("2.part"), JPEG).unwrap();
    store.remove_old_uploads(Duration::from_secs(3600)).unwrap();
    assert_eq!(store.unfinished_uploads(account, "").unwrap().0, 1);
    store.remove_old_uploads(Duration::ZERO).unwrap();
    assert!(store.unfinished_uploads(account, "").unwrap().0 == 0 && !store.folder().join("2.part").exists());
    store.set_aside(std::slice::from_ref(&sha256)).unwrap();
    assert!(!store.has(&sha256).unwrap());
    assert_eq!(store.left_aside().unwrap(), std::slice::from_ref(&sha256));
    store.put_back(&sha256).unwrap();
    assert!(store.has(&sha256).unwrap());
    store.set_aside(std::slice::from_ref(&sha256)).unwrap();
    store.remove(std::slice::from_ref(&sha256)).unwrap();
    assert!(store.left_aside().unwrap().is_empty() && !store.has(&sha256).unwrap());
    fs::remove_dir_all(folder).unwrap();
}
