//! The file against the rules of its schema, ISO 20022 `pain.001.001.09`, and those that SEPA banks have besides.

use std::collections::BTreeSet;

use proptest::prelude::*;
use providers::{Currency, Micros};

use super::*;
use crate::payouts::details::Details;
use crate::payouts::settings::Settings;

#[test]
fn an_iban_is_one_where_its_digits_check() {
    for good in [
        "DE89 3704 0044 0532 0130 00",
        "gb29nwbk60161331926819",
        "FR1420041010050500013M02606",
        "NO9386011117947",
    ] {
        assert!(iban(good).is_some(), "{good}");
    }
    for bad in [
        "",
        "DE",
        "DE89370400440532013001",
        "DE8937040044053201300",
        "1289370400440532013000",
        "DE89 3704 0044 0532 0130 0ä",
    ] {
        assert_eq!(iban(bad), None, "{bad}");
    }
}

#[test]
fn the_file_has_every_part_in_its_order_and_no_sign_that_a_bank_refuses() {
    let row = |name: &str, bic: Option<&str>| Row {
        id: "pay_01m81j18g0e0f8cqvy5dng1mjr".to_owned(),
        partner_id: "prt_1".to_owned(),
        partner: (String::new(), String::new()),
        amount: 12_345,
        details: Details {
            account_holder: Some(name.to_owned()),
            iban: iban("DE89370400440532013000"),
            bic: bic.map(str::to_owned),
            ..Details::default()
        },
    };
    let settings = Settings {
        company_name: Some("Café & Söhne <GmbH>".to_owned()),
        iban: iban("FR1420041010050500013M02606"),
        ..Settings::default()
    };
    let batch = Batch {
        id: "pob_01m8",
        currency: Currency::parse("eur").unwrap(),
        at: Micros::parse_rfc3339("2026-11-22T12:00:00Z").unwrap(),
        settings: &settings,
        rows: &[row("Łukasz Żak", Some("COBADEFFXXX")), row("陳大文", None)],
    };
    let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09">
  <CstmrCdtTrfInitn>
    <GrpHdr>
      <MsgId>pob01m8</MsgId>
      <CreDtTm>2026-11-22T12:00:00Z</CreDtTm>
      <NbOfTxs>2</NbOfTxs>
      <CtrlSum>246.90</CtrlSum>
      <InitgPty><Nm>Cafe + Soehne GmbH</Nm></InitgPty>
    </GrpHdr>
    <PmtInf>
      <PmtInfId>pob01m8</PmtInfId>
      <PmtMtd>TRF</PmtMtd>
      <NbOfTxs>2</NbOfTxs>
      <CtrlSum>246.90</CtrlSum>
      <PmtTpInf><SvcLvl><Cd>SEPA</Cd></SvcLvl></PmtTpInf>
      <ReqdExctnDt><Dt>2026-11-22</Dt></ReqdExctnDt>
      <Dbtr><Nm>Cafe + Soehne GmbH</Nm></Dbtr>
      <DbtrAcct><Id><IBAN>FR1420041010050500013M02606</IBAN></Id></DbtrAcct>
      <DbtrAgt><FinInstnId><Othr><Id>NOTPROVIDED</Id></Othr></FinInstnId></DbtrAgt>
      <ChrgBr>SLEV</ChrgBr>
      <CdtTrfTxInf>
        <PmtId><EndToEndId>pay01m81j18g0e0f8cqvy5dng1mjr</EndToEndId></PmtId>
        <Amt><InstdAmt Ccy="EUR">123.45</InstdAmt></Amt>
        <CdtrAgt><FinInstnId><BICFI>COBADEFFXXX</BICFI></FinInstnId></CdtrAgt>
        <Cdtr><Nm>Lukasz Zak</Nm></Cdtr>
        <CdtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></CdtrAcct>
        <RmtInf><Ustrd>Partner payout pay01m81j18g0e0f8cqvy5dng1mjr</Ustrd></RmtInf>
      </CdtTrfTxInf>
      <CdtTrfTxInf>
        <PmtId><EndToEndId>pay01m81j18g0e0f8cqvy5dng1mjr</EndToEndId></PmtId>
        <Amt><InstdAmt Ccy="EUR">123.45</InstdAmt></Amt>
        <Cdtr><Nm>NOTPROVIDED</Nm></Cdtr>
        <CdtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></CdtrAcct>
        <RmtInf><Ustrd>Partner payout pay01m81j18g0e0f8cqvy5dng1mjr</Ustrd></RmtInf>
      </CdtTrfTxInf>
    </PmtInf>
  </CstmrCdtTrfInitn>
</Document>
"#;
    assert_eq!(String::from_utf8(pain001(&batch)).unwrap(), expected);
}

#[test]
fn a_bic_names_a_bank_a_country_and_a_place() {
    for good in ["cobadeff", "COBADEFFXXX", "A1B2DE3X"] {
        assert!(bic(good).is_some(), "{good}");
    }
    for bad in [
        "",
        "COBA",
        "COBADEFFX",
        "COBA12FF",
        "COBADEFFÄXX",
        "COBADEFFXXXX",
    ] {
        assert_eq!(bic(bad), None, "{bad}");
    }
}

#[test]
fn names_of_all_of_europe_keep_their_letters() {
    for (given, told) in [
        ("Jūratė Žukauskienė", "Jurate Zukauskiene"),
        ("Ģirts Ķēniņš", "Girts Kenins"),
        ("Ľubomír Hŕbek", "Lubomir Hrbek"),
        ("Þórður Guðmundsson", "Thordur Gudmundsson"),
        ("Ġużè Ħaż", "Guze Haz"),
        ("D’Arcy – O’Neill", "D'Arcy - O'Neill"),
    ] {
        assert_eq!(name(given), told);
    }
}

/// What may stand in an element, in this order; `?`: it may be missing, `+`: once or more.
#[rustfmt::skip]
const ORDER: &[(&str, &[&str])] = &[
    ("Document", &["CstmrCdtTrfInitn"]),
    ("CstmrCdtTrfInitn", &["GrpHdr", "PmtInf+"]),
    ("GrpHdr", &["MsgId", "CreDtTm", "Authstn?", "NbOfTxs", "CtrlSum?", "InitgPty", "FwdgAgt?"]),
    ("PmtInf", &[
        "PmtInfId", "PmtMtd", "BtchBookg?", "NbOfTxs?", "CtrlSum?", "PmtTpInf?", "ReqdExctnDt", "PoolgAdjstmntDt?", "Dbtr", "DbtrAcct",
        "DbtrAgt", "DbtrAgtAcct?", "InstrForDbtrAgt?", "UltmtDbtr?", "ChrgBr?", "ChrgsAcct?", "ChrgsAcctAgt?", "CdtTrfTxInf+",
    ]),
    ("CdtTrfTxInf", &[
        "PmtId", "PmtTpInf?", "Amt", "XchgRateInf?", "ChrgBr?", "UltmtDbtr?", "CdtrAgt?", "CdtrAgtAcct?", "Cdtr", "CdtrAcct",
        "UltmtCdtr?", "Purp?", "RmtInf?",
    ]),
    ("PmtTpInf", &["InstrPrty?", "SvcLvl?", "LclInstrm?", "CtgyPurp?"]),
    ("PmtId", &["InstrId?", "EndToEndId", "UETR?"]),
    ("FinInstnId", &["BICFI?", "ClrSysMmbId?", "LEI?", "Nm?", "PstlAdr?", "Othr?"]),
    ("InitgPty", &["Nm?", "PstlAdr?", "Id?"]),
    ("Dbtr", &["Nm", "PstlAdr?", "Id?"]),
    ("Cdtr", &["Nm", "PstlAdr?", "Id?"]),
    ("RmtInf", &["Ustrd?"]),
];

/// An element: its name, and what is in it.
#[derive(Debug)]
struct Element {
    name: String,
    text: String,
    parts: Vec<Element>,
}

impl Element {
    /// Reads what was written here: no comments, no mixed content.
    fn read(rest: &mut &str) -> Self {
        let head = rest.trim_start().strip_prefix('<').unwrap();
        let (head, after) = head.split_once('>').unwrap();
        let name = head.split(' ').next().unwrap().to_owned();
        let end = format!("</{name}>");
        let (mut text, mut parts) = (String::new(), Vec::new());
        *rest = after;
        loop {
            let inner = rest.trim_start();
            if let Some(after) = inner.strip_prefix(end.as_str()) {
                *rest = after;
                return Self { name, text, parts };
            }
            if inner.starts_with('<') {
                parts.push(Self::read(rest));
            } else {
                let (told, _) = rest.split_once('<').unwrap();
                told.clone_into(&mut text);
                *rest = &rest[told.len()..];
            }
        }
    }

    /// The texts of all elements of a name, however deep.
    fn texts(&self, name: &str) -> Vec<&str> {
        let mut found = Vec::new();
        for part in &self.parts {
            if part.name == name {
                found.push(part.text.as_str());
            }
            found.extend(part.texts(name));
        }
        found
    }

    fn check_order(&self) {
        if let Some((_, order)) = ORDER.iter().find(|(name, _)| *name == self.name) {
            let mut parts = self.parts.iter().map(|part| part.name.as_str()).peekable();
            for expected in *order {
                let name = expected.trim_end_matches(['?', '+']);
                let mut count = 0;
                while parts.next_if_eq(&name).is_some() {
                    count += 1;
                }
                let most = if expected.ends_with('+') {
                    usize::MAX
                } else {
                    1
                };
                let least = usize::from(!expected.ends_with('?'));
                let is_good = (least..=most).contains(&count);
                assert!(is_good, "{count} {name} in {}", self.name);
            }
            assert_eq!(parts.next(), None, "{}", self.name);
        }
        self.parts.iter().for_each(Self::check_order);
    }

    /// Texts of the schema's simple types, and the narrower ones of SEPA.
    fn check_text(&self) {
        let text = self.text.as_str();
        let is = |length: std::ops::RangeInclusive<usize>, allowed: fn(char) -> bool| {
            length.contains(&text.chars().count()) && text.chars().all(allowed)
        };
        let sepa = |c: char| c.is_ascii_alphanumeric() || "/-?:().,'+ ".contains(c);
        let number = |c: char| c.is_ascii_digit() || c == '.';
        let good = match self.name.as_str() {
            // References neither begin nor end with a slash, and have no two in a row: with none at all they are safe.
            "MsgId" | "PmtInfId" | "EndToEndId" => is(1..=35, |c| c.is_ascii_alphanumeric()),
            "NbOfTxs" => is(1..=15, |c| c.is_ascii_digit()),
            "CtrlSum" => is(4..=18, number),
            "InstdAmt" => {
                let (whole, cents) = text.split_once('.').unwrap();
                (1..=9).contains(&whole.len()) && cents.len() == 2 && is(4..=12, number)
            }
            "Nm" => is(1..=70, sepa) && text.trim() == text,
            "Ustrd" => is(1..=140, sepa),
            "IBAN" => iban(text).as_deref() == Some(text),
            "BICFI" => bic(text).as_deref() == Some(text),
            "Dt" => is(10..=10, |c| c.is_ascii_digit() || c == '-'),
            "PmtMtd" => text == "TRF",
            "ChrgBr" => text == "SLEV",
            "Cd" => text == "SEPA",
            _ => true,
        };
        assert!(good, "{}: {text:?}", self.name);
        self.parts.iter().for_each(Self::check_text);
    }
}

/// Cents of an amount as it is written.
fn cents(text: &str) -> i64 {
    text.replace('.', "").parse().unwrap()
}

fn check(xml: &str) {
    let begin = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    let mut rest = xml.strip_prefix(begin).unwrap();
    let document = Element::read(&mut rest);
    assert_eq!(rest.trim(), "");
    document.check_order();
    document.check_text();
    let amounts = document.texts("InstdAmt");
    let total: i64 = amounts.iter().copied().map(cents).sum();
    let count = amounts.len().to_string();
    assert_eq!(document.texts("NbOfTxs"), [count.as_str(), &count]);
    let sums = document.texts("CtrlSum");
    assert!(sums.len() == 2 && sums.into_iter().all(|sum| cents(sum) == total));
    let references: BTreeSet<&str> = document.texts("EndToEndId").into_iter().collect();
    assert_eq!(references.len(), amounts.len(), "each has its own");
}

proptest! {
    #[test]
    fn whatever_people_are_called_the_file_keeps_to_its_schema(
        company in "\\PC{0,90}",
        own_bic in any::<bool>(),
        given in prop::collection::vec(("\\PC{0,90}", 1_i64..100_000_000_000, any::<bool>()), 1..20),
    ) {
        let bic = |is_there: bool| is_there.then(|| "COBADEFFXXX".to_owned());
        let rows = given.into_iter().enumerate().map(|(n, (name, amount, has_bic))| Row {
            id: format!("pay_01m81j18g0e0f8cqvy5dng{n:04}"),
            partner_id: "prt_1".to_owned(),
            partner: (String::new(), String::new()),
            amount,
            details: Details {
                account_holder: Some(name),
                iban: iban("DE89370400440532013000"),
                bic: bic(has_bic),
                ..Details::default()
            },
        });
        let rows: Vec<Row> = rows.collect();
        let settings = Settings {
            company_name: Some(company),
            iban: iban("FR1420041010050500013M02606"),
            bic: bic(own_bic),
            ..Settings::default()
        };
        let batch = Batch {
            id: "pob_01m81j18g0e0f8cqvy5dng1mjr",
            currency: Currency::parse("eur").unwrap(),
            at: Micros::parse_rfc3339("2026-11-22T12:00:00.123456Z").unwrap(),
            settings: &settings,
            rows: &rows,
        };
        check(&String::from_utf8(pain001(&batch)).unwrap());
    }
}
