//! Which column of an export says what. Vendors rename columns, so a column is known by any of some names, without regard to case, spaces and signs;
//! `--column FIELD=HEADER` says it of one that is not known. Pure.

use std::collections::BTreeMap;

use crate::cli::{ImportKind as Kind, Vendor};

/// What a column can say.
pub const FIELDS: &[&str] = &[
    "partnerEmail",
    "partnerName",
    "partnerFirstName",
    "partnerLastName",
    "partnerToken",
    "paypalEmail",
    "code",
    "customerId",
    "processorCustomerId",
    "customerEmail",
    "invoiceId",
    "amount",
    "currency",
    "date",
    "commissionStatus",
];

/// Names of columns that are about a partner in any export.
const OF_ALL: &[(&str, &[&str])] = &[
    (
        "partnerEmail",
        &[
            "affiliateemail",
            "promoteremail",
            "partneremail",
            "referreremail",
        ],
    ),
    (
        "partnerName",
        &[
            "affiliatename",
            "promotername",
            "partnername",
            "affiliate",
            "promoter",
            "partner",
        ],
    ),
    (
        "partnerFirstName",
        &[
            "affiliatefirstname",
            "promoterfirstname",
            "partnerfirstname",
        ],
    ),
    (
        "partnerLastName",
        &["affiliatelastname", "promoterlastname", "partnerlastname"],
    ),
    (
        "partnerToken",
        &[
            "token",
            "linktoken",
            "refid",
            "referralid",
            "defaultrefid",
            "referralcode",
            "affiliatetoken",
            "linkkey",
            "key",
            "trackingid",
            "slug",
            "via",
        ],
    ),
    ("paypalEmail", &["paypalemail", "paypal"]),
];

const OF_PARTNERS: &[(&str, &[&str])] = &[
    ("partnerEmail", &["email", "emailaddress"]),
    ("partnerName", &["name", "fullname"]),
    ("partnerFirstName", &["firstname"]),
    ("partnerLastName", &["lastname"]),
];

const OF_CODES: &[(&str, &[&str])] = &[(
    "code",
    &["code", "couponcode", "coupon", "promocode", "discountcode"],
)];

const OF_CUSTOMERS: &[(&str, &[&str])] = &[
    (
        "customerId",
        &[
            "customerexternalid",
            "externalid",
            "uid",
            "userid",
            "leaduid",
        ],
    ),
    (
        "processorCustomerId",
        &[
            "stripecustomerid",
            "importedid",
            "processorcustomerid",
            "customerid",
            "custid",
        ],
    ),
    (
        "customerEmail",
        &["customeremail", "leademail", "referralemail", "email"],
    ),
];

const OF_SALES: &[(&str, &[&str])] = &[
    (
        "invoiceId",
        &[
            "invoiceid",
            "invoice",
            "eventid",
            "chargeid",
            "stripechargeid",
            "transactionid",
            "saleid",
            "orderid",
        ],
    ),
    (
        "amount",
        &[
            "amount",
            "saleamount",
            "revenue",
            "sale",
            "transactionamount",
            "total",
        ],
    ),
    ("currency", &["currency", "salecurrency"]),
    (
        "date",
        &[
            "date",
            "createdat",
            "saledate",
            "chargedat",
            "created",
            "paidat",
            "occurredat",
        ],
    ),
];

/// Whether a commission was paid. What is merely called status may be that of the sale.
const OF_COMMISSIONS: &[(&str, &[&str])] = &[(
    "commissionStatus",
    &[
        "commissionstatus",
        "commissionstate",
        "payoutstatus",
        "commissionpaid",
    ],
)];

/// Of those whose export is one of commissions.
const OF_EXPORTS_OF_COMMISSIONS: &[(&str, &[&str])] = &[("commissionStatus", &["state", "status"])];

/// What Rewardful's own format for referrals calls its partner, where others mean the customer.
const OF_REWARDFUL_CUSTOMERS: &[(&str, &[&str])] = &[
    ("partnerEmail", &["email"]),
    ("partnerFirstName", &["firstname"]),
    ("partnerLastName", &["lastname"]),
];

/// The columns of a file, by field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns(BTreeMap<&'static str, usize>);

impl Columns {
    /// Finds them in a header. `said`: fields and headers as the command line says.
    ///
    /// # Errors
    /// A field or header that is not there; what is needed and missing.
    pub fn find(
        header: &[&str],
        (vendor, kind): (Vendor, Kind),
        said: &[(String, String)],
    ) -> Result<Self, String> {
        let names: Vec<String> = header.iter().map(|name| plain(name)).collect();
        let at = |name: &str| names.iter().position(|known| known == name);
        let mut found = BTreeMap::new();
        for (field, given) in said {
            let field = FIELDS.iter().find(|known| *known == field);
            let field = *field
                .ok_or_else(|| format!("--column: a field is one of {}", FIELDS.join(", ")))?;
            let column = at(&plain(given));
            let column = column.ok_or_else(|| format!("the file has no column {given}"))?;
            found.insert(field, column);
        }
        for (field, aliases) in tables(vendor, kind).into_iter().flatten() {
            let taken: Vec<usize> = found.values().copied().collect();
            let column = aliases.iter().find_map(|name| at(name));
            if let Some(column) = column.filter(|column| !taken.contains(column)) {
                found.entry(*field).or_insert(column);
            }
        }
        let columns = Self(found);
        columns.check(kind)?;
        Ok(columns)
    }

    fn check(&self, kind: Kind) -> Result<(), String> {
        let any = |fields: &[&str]| fields.iter().any(|field| self.0.contains_key(field));
        let partner: &[&str] = &["partnerEmail"];
        let needed: &[&[&str]] = match kind {
            Kind::Partners => &[partner],
            Kind::Codes => &[partner, &["code"]],
            Kind::Customers => &[partner, &["customerId", "processorCustomerId"]],
            Kind::Sales => &[
                partner,
                &["customerId", "processorCustomerId", "customerEmail"],
                &["invoiceId"],
                &["amount"],
                &["date"],
            ],
        };
        for fields in needed {
            if !any(fields) {
                return Err(format!(
                    "no column says {}: name it with --column {}=HEADER",
                    fields.join(" or "),
                    fields.first().unwrap_or(&"")
                ));
            }
        }
        Ok(())
    }

    /// What a line has in a field; nothing where it is empty.
    pub fn get<'l>(&self, line: &'l csv::StringRecord, field: &str) -> Option<&'l str> {
        let text = line.get(*self.0.get(field)?)?.trim();
        (!text.is_empty()).then_some(text)
    }
}

type Table = &'static [(&'static str, &'static [&'static str])];

/// The more special first.
fn tables(vendor: Vendor, kind: Kind) -> Vec<Table> {
    let mut tables: Vec<Table> = vec![OF_ALL];
    if vendor == Vendor::Rewardful && kind == Kind::Customers {
        tables.push(OF_REWARDFUL_CUSTOMERS);
    }
    match kind {
        Kind::Partners => tables.push(OF_PARTNERS),
        Kind::Codes => tables.extend([OF_CODES, OF_PARTNERS]),
        Kind::Customers => tables.push(OF_CUSTOMERS),
        Kind::Sales => {
            tables.extend([OF_SALES, OF_CUSTOMERS, OF_COMMISSIONS]);
            if matches!(vendor, Vendor::Rewardful | Vendor::Dub) {
                tables.push(OF_EXPORTS_OF_COMMISSIONS);
            }
        }
    }
    tables
}

/// A name without case, spaces and signs.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(header: &[&str], vendor: Vendor, kind: Kind) -> Vec<(&'static str, usize)> {
        let columns = Columns::find(header, (vendor, kind), &[]).unwrap();
        columns.0.into_iter().collect()
    }

    #[test]
    fn columns_are_known_by_their_names_in_any_writing() {
        let header = [
            "First Name",
            "Last Name",
            "Email",
            "PayPal Email",
            "Link Token",
        ];
        assert_eq!(
            found(&header, Vendor::Rewardful, Kind::Partners),
            [
                ("partnerEmail", 2),
                ("partnerFirstName", 0),
                ("partnerLastName", 1),
                ("partnerToken", 4),
                ("paypalEmail", 3),
            ]
        );
        let header = ["stripe_customer_id", "first_name", "last_name", "email"];
        assert_eq!(
            found(&header, Vendor::Rewardful, Kind::Customers)[0],
            ("partnerEmail", 3)
        );
        let header = ["email", "uid", "promoter_email"];
        assert_eq!(
            found(&header, Vendor::Firstpromoter, Kind::Customers),
            [("customerEmail", 0), ("customerId", 1), ("partnerEmail", 2)]
        );
    }

    #[test]
    fn what_is_missing_or_said_wrongly_is_told() {
        let find = |header: &[&str], said: &[(&str, &str)]| {
            let said: Vec<_> = said
                .iter()
                .map(|(field, name)| ((*field).to_owned(), (*name).to_owned()))
                .collect();
            Columns::find(header, (Vendor::Dub, Kind::Codes), &said)
        };
        assert_eq!(
            find(&["x"], &[]).unwrap_err(),
            "no column says partnerEmail: name it with --column partnerEmail=HEADER"
        );
        assert!(find(&["x"], &[("partnerEmail", "y")]).is_err());
        assert!(find(&["x"], &[("nothing", "x")]).is_err());
        assert!(find(&["x", "code"], &[("partnerEmail", "X")]).is_ok());
    }
}
