//! The status of a sale, in one place for all lists: `paid`, `rejected`, `approved` or `pending`.

/// SQL for the status of the sale `s`, where `$1` is the organization and `$2` the time.
///
/// - `paid`: everything it has earned stands in payouts, and some of that has not been taken back by one.
/// - `rejected`: nothing is left of its commission, or of the sale itself.
/// - `approved`: the hold is over, and neither a dispute, a review nor a rate is waited for.
/// - `pending`: all others.
///
/// It adds up what is not paid: entries of one commission may cancel each other, where it is paid at another time than it was booked for.
/// It does so where `not exists` would do: PostgreSQL would rather go through all entries once than look at those of each sale.
macro_rules! sale_status {
    () => {
        "case
             when coalesce((select sum(e.amount) from entries e
                     left join payout_entries p on p.organization_id = $1 and p.entry_id = e.id
                     where e.organization_id = $1 and e.subject_id = s.id and e.partner_id = s.partner_id
                         and e.kind = 'commission' and p.entry_id is null), 0) <= 0
                 and (select sum(e.amount) from entries e
                     join payout_entries p on p.organization_id = $1 and p.entry_id = e.id
                     where e.organization_id = $1 and e.subject_id = s.id) > 0
                 then 'paid'
             when s.commission_full > 0 and s.commission_left = 0 then 'rejected'
             when s.commission_full = 0 and s.net > 0 and s.net - s.refunded - s.disputed <= 0
                 then 'rejected'
             when s.review is not null or s.waits_for is not null
                 or s.commission_free < s.commission_left then 'pending'
             when s.available_at <= $2 then 'approved'
             else 'pending'
         end"
    };
}

pub(in crate::books) use sale_status;

/// What a sale or commission is worth to its partner by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Held, or not to be paid out yet.
    Pending,
    /// To be paid out.
    Approved,
    /// Paid out.
    Paid,
    /// Nothing is left.
    Rejected,
}

impl Status {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Pending, Self::Approved, Self::Paid, Self::Rejected];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Paid => "paid",
            Self::Rejected => "rejected",
        }
    }
}
