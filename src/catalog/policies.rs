//! The versions that a program's settings become: model, window, whether customers stay, hold.

use providers::Micros;

use super::{Catalog, Program};
use crate::args;
use crate::books::statements::policies as sql;
use crate::store::{StoreError, Transaction};

impl Program {
    /// What is versioned: model, window in days, whether customers stay, hold in days.
    pub(super) fn settings(&self) -> (&str, i64, bool, i64) {
        let stays = self.customer_stays;
        (&self.model, self.window_days, stays, self.hold_days)
    }
}

impl Catalog<'_> {
    /// Adds a program's settings as a version. See [`Catalog::holds_from`], which is asked about all sales of
    /// the organization: one that nobody or another program has brought might fall to this program.
    pub(super) async fn add_policy(
        &self,
        transaction: &mut dyn Transaction,
        program: &Program,
    ) -> Result<(), StoreError> {
        let from = self.holds_from(transaction, None).await?;
        self.insert_policy(transaction, program, from).await
    }

    /// Writes a version that holds from a time on.
    pub(super) async fn insert_policy(
        &self,
        transaction: &mut dyn Transaction,
        program: &Program,
        from: Micros,
    ) -> Result<(), StoreError> {
        let (model, window_days, customer_stays, hold_days) = program.settings();
        let args = args![
            self.org,
            self.ids.make("policy"),
            program.id.as_str(),
            from.0,
            model,
            window_days,
            customer_stays,
            hold_days,
            self.now.0
        ];
        transaction.run(&sql::INSERT, args).await?;
        Ok(())
    }
}
