//! Disjoint sets over names: which names are one.
//!
//! Pure bookkeeping: it neither knows nor decides what may be united.

use std::collections::BTreeMap;

use providers::Name;

/// Names in disjoint sets; each set answers to its smallest name.
#[derive(Debug, Clone, Default)]
pub struct DisjointNames {
    parent: BTreeMap<Name, Name>,
}

impl DisjointNames {
    /// Makes a name known, alone in its set if it is new.
    pub fn add(&mut self, name: &Name) {
        if !self.parent.contains_key(name) {
            self.parent.insert(name.clone(), name.clone());
        }
    }

    /// The smallest name of the set that `name` is in; `name` itself when it is not known.
    pub fn find(&self, name: &Name) -> Name {
        let mut at = name;
        while let Some(up) = self.parent.get(at)
            && up != at
        {
            at = up;
        }
        at.clone()
    }

    /// Makes one set of two.
    pub fn unite(&mut self, a: &Name, b: &Name) {
        self.add(a);
        self.add(b);
        let (a, b) = (self.find(a), self.find(b));
        if a != b {
            let (small, large) = if a < b { (a, b) } else { (b, a) };
            self.parent.insert(large, small);
        }
    }

    /// Whether two names are one.
    pub fn same(&self, a: &Name, b: &Name) -> bool {
        self.find(a) == self.find(b)
    }

    /// All sets, each by its smallest name.
    pub fn sets(&self) -> BTreeMap<Name, Vec<Name>> {
        let mut sets: BTreeMap<Name, Vec<Name>> = BTreeMap::new();
        for name in self.parent.keys() {
            sets.entry(self.find(name)).or_default().push(name.clone());
        }
        sets
    }
}
