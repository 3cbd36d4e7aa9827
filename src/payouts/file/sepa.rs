//! Credit transfers as SEPA banks take them: ISO 20022 `pain.001.001.09`, euro only, by IBAN alone. Addresses are left out: banks no longer take
//! those that are not in parts.

use std::fmt::Write as _;

use super::{Batch, Row, decimal, plain_id};

/// The longest name, in characters.
const NAME_MAX_CHARS: usize = 70;
/// The longest text to the one who is paid, in characters.
const TEXT_MAX_CHARS: usize = 140;

/// The file. Who pays must have a name and an IBAN, and so must each who is paid.
pub fn pain001(batch: &Batch<'_>) -> Vec<u8> {
    let settings = batch.settings;
    let at = batch.at.to_string();
    let day = at.get(..10).unwrap_or_default();
    let seconds = at.get(..19).unwrap_or_default();
    let total = decimal(batch.total().unwrap_or_default(), batch.currency);
    let count = batch.rows.len();
    let (id, payer) = (
        plain_id(batch.id),
        name(settings.company_name.as_deref().unwrap_or_default()),
    );
    let iban = settings.iban.as_deref().unwrap_or_default();
    let mut xml = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09">
  <CstmrCdtTrfInitn>
    <GrpHdr>
      <MsgId>{id}</MsgId>
      <CreDtTm>{seconds}Z</CreDtTm>
      <NbOfTxs>{count}</NbOfTxs>
      <CtrlSum>{total}</CtrlSum>
      <InitgPty><Nm>{payer}</Nm></InitgPty>
    </GrpHdr>
    <PmtInf>
      <PmtInfId>{id}</PmtInfId>
      <PmtMtd>TRF</PmtMtd>
      <NbOfTxs>{count}</NbOfTxs>
      <CtrlSum>{total}</CtrlSum>
      <PmtTpInf><SvcLvl><Cd>SEPA</Cd></SvcLvl></PmtTpInf>
      <ReqdExctnDt><Dt>{day}</Dt></ReqdExctnDt>
      <Dbtr><Nm>{payer}</Nm></Dbtr>
      <DbtrAcct><Id><IBAN>{iban}</IBAN></Id></DbtrAcct>
      <DbtrAgt><FinInstnId>{}</FinInstnId></DbtrAgt>
      <ChrgBr>SLEV</ChrgBr>
"#,
        bank(settings.bic.as_deref()).unwrap_or("<Othr><Id>NOTPROVIDED</Id></Othr>".to_owned()),
    );
    for row in batch.rows {
        transfer(&mut xml, batch, row);
    }
    xml.push_str("    </PmtInf>\n  </CstmrCdtTrfInitn>\n</Document>\n");
    xml.into_bytes()
}

fn transfer(xml: &mut String, batch: &Batch<'_>, row: &Row) {
    let agent = bank(row.details.bic.as_deref());
    let agent =
        agent.map(|bank| format!("        <CdtrAgt><FinInstnId>{bank}</FinInstnId></CdtrAgt>\n"));
    // Writing into a text never fails.
    let _ = write!(
        xml,
        r#"      <CdtTrfTxInf>
        <PmtId><EndToEndId>{}</EndToEndId></PmtId>
        <Amt><InstdAmt Ccy="EUR">{}</InstdAmt></Amt>
{}        <Cdtr><Nm>{}</Nm></Cdtr>
        <CdtrAcct><Id><IBAN>{}</IBAN></Id></CdtrAcct>
        <RmtInf><Ustrd>{}</Ustrd></RmtInf>
      </CdtTrfTxInf>
"#,
        plain_id(&row.id),
        decimal(row.amount, batch.currency),
        agent.unwrap_or_default(),
        name(row.name()),
        row.details.iban.as_deref().unwrap_or_default(),
        cut(
            &format!("Partner payout {}", plain_id(&row.id)),
            TEXT_MAX_CHARS
        ),
    );
}

fn bank(bic: Option<&str>) -> Option<String> {
    bic.map(|bic| format!("<BICFI>{bic}</BICFI>"))
}

fn name(text: &str) -> String {
    let told = cut(text, NAME_MAX_CHARS);
    if told.is_empty() {
        return "NOTPROVIDED".to_owned();
    }
    told
}

fn cut(text: &str, most: usize) -> String {
    let text: String = text.chars().flat_map(latin).collect();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.chars()
        .take(most)
        .collect::<String>()
        .trim_end()
        .to_owned()
}

/// A character as all SEPA banks take it: letters without signs, digits, and some signs. None of them means anything in XML.
fn latin(given: char) -> Vec<char> {
    let text = match given {
        'ä' | 'æ' => "ae",
        'ö' | 'œ' => "oe",
        'ø' | 'ó' | 'ò' | 'ô' | 'õ' | 'ő' | 'ō' => "o",
        'ü' => "ue",
        'Ä' | 'Æ' => "Ae",
        'Ö' | 'Œ' => "Oe",
        'Ø' | 'Ó' | 'Ò' | 'Ô' | 'Õ' | 'Ő' | 'Ō' => "O",
        'Ü' => "Ue",
        'ß' => "ss",
        'å' | 'á' | 'à' | 'â' | 'ã' | 'ą' | 'ă' | 'ā' => "a",
        'Å' | 'Á' | 'À' | 'Â' | 'Ã' | 'Ą' | 'Ă' | 'Ā' => "A",
        'é' | 'è' | 'ê' | 'ë' | 'ę' | 'ě' | 'ē' | 'ė' => "e",
        'É' | 'È' | 'Ê' | 'Ë' | 'Ę' | 'Ě' | 'Ē' | 'Ė' => "E",
        'í' | 'ì' | 'î' | 'ï' | 'ī' | 'į' | 'ı' => "i",
        'Í' | 'Ì' | 'Î' | 'Ï' | 'Ī' | 'Į' | 'İ' => "I",
        'ú' | 'ù' | 'û' | 'ů' | 'ű' | 'ū' | 'ų' => "u",
        'Ú' | 'Ù' | 'Û' | 'Ů' | 'Ű' | 'Ū' | 'Ų' => "U",
        'ç' | 'ć' | 'č' | 'ċ' => "c",
        'Ç' | 'Ć' | 'Č' | 'Ċ' => "C",
        'ñ' | 'ń' | 'ň' | 'ņ' => "n",
        'Ñ' | 'Ń' | 'Ň' | 'Ņ' => "N",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'Ś' | 'Š' | 'Ş' | 'Ș' => "S",
        'ź' | 'ż' | 'ž' => "z",
        'Ź' | 'Ż' | 'Ž' => "Z",
        'ý' | 'ÿ' => "y",
        'Ý' => "Y",
        'ł' | 'ļ' | 'ĺ' | 'ľ' => "l",
        'Ł' | 'Ļ' | 'Ĺ' | 'Ľ' => "L",
        'đ' | 'ď' | 'ð' => "d",
        'Đ' | 'Ď' | 'Ð' => "D",
        'ř' | 'ŗ' | 'ŕ' => "r",
        'Ř' | 'Ŗ' | 'Ŕ' => "R",
        'ť' | 'ț' | 'ţ' => "t",
        'Ť' | 'Ț' | 'Ţ' => "T",
        'ğ' | 'ģ' | 'ġ' => "g",
        'Ğ' | 'Ģ' | 'Ġ' => "G",
        'ķ' => "k",
        'Ķ' => "K",
        'ħ' => "h",
        'Ħ' => "H",
        'þ' => "th",
        'Þ' => "Th",
        '’' | '‘' | '`' | '´' => "'",
        '–' | '—' => "-",
        '&' => "+",
        _ => "",
    };
    if !text.is_empty() {
        return text.chars().collect();
    }
    let allowed = given.is_ascii_alphanumeric() || "/-?:().,'+ ".contains(given);
    vec![if allowed { given } else { ' ' }]
}

/// An IBAN without spaces whose digits check; `None` where it is none.
pub fn iban(given: &str) -> Option<String> {
    let text: String = given.chars().filter(|c| !c.is_whitespace()).collect();
    let text = text.to_ascii_uppercase();
    let (begin, rest) = text.split_at_checked(4)?;
    let country = begin.get(..2)?.bytes().all(|b| b.is_ascii_uppercase());
    let digits = begin.get(2..)?.bytes().all(|b| b.is_ascii_digit());
    let length = (15..=34).contains(&text.len());
    let plain = rest.bytes().all(|b| b.is_ascii_alphanumeric());
    if !(country && digits && length && plain) {
        return None;
    }
    let turned = rest.chars().chain(begin.chars());
    let left = turned.fold(0_u32, |left, c| {
        let value = c.to_digit(36).unwrap_or(0);
        let shift = if value > 9 { 100 } else { 10 };
        (left * shift + value) % 97
    });
    (left == 1).then_some(text)
}

/// A BIC; `None` where it is none: a bank, a country in letters, a place, and perhaps a branch.
pub fn bic(given: &str) -> Option<String> {
    let text = given.trim().to_ascii_uppercase();
    let country = text.get(4..6)?.bytes().all(|b| b.is_ascii_uppercase());
    let is_bic = matches!(text.len(), 8 | 11) && text.bytes().all(|b| b.is_ascii_alphanumeric());
    (country && is_bic).then_some(text)
}

#[cfg(test)]
mod tests;
