//! What pages are made of: the frame around them, and the parts in them. Pure; whatever is given is escaped.

pub(crate) mod chart;
pub(crate) mod parts;
pub(crate) mod statement;
pub(crate) mod words;

use axum::http::header::CACHE_CONTROL;
use axum::response::{Html, IntoResponse as _, Response};
use maud::{DOCTYPE, Markup, html};

use super::KEPT_FOR_BACK;
use super::assets;
use super::cookies::Theme;
use super::guard::{PROOF, Viewer};
use super::pages::sign_in;

/// A page that the frame leads to: address, name, picture.
type Place = (&'static str, &'static str, Icon);

/// The pages that the frame leads to, in groups: what came in, who earns and is paid, what is connected, who did what.
const PLACES: [(&str, &[Place]); 4] = [
    (
        "Earned",
        &[
            ("/", "Overview", Icon::Home),
            ("/dashboard/sales", "Sales", Icon::Receipt),
            ("/dashboard/commissions", "Commissions", Icon::Coins),
            ("/dashboard/adjustments", "Adjustments", Icon::Plus),
            ("/dashboard/customers", "Customers", Icon::Person),
            ("/dashboard/leads", "Leads", Icon::Flag),
            ("/dashboard/clicks", "Clicks", Icon::Pointer),
        ],
    ),
    (
        "Partners",
        &[
            ("/dashboard/partners", "Partners", Icon::People),
            ("/dashboard/groups", "Groups", Icon::Circles),
            ("/dashboard/programs", "Programs", Icon::Percent),
            ("/dashboard/payouts", "Payouts", Icon::Wallet),
        ],
    ),
    (
        "Connections",
        &[
            ("/dashboard/events", "Events", Icon::Inbox),
            ("/dashboard/sources", "Sources", Icon::Plug),
            ("/dashboard/doctor", "Doctor", Icon::Pulse),
            ("/dashboard/webhooks", "Webhooks", Icon::Send),
        ],
    ),
    (
        "Account",
        &[
            ("/dashboard/changes", "Changes", Icon::Pen),
            ("/dashboard/privacy", "Privacy", Icon::Shield),
            ("/dashboard/keys", "Keys", Icon::Key),
            ("/dashboard/members", "Members", Icon::Badge),
        ],
    ),
];

/// Small pictures, drawn here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Icon {
    Home,
    Receipt,
    Coins,
    Person,
    Flag,
    Pointer,
    Percent,
    People,
    Wallet,
    Inbox,
    Plug,
    Pulse,
    Pen,
    Key,
    Badge,
    Send,
    Search,
    Check,
    Plus,
    Circles,
    Shield,
}

impl Icon {
    const fn path(self) -> &'static str {
        match self {
            Self::Home => "M3 11 12 4l9 7M5 10v10h5v-6h4v6h5V10",
            Self::Receipt => "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6",
            Self::Coins => {
                "M9 12a6 3 0 1 0 0-6 6 3 0 0 0 0 6zM3 9v4c0 2 3 3 6 3M3 13v4c0 2 3 3 6 3M15 20a6 3 0 1 0 0-6 6 3 0 0 0 0 6zM9 17v3"
            }
            Self::Person => "M12 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21a8 7 0 0 1 16 0",
            Self::Flag => "M5 21V4h13l-3 4 3 4H5",
            Self::Percent => {
                "M5 19 19 5M7 9a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM17 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4z"
            }
            Self::Pointer => "M5 3l14 7-6 2-2 6zM13 13l6 6",
            Self::People => {
                "M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM2 21a7 7 0 0 1 14 0M16 3a4 4 0 0 1 0 8M22 21a7 7 0 0 0-4-6"
            }
            Self::Wallet => "M3 7h18v13H3zM3 7l13-4v4M16 13h2",
            Self::Inbox => "M3 13 6 4h12l3 9v7H3zM3 13h5l2 3h4l2-3h5",
            Self::Plug => "M9 3v5M15 3v5M6 8h12v4a6 6 0 0 1-12 0zM12 18v3",
            Self::Pulse => "M3 12h4l3-8 4 16 3-8h4",
            Self::Key => "M8 15a4 4 0 1 1 3-6l9 0v4h-3v3h-4l-2-2a4 4 0 0 1-3 1z",
            Self::Badge => {
                "M4 5h16v14H4zM8 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM5 17a3 3 0 0 1 6 0M14 10h4M14 14h4"
            }
            Self::Pen => "M4 20l1-5L16 4l4 4L9 19zM13 7l4 4",
            Self::Send => "M3 11 21 3l-8 18-3-7zM10 14l5-5",
            Self::Search => "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l5 5",
            Self::Check => "M4 12l5 5L20 6",
            Self::Plus => "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 8v8M8 12h8",
            Self::Circles => {
                "M9 15a6 6 0 1 0 0-12 6 6 0 0 0 0 12zM15 21a6 6 0 1 0 0-12 6 6 0 0 0 0 12z"
            }
            Self::Shield => "M12 3l8 3v6c0 5-4 8-8 9-4-1-8-4-8-9V6z",
        }
    }
}

/// A picture beside words; who cannot see it misses nothing.
pub(super) fn icon(icon: Icon) -> Markup {
    html! {
        svg.icon viewBox="0 0 24 24" width="18" height="18" aria-hidden="true" focusable="false" {
            path d=(icon.path()) fill="none" stroke="currentColor" stroke-width="1.7"
                stroke-linecap="round" stroke-linejoin="round" {}
        }
    }
}

/// A page in its frame.
pub(super) fn page(viewer: &Viewer, title: &str, body: &Markup) -> Response {
    let markup = document(
        title,
        viewer.theme,
        &html! {
            a.skip href="#content" { "To the content" }
            @if !viewer.livemode {
                p.test-mode role="status" {
                    strong { "Test mode" }
                    " Nothing here is real money. "
                    a href=(viewer.href_in(true, &viewer.path, &[])) { "Show live money" }
                }
            }
            div.frame {
                (side(viewer))
                div.main {
                    (top(viewer))
                    main #content { (body) }
                }
            }
        },
    );
    Html(markup.into_string()).into_response()
}

/// A look at what a form would do, kept by the browser so that its way back leads over it.
pub(super) fn kept(mut page: Response) -> Response {
    page.headers_mut().insert(CACHE_CONTROL, KEPT_FOR_BACK);
    page
}

/// A page without a frame, for who is not signed in.
pub(super) fn bare(title: &str, theme: Theme, body: &Markup) -> Markup {
    document(
        title,
        theme,
        &html! {
            main.bare #content {
                p.brand { (mark()) "Tributary" }
                h1 { (title) }
                (body)
            }
        },
    )
}

fn document(title: &str, theme: Theme, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" data-theme=(theme.word()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " · Tributary" }
                link rel="stylesheet" href=(assets::style());
                link rel="icon" href=(assets::icon()) type="image/svg+xml";
                script src=(assets::script()) defer {}
            }
            body { (body) }
        }
    }
}

/// Two streams that become one.
pub(crate) fn mark() -> Markup {
    html! {
        svg.mark viewBox="0 0 32 32" width="24" height="24" aria-hidden="true" focusable="false" {
            path d="M5 5c0 11 11 9 11 22M27 5c0 11-11 9-11 22M16 5v22" fill="none" stroke="currentColor"
                stroke-width="3" stroke-linecap="round" {}
        }
    }
}

fn side(viewer: &Viewer) -> Markup {
    html! {
        div.side {
            a.brand href=(viewer.href("/", &[])) { (mark()) span { "Tributary" } }
            nav aria-label="Pages" {
                @for (group, places) in PLACES {
                    div.places role="group" aria-label=(group) {
                        @for (path, name, picture) in places {
                            a href=(viewer.href(path, &[])) aria-current=[is_here(&viewer.path, path)] {
                                (icon(*picture)) span { (name) }
                            }
                        }
                    }
                }
            }
            div.foot {
                (theme_switch(viewer))
                div.out {
                    form method="post" action="/dashboard/sign-out" {
                        (proof(viewer))
                        button.quiet type="submit" { "Sign out" }
                    }
                    @if viewer.organizations.len() > 1 { a.button.quiet href="/dashboard/organization" { "Organizations" } }
                }
                p.note { "All times are UTC." }
            }
        }
    }
}

fn is_here(here: &str, place: &str) -> Option<&'static str> {
    let below = here.strip_prefix(place);
    let is_here = match place {
        "/" => here == "/",
        _ => below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
    };
    is_here.then_some("page")
}

/// The page of the frame that an address belongs to, with its name; the overview where none does.
pub(super) fn place_of(path: &str) -> (&'static str, &'static str) {
    let places = PLACES.iter().flat_map(|(_, places)| places.iter());
    let mut below = places.filter(|(place, ..)| *place != "/" && is_here(path, place).is_some());
    below
        .next()
        .map_or(("/", "the overview"), |(place, name, _)| (*place, *name))
}

fn top(viewer: &Viewer) -> Markup {
    html! {
        header.top {
            form.search role="search" action="/dashboard/search" {
                label {
                    span.unseen { "Find anything by its id" }
                    (icon(Icon::Search))
                    input #find type="search" name="id" autocomplete="off" spellcheck="false" maxlength="512"
                        placeholder="Paste any id: invoice, refund, order, customer, event, partner, link …";
                }
                @if !viewer.livemode { input type="hidden" name="mode" value="test"; }
            }
            div.switches {
                nav.segments aria-label="Ledger" {
                    a href=(viewer.href_in(true, &viewer.path, &[])) aria-current=[viewer.livemode.then_some("true")] { "Live" }
                    a href=(viewer.href_in(false, &viewer.path, &[])) aria-current=[(!viewer.livemode).then_some("true")] { "Test" }
                }
                (organizations(viewer))
            }
        }
    }
}

fn organizations(viewer: &Viewer) -> Markup {
    if viewer.organizations.len() < 2 {
        return html! { span.organization { (viewer.organization.name) } };
    }
    html! {
        form.organization method="post" action="/dashboard/organization" {
            (proof(viewer))
            label {
                span.unseen { "Organization" }
                select name="id" {
                    @for one in &viewer.organizations {
                        option value=(one.id) selected[one.id == viewer.organization.id] { (one.name) }
                    }
                }
            }
            button.quiet type="submit" { "Switch" }
        }
    }
}

fn theme_switch(viewer: &Viewer) -> Markup {
    html! {
        form.theme method="post" action="/dashboard/theme" aria-label="Light or dark" {
            (proof(viewer))
            input type="hidden" name="back" value=(viewer.with("", ""));
            div.segments {
                @for theme in Theme::ALL {
                    button type="submit" name="theme" value=(theme.word())
                        aria-pressed=(viewer.theme == theme) { (name_of(theme)) }
                }
            }
        }
    }
}

const fn name_of(theme: Theme) -> &'static str {
    match theme {
        Theme::System => "Auto",
        Theme::Light => "Light",
        Theme::Dark => "Dark",
    }
}

/// What makes a form count.
pub(super) fn proof(viewer: &Viewer) -> Markup {
    html! { input type="hidden" name=(PROOF) value=(viewer.proof); }
}

/// Where one signs in.
pub(super) fn sign_in_page(token: &str, notice: Option<&str>) -> Markup {
    bare(
        "Sign in",
        Theme::System,
        &html! {
            @if let Some(notice) = notice { p.notice role="alert" { (notice) } }
            form method="post" action=(sign_in::PATH) {
                @if token.is_empty() {
                    p {
                        "This page opens with a link that works once. Ask the server for one, on the machine where it runs:"
                    }
                    pre.command { code { "tributary login" } }
                    label.field {
                        "Or paste the code at the end of such a link"
                        input name="token" required autocomplete="off" spellcheck="false" autofocus;
                    }
                } @else {
                    p { "Your link works once, on this browser, when you press the button." }
                    input type="hidden" name="token" value=(token);
                }
                button.button.primary type="submit" autofocus[!token.is_empty()] { "Sign in" }
            }
        },
    )
}
