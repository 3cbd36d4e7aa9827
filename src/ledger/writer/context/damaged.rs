//! Programs of which something that is stored cannot be read. Nothing is guessed in its place: what may be credited by
//! such a program is not folded, and says why; all else goes on.

use std::collections::BTreeMap;

use super::wanted::Wanted;
use crate::attribution::Directory;
use crate::ledger::facts::FactSet;
use crate::store::StoreError;

/// What cannot be read, by program.
#[derive(Debug, Default)]
pub struct Damaged(BTreeMap<String, &'static str>);

impl Damaged {
    /// Notes what of a program cannot be read: "the settings".
    pub(super) fn note(&mut self, program_id: &str, what: &'static str) {
        self.0.entry(program_id.to_owned()).or_insert(what);
    }

    /// Whether facts can be folded.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] where a click, a code or an owner's decision leads to such a program.
    pub fn check(
        &self,
        livemode: bool,
        facts: &FactSet,
        directory: &Directory,
    ) -> Result<(), StoreError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut wanted = Wanted::default();
        wanted.facts(livemode, facts);
        let clicks = wanted.clicks.iter().filter_map(|id| {
            let click = directory.clicks.get(id)?;
            Some(&click.program_id)
        });
        let codes = wanted.codes.iter().filter_map(|code| {
            let owner = directory.code(code)?;
            Some(&owner.program_id)
        });
        let named = wanted.people.iter().chain(&wanted.payments);
        let assigned = named.filter_map(|(_, name)| {
            let owner = directory.assignments.get(name)?.as_ref()?;
            Some(&owner.program_id)
        });
        for program_id in clicks.chain(codes).chain(assigned) {
            if let Some(what) = self.0.get(program_id) {
                let what = format!("{what} of program {program_id} cannot be read");
                return Err(StoreError::Damaged(what));
            }
        }
        Ok(())
    }
}
