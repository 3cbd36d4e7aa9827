//! Which neighbourhood each fact belongs to: everything connected by a name is in one, and facts that
//! connect two make one of them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::sql;
use crate::args;
use crate::id::IdSource;
use crate::ledger::facts::Kept;
use crate::ledger::sets::DisjointSets;
use crate::store::{Question, Row, Rows, StoreError, Transaction};

/// A fact on its way into the ledger, with its mode.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// Live or test ledger.
    pub livemode: bool,
    /// The fact and where it is from.
    pub kept: Kept,
}

/// Where facts have to go.
#[derive(Debug, Default)]
pub struct Placed {
    /// New facts by neighbourhood; the flag is the mode.
    pub by_neighbourhood: BTreeMap<String, (bool, Vec<Kept>)>,
    /// The neighbourhood of each incoming event.
    pub of_event: BTreeMap<String, String>,
    /// Neighbourhoods that are new: they have no rows yet, and nothing of them is to be read.
    pub new: BTreeSet<String>,
    /// Names that are new. They get their rows when it is known which of them stand for a sale.
    pub names: NewNames,
}

/// Names without a row, and the neighbourhoods that they are in.
#[derive(Debug, Default)]
pub struct NewNames(BTreeMap<Place, String>);

impl NewNames {
    /// Writes their rows, and in those of other names which sale they stand for now.
    pub async fn write(
        self,
        transaction: &mut dyn Transaction,
        organization_id: &str,
        mut sales: BTreeMap<Place, Option<String>>,
    ) -> Result<(), StoreError> {
        let (mut new, mut known) = (Rows::new(4), Rows::new(3));
        for (place, home) in self.0 {
            let sale_id = sales.remove(&place).flatten();
            let (livemode, name) = place;
            new.push([livemode.into(), name.into(), home.into(), sale_id.into()]);
        }
        for ((livemode, name), sale_id) in sales {
            known.push([livemode.into(), name.into(), sale_id.into()]);
        }
        for (statement, rows) in [(&sql::INSERT_NAMES, new), (&sql::SET_SALES, known)] {
            if !rows.is_empty() {
                transaction
                    .post(statement, args![organization_id; rows])
                    .await?;
            }
        }
        Ok(())
    }
}

/// A name in its ledger.
pub type Place = (bool, String);

/// Finds or makes the neighbourhood of every fact, and unites those that have become one.
pub async fn place(
    transaction: &mut dyn Transaction,
    organization_id: &str,
    (incoming, asked): (Vec<Incoming>, &KnownNames),
    ids: &IdSource,
) -> Result<Placed, StoreError> {
    let mut sets = Sets::default();
    for fact in &incoming {
        let mut names = fact.kept.fact.names().into_iter();
        if let Some(first) = names.next() {
            let first = sets.name(fact.livemode, first.as_str());
            for name in names {
                let other = sets.name(fact.livemode, name.as_str());
                sets.unite(first, other);
            }
        }
    }
    let known = known_names(transaction, organization_id, &sets, asked).await?;
    for (place, neighbourhood_id) in &known {
        let name = sets.name(place.0, &place.1);
        let node = sets.neighbourhood(neighbourhood_id);
        sets.unite(name, node);
    }
    let owned = sets.owned();
    let sizes = sizes(transaction, organization_id, &owned).await?;
    let homes = sets.homes(ids, owned, &sizes);
    move_united(transaction, organization_id, &homes).await?;
    let new = homes.values().filter(|home| home.is_new);
    let mut placed = Placed {
        new: new.map(|home| home.id.clone()).collect(),
        names: sets.new_names(&homes, &known),
        ..Placed::default()
    };
    for fact in incoming {
        let names = fact.kept.fact.names();
        let Some(first) = names.first() else { continue };
        let root = sets.root_of(fact.livemode, first.as_str());
        let Some(home) = root.and_then(|root| homes.get(&root)) else {
            continue;
        };
        let event_id = fact.kept.event_id.clone();
        placed.of_event.insert(event_id, home.id.clone());
        placed
            .by_neighbourhood
            .entry(home.id.clone())
            .or_insert_with(|| (fact.livemode, Vec::new()))
            .1
            .push(fact.kept);
    }
    Ok(placed)
}

/// Names of which it was asked where they are, and those that are somewhere.
#[derive(Debug, Default)]
pub struct KnownNames {
    asked: BTreeSet<Place>,
    homes: BTreeMap<Place, String>,
}

impl KnownNames {
    /// Asks where names are; `None` where there are none.
    pub fn question(org: &str, names: &BTreeSet<Place>) -> Option<Question> {
        let mut rows = Rows::new(2);
        for (livemode, name) in names {
            rows.push([(*livemode).into(), name.as_str().into()]);
        }
        (!rows.is_empty()).then(|| (&sql::NAMES, args![org; rows]))
    }

    /// From the answer for these names.
    ///
    /// # Errors
    /// A row that is no such answer.
    pub fn read(asked: BTreeSet<Place>, rows: &[Row]) -> Result<Self, StoreError> {
        let mut homes = BTreeMap::new();
        for row in rows {
            let place = (row.flag("livemode")?, row.text("name")?.to_owned());
            homes.insert(place, row.text("neighbourhood_id")?.to_owned());
        }
        Ok(Self { asked, homes })
    }
}

/// Where names are: those that were asked for ahead, and the others now.
async fn known_names(
    transaction: &mut dyn Transaction,
    org: &str,
    sets: &Sets,
    ahead: &KnownNames,
) -> Result<BTreeMap<Place, String>, StoreError> {
    let (asked, others): (BTreeSet<Place>, BTreeSet<Place>) = sets
        .names
        .keys()
        .cloned()
        .partition(|place| ahead.asked.contains(place));
    let mut known = match KnownNames::question(org, &others) {
        Some((statement, args)) => {
            let rows = transaction.run(statement, args).await?;
            KnownNames::read(others, &rows)?.homes
        }
        None => BTreeMap::new(),
    };
    for place in asked {
        if let Some(home) = ahead.homes.get(&place) {
            known.insert(place, home.clone());
        }
    }
    Ok(known)
}

/// How many facts there are in neighbourhoods that become one.
async fn sizes(
    transaction: &mut dyn Transaction,
    organization_id: &str,
    owned: &BTreeMap<usize, Vec<&String>>,
) -> Result<BTreeMap<String, i64>, StoreError> {
    let mut rows = Rows::new(1);
    for ids in owned.values().filter(|ids| ids.len() > 1) {
        for id in ids {
            rows.push([id.as_str().into()]);
        }
    }
    let mut sizes = BTreeMap::new();
    if rows.is_empty() {
        return Ok(sizes);
    }
    let args = args![organization_id; rows];
    for row in transaction.run(&sql::SIZES, args).await? {
        sizes.insert(row.text("id")?.to_owned(), row.int("facts")?);
    }
    Ok(sizes)
}

/// The neighbourhood that a set of names ends up in.
struct Home {
    id: String,
    is_new: bool,
    /// Neighbourhoods that become part of it.
    gone: Vec<String>,
}

/// Moves the rows of neighbourhoods that have become part of another.
async fn move_united(
    transaction: &mut dyn Transaction,
    org: &str,
    homes: &BTreeMap<usize, Home>,
) -> Result<(), StoreError> {
    let (mut moved, mut gone) = (Rows::new(2), Rows::new(1));
    for home in homes.values() {
        for id in &home.gone {
            moved.push([id.as_str().into(), home.id.as_str().into()]);
            gone.push([id.as_str().into()]);
        }
    }
    if !moved.is_empty() {
        for statement in [
            &sql::MOVE_MOVED,
            &sql::MOVED,
            &sql::MOVE_FACTS,
            &sql::MOVE_SALES,
            &sql::MOVE_CUSTOMERS,
            &sql::MOVE_LEADS,
            &sql::MOVE_EVENTS,
        ] {
            let args = args![org; moved.clone()];
            transaction.run(statement, args).await?;
        }
        let args = args![org; gone.clone()];
        transaction.run(&sql::DELETE_CLAIMS, args).await?;
        let args = args![org; gone];
        transaction.run(&sql::DELETE_NEIGHBOURHOODS, args).await?;
    }
    Ok(())
}

/// Disjoint sets over names and the neighbourhoods they are in already.
#[derive(Default)]
pub(super) struct Sets {
    nodes: DisjointSets,
    pub(super) names: HashMap<Place, usize>,
    pub(super) neighbourhoods: BTreeMap<String, usize>,
}

impl Sets {
    pub(super) fn node(&mut self) -> usize {
        self.nodes.add()
    }

    pub(super) fn name(&mut self, livemode: bool, name: &str) -> usize {
        let place = (livemode, name.to_owned());
        if let Some(node) = self.names.get(&place) {
            return *node;
        }
        let node = self.node();
        self.names.insert(place, node);
        node
    }

    pub(super) fn neighbourhood(&mut self, id: &str) -> usize {
        if let Some(node) = self.neighbourhoods.get(id) {
            return *node;
        }
        let node = self.node();
        self.neighbourhoods.insert(id.to_owned(), node);
        node
    }

    pub(super) fn root(&self, node: usize) -> usize {
        self.nodes.root(node)
    }

    pub(super) fn root_of(&self, livemode: bool, name: &str) -> Option<usize> {
        let node = self.names.get(&(livemode, name.to_owned()))?;
        Some(self.root(*node))
    }

    pub(super) fn unite(&mut self, a: usize, b: usize) {
        self.nodes.unite(a, b);
    }

    /// The names that are not known yet.
    fn new_names(
        &self,
        homes: &BTreeMap<usize, Home>,
        known: &BTreeMap<Place, String>,
    ) -> NewNames {
        let names = self.names.iter();
        let new = names.filter(|(place, _)| !known.contains_key(place));
        let new = new.filter_map(|(place, node)| {
            let home = homes.get(&self.root(*node))?;
            Some((place.clone(), home.id.clone()))
        });
        NewNames(new.collect())
    }

    /// The neighbourhoods that each set has, oldest first.
    fn owned(&self) -> BTreeMap<usize, Vec<&String>> {
        let mut owned: BTreeMap<usize, Vec<&String>> = BTreeMap::new();
        for (id, node) in &self.neighbourhoods {
            owned.entry(self.root(*node)).or_default().push(id);
        }
        owned
    }

    /// For each set its neighbourhood: the largest of those it has, so that few rows move, and of equal ones the oldest; else a new one.
    fn homes(
        &self,
        ids: &IdSource,
        mut owned: BTreeMap<usize, Vec<&String>>,
        sizes: &BTreeMap<String, i64>,
    ) -> BTreeMap<usize, Home> {
        let mut homes: BTreeMap<usize, Home> = BTreeMap::new();
        for node in self.names.values() {
            let root = self.root(*node);
            homes.entry(root).or_insert_with(|| {
                let mut own = owned.remove(&root).unwrap_or_default();
                own.sort_by_key(|id| Reverse(sizes.get(*id)));
                let mut own = own.into_iter();
                let kept = own.next();
                Home {
                    is_new: kept.is_none(),
                    id: kept.cloned().unwrap_or_else(|| ids.make("nbh")),
                    gone: own.cloned().collect(),
                }
            });
        }
        homes
    }
}
