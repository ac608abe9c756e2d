//! Stable sorting with one copy of the algorithm. The standard library's sort is compiled for each type and comparison, about
//! 4 KB of wasm each time, which a phone has to load.

use std::cmp::Ordering;

/// Sorts a list by a comparison. Equal items keep their order.
pub fn sort_by<T>(items: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    let mut order: Vec<usize> = (0..items.len()).collect();
    sort_positions(&mut order, &|a, b| match (items.get(a), items.get(b)) {
        (Some(a), Some(b)) => compare(a, b),
        _ => Ordering::Equal,
    });
    arrange(&mut order, &mut |a, b| items.swap(a, b));
}

/// Sorts a list by a key. Equal items keep their order.
pub fn sort_by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    sort_by(items, |a, b| key(a).cmp(&key(b)));
}

/// Returns items as a sorted map or set. It inserts them one by one: `collect` would sort them with another copy of the algorithm.
pub fn collect_sorted<T, C: Default + Extend<T>>(items: impl IntoIterator<Item = T>) -> C {
    let mut all = C::default();
    all.extend(items);
    all
}

#[inline(never)]
fn sort_positions(order: &mut [usize], compare: &dyn Fn(usize, usize) -> Ordering) {
    order.sort_by(|a, b| compare(*a, *b));
}

/// Moves items so that position `n` receives the item that was at `order[n]`, one cycle after the other. Each item moves once.
#[inline(never)]
fn arrange(order: &mut [usize], swap: &mut dyn FnMut(usize, usize)) {
    for start in 0..order.len() {
        let mut at = start;
        while let Some(from) = order.get_mut(at).map(|from| std::mem::replace(from, at)) {
            if from == start || from == at {
                break;
            }
            swap(at, from);
            at = from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sort_equals_the_standard_stable_sort(items in prop::collection::vec((0..8_u8, any::<u16>()), 0..300)) {
            let (mut ours, mut standard, mut by_key) = (items.clone(), items.clone(), items);
            sort_by(&mut ours, |a, b| a.0.cmp(&b.0));
            sort_by_key(&mut by_key, |item| item.0);
            standard.sort_by_key(|item| item.0);
            prop_assert_eq!(&ours, &standard);
            prop_assert_eq!(by_key, standard);
        }
    }

    #[test]
    fn rotated_list_of_a_million_is_arranged_in_linear_time() {
        let mut items: Vec<u32> = (1..1_000_000).chain([0]).collect();
        sort_by(&mut items, Ord::cmp);
        assert!(items.is_sorted());
    }
}
