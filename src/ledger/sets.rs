//! Disjoint sets over names: which names are one.
//!
//! Pure bookkeeping: it neither knows nor decides what may be united.

use std::collections::{BTreeMap, BTreeSet};

use providers::Name;

/// Names in disjoint sets; each set answers to its smallest name.
#[derive(Debug, Clone, Default)]
pub struct DisjointNames {
    nodes: BTreeMap<Name, usize>,
    /// By node: the node above it (itself at the top).
    parents: Vec<usize>,
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
        let node = self.parents.len();
        self.nodes.insert(name.clone(), node);
        self.parents.push(node);
        self.tops.push((vec![name.clone()], name.clone()));
        node
    }

    fn top(&self, node: usize) -> usize {
        let mut at = node;
        while let Some(up) = self.parents.get(at).copied()
            && up != at
        {
            at = up;
        }
        at
    }

    /// The smallest name of the set that `name` is in; `name` itself when it is not known.
    pub fn find<'n>(&'n self, name: &'n Name) -> &'n Name {
        let top = self.nodes.get(name).map(|node| self.top(*node));
        top.and_then(|top| self.tops.get(top))
            .map_or(name, |(_, smallest)| smallest)
    }

    /// Makes one set of two. The smaller goes under the larger, which keeps the way up short.
    pub fn unite(&mut self, a: &Name, b: &Name) {
        let (a, b) = (self.node(a), self.node(b));
        let (a, b) = (self.top(a), self.top(b));
        if a == b {
            return;
        }
        let size = |top: usize| self.tops.get(top).map_or(0, |(names, _)| names.len());
        let (over, under) = if size(a) >= size(b) { (a, b) } else { (b, a) };
        let Some((mut moved, smallest)) = self.tops.get_mut(under).map(|(names, smallest)| {
            let moved = std::mem::take(names);
            (moved, smallest.clone())
        }) else {
            return;
        };
        if let Some(parent) = self.parents.get_mut(under) {
            *parent = over;
        }
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
        let top = self.nodes.get(name).map(|node| self.top(*node));
        top.and_then(|top| self.tops.get(top))
            .map_or(&[], |(names, _)| names)
    }

    /// All sets, each sorted, by their smallest names.
    pub fn sets(&self) -> BTreeMap<&Name, BTreeSet<Name>> {
        let tops = self.parents.iter().enumerate();
        tops.filter(|(node, parent)| node == *parent)
            .filter_map(|(node, _)| self.tops.get(node))
            .map(|(names, smallest)| (smallest, names.iter().cloned().collect()))
            .collect()
    }
}
