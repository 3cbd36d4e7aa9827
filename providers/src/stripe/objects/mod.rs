//! Stripe's objects as far as they are read, in every shape they had since 2017: nothing is required, and
//! nothing that is missing, moved or of another type makes an object unreadable.

mod billing;
mod checkout;
mod payments;

pub(super) use billing::{
    CreditNote, Customer, Discount, DiscountSource, Invoice, InvoicePayment, Line, LinePart,
    LinesPage, List, NotedRefund, PaidWith, Parent, Price, Pricing, PromotionCode, RecordRefund,
    StatusTransitions, Subscription, SubscriptionDetails, TaxPart,
};
pub(super) use checkout::{
    Conversion, Person, PresentmentDetails, Session, ShippingCost, TotalDetails,
};
pub(super) use payments::{
    AmountDetails, AmountPart, AmountTax, BalanceTransaction, Charge, Dispute, DisputeCard,
    DisputeMethod, Intent, PaymentDetails, Refund,
};
