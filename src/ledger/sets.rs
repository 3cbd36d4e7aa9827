//! Disjoint sets: of numbers, and over names, which names are one.
//!
//! Pure bookkeeping: it neither knows nor decides what may be united.

use std::collections::{BTreeMap, BTreeSet};

use providers::Name;

/// Numbers from 0 on in disjoint sets; each set answers to one of its numbers.
#[derive(Debug, Clone, Default)]
pub struct DisjointSets {
    /// By number: the number above it (itself at the top).
    parents: Vec<usize>,
    /// By number: how many there are under it, with it. Right for the top ones.
    sizes: Vec<usize>,
}

impl DisjointSets {
    /// The next number, alone in its set.
    pub fn add(&mut self) -> usize {
        let node = self.parents.len();
        self.parents.push(node);
        self.sizes.push(1);
        node
    }

    /// The number that the set of `node` answers to, until it is united with another.
    pub fn root(&self, node: usize) -> usize {
        let mut at = node;
        while let Some(up) = self.parents.get(at).copied()
            && up != at
        {
            at = up;
        }
        at
    }

    /// Makes one set of two. Answers the number that it answers to and the one that the other answered to;
    /// `None` if they were one already. The smaller goes under the larger, which keeps the way up short.
    pub fn unite(&mut self, a: usize, b: usize) -> Option<(usize, usize)> {
        let (a, b) = (self.root(a), self.root(b));
        let (size_a, size_b) = (*self.sizes.get(a)?, *self.sizes.get(b)?);
        if a == b {
            return None;
        }
        let (over, under) = if size_a >= size_b { (a, b) } else { (b, a) };
        *self.parents.get_mut(under)? = over;
        *self.sizes.get_mut(over)? = size_a + size_b;
        Some((over, under))
    }

    /// The numbers that sets answer to, one for each set.
    pub fn roots(&self) -> impl Iterator<Item = usize> {
        let parents = self.parents.iter().enumerate();
        parents
            .filter(|(node, parent)| node == *parent)
            .map(|(node, _)| node)
    }
}

/// Names in disjoint sets; each set answers to its smallest name.
#[derive(Debug, Clone, Default)]
pub struct DisjointNames {
    nodes: BTreeMap<Name, usize>,
    sets: DisjointSets,
    /// By node: all names under it, and the smallest of them. Right for the top ones.
    tops: Vec<(Vec<Name>, Name)>,
}

impl DisjointNames {
    /// Makes a name known, alone in its set if it is new.
    pub fn add(&mut self, name: &Name) {
        self.node(name);
    }

    fn node(&mut self, name: &Name) -> usize {
        if let Some(node) = self.nodes.get(name) {
            return *node;
        }
        let node = self.sets.add();
        self.nodes.insert(name.clone(), node);
        self.tops.push((vec![name.clone()], name.clone()));
        node
    }

    fn top(&self, name: &Name) -> Option<&(Vec<Name>, Name)> {
        let node = self.nodes.get(name)?;
        self.tops.get(self.sets.root(*node))
    }

    /// The smallest name of the set that `name` is in; `name` itself when it is not known.
    pub fn find<'n>(&'n self, name: &'n Name) -> &'n Name {
        self.top(name).map_or(name, |(_, smallest)| smallest)
    }

    /// Makes one set of two.
    pub fn unite(&mut self, a: &Name, b: &Name) {
        let (a, b) = (self.node(a), self.node(b));
        let Some((over, under)) = self.sets.unite(a, b) else {
            return;
        };
        let Some((mut moved, smallest)) = self.tops.get_mut(under).map(|(names, smallest)| {
            let moved = std::mem::take(names);
            (moved, smallest.clone())
        }) else {
            return;
        };
        if let Some((names, small)) = self.tops.get_mut(over) {
            names.append(&mut moved);
            *small = smallest.min(small.clone());
        }
    }

    /// Whether two names are one.
    pub fn same(&self, a: &Name, b: &Name) -> bool {
        self.find(a) == self.find(b)
    }

    /// All names of the set that `name` is in, in no order; none when it is not known.
    pub fn members(&self, name: &Name) -> &[Name] {
        self.top(name).map_or(&[], |(names, _)| names)
    }

    /// All sets, each sorted, by their smallest names.
    pub fn sets(&self) -> BTreeMap<&Name, BTreeSet<Name>> {
        self.sets
            .roots()
            .filter_map(|root| self.tops.get(root))
            .map(|(names, smallest)| (smallest, names.iter().cloned().collect()))
            .collect()
    }
}

#[cfg(test)]
mod tests;
