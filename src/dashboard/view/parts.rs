//! Parts of pages: amounts, times, badges, tables, links to the next part of a list.

use maud::{Markup, html};
use providers::{Currency, Micros, Money};

use crate::books::standing::Coming;
use crate::books::sums::DAY;
use crate::dashboard::guard::Viewer;

/// An amount, with the digits before the point in groups of three.
pub(crate) fn money(minor: i64, currency: Currency) -> Markup {
    html! { span.money { (figure(minor, currency)) " " span.unit { (code(currency)) } } }
}

/// The same as text.
pub(crate) fn amount(minor: i64, currency: Currency) -> String {
    format!("{} {}", figure(minor, currency), code(currency))
}

/// The least that a program pays out, as one says it; nothing where it pays any amount. It is of whatever currency is paid where the program has none.
pub(crate) fn minimum(minor: i64, currency: Option<Currency>) -> Option<String> {
    match (minor, currency) {
        (..=0, _) => None,
        (_, Some(currency)) => Some(amount(minor, currency)),
        (_, None) => Some(format!("{} of any currency", figure(minor, Currency::USD))),
    }
}

/// A currency as people write it.
pub(crate) fn code(currency: Currency) -> String {
    currency.code().to_uppercase()
}

/// An amount without its currency.
pub(crate) fn figure(minor: i64, currency: Currency) -> String {
    let text = Money::new(minor, currency).to_string();
    let number = text.split(' ').next().unwrap_or_default();
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) => ("−", digits),
        None => ("", number),
    };
    let (whole, rest) = digits
        .split_once('.')
        .map_or((digits, ""), |(whole, rest)| (whole, rest));
    let point = if rest.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{rest}", grouped(whole))
}

/// A whole number in groups of three.
pub(crate) fn count(number: i64) -> String {
    let sign = if number < 0 { "−" } else { "" };
    format!("{sign}{}", grouped(&number.unsigned_abs().to_string()))
}

pub(super) fn grouped(digits: &str) -> String {
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A time, to the minute; all of it where one points at it.
pub(in crate::dashboard) fn time(at: Micros) -> Markup {
    let text = at.to_string();
    let day = text.get(..10).unwrap_or(&text);
    let minute = text.get(11..16).unwrap_or_default();
    html! { time datetime=(text) title=(text) { (day) " " span.minute { (minute) } } }
}

/// A day.
pub(crate) fn day(at: Micros) -> String {
    at.to_string().get(..10).unwrap_or_default().to_owned()
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A day in words, as one says it: with the year where it is another.
pub(crate) fn spoken_day(at: Micros, now: Micros) -> String {
    let whole = |month| month;
    said_day(at, now, whole)
}

/// The same with the month's first letters, for where there is little room.
pub(crate) fn short_day(at: Micros, now: Micros) -> String {
    let first = |month: &'static str| month.get(..3).unwrap_or(month);
    said_day(at, now, first)
}

fn said_day(at: Micros, now: Micros, called: fn(&'static str) -> &'static str) -> String {
    let (then, today) = (day(at), day(now));
    let part =
        |text: &str, at: std::ops::Range<usize>| -> Option<usize> { text.get(at)?.parse().ok() };
    let month = part(&then, 5..7).and_then(|month| MONTHS.get(month.checked_sub(1)?));
    let month = month.map(|month| called(month));
    match (month, part(&then, 8..10)) {
        (Some(month), Some(number)) if then.get(..4) == today.get(..4) => {
            format!("{number} {month}")
        }
        (Some(month), Some(number)) => {
            format!("{number} {month} {}", then.get(..4).unwrap_or_default())
        }
        _ => then,
    }
}

/// What becomes payable when: a row for each day, with all its currencies.
pub(in crate::dashboard) fn coming(rows: &[Coming], now: Micros) -> Markup {
    html! {
        div.scroll { table {
            thead { tr { th { "Payable from" } th.n { "Amount" } } }
            tbody { @for of_day in rows.chunk_by(|a, b| a.day == b.day) {
                tr {
                    @if let Some(first) = of_day.first() { td { (spoken_day(Micros(first.day.saturating_mul(DAY)), now)) } }
                    td.n { @for one in of_day { div { (money(one.amount, one.currency)) } } }
                }
            } }
        } }
    }
}

/// So many of something: one or several.
pub(crate) fn number(of: impl TryInto<i64>, one: &str, several: &str) -> String {
    let of = of.try_into().unwrap_or(i64::MAX);
    format!("{} {}", count(of), if of == 1 { one } else { several })
}

/// How long ago something was.
pub(in crate::dashboard) fn ago(at: Micros, now: Micros) -> String {
    let seconds = now.0.saturating_sub(at.0) / 1_000_000;
    match seconds {
        ..60 => "just now".to_owned(),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..172_800 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} days ago", count(seconds / 86_400)),
    }
}

/// A word with the colour of what it means.
pub(crate) fn badge(word: &str) -> Markup {
    let tone = match word {
        "paid" | "approved" | "payable now" | "processed" | "active" | "complete" | "completed"
        | "delivered" => "good",
        "applied" | "invited" | "paused" | "pending" | "draft" | "sent" | "incomplete"
        | "missing" | "received" | "held" | "parked" | "closed" | "reversed" => "wait",
        "banned" | "failed" | "failing" | "rejected" | "disputed" | "refused" | "gone" => "bad",
        _ => "plain",
    };
    html! { span.badge.(tone) { (word) } }
}

/// Says that something is of the test ledger.
pub(in crate::dashboard) fn test_badge(livemode: bool) -> Markup {
    html! { @if !livemode { span.badge.test { "test" } } }
}

/// An id, shortened for the eye; the whole one is in the link or where one points at it.
pub(in crate::dashboard) fn short(id: &str) -> String {
    const MOST: usize = 22;
    if id.chars().count() <= MOST {
        return id.to_owned();
    }
    let begin: String = id.chars().take(12).collect();
    let end: String = id.chars().skip(id.chars().count() - 6).collect();
    format!("{begin}…{end}")
}

/// Where the pages are of what has an id here.
const FOLDERS: [(&str, &str); 10] = [
    ("prt_", "partners"),
    ("sale_", "sales"),
    ("lead_", "leads"),
    ("clk_", "clicks"),
    ("cus_", "customers"),
    ("evt_", "events"),
    ("pay_", "payouts"),
    ("adj_", "adjustments"),
    ("grp_", "groups"),
    ("src_", "sources"),
];

/// The letters and digits of an id that was made here, after its prefix: processors have prefixes of the same letters.
const OWN_ID_LEN: usize = 26;

/// The folder of an id that was made here.
fn folder_of(id: &str) -> Option<&'static str> {
    let (_, folder) = FOLDERS.iter().find(|(prefix, _)| {
        id.strip_prefix(prefix).is_some_and(|rest| {
            rest.len() == OWN_ID_LEN
                && rest
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
        })
    })?;
    Some(folder)
}

/// A sentence in which each id that was made here is short and leads to its page.
pub(in crate::dashboard) fn said(viewer: &Viewer, text: &str) -> Markup {
    let is_of_id = |c: char| c.is_ascii_alphanumeric() || c == '_';
    html! {
        @for (index, word) in text.split(' ').enumerate() {
            @if index > 0 { " " }
            @let before = word.find(is_of_id).unwrap_or(word.len());
            @let (open, rest) = word.split_at(before);
            @let (id, close) = rest.split_at(rest.find(|c: char| !is_of_id(c)).unwrap_or(rest.len()));
            @match folder_of(id) {
                Some(folder) => { (open) (id_link(viewer, folder, id)) (close) }
                None => { (word) }
            }
        }
    }
}

/// An id that leads somewhere.
pub(in crate::dashboard) fn id_link(viewer: &Viewer, folder: &str, id: &str) -> Markup {
    let href = viewer.href(&format!("/dashboard/{folder}/{}", encoded(id)), &[]);
    html! { a.id href=(href) title=(id) { (short(id)) } }
}

/// A part of a path.
pub(crate) fn encoded(id: &str) -> String {
    percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC)
        .to_string()
        .replace("%5F", "_")
        .replace("%2D", "-")
}

/// A text to be taken along: one click chooses all of it, and where scripts run a button copies it.
pub(crate) fn copyable(text: &str) -> Markup {
    html! { code.copy data-copy=(text) { (text) } }
}

/// The heading of a page, and what stands beside it.
pub(in crate::dashboard) fn heading(title: &str, beside: &Markup) -> Markup {
    heading_of(&html! { (title) }, beside)
}

/// The same for a title that is more than text.
pub(in crate::dashboard) fn heading_of(title: &Markup, beside: &Markup) -> Markup {
    html! { div.heading { h1 { (title) } (beside) } }
}

/// What stands where a list is empty.
pub(in crate::dashboard) fn empty(title: &str, text: &Markup) -> Markup {
    html! { div.empty { p.title { (title) } div { (text) } } }
}

/// Leads to all that a list's filters let through, as a table for spreadsheets.
pub(in crate::dashboard) fn csv_link(viewer: &Viewer) -> Markup {
    html! { a.button.quiet href=(viewer.with("format", "csv")) download { "CSV" } }
}

/// What stands where a list shows nothing: why, and what to do. `first` says how it will have something.
pub(in crate::dashboard) fn none_matches(
    viewer: &Viewer,
    goes_on: bool,
    what: &str,
    first: &Markup,
) -> Markup {
    let filtered = viewer.params.pairs().any(|(name, _)| name != "mode");
    if goes_on {
        return empty(
            "Nothing among the newest",
            &html! { p { "Older ones may match: go on." } },
        );
    }
    if filtered {
        return empty(
            &format!("No {what} matches"),
            &html! { p { "Take a filter away." } },
        );
    }
    empty(&format!("No {what} yet"), first)
}

/// Where a list goes on.
pub(in crate::dashboard) fn pager(viewer: &Viewer, next: Option<&str>) -> Markup {
    pager_of(viewer, next, ("← Newest", "Older →"))
}

/// The same of a list whose first rows are not the newest.
pub(in crate::dashboard) fn pager_of(
    viewer: &Viewer,
    next: Option<&str>,
    (first, further): (&str, &str),
) -> Markup {
    let has_begun = viewer.params.given("cursor").is_some();
    html! {
        @if has_begun || next.is_some() {
            nav.pager aria-label="Parts of the list" {
                @if has_begun { a href=(viewer.with("", "")) { (first) } }
                @if let Some(cursor) = next { a rel="next" href=(viewer.with_cursor(cursor)) { (further) } }
            }
        }
    }
}

/// Filters that are asked for seldom: they open by themselves where one is in use.
pub(in crate::dashboard) fn more_filters(
    viewer: &Viewer,
    names: &[&str],
    fields: &Markup,
) -> Markup {
    let in_use = names.iter().any(|name| viewer.params.given(name).is_some());
    html! { details.more open[in_use] { summary { "More filters" } div { (fields) } } }
}

/// A column that a list can be in order of.
pub(in crate::dashboard) struct Column<'a> {
    pub(in crate::dashboard) label: &'a str,
    /// What it has in it, where that is not plain.
    pub(in crate::dashboard) title: &'a str,
    pub(in crate::dashboard) class: &'a str,
    /// The words in addresses for both ways.
    pub(in crate::dashboard) least: &'a str,
    pub(in crate::dashboard) most: &'a str,
    /// The one of them that is asked for first.
    pub(in crate::dashboard) first: &'a str,
}

/// The heading of such a column in a list that is in the order `current`: it leads to the column's order, and from there to the other way round.
pub(in crate::dashboard) fn order_heading(
    viewer: &Viewer,
    current: &str,
    column: &Column<'_>,
) -> Markup {
    let given = |text| Some(text).filter(|text: &&str| !text.is_empty());
    let (order, arrow, next) = if column.least == current {
        (Some("ascending"), Some("↑"), column.most)
    } else if column.most == current {
        (Some("descending"), Some("↓"), column.least)
    } else {
        (None, None, column.first)
    };
    html! {
        th class=[given(column.class)] title=[given(column.title)] aria-sort=[order] {
            a.order href=(viewer.with("sort", next)) {
                (column.label) @if let Some(arrow) = arrow { span aria-hidden="true" { " " (arrow) } }
            }
        }
    }
}

/// A choice among words, as a field of a form of filters.
pub(in crate::dashboard) fn choice(
    viewer: &Viewer,
    (name, label): (&str, &str),
    words: &[(&str, &str)],
) -> Markup {
    let given = viewer.params.get(name);
    html! {
        label.field {
            (label)
            select name=(name) {
                option value="" { "all" }
                @for (word, shown) in words {
                    option value=(word) selected[*word == given] { (shown) }
                }
            }
        }
    }
}

/// A text, as a field of a form of filters.
pub(in crate::dashboard) fn text_field(
    viewer: &Viewer,
    (name, label): (&str, &str),
    hint: &str,
) -> Markup {
    html! {
        label.field { (label) input name=(name) value=(viewer.params.get(name)) placeholder=(hint) autocomplete="off" spellcheck="false" maxlength="512"; }
    }
}

/// A day, as a field of a form.
pub(in crate::dashboard) fn day_field(viewer: &Viewer, (name, label): (&str, &str)) -> Markup {
    html! {
        label.field { (label) input type="date" name=(name) value=(viewer.params.get(name)); }
    }
}

/// Filters of a list: they stand in its address.
pub(in crate::dashboard) fn filters(viewer: &Viewer, fields: &Markup) -> Markup {
    let any = viewer
        .params
        .pairs()
        .any(|(name, _)| !["mode", "cursor", "personal"].contains(&name));
    html! {
        form.filters method="get" action=(viewer.path) {
            (fields)
            @if !viewer.livemode { input type="hidden" name="mode" value="test"; }
            div.actions {
                button.button type="submit" { "Filter" }
                @if any { a.button.quiet href=(viewer.href(&viewer.path, &[])) { "Clear" } }
            }
        }
    }
}

/// Something personal, covered until it is asked for.
pub(in crate::dashboard) fn masked(viewer: &Viewer, text: Option<&str>) -> Markup {
    match text {
        None => html! { span.none { "—" } },
        Some(text) if shows_personal(viewer) => html! { span.personal { (text) } },
        Some(text) => html! { span.masked title="Personal: covered" { (cover(text)) } },
    }
}

/// Whether the page was asked for with what is personal.
pub(in crate::dashboard) fn shows_personal(viewer: &Viewer) -> bool {
    viewer.params.get("personal") == "show"
}

/// Shows or covers what is personal on a page.
pub(in crate::dashboard) fn personal_switch(viewer: &Viewer) -> Markup {
    html! {
        @if shows_personal(viewer) {
            a.button.quiet href=(viewer.with("personal", "")) { "Cover personal data" }
        } @else {
            a.button.quiet href=(viewer.with("personal", "show")) { "Show personal data" }
        }
    }
}

/// A text of which only the first letter is left, and of an address the ending.
pub(crate) fn cover(text: &str) -> String {
    let first = |part: &str| part.chars().next().map(String::from).unwrap_or_default();
    match text.split_once('@') {
        Some((name, host)) => {
            let ending = host.rsplit('.').next().filter(|_| host.contains('.'));
            let ending = ending
                .map(|ending| format!(".{ending}"))
                .unwrap_or_default();
            format!("{}•••@{}•••{ending}", first(name), first(host))
        }
        None => format!("{}•••", first(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped_and_signed() {
        let usd = Currency::parse("usd").unwrap();
        let jpy = Currency::parse("jpy").unwrap();
        assert_eq!(amount(123_456_789, usd), "1,234,567.89 USD");
        assert_eq!(amount(-4_900, usd), "−49.00 USD");
        assert_eq!(amount(100, usd), "1.00 USD");
        assert_eq!(amount(12_345, jpy), "12,345 JPY");
        assert_eq!(count(-1_000), "−1,000");
    }

    #[test]
    fn a_day_is_said_in_words_with_the_year_where_it_is_another() {
        let at = |text: &str| Micros::parse_rfc3339(text).unwrap();
        let now = at("2026-11-22T12:00:00Z");
        assert_eq!(spoken_day(at("2026-12-05T00:00:00Z"), now), "5 December");
        assert_eq!(
            spoken_day(at("2027-01-25T23:59:59Z"), now),
            "25 January 2027"
        );
    }

    #[test]
    fn a_short_day_has_three_letters_of_its_month() {
        let at = |text: &str| Micros::parse_rfc3339(text).unwrap();
        let now = at("2026-11-22T12:00:00Z");
        assert_eq!(short_day(at("2026-12-05T00:00:00Z"), now), "5 Dec");
        assert_eq!(short_day(at("2027-01-25T00:00:00Z"), now), "25 Jan 2027");
    }

    #[test]
    fn what_is_personal_keeps_its_first_letters_only() {
        assert_eq!(cover("alice.smith@mail.example.com"), "a•••@m•••.com");
        assert_eq!(cover("alice@localhost"), "a•••@l•••");
        assert_eq!(cover("Élodie Martin"), "É•••");
        assert_eq!(cover(""), "•••");
    }

    #[test]
    fn times_ago_are_told_in_the_unit_that_fits() {
        let now = Micros::from_seconds(1_000_000_000);
        let ago = |seconds: i64| ago(now.plus_seconds(-seconds), now);
        assert_eq!(
            [ago(-5), ago(59), ago(60), ago(7_200), ago(172_800)],
            ["just now", "just now", "1 min ago", "2 h ago", "2 days ago"]
        );
    }

    #[test]
    fn ids_of_processors_are_none_of_ours() {
        assert_eq!(
            folder_of("prt_01kx5rk9xgemvrgb5re5xr2sky"),
            Some("partners")
        );
        for other in [
            "cus_T7yKr7VrBXaVKW",
            "evt_1TcbkBEFXAgWjPMBQJjQM1ab",
            "prt_",
            "in_01kx5rk9xgemvrgb5re5xr2sky",
            "",
        ] {
            assert_eq!(folder_of(other), None, "{other}");
        }
    }

    #[test]
    fn a_part_of_a_path_holds_nothing_that_means_something() {
        assert_eq!(encoded("sale_01-A/..?x#y"), "sale_01-A%2F%2E%2E%3Fx%23y");
    }
}
