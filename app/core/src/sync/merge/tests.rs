//! Tests of which revisions are concurrent with a mutation.

use super::*;
use crate::sync::kind::Kind;
use rstest::rstest;

#[test]
fn is_concurrent_identifies_author_by_account_and_client() {
    let (mine, other_user) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let author =
        MutationAuthor { account: mine, client: mine, epochs: &[], numbers: &BTreeSet::new(), is_duplicated: false };
    let is_concurrent = |rev, by, mutation: &Mutation| author.is_concurrent(rev, 7, by, mutation);
    let mutation =
        Mutation { seq: 5, kind: Kind::Entry, id: mine, base_rev: 1, epoch: None, op: Op::Put, fields: Fields::new() };
    assert!(!is_concurrent(2, Some((mine, mine, 4)), &mutation), "the author's earlier revision");
    assert!(
        is_concurrent(2, Some((other_user, mine, 4)), &mutation),
        "another account with a forged client identifier"
    );
    assert!(is_concurrent(2, Some((mine, other_user, 4)), &mutation), "another phone of the author");
    assert!(!is_concurrent(1, Some((other_user, other_user, 4)), &mutation), "a revision that the author saw");
    let unseen = Mutation { base_rev: 0, ..mutation.clone() };
    assert!(is_concurrent(1, Some((mine, mine, 4)), &unseen), "base revision 0 has seen nothing");
    let duplicated = MutationAuthor { numbers: &BTreeSet::from([4]), is_duplicated: true, ..author };
    assert!(!duplicated.is_concurrent(2, 7, Some((mine, mine, 4)), &mutation));
    assert!(duplicated.is_concurrent(2, 7, Some((mine, mine, 3)), &mutation), "the other copy of a duplicated profile");
}

#[rstest]
#[case(None, 250, false)]
#[case(Some(0), 99, false)]
#[case(Some(0), 100, true)]
#[case(Some(100), 199, false)]
#[case(Some(100), 200, true)]
#[case(Some(200), 250, false)]
#[case(Some(150), 50, true)]
fn is_concurrent_depends_on_database_epoch(#[case] epoch: Option<u64>, #[case] at: u64, #[case] expected: bool) {
    let (me, other_user) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let numbers = BTreeSet::from([4]);
    let author =
        MutationAuthor { account: me, client: me, epochs: &[100, 200], numbers: &numbers, is_duplicated: false };
    let (kind, fields) = (Kind::Entry, Fields::new());
    let mutation = Mutation { seq: 5, kind, id: me, base_rev: 9, epoch, op: Op::Put, fields };
    assert_eq!(author.is_concurrent(3, at, Some((other_user, other_user, 1)), &mutation), expected);
    let is_own_concurrent = |at| author.is_concurrent(3, at, Some((me, me, 4)), &mutation);
    assert!(!is_own_concurrent(at), "the author's own revision, in any epoch");
    let is_current_epoch = matches!(epoch, None | Some(200));
    let unnamed = author.is_concurrent(30, at, Some((me, me, 3)), &mutation);
    assert_eq!(unnamed, !is_current_epoch, "after a restore, what this push does not name may be a duplicate's");
    assert_eq!(rebased_to_current_epoch(&mutation, 2, author).base_rev, if is_current_epoch { 9 } else { 2 });
}
