//! How far `listen` has come: a time, and which of the deliveries around it are forwarded. Written down after each, whole or not at all.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use providers::Micros;
use serde::{Deserialize, Serialize};

use super::SETTLED_SECONDS;

/// One place in the inbox.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    /// When the newest forwarded delivery was received, or where it begins; in microseconds.
    at: i64,
    /// What was received before this is none of it.
    from: i64,
    /// Those forwarded that were received shortly before it, with when.
    passed: BTreeMap<String, i64>,
}

/// The file with the places of all that listen.
#[derive(Debug)]
pub(super) struct Cursor {
    file: PathBuf,
    name: String,
    place: Option<Place>,
}

impl Cursor {
    pub(super) fn open(file: &Path, name: &str) -> Result<Self> {
        let mut places = read(file)?;
        Ok(Self {
            file: file.to_owned(),
            name: name.to_owned(),
            place: places.remove(name),
        })
    }

    /// Begins at a time, wherever it was.
    pub(super) fn begin_at(&mut self, at: Micros) {
        self.place = Some(Place {
            at: at.0,
            from: at.0,
            passed: BTreeMap::new(),
        });
    }

    pub(super) fn begin_at_unless_known(&mut self, at: Micros) {
        if self.place.is_none() {
            self.begin_at(at);
        }
    }

    pub(super) fn at(&self) -> Micros {
        Micros(self.place.as_ref().map_or(0, |place| place.at))
    }

    /// Whether a delivery is to be forwarded.
    pub(super) fn is_new(&self, id: &str, received_at: Micros) -> bool {
        let Some(place) = &self.place else {
            return true;
        };
        place.from <= received_at.0 && !place.passed.contains_key(id)
    }

    /// Notes that a delivery is forwarded.
    pub(super) fn passed(&mut self, id: &str, received_at: Micros) -> Result<()> {
        let place = self.place.get_or_insert_default();
        place.passed.insert(id.to_owned(), received_at.0);
        place.at = place.at.max(received_at.0);
        // What is older than anything that is looked at again is passed by its time alone.
        let settled = Micros(place.at).plus_seconds(-2 * SETTLED_SECONDS).0;
        place.passed.retain(|_, at| settled <= *at);
        place.from = place.from.max(settled);
        self.write()
    }

    fn write(&self) -> Result<()> {
        let mut places = read(&self.file)?;
        if let Some(place) = &self.place {
            places.insert(self.name.clone(), place.clone());
        }
        let beside = self.file.with_extension("new");
        std::fs::write(&beside, serde_json::to_vec(&places)?)
            .and_then(|()| std::fs::rename(&beside, &self.file))
            .with_context(|| format!("{} cannot be written", self.file.display()))
    }
}

fn read(file: &Path) -> Result<BTreeMap<String, Place>> {
    match std::fs::read(file) {
        Ok(bytes) => serde_json::from_slice(&bytes).with_context(|| {
            format!(
                "{} is no cursor of `listen`: remove it, or give another with --cursor",
                file.display()
            )
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", file.display())),
    }
}
