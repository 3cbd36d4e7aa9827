//! Which events belong together: those whose facts are connected by names, and those of one stored
//! neighbourhood. For going through many events in parts that can be looked at one by one.
//!
//! In memory: a few dozen bytes for each name and event. Nothing is written.

use std::collections::{BTreeMap, BTreeSet};

use providers::Fact;

use super::events::Event;
use super::neighbours::Sets;

/// Events and neighbourhoods, connected as they are added.
#[derive(Default)]
pub(crate) struct Connections {
    sets: Sets,
    events: Vec<(Box<str>, usize)>,
    modes: BTreeMap<usize, bool>,
}

/// Events and neighbourhoods that belong together.
#[derive(Debug, Default)]
pub(crate) struct Together {
    /// Something that stands for this part: see [`Connections::part`].
    pub(crate) part: usize,
    /// Live or test ledger.
    pub(crate) livemode: bool,
    /// Stored neighbourhoods, oldest first.
    pub(crate) neighbourhoods: Vec<String>,
    /// Events, oldest first.
    pub(crate) events: BTreeSet<String>,
}

impl Connections {
    /// Adds an event and all that its facts name.
    pub(crate) fn event(&mut self, event: &Event) {
        let mut parts: BTreeSet<usize> = BTreeSet::new();
        for fact in event.reading.facts.iter().filter(|fact| counts(fact)) {
            let mut nodes = fact.names().into_iter();
            let Some(first) = nodes.next() else { continue };
            let first = self.sets.name(event.livemode, first.as_str());
            for name in nodes {
                let other = self.sets.name(event.livemode, name.as_str());
                self.sets.unite(first, other);
            }
            parts.insert(first);
        }
        let parts: BTreeSet<usize> = parts.into_iter().map(|node| self.sets.root(node)).collect();
        for part in parts {
            self.modes.insert(part, event.livemode);
            self.events.push((event.id.as_str().into(), part));
        }
    }

    /// Adds an event by the neighbourhood that it stands in.
    pub(crate) fn event_of(&mut self, event_id: &str, neighbourhood_id: &str) {
        let node = self.sets.neighbourhood(neighbourhood_id);
        self.events.push((event_id.into(), node));
    }

    /// Adds an event that has said nothing so far, and perhaps says nothing now.
    pub(crate) fn event_alone(&mut self, event_id: &str) {
        let node = self.sets.node();
        self.events.push((event_id.into(), node));
    }

    /// Adds a stored name.
    pub(crate) fn name(&mut self, livemode: bool, name: &str, neighbourhood_id: &str) {
        let name = self.sets.name(livemode, name);
        let neighbourhood = self.sets.neighbourhood(neighbourhood_id);
        self.sets.unite(name, neighbourhood);
        self.modes.insert(neighbourhood, livemode);
    }

    /// Every name that is known, with its mode.
    pub(crate) fn names(&self) -> impl Iterator<Item = (bool, &str)> {
        self.sets
            .names
            .keys()
            .map(|(mode, name)| (*mode, name.as_str()))
    }

    /// The part that a fact is in, once all is connected.
    pub(crate) fn part(&self, livemode: bool, fact: &Fact) -> Option<usize> {
        let names = fact.names();
        self.sets.root_of(livemode, names.first()?.as_str())
    }

    /// All parts, those with the oldest events first.
    pub(crate) fn together(&self) -> Vec<Together> {
        let mut parts: BTreeMap<usize, Together> = BTreeMap::new();
        for (id, node) in &self.events {
            let part = parts.entry(self.sets.root(*node)).or_default();
            part.events.insert(id.to_string());
        }
        for (id, node) in &self.sets.neighbourhoods {
            let part = parts.entry(self.sets.root(*node)).or_default();
            part.neighbourhoods.push(id.clone());
        }
        for (node, livemode) in &self.modes {
            if let Some(part) = parts.get_mut(&self.sets.root(*node)) {
                part.livemode = *livemode;
            }
        }
        for (root, part) in &mut parts {
            part.part = *root;
        }
        let mut parts: Vec<Together> = parts.into_values().collect();
        parts.sort_by(|a, b| a.events.first().cmp(&b.events.first()));
        parts
    }
}

/// Whether a fact goes into the ledger: requests do not.
pub(crate) fn counts(fact: &Fact) -> bool {
    !matches!(fact, Fact::Notice(_))
}
