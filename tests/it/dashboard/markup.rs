//! What a page is made of: looked at tag by tag, so that nothing a stranger has written can have become a part of it.

/// The elements that pages are made of.
const ELEMENTS: &[&str] = &[
    "a", "bdi", "body", "button", "code", "dd", "details", "div", "dl", "dt", "fieldset", "form",
    "h1", "h2", "h3", "head", "header", "html", "input", "label", "legend", "li", "line", "link",
    "main", "meta", "nav", "ol", "option", "p", "path", "polyline", "pre", "rect", "script",
    "section", "select", "span", "strong", "summary", "svg", "table", "tbody", "td", "textarea",
    "th", "thead", "time", "title", "tr", "ul",
];

/// The attributes that they have; none of them is script or style.
const ATTRIBUTES: &[&str] = &[
    "action",
    "aria-current",
    "aria-hidden",
    "aria-label",
    "aria-pressed",
    "aria-sort",
    "autocomplete",
    "colspan",
    "inputmode",
    "autofocus",
    "charset",
    "checked",
    "class",
    "content",
    "d",
    "data-copy",
    "data-label",
    "data-theme",
    "datetime",
    "defer",
    "download",
    "fill",
    "focusable",
    "height",
    "href",
    "id",
    "lang",
    "max",
    "maxlength",
    "method",
    "min",
    "name",
    "open",
    "placeholder",
    "points",
    "preserveAspectRatio",
    "rel",
    "required",
    "role",
    "rows",
    "rx",
    "selected",
    "size",
    "spellcheck",
    "src",
    "stroke",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-width",
    "tabindex",
    "title",
    "type",
    "value",
    "viewBox",
    "width",
    "x",
    "x1",
    "x2",
    "y",
    "y1",
    "y2",
];

/// Fails if a page holds anything else than these, or a script of its own.
#[track_caller]
pub fn assert_plain(place: &str, page: &str) {
    let mut rest = page;
    while let Some((_, tag)) = rest.split_once('<') {
        rest = tag;
        if tag.starts_with("!DOCTYPE html>") {
            continue;
        }
        let (inside, after) = tag_of(tag);
        rest = after;
        let inside = inside.trim_start_matches('/');
        let end = inside
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(inside.len());
        let (element, attributes) = inside.split_at(end);
        assert!(
            ELEMENTS.contains(&element),
            "{place}: <{element}> in {inside}"
        );
        for name in names(attributes) {
            assert!(
                ATTRIBUTES.contains(&name.as_str()),
                "{place}: {name} in <{inside}>"
            );
        }
        if element == "script" && !tag.starts_with('/') {
            assert!(
                after.starts_with("</script>"),
                "{place}: a script inside of the page"
            );
        }
    }
}

/// A tag up to its end, over quoted values.
fn tag_of(text: &str) -> (&str, &str) {
    let mut quoted = false;
    for (index, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '>' if !quoted => return (&text[..index], &text[index + 1..]),
            _ => {}
        }
    }
    (text, "")
}

fn names(attributes: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = attributes.trim();
    while !rest.is_empty() {
        let end = rest.find([' ', '=']).unwrap_or(rest.len());
        names.push(rest[..end].to_owned());
        rest = rest[end..].trim_start();
        if let Some(value) = rest.strip_prefix("=\"") {
            rest = value.split_once('"').unwrap().1.trim_start();
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// The pages that a page leads to: tables for spreadsheets are none.
pub fn links(page: &str) -> Vec<String> {
    let parts = page.split("<a ").skip(1);
    let hrefs = parts.filter_map(|part| {
        let tag = tag_of(part).0;
        let href = tag.split_once("href=\"")?.1.split_once('"')?.0;
        Some(href.replace("&amp;", "&"))
    });
    let hrefs = hrefs.filter(|href| !href.contains("format=csv"));
    hrefs.collect()
}

#[test]
fn what_a_stranger_adds_is_found() {
    for page in [
        "<p><img src=x>",
        "<p onclick=\"x\">",
        "<script>alert(1)</script>",
        "<p style=\"x\">",
        "<iframe>",
    ] {
        assert!(
            std::panic::catch_unwind(|| assert_plain("here", page)).is_err(),
            "{page}"
        );
    }
    assert_plain(
        "here",
        "<!DOCTYPE html><p class=\"a > b\">1 &lt; 2</p><script src=\"x\" defer></script>",
    );
    assert_eq!(
        links("<a class=\"x\" href=\"/?a=1&amp;b=2\">x</a>"),
        ["/?a=1&b=2"]
    );
}
