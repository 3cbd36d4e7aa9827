use proptest::prelude::*;

use super::*;

/// Which numbers are one, by going through all pairs again until nothing changes.
fn slowly(count: usize, pairs: &[(usize, usize)]) -> Vec<usize> {
    let mut lowest: Vec<usize> = (0..count).collect();
    for _ in 0..count {
        for (a, b) in pairs {
            let low = lowest[*a].min(lowest[*b]);
            (lowest[*a], lowest[*b]) = (low, low);
        }
    }
    lowest
}

proptest! {
    #[test]
    fn numbers_are_one_exactly_where_pairs_connect_them(
        pairs in prop::collection::vec((0..12_usize, 0..12_usize), 0..20),
    ) {
        let mut sets = DisjointSets::default();
        let nodes: Vec<usize> = (0..12).map(|_| sets.add()).collect();
        let mut united = 0;
        for (a, b) in &pairs {
            united += usize::from(sets.unite(*a, *b).is_some());
        }
        let expected = slowly(nodes.len(), &pairs);
        for a in &nodes {
            for b in &nodes {
                prop_assert_eq!(sets.root(*a) == sets.root(*b), expected[*a] == expected[*b]);
            }
        }
        let roots: Vec<usize> = sets.roots().collect();
        prop_assert_eq!(roots.len(), nodes.len() - united);
        prop_assert!(nodes.iter().all(|node| roots.contains(&sets.root(*node))));
    }

    #[test]
    fn a_set_of_names_answers_to_its_smallest_whatever_the_order(
        pairs in prop::collection::vec((0..9_usize, 0..9_usize), 1..12),
    ) {
        let name = |number: usize| Name::payment(&format!("in_{number}")).unwrap();
        let mut sets = DisjointNames::default();
        for (a, b) in &pairs {
            sets.unite(&name(*a), &name(*b));
        }
        let expected = slowly(9, &pairs);
        let named: BTreeSet<usize> = pairs.iter().flat_map(|(a, b)| [*a, *b]).collect();
        for number in &named {
            let (own, smallest) = (name(*number), name(expected[*number]));
            prop_assert_eq!(sets.find(&own), &smallest);
            prop_assert!(sets.members(&own).contains(&smallest));
        }
        let all: usize = sets.sets().values().map(BTreeSet::len).sum();
        prop_assert_eq!(all, named.len());
    }
}
